"""What goes wrong around a batch, and what each means for the loop."""

from consumers.runner.outcomes import Setback
from consumers.runner.records import Partition
from schemas.partition import Place


class Fenced(Exception):
    """A position is not where this worker left it: another owner moved it. Roll back, read again, seek again."""


class Contention(Exception):
    """A deadlock, a lock time-out, a unique violation or a cap used up by others: roll the batch back, do it again."""


class Collision(Contention):
    """A unique violation: another writer was first, or, if it never ends, the record itself is at fault."""


class DatabaseUnavailable(Exception):
    """The database cannot be reached; back off and stay alive."""


class BrokerUnavailable(Exception):
    """The broker cannot be reached; back off and stay alive."""


class ParkFull(Exception):
    """The park has reached its limit: halt the partition rather than drop anything."""


class PositionLost(Exception):
    """The log no longer holds a position, or the topic is another one of the same name: halt, never reset."""

    def __init__(self, partition: Partition, problem: str) -> None:
        super().__init__(f"{partition.topic}/{partition.number}: {problem}")
        self.partition = partition


class Standstill(Exception):
    """To go on at a place would be wrong, whatever comes next there: halt its partition, and no other."""

    def __init__(self, place: Place, cause: Setback, why: str) -> None:
        super().__init__(why)
        self.place = place
        self.cause = cause
