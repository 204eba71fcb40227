"""The simulated world: a small province, one broker, one database, one clock, and two workers of every kind."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from connectors.clock import ScaledClock
from consumers.registry.domain.entries import value_of
from consumers.requests.domain.loads.loads import NOTHING
from consumers.requests.domain.routing.seeds import seed_for
from consumers.runner.outcomes import Setback
from schemas.offices import Office
from schemas.topics import INTAKE_AGENCY, TOPICS
from tests.kit.values import builders
from tests.kit.values.builders import MOMENT, SERVICE
from tests.memory.broker import MemoryBroker
from tests.memory.tables import BusDatabase, OfficeRow
from tests.simulator.process import Process

SECRET = b"a secret of the simulator"
#: So called that both requests workers own partitions of the offices' topic: leases go by the names of topics.
AGENCY = "water"
AGENCY_TOPIC = INTAKE_AGENCY.for_agency(AGENCY)
LATE_SERVICE = "water.marriage-certificate"
OFFICES = ("office-1", "office-2")


class Kind(StrEnum):
    """The workers there are two of, each; in the order in which a claim meets them."""

    RELAY = "relay"
    REGISTRY = "registry"
    REQUESTS = "requests"
    SETTLEMENT = "settlement"


SLOTS = tuple((kind, number) for kind in Kind for number in (1, 2))


class BugInTheCode(Exception):
    """What the code raises for a request while it has the bug of the story."""


#: Puts a worker together in a process, and returns what it does again and again.
Build = Callable[["World", Kind, Process], Callable[[], None]]


class World:
    """Everything there is. Time passes only by `seconds`; nobody works unless a process is run.

    Each office has room for one acceptance of the certificate, unless `cap_rial` says otherwise. `build` returns a turn
    of a new worker.
    """

    def __init__(self, build: Build, cap_rial: int = 10_000) -> None:
        self._build = build
        self.seconds = 0.0
        self.clock = ScaledClock(MOMENT, 1.0, MOMENT, self.real)
        self.database = BusDatabase(lambda: self.seconds)
        self.broker = MemoryBroker(now=self.real)
        #: How far the own clocks of some processes are ahead, by name.
        self.ahead: dict[str, timedelta] = {}
        self.ever_failing: set[str] = set()
        self.failures: list[Exception] = []
        self.halted: list[str] = []
        self.setbacks: list[tuple[str, Setback]] = []
        self._unroutable: set[UUID] = set()
        self._started: dict[tuple[Kind, int], int] = {}
        for topic in TOPICS:
            self.broker.make(topic.name.format(agency=AGENCY), topic.partitions)
        self._load(cap_rial)
        self.workers = {slot: self.start(*slot) for slot in SLOTS}

    def real(self) -> datetime:
        """Return real time."""
        return MOMENT + timedelta(seconds=self.seconds)

    def own_clock(self, name: str) -> datetime:
        """Return what the own clock of a process shows."""
        return self.real() + self.ahead.get(name, timedelta(0))

    def break_code(self, request_id: UUID, ledger: bool) -> None:
        """Bring in a bug: the code fails when it routes a request, or the ledger refuses its rows."""
        (self.database.refused if ledger else self._unroutable).add(request_id)
        self.ever_failing.add(str(request_id))

    def repair_code(self) -> None:
        """Repair all bugs."""
        self.database.refused.clear()
        self._unroutable.clear()

    def start(self, kind: Kind, number: int) -> Process:
        """Start a worker; one that takes the place of another has a name of its own."""
        again = self._started[kind, number] = self._started.get((kind, number), 0) + 1
        process = Process(f"{kind}-{number}" if again == 1 else f"{kind}-{number}.{again}")
        process.start(self._build(self, kind, process))
        return process

    def replace(self, slot: tuple[Kind, int]) -> Process:
        """Kill a worker where it stands, and start another in its place."""
        self.bury(self.workers[slot])
        self.workers[slot] = self.start(*slot)
        return self.workers[slot]

    def bury(self, process: Process) -> None:
        """Kill a process: its connections end first, so that nothing it does in dying counts."""
        for number, backend in list(self.database.backends.items()):
            if backend.name == process.name:
                self.database.end(number)
        process.kill()

    def end(self) -> None:
        """Kill everybody."""
        for process in self.workers.values():
            self.bury(process)

    def seed(self, request_id: UUID, attempt: int) -> bytes:
        """Return the seed of one routing attempt, unless the code has a bug there."""
        if request_id in self._unroutable:
            raise BugInTheCode
        return seed_for(SECRET, request_id, attempt)

    def _load(self, cap_rial: int) -> None:
        """Let the registry know a small province; its agency has yet to publish a second service."""
        offices = [
            builders.office(code, daily_capacity=3, prepaid_rial=0, net_debit_cap_rial=cap_rial) for code in OFFICES
        ]
        covered = (builders.terms(SERVICE), builders.terms(LATE_SERVICE))
        things: list[builders.Registrable] = [
            builders.territory(),
            builders.policy(),
            builders.calendar(),
            builders.service(agency=AGENCY),
            builders.agreement(agency=AGENCY, services=covered),
            *offices,
        ]
        for entry in builders.entries(things):
            self.database.versions.rows[entry.revision] = entry
            self.database.registry_head.rows[1] = entry.revision
            value = value_of(entry)
            if isinstance(value, Office):
                self.database.offices.rows[value.code] = OfficeRow(NOTHING, cap_rial)
