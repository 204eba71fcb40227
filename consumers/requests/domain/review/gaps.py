"""What the logs lack of what a request's decisions rest on: a log that lost records must not pass for a shorter story.

The bus numbers a request's events from 1 and the registry's versions from 1, both without gaps; and whatever opens a
request or gives it back is followed, in the same transaction, by what was decided then.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from schemas.decode import Received
from schemas.log_requests import OfficeDeclined, OfficeTimedOut, RequestOpened, RequestRefused, RequestRouted

_DECIDED_NEXT = (RequestOpened, OfficeDeclined, OfficeTimedOut)


class Gap(NamedTuple):
    """Events `first` to `last` of a request are not in its log; `attempt` is the one that was being made there.

    `at_end` is true for an end at which a decision must follow: it may also be that the relay is behind.
    """

    first: int
    last: int
    attempt: int
    at_end: bool = False

    def why(self) -> str:
        """Say what is missing."""
        if self.at_end:
            return (
                f"event {self.first} of the request, which says what was decided, is not in the log; the relay may be "
                "behind, try again when it has caught up"
            )
        events = f"event {self.first}" if self.first == self.last else f"events {self.first} to {self.last}"
        return f"{events} of the request: not in the log, and a decision may have been among them"


def gaps_in(history: Sequence[Received]) -> list[Gap]:
    """Return what is missing of a request's own events, which are given in their order."""
    gaps: list[Gap] = []
    due, attempt, undecided = 1, 1, False
    for received in history:
        sequence, event = received.envelope.sequence, received.event
        assert sequence is not None, "a request's own events are numbered"
        if sequence > due:
            gaps.append(Gap(due, sequence - 1, attempt))
        due = sequence + 1
        attempt += isinstance(event, RequestRouted | RequestRefused)
        undecided = isinstance(event, _DECIDED_NEXT)
    return [*gaps, Gap(due, due, attempt, at_end=True)] if undecided else gaps


def first_missing(revisions: Collection[int]) -> int:
    """Return the first revision of the registry that is not among these, the one after the last when all are there."""
    known = set(revisions)
    return next(number for number in range(1, len(known) + 2) if number not in known)
