"""What is wrong in a file, for whoever wrote it: where it stands, what is wrong, what to do. No value of a citizen."""

import dataclasses
from dataclasses import dataclass
from typing import NamedTuple

from connectors.words.language import Language, Phrase, listed

_PLACE = Phrase("{file}، خط {line}، {field}: {problem}؛ {remedy}", "{file}, line {line}, {field}: {problem}; {remedy}")
_OTHERS = Phrase("و در خط‌های {lines}", "and in lines {lines}")
_AND_MORE = Phrase("{lines} و {count} خط دیگر", "{lines} and {count} more")
#: So many further lines are named before the rest is counted.
_LINES_NAMED = 5


class Wrong(NamedTuple):
    """What is wrong with one value, and what to do about it. Neither repeats more of a value than a number or a day."""

    problem: Phrase
    remedy: Phrase


@dataclass(slots=True)
class FileProblem:
    """One thing that is wrong in one file: first on `line`, counted from 1, and likewise on the `others`."""

    file: str
    line: int
    field: str
    problem: Phrase
    remedy: Phrase
    others: list[int] = dataclasses.field(default_factory=list)

    def words(self, language: Language) -> str:
        """Return it as one line."""
        problem = self.problem.of(language)
        if self.others:
            problem = f"{problem} ({self._others(language)})"
        return _PLACE.fill(
            language,
            file=self.file,
            line=str(self.line),
            field=self.field,
            problem=problem,
            remedy=self.remedy.of(language),
        )

    def __str__(self) -> str:
        return self.words(Language.EN)

    def _others(self, language: Language) -> str:
        lines = listed(map(str, self.others[:_LINES_NAMED]), language)
        rest = len(self.others) - _LINES_NAMED
        return _OTHERS.fill(language, lines=lines if rest <= 0 else _AND_MORE.fill(language, lines=lines, count=rest))


class Unreadable(Exception):
    """A file that cannot be read at all, or not any further: `line` says from where on."""

    def __init__(self, line: int, wrong: Wrong) -> None:
        super().__init__(f"line {line}: {wrong.problem.en}; {wrong.remedy.en}")
        self.line = line
        self.wrong = wrong
