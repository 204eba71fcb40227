"""What a person types and how it is refused: digits of any keyboard, and wrong usage in Persian.

typer and click speak English only; their errors are told anew by their kind. What is not known here is told as they
tell it.
"""

import re
from collections.abc import Sequence
from typing import Any

from connectors.words.language import Language, Phrase, listed
from connectors.words.letters import unified_digits

#: A word that is a number, a code or an option: no letters but Latin ones, and no blank.
_CODE = re.compile(r"[\x21-\x7e\u06f0-\u06f9\u0660-\u0669\uff10-\uff19\u066b\u066c\u200b-\u200f]+")
_HELP = Phrase(" راهنما: `{command} --help`", " Help: `{command} --help`")
#: What click raises to show a command's help, because no word was given.
_HELP_ITSELF = "NoArgsIsHelpError"
#: typer writes arguments of groups so: `office {OFFICE_ID} accept`.
_BRACES = re.compile(r"\{(\w+)\}")
_NO_OPTION = "گزینه {option} در این فرمان نیست."
_NEAR = "{said} شاید {near}."
_MISSING = "{hint} داده نشده است."
_BAD = "مقدار {hint} پذیرفتنی نیست: {why}"
#: What typer says of a value or of words, and the same in Persian; the groups are the words typed.
_MESSAGES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"Input should be a valid integer.*"), "عدد صحیح می‌خواهد."),
    (re.compile(r"Input should be a valid number.*"), "عدد می‌خواهد."),
    (re.compile(r"Input should be (?:greater than or equal to|at least) (.+)"), "دست‌کم {0} باید باشد."),
    (re.compile(r"Input should be (?:less than or equal to|at most) (.+)"), "حداکثر {0} باید باشد."),
    (re.compile(r"(?:Value error, )?(.+) is not one of (.+)\."), "{0} هیچ‌یک از این‌ها نیست: {1}."),
    (re.compile(r"(?:File|Directory|Path) (.+) does not exist\."), "{0} وجود ندارد."),
    (re.compile(r"No such command (.+)\."), "فرمان {0} نیست."),
    (re.compile(r"Missing command\."), "فرمانی داده نشده است."),
    (re.compile(r"Got unexpected extra argument\(?s?\)? \((.+)\)"), "این واژه‌ها زیادی است: {0}."),
    (re.compile(r"Option (.+) requires an argument\.?"), "گزینه {0} مقدار می‌خواهد."),
)


def typed(words: Sequence[str]) -> list[str]:
    """Return the words of a command with ASCII digits in numbers, codes and options; texts stay as they are."""
    return [unified_digits(word) if not word.isascii() and _CODE.fullmatch(word) else word for word in words]


def usage_words(error: Any) -> Phrase:
    """Return what is wrong with the words of a command, and where its help is; `error` is click's."""
    told = error.format_message()
    if type(error).__name__ == _HELP_ITSELF or error.ctx is None:
        return Phrase(_persian(error), told)
    command = _BRACES.sub(r"\1", error.ctx.command_path)
    return Phrase(_persian(error) + _HELP.fa.format(command=command), told + _HELP.en.format(command=command))


def _persian(error: Any) -> str:
    kind = type(error).__name__
    if kind == "NoSuchOption":
        said = _NO_OPTION.format(option=error.option_name)
        near = listed(sorted(error.possibilities or ()), Language.FA)
        return _NEAR.format(said=said, near=near) if near else said
    if kind == "MissingParameter":
        return _MISSING.format(hint=_hint(error))
    if kind == "BadParameter":
        return _BAD.format(hint=_hint(error), why=_told(error.message))
    return _told(error.format_message())


def _hint(error: Any) -> str:
    hint = error.param_hint or (error.param.get_error_hint() if error.param is not None else "")
    return hint if isinstance(hint, str) else " / ".join(hint)


def _told(message: str) -> str:
    for pattern, persian in _MESSAGES:
        if found := pattern.match(message):
            return persian.format(*found.groups())
    return message
