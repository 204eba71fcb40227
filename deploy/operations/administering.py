"""Acts of administrators at the command line: each leaves its row in the audit, whatever becomes of it.

The one place through which commands decide things about the bus: `administered` for what is one transaction, which then
holds the row as well; `attempted` for what takes longer, and has a row at its beginning, too.
"""

import getpass
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import typer

from deploy.exits import ExitCode
from deploy.problem import Problem
from deploy.use_cases import View, opened
from producers.access.audit import Actor, AdminAct, AuditOutcome, AuditRow

#: Of what is said about an act, so much is kept.
TEXT_MAX = 500
#: A problem that ends so is a refusal; every other one is a failure.
_REFUSALS = (ExitCode.REFUSED, ExitCode.USAGE, ExitCode.DIFFERS)


class Deed:
    """What the row of one act will say, beside who, what and about what. `actor` is who it is put down to."""

    def __init__(self, act: AdminAct, about: str, by: str | None) -> None:
        login = this_user()
        self._act = act
        self._about = about
        self._outcome = AuditOutcome.DONE
        self._detail = ""
        self.actor = Actor(login if by is None else by)
        #: Whoever says that somebody else decides is on record, too.
        self._typed_by = "" if by in (None, login) else f"typed by {login}"

    def note(self, detail: str, *, refused: bool = False) -> None:
        """Say what was done, or why it was refused."""
        self._detail = detail
        self._outcome = AuditOutcome.REFUSED if refused else AuditOutcome.DONE

    def decided(self, found: Collection[int], missing: Collection[int]) -> None:
        """Say on which of the wanted ids a decision was recorded, and on which not."""
        done = f"decided on {len(found)}"
        gone = f"not there: {' '.join(map(str, missing))}" if missing else ""
        self.note("; ".join(filter(None, (done, gone))), refused=bool(missing) and not found)

    def row(self, outcome: AuditOutcome | None = None, detail: str | None = None) -> AuditRow:
        """Return the row: of what was noted, or of another end."""
        said = self._detail if detail is None else detail
        words = "; ".join(part for part in (said, self._typed_by) if part)
        moment = datetime.now(UTC)
        end = outcome or self._outcome
        return AuditRow(moment, self.actor, self._act, self._about[:TEXT_MAX], end, words[:TEXT_MAX])


def this_user() -> str:
    """Return the login of whoever runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container's user may have no name.
        return "an unnamed user"


@contextmanager
def administered(data: Path | None, act: AdminAct, about: str, by: str | None = None) -> Iterator[tuple[View, Deed]]:
    """Open one transaction for an act of `by` (none: of whoever runs the command), with its row.

    What ends it by an error is undone, and its row is written alone. Raises `Unreachable`, with a remedy.
    """
    deed = Deed(act, about, by)
    with _recorded(data, deed), opened(data) as view:
        yield view, deed
        view.audit.add(deed.row())


@contextmanager
def attempted(data: Path | None, act: AdminAct, about: str, by: str | None = None) -> Iterator[Deed]:
    """Put on record that an act begins, and afterwards what became of it. Raises `Unreachable`, with a remedy."""
    deed = Deed(act, about, by)
    with opened(data) as view:
        view.audit.add(deed.row(AuditOutcome.BEGUN))
    with _recorded(data, deed):
        yield deed
        with opened(data) as view:
            view.audit.add(deed.row())


@contextmanager
def failures_recorded(data: Path | None, act: AdminAct, about: str, by: str | None = None) -> Iterator[Actor]:
    """Put on record that an error ended an act of a use case that writes the rows of all its other ends itself."""
    deed = Deed(act, about, by)
    with _recorded(data, deed):
        yield deed.actor


@contextmanager
def _recorded(data: Path | None, deed: Deed) -> Iterator[None]:
    """Write the row of an act that an error ends, as far as the database answers; the error goes on."""
    try:
        yield
    except BaseException as error:
        outcome, detail = _end_of(error)
        with suppress(Problem), opened(data) as view:
            view.audit.add(deed.row(outcome, detail))
        raise


def _end_of(error: BaseException) -> tuple[AuditOutcome, str]:
    if isinstance(error, Problem):
        return (AuditOutcome.REFUSED if error.ends in _REFUSALS else AuditOutcome.FAILED), error.words.en
    if isinstance(error, typer.Exit):
        refused = error.exit_code in _REFUSALS
        return (AuditOutcome.REFUSED if refused else AuditOutcome.FAILED), f"ended with {error.exit_code}"
    # What an exception says may be anybody's.
    return AuditOutcome.FAILED, type(error).__name__
