"""A day or a moment that a person types, on either calendar."""

from datetime import UTC, datetime

from connectors.files.days import typed_moment
from connectors.files.problem import Wrong
from connectors.words.language import Phrase
from consumers.jalali import STANDARD_TIME
from deploy.problem import Misused
from deploy.terminal.speaking import Terminal

_NO_MOMENT = Phrase("--from {text}: {problem}؛ {remedy}.", "--from {text}: {problem}; {remedy}.")
_NEEDS_ONE = Phrase(
    "با --id تاریخ را هم با --from بدهید: بی آن هر بار لحظه دیگری گفته می‌شود.",
    "With --id give --from as well: without it another moment is said each time.",
)


def begins_at(terminal: Terminal, text: str | None, event_id: str | None) -> datetime:
    """Return when what is said begins to hold, by `--from`: a day's beginning in Iran, or a moment; now without one.

    Raises `Misused`, also for an id of the person's own without `--from`: under it the same must be said again.
    """
    if text is None:
        if event_id is not None:
            raise Misused(_NEEDS_ONE)
        return terminal.clock.now().replace(second=0, microsecond=0)
    moment = typed_moment(text, STANDARD_TIME)
    if isinstance(moment, Wrong):
        raise Misused(_NO_MOMENT.filled(text=text, problem=moment.problem, remedy=moment.remedy))
    return moment.astimezone(UTC)
