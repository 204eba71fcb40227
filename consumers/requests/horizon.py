"""Up to when intake is read: a deadline fires only when every claim published before it has been read.

What somebody says in time counts, however late it is read. So a deadline waits until the workers have passed the ends
that the topics had after it: those of the offices and of the directorate, and that of the request's own agency, which
nobody else can halt. A topic that is not read holds deadlines for `HOLD` at most; then they fire, and this is recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from consumers.parking import NEVER_YET
from schemas.partition import Place
from schemas.topics import INTAKE_AGENCY, INTAKE_DIRECTORATE, INTAKE_OFFICES

#: So long, in real time, a topic that is not read holds a deadline: longer than any restart or change of hands takes,
#: and short enough that nobody waits a day for a halted partition.
HOLD = timedelta(minutes=10)
#: On these all requests may be spoken of.
COMMON = (INTAKE_OFFICES.name, INTAKE_DIRECTORATE.name)


@dataclass(frozen=True, slots=True)
class Horizon:
    """Up to which business time deadlines may fire.

    `read` says up to when the common topics are read, `least` which of them least far; `agencies` holds the agencies
    whose own topic is read less far. Up to `floor` a deadline fires whatever is unread.
    """

    read: datetime
    floor: datetime
    agencies: Mapping[str, datetime] = field(default_factory=dict)
    least: str = INTAKE_OFFICES.name

    @property
    def latest(self) -> datetime:
        """The horizon of all requests whose agency's topic is read as far as the common ones."""
        return max(self.read, self.floor)

    def behind(self) -> dict[str, datetime]:
        """Return the horizons of requests whose agency's topic is read less far."""
        return {agency: max(read, self.floor) for agency, read in self.agencies.items()}

    def of(self, agency: str | None) -> datetime:
        """Return the horizon of a request of `agency`."""
        return max(min(self.read, self.agencies.get(agency or "", self.read)), self.floor)

    def unread(self, agency: str | None, due: datetime) -> str | None:
        """Return the topic that is not read up to a deadline which fires all the same; none when all are."""
        if self.read < due:
            return self.least
        behind = self.agencies.get(agency or "")
        return INTAKE_AGENCY.for_agency(agency or "") if behind is not None and behind < due else None


#: While nobody knows the time, nothing fires.
NOTHING = Horizon(NEVER_YET, NEVER_YET)


class IntakeRead:
    """Remembers, between sweeps, where topics ended when, and what of that the workers have passed since."""

    def __init__(self) -> None:
        self._ends: dict[str, tuple[datetime, Mapping[str, int]]] = {}
        self._read: dict[str, datetime] = {}
        #: Where partitions ended when the database's clock showed a moment, as asked last.
        self.seen: Mapping[Place, tuple[int, datetime]] = {}

    @property
    def may_ask(self) -> bool:
        """Whether asking for the ends anew says anything: not while all that was asked for is still unread."""
        return not self._ends or any(topic not in self._ends for topic in (*COMMON, *self._read))

    def ended(
        self, ends: Mapping[str, int], now: datetime, shown: datetime, on_the_way: Mapping[str, datetime]
    ) -> None:
        """Take notice of where all topics end, asked for at business time `now`, when the database showed `shown`.

        `on_the_way` holds since when something acknowledged waits to be published to a topic: of such a one, what was
        said later is not in the log yet.
        """
        topics: dict[str, dict[str, int]] = {topic: {} for topic in COMMON}
        for place, end in ends.items():
            topics.setdefault(place.rpartition("/")[0], {})[place] = end
        for topic, places in topics.items():
            # An older question that is still open is kept: a topic that is never quiet would else never be read.
            self._ends.setdefault(topic, (min(now, on_the_way.get(topic, now)), places))
        self.seen = {
            Place(place.rpartition("/")[0], int(place.rpartition("/")[2])): (end, shown) for place, end in ends.items()
        }

    def passed(self, positions: Mapping[str, int]) -> None:
        """Take notice of how far the workers have read."""
        for topic, (asked_at, places) in list(self._ends.items()):
            if all(positions.get(place, 0) >= end for place, end in places.items()):
                self._read[topic] = max(asked_at, self._read.get(topic, asked_at))
                del self._ends[topic]

    def horizon(self, floor: datetime) -> Horizon:
        """Return up to when deadlines may fire."""
        read = {topic: self._read.get(topic, NEVER_YET) for topic in (*COMMON, *self._ends, *self._read)}
        least = min(COMMON, key=lambda topic: read[topic])
        common = read[least]
        agencies = {
            topic.removeprefix(INTAKE_AGENCY.for_agency("")): moment
            for topic, moment in read.items()
            if topic not in COMMON and moment < common
        }
        return Horizon(common, floor, agencies, least)
