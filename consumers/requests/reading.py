"""Reading claims from records, ahead of the batch that they will be in or on the spot."""

from collections.abc import Sequence

from consumers.intake import Claim, IntakeReader, NotMine, Unreadable, read_claim
from consumers.runner.records import Record

#: Records read ahead and never asked for (their positions were given up) are forgotten at this many.
AHEAD_MAX = 20_000

Read = Claim | Unreadable | NotMine


class ClaimReader:
    """Reads records as the requests consumer sees them, before they are asked for or then."""

    def __init__(self) -> None:
        self._ahead: dict[int, tuple[Record, Read]] = {}

    @property
    def held(self) -> int:
        """How many records were read ahead and not asked for yet."""
        return len(self._ahead)

    def prepare(self, records: Sequence[Record]) -> None:
        """Read `records` before they are asked for."""
        if len(self._ahead) > AHEAD_MAX:
            self._ahead = {}
        for record in records:
            # The record is kept with what was read, so its identity cannot pass to another one meanwhile.
            self._ahead[id(record)] = record, read_claim(record, IntakeReader.REQUESTS)

    def read(self, record: Record) -> Read:
        """Return what `record` says, read ahead or now. Never raises on bad input."""
        found = self._ahead.pop(id(record), None)
        return read_claim(record, IntakeReader.REQUESTS) if found is None else found[1]
