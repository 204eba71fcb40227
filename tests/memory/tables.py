"""The bus's tables in memory: the same primary keys as the real ones, a row each as a value."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from consumers.delivery.entries import Entry
from consumers.delivery.ports import Progress
from consumers.intake import Unreadable, Words
from consumers.parking import DecisionOutcome, OperatorAction, ParkedEvent
from consumers.requests.domain.acts import ActKey
from consumers.requests.domain.loads.loads import Load
from consumers.runner.records import HaltNote, Move, Partition, Record
from consumers.settlement.domain.chain import Chain, Row
from consumers.settlement.domain.windows import WindowCut
from consumers.settlement.ports import Opened
from producers.access.audit import AuditRow
from producers.access.keys import Key
from producers.saying import Before
from schemas.log_registry import RegistryEntry
from schemas.log_settlement import WindowClosed
from schemas.message import Message
from tests.memory.database import Database, Table


class Offset(NamedTuple):
    """The one row that rules a partition; the page is settlement's."""

    next_position: int = 0
    owner: str | None = None
    lease_until: float | None = None
    backend: int = 0
    page: Opened = Opened(Chain(), 1)


class RequestRow(NamedTuple):
    """One request: its document as JSON, its next timer, and when it was written last."""

    document: bytes
    due_at: datetime | None
    updated_at: datetime


class OfficeRow(NamedTuple):
    """One office's load under its cap."""

    load: Load
    cap_rial: int


class Outgoing(NamedTuple):
    """One message of the outbox, with its partition, and when it was put there, in seconds of real time."""

    message: Message
    partition: int
    published: bool = False
    created_at: float = 0.0


class Aside(NamedTuple):
    """A row of the outbox that no broker takes; without a decision its key waits."""

    topic: str
    partition: int
    key: str
    cause: str
    decision: str | None = None
    by: str | None = None
    why: str | None = None


class Parked(NamedTuple):
    """One event that waits; `next_try_at` and `parked_at` are real time, in seconds."""

    consumer: str
    event: ParkedEvent
    action: OperatorAction | None
    next_try_at: float | None
    parked_at: float = 0.0


#: Of which consumer, before which move, at which bytes.
HaltPlace = tuple[str, Move, bytes]


class Halted(NamedTuple):
    """Where a partition stands still, and who passed it."""

    note: HaltNote
    by: str | None = None
    why: str | None = None
    passed: bool = False


class Decision(NamedTuple):
    """What an operator decided on a parked event, and what became of that."""

    parked_id: int
    consumer: str
    event: ParkedEvent
    action: OperatorAction
    by: str
    why: str
    decided_at: float
    outcome: DecisionOutcome | None = None
    ended_at: float | None = None

    @property
    def record(self) -> Record:
        """What the event came as."""
        return self.event.record


class Letter(NamedTuple):
    """A dead letter, and when it was kept, on the database's clock."""

    consumer: str
    letter: Unreadable
    recorded_at: float


class LetGo(NamedTuple):
    """How many letters of one partition were let go, and up to which position."""

    up_to: int
    letters: int
    bytes: int
    for_room: int


#: Consumer, topic and partition.
LettersPlace = tuple[str, str, int]


class CheckViolated(Exception):
    """What the database raises when it refuses a row."""


class BusDatabase(Database):
    """All tables. One-row tables have the key 1.

    `refused` are requests whose rows the ledger refuses, as a check would that only the database knows.
    """

    def __init__(self, seconds: Callable[[], float] = lambda: 0.0) -> None:
        super().__init__(seconds)
        self.offsets: Table[tuple[str, Partition], Offset] = Table("consumer_offset")
        self.workers: Table[tuple[str, str], float] = Table("worker")
        self.intake: Table[tuple[str, str], Words] = Table("intake_event")
        self.outbox: Table[int, Outgoing] = Table("outbox")
        self.aside: Table[int, Aside] = Table("set_aside_row")
        self.parked: Table[int, Parked] = Table("parked_event")
        self.decisions: Table[int, Decision] = Table("park_decision")
        self.letters: Table[int, Letter] = Table("dead_letter")
        self.letter_telling: Table[str, tuple[float, int]] = Table("letter_telling")
        self.let_go: Table[LettersPlace, LetGo] = Table("dead_letter_let_go")
        self.halts: Table[HaltPlace, Halted] = Table("partition_halt")
        self.registry_head: Table[int, int] = Table("registry_head")
        self.versions: Table[int, RegistryEntry] = Table("registry_version")
        self.requests: Table[UUID, RequestRow] = Table("request")
        self.offices: Table[str, OfficeRow] = Table("office_position")
        self.load_clock: Table[int, int] = Table("load_clock")
        self.acts: Table[ActKey, str] = Table("act")
        self.progress: Table[str, int] = Table("settlement_progress")
        self.transfers: Table[tuple[int, int], Row] = Table("ledger_transfer")
        self.balances: Table[tuple[int, str, int], tuple[int, int]] = Table("ledger_balance")
        self.cuts: Table[tuple[int, int], WindowCut] = Table("window_cut")
        self.disputes: Table[UUID, tuple[bool, datetime]] = Table("ledger_dispute")
        self.windows: Table[int, WindowClosed] = Table("settlement_window")
        self.keys: Table[str, Key] = Table("api_key")
        self.identities: Table[tuple[str, str], Before] = Table("gateway_identity")
        self.audit: Table[int, AuditRow] = Table("audit_row")
        self.told_subjects: Table[str, Progress] = Table("delivery_subject")
        self.told_events: Table[str, bool] = Table("delivery_event")
        self.feed_heads: Table[str, int] = Table("feed_head")
        self.feed_entries: Table[tuple[str, int], Entry] = Table("feed_entry")
        #: Advisory locks of transactions.
        self.advisory: Table[int, None] = Table("advisory lock")
        self.refused: set[UUID] = set()
        #: As `consumers.runner.ports` declares it.
        self.lock_order = (
            self.offsets,
            self.registry_head,
            self.intake,
            self.requests,
            self.told_subjects,
            self.parked,
            self.acts,
            self.advisory,
            self.load_clock,
            self.offices,
            self.feed_heads,
            self.letter_telling,
        )
        self.registry_head.rows[1] = self.load_clock.rows[1] = 0
