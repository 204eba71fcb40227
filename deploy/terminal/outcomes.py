"""How what became of a claim looks at a terminal, and how it ends a command."""

from collections.abc import Iterable

from deploy.exits import ExitCode
from producers.outcomes import Decided, Forgotten, Held, Outcome, SetAside

#: How commands about several claims end: by the first of these that any of them came to.
_WORST_FIRST = (ExitCode.REFUSED, ExitCode.UNKNOWN, ExitCode.WAITS, ExitCode.UNANSWERED)


def code_of(outcome: Outcome | None) -> ExitCode:
    """Return how what became of one claim ends a command."""
    match outcome:
        case Decided(refused=refused):
            return ExitCode.REFUSED if refused else ExitCode.DONE
        case SetAside():
            return ExitCode.REFUSED
        case Held():
            return ExitCode.WAITS
        case Forgotten():
            return ExitCode.UNKNOWN
        case _:
            return ExitCode.UNANSWERED


def style_of(outcome: Outcome | None) -> str:
    """Return the colour of what became of one claim."""
    return {ExitCode.DONE: "green", ExitCode.REFUSED: "red"}.get(code_of(outcome), "yellow")


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return how a command ends whose claims came to `codes`."""
    found = set(codes)
    return next((code for code in _WORST_FIRST if code in found), ExitCode.DONE)
