"""How a command ends: the one declared table of exit codes.

Scripts and schedulers read these codes, so each has one meaning in every command. The number 1 is what Python gives to
a program that fails with a trace, and click to a question that is answered with no; so it means "not done", and never
that two things differ. docs/exit-codes.md shows the table; a test compares the two.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import typer


class ExitCode(IntEnum):
    """The code of each way to end. Nothing else may be given to the system."""

    DONE = 0
    PROBLEM = 1
    USAGE = 2
    REFUSED = 3
    WAITS = 4
    UNANSWERED = 5
    UNKNOWN = 6
    DIFFERS = 7
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class ExitRow:
    """One way to end: its code, a word or two for `--help`, what it means, and what a script does next."""

    code: ExitCode
    short: str
    meaning: str
    then: str


EXITS: tuple[ExitRow, ...] = (
    # What was asked for is so: the claim is taken, the books agree, the decision comes out the same.
    ExitRow(ExitCode.DONE, "done", "What was asked for is done, and what was examined is in order.", "Go on."),
    # Everything that the other rows do not say; also Python's own code for a trace, and click's for "no".
    ExitRow(
        ExitCode.PROBLEM,
        "not done",
        "It could not be done, or a question was answered with no. The error says why and the remedy; "
        "with a trace of calls it is a fault of the program.",
        "Read the error.",
    ),
    # click's own code for what it cannot parse; used also where our own reading of a value fails.
    ExitRow(
        ExitCode.USAGE,
        "wrong usage",
        "The command line is not valid: an unknown option, or a value that does not fit. Nothing was done.",
        "Correct the command; the same command fails again.",
    ),
    # A decision of the bus, on record where it was a claim.
    ExitRow(
        ExitCode.REFUSED,
        "refused",
        "What was published or asked was refused, wholly or in part; each refusal is shown with its reason.",
        "Correct the claim; the same claim is refused again.",
    ),
    # Kept by the bus; the three rows differ in what is known of the claim.
    ExitRow(
        ExitCode.WAITS,
        "waits for another party",
        "The claim is kept and waits for another party; the answer says for whom and until when.",
        "Do not send it again.",
    ),
    ExitRow(
        ExitCode.UNANSWERED,
        "kept, not answered yet",
        "The claim is kept and will not be lost, but there was no answer within the time of --wait.",
        "Do not send it again; ask for the answer later.",
    ),
    # Neither yes nor no. Never 0: whoever has not looked must not report that all is well.
    ExitRow(
        ExitCode.UNKNOWN,
        "could not be known",
        "The broker or the database did not answer, or the logs do not hold what the answer needs.",
        "Run it again when they answer; a claim may or may not be kept, and the error says which.",
    ),
    # The answer was had, and it is no.
    ExitRow(
        ExitCode.DIFFERS,
        "differs",
        "What was examined is not as it must be: records or decisions differ, or a check found a problem.",
        "Examine what is named.",
    ),
    # As shells count a program that SIGINT ended: 128 + 2.
    ExitRow(
        ExitCode.INTERRUPTED,
        "interrupted",
        "Ctrl-C or SIGTERM ended it before its work was done; the error says what was done until then.",
        "Run it again.",
    ),
)

#: How every command may end, whatever it does.
ALWAYS: tuple[ExitCode, ...] = (ExitCode.DONE, ExitCode.PROBLEM, ExitCode.USAGE, ExitCode.INTERRUPTED)


def row_of(code: ExitCode) -> ExitRow:
    """Return the row of a code."""
    return next(row for row in EXITS if row.code is code)


def in_order(codes: Iterable[ExitCode]) -> tuple[ExitCode, ...]:
    """Return the codes that a command with `codes` of its own may end with, smallest first."""
    return tuple(sorted({*ALWAYS, *codes}))


def help_line(codes: Iterable[ExitCode]) -> str:
    """Return the line of `--help` that names a command's exit codes."""
    return "Exit codes: " + ", ".join(f"{code.value} {row_of(code).short}" for code in in_order(codes)) + "."


def end_with(code: ExitCode) -> None:
    """End the command with `code`; go on when that is done."""
    if code is not ExitCode.DONE:
        raise typer.Exit(code)
