"""The fenced blocks of a page, and what each says about how it is tried.

The words behind a fence's language are its marks:

| fence | how a test runs it |
|---|---|
| ` ```console alone ` | each line is a command and must succeed; no bus is needed |
| ` ```console bus ` | the same, beside a running bus |
| ` ```console make ` | each line is `make TARGET`; the targets must exist (CI itself runs them) |
| ` ```python alone `, ` ```python bus ` | a whole program, which must succeed |
| ` ```yaml data `, ` ```json data ` | must parse; with `file=NAME` it is there for the page's later blocks |
| ` ```text ` | a picture or an output: not run |

Commands and programs of one page run in order, in one empty folder from which the repository's own folders can be
reached. `needs=PROGRAM` names a program that is not ours: without it the page is skipped, except in CI. In `bus` blocks
the words in capitals that the fixture `running_bus` knows (REQUEST_ID, AGENCY, ...) are replaced. A command whose
comment says `until Ctrl-C` is interrupted once it has said something.
"""

import re
from dataclasses import dataclass

FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>.*)$")
#: What may stand behind each language; a block has exactly one of these.
KINDS = {
    "console": {"alone", "bus", "make"},
    "python": {"alone", "bus"},
    "yaml": {"data"},
    "json": {"data"},
    "text": {""},
}


class Unmarked(Exception):
    """A block does not say how it is tried; the message says how to mark it."""


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block. `kind` is one of `KINDS` of its language; `line` is the fence's line in the page."""

    page: str
    line: int
    language: str
    kind: str
    file: str
    needs: str
    content: str

    @property
    def place(self) -> str:
        """Return where the block is, for messages."""
        return f"{self.page}:{self.line}"

    def commands(self) -> list[str]:
        """Return the commands of a console block: continued lines are one, comments alone are none."""
        joined = self.content.replace("\\\n", " ")
        return [line.strip() for line in joined.splitlines() if line.strip() and not line.strip().startswith("#")]


def blocks(page: str, text: str) -> list[Block]:
    """Return the fenced blocks of a page in order. Raises `Unmarked`."""
    found: list[Block] = []
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        opening = FENCE.match(lines[number])
        if opening is None:
            number += 1
            continue
        closing = next(
            (
                index
                for index in range(number + 1, len(lines))
                if lines[index].strip().startswith(opening["ticks"]) and not lines[index].strip("` ")
            ),
            None,
        )
        if closing is None:
            raise Unmarked(f"{page}:{number + 1}: this fence is never closed")
        indent = len(opening["indent"])
        content = "\n".join(line[indent:] for line in lines[number + 1 : closing]) + "\n"
        found.append(_block(page, number + 1, opening["info"].strip(), content))
        number = closing + 1
    return found


def _block(page: str, line: int, info: str, content: str) -> Block:
    language, *marks = info.split() or [""]
    if language not in KINDS:
        languages = ", ".join(KINDS)
        raise Unmarked(f"{page}:{line}: say behind ``` what this is: one of {languages} (see tests/docs/blocks.py)")
    named = dict(mark.split("=", 1) for mark in marks if "=" in mark)
    kinds = {mark for mark in marks if "=" not in mark} or {""}
    if len(kinds) != 1 or not kinds <= KINDS[language] or not set(named) <= {"file", "needs"}:
        options = " or ".join(f"```{language} {kind}".strip() for kind in sorted(KINDS[language]))
        raise Unmarked(f"{page}:{line}: say how this is tried: {options} (see tests/docs/blocks.py)")
    return Block(page, line, language, kinds.pop(), named.get("file", ""), named.get("needs", ""), content)
