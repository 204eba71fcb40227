"""How many records failed in a row: a few are the records' fault, many are the code's."""

from collections.abc import Collection
from dataclasses import dataclass, field

from schemas.partition import Place

#: So many records of one partition are parked in a row, while the code can do nothing with any; then it is at fault.
FAILED_IN_A_ROW_MAX = 20


class FailedInARow(Exception):
    """Too many records of a partition have failed in a row: halt it, and park no more of them."""


@dataclass(slots=True)
class Failures:
    """Counts the failures of each partition since the code last decided on one of its records.

    Kept in memory: a worker that is started anew counts from nothing, because it may be another version.
    """

    limit: int = FAILED_IN_A_ROW_MAX
    _in_a_row: dict[Place, int] = field(default_factory=dict)

    def check(self, place: Place, error: Exception) -> None:
        """Raise `FailedInARow` when `error` would be one failure too many at `place`."""
        if self._in_a_row.get(place, 0) >= self.limit:
            raise FailedInARow(
                f"{self.limit} records in a row failed, and the next fails with {type(error).__name__}: the code is at "
                "fault, so nothing more is parked; install a version without the fault, and it goes on from here"
            )

    def add(self, place: Place) -> None:
        """Count a record that was parked because it failed."""
        self._in_a_row[place] = self._in_a_row.get(place, 0) + 1

    def end(self, places: Collection[Place]) -> None:
        """Count from nothing at `places`: the code has decided on a record there."""
        if self._in_a_row:
            for place in places:
                self._in_a_row.pop(place, None)
