"""What must hold after every step, whatever happened: the invariants of the bus, read from what is committed.

I1  a claim that was read was logged, waits, or was given up by an operator; or its record is a dead letter: exactly one
I2  identities are known once, and so are the log's events
I3  transfers balance: the running sums are those of the rows, and all accounts add up to zero
I4  a request's log is numbered 1, 2, 3, …, in the outbox and, repetitions aside, on the broker
I5  what lies before a position is decided, what lies behind it is not; the ledger is the fold of what lies before
I7  the ledger's chains verify
I9  exposure ≤ reserved ≤ cap + late cash, which is at least what requests have of it; in flight are the live requests
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from functools import partial
from traceback import format_exception
from uuid import UUID

from consumers.intake import Claim, IntakeReader, NotMine, objection, read_claim
from consumers.parking import DecisionOutcome, ParkReason
from consumers.requests.domain.life.context import Context, EarlierClaim
from consumers.requests.domain.life.lifecycle import LIVE, transition
from consumers.requests.domain.life.outcome import Await
from consumers.requests.domain.life.state import RequestState
from consumers.requests.domain.life.world import BatchWorld
from consumers.requests.domain.loads.loads import Loads
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.seeds import seed_for
from consumers.requests.handlers import CONSUMER as REQUESTS
from consumers.requests.waiting import speaker_of
from consumers.runner.records import Partition, Record
from consumers.settlement.domain.audit import OfficeExposure, audit_anchors, audit_chains, audit_exposure
from consumers.settlement.handlers import CONSUMER as SETTLEMENT
from consumers.settlement.handlers import SettlementHandler
from schemas.identity import derived_id
from schemas.intake_agency import RequestSubmitted
from schemas.log_requests import RefusalReason, RequestRefused
from schemas.topics import LOG_REQUESTS
from tests.kit.values.builders import code_bits
from tests.memory.database import Session
from tests.memory.ledger import settlement_stores
from tests.memory.tables import BusDatabase, CheckViolated, LettersPlace, Offset
from tests.memory.telemetry import MemoryTelemetry
from tests.simulator.world import SECRET, BugInTheCode, World

Identity = tuple[str, str]
Place = tuple[str, str, int, int]


class Audit:
    """Looks at a world again and again; what was read before is not read again."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tables = world.database
        self._seen_at: tuple[int, int, int] = (-1, -1, -1)
        self._checked: dict[tuple[str, Partition], int] = {}
        self._accepted: dict[Identity, Claim] = {}
        self._bodies: dict[Place, Claim] = {}
        self._unreadable: set[Place] = set()

    def violations(self) -> list[str]:
        """Say what does not hold; nothing, when all is well."""
        seen_at = (self._tables.commits, len(self._world.broker.history), len(self._tables.disorders))
        if seen_at == self._seen_at:
            return []
        self._seen_at = seen_at
        return [
            *self._positions(),
            *self._claims(),
            *self._log(),
            *self._ledger(),
            *self._loads(),
            *self._park(),
            *self._alarms(),
        ]

    def _park(self) -> Iterator[str]:
        """Check that every decision on a parked event has its end, or waits for a worker, one for each event: I1."""
        open_on = Counter(one.parked_id for one in self._tables.decisions.rows.values() if one.outcome is None)
        for parked_id, count in open_on.items():
            row = self._tables.parked.rows.get(parked_id)
            if row is None or row.action is None or count > 1:
                yield f"I1: {count} decisions on parked event {parked_id} have no end"

    def _positions(self) -> Iterator[str]:
        """Read what was decided since the last time, and check the dead letters against it: I5."""
        for (consumer, where), offset in self._tables.offsets.rows.items():
            if consumer != SETTLEMENT:
                log, reader = self._world.broker.logs[where], IntakeReader(consumer)
                before = self._checked.get((consumer, where), 0)
                if offset.next_position < before:
                    yield f"I5: {consumer} went back on {where.topic}/{where.number}"
                for record in log[before : offset.next_position]:
                    self._decided(record, reader)
                self._checked[consumer, where] = offset.next_position
        letters = Counter(_place(consumer, one.record) for consumer, one, _ in self._tables.letters.rows.values())
        intake = self._tables.intake.rows
        conflicts = {place for place, claim in self._bodies.items() if intake.get(claim.identity) != claim.words}
        missing: dict[LettersPlace, list[int]] = defaultdict(list)
        for consumer_name, topic, partition, position in (self._unreadable | conflicts) - letters.keys():
            missing[consumer_name, topic, partition].append(position)
        for gone_from in missing.keys() | self._tables.let_go.rows.keys():
            yield from self._missing(gone_from, missing[gone_from])
        for place, count in letters.items():
            if count > 1 or place not in self._unreadable | conflicts:
                yield f"I5: {place} is a dead letter {count} times, and was read once at most"

    def _missing(self, where: LettersPlace, positions: list[int]) -> Iterator[str]:
        """Check that no letters are missing but those that were let go, which are the oldest and were counted: I1."""
        gone = self._tables.let_go.rows.get(where)
        for position in positions:
            if gone is None or position > gone.up_to:
                yield f"I1: {(*where, position)} is no dead letter and was not applied either"
        if gone is not None and gone.letters != len(positions):
            yield f"I1: of {where} {gone.letters} dead letters were let go, and {len(positions)} are missing"

    def _decided(self, record: Record, reader: IntakeReader) -> None:
        read = read_claim(record, reader)
        place = _place(reader.value, record)
        if isinstance(read, Claim) and read.identity not in self._accepted and objection(read):
            self._unreadable.add(place)
        elif isinstance(read, Claim):
            self._bodies[place] = read
            self._accepted.setdefault(read.identity, read)
        elif not isinstance(read, NotMine):
            self._unreadable.add(place)

    def _claims(self) -> Iterator[str]:
        """Every claim has exactly one end: I1, I2."""
        known = self._tables.intake.rows.keys()
        for identity in known ^ self._accepted.keys():
            problem = "is known, and nobody has read it" if identity in known else "was read, and nobody knows it"
            yield f"I5: claim {identity[1]} {problem}"
        rows = self._tables.outbox.rows.values()
        logged = {row.message.envelope.id for row in rows}
        cancelled = {
            row.message.key
            for row in rows
            if row.message.envelope.type == RequestRefused.type_name()
            and RequestRefused.model_validate_json(row.message.body).reason is RefusalReason.CANCELLED_BEFORE_ROUTING
        }
        waiting: Counter[Identity] = Counter()
        for parked in self._tables.parked.rows.values():
            if parked.consumer != SETTLEMENT:
                waiting[_identity(parked.event.record)] += 1
        decisions = self._tables.decisions.rows.values()
        given_up = {_identity(one.record) for one in decisions if one.outcome is DecisionOutcome.SKIPPED}
        for identity, claim in self._accepted.items():
            ends = waiting[identity] + any(derived_id(*identity, number) in logged for number in (0, 1))
            # A cancellation opens and refuses a request that waits for the registry, in one go with its submission.
            of_cancelled = isinstance(claim.event, RequestSubmitted) and str(claim.event.request_id) in cancelled
            if ends == 0 and (of_cancelled or identity in given_up):
                continue
            if ends != 1:
                yield f"I1: claim {identity[1]} ({claim.envelope.type}) has {ends} ends: it was lost, or done twice"

    def _log(self) -> Iterator[str]:
        """One order per request: I4, I2."""
        rows = sorted(self._tables.outbox.rows.items())
        ids = Counter(row.message.envelope.id for _, row in rows)
        yield from (
            f"I2: event {event_id} is in the outbox {count} times" for event_id, count in ids.items() if count > 1
        )
        sequences: dict[str, list[int]] = defaultdict(list)
        for _, row in rows:
            if row.message.topic == LOG_REQUESTS.name and row.message.envelope.sequence is not None:
                sequences[row.message.key].append(row.message.envelope.sequence)
        for key, found in sequences.items():
            if found != list(range(1, len(found) + 1)):
                yield f"I4: {key} is numbered {found}"
        for request_id, request in self._tables.requests.rows.items():
            version = RequestState.model_validate_json(request.document).version
            if version != len(sequences.get(str(request_id), ())):
                yield f"I4: {request_id} is at version {version}, and its log has {sequences.get(str(request_id))}"
        for where, log in self._world.broker.logs.items():
            if where.topic == LOG_REQUESTS.name:
                yield from _out_of_order(where, log)

    def _ledger(self) -> Iterator[str]:
        """Honest books: I3, I7."""
        rows = sorted(self._tables.transfers.rows.values(), key=lambda row: (row.partition, row.number))
        sums: dict[tuple[int, str, int], list[int]] = defaultdict(lambda: [0, 0])
        for row in rows:
            sums[row.partition, row.debit_account, row.window_number][0] += row.amount_rial
            sums[row.partition, row.credit_account, row.window_number][1] += row.amount_rial
        kept = {key: list(sides) for key, sides in self._tables.balances.rows.items()}
        if kept != sums:
            yield f"I3: the running sums {kept} are not those of the rows {dict(sums)}"
        if sum(debits - credited for debits, credited in kept.values()):
            yield "I3: the accounts do not add up to zero"
        booked = {(row.event_id, row.transaction_id) for row in rows}
        if len({event_id for event_id, _ in booked}) != len(booked):
            yield "I2: an event was booked twice"
        pages = {
            where.number: offset.page.chain
            for (consumer, where), offset in self._tables.offsets.rows.items()
            if consumer == SETTLEMENT
        }
        cuts = list(self._tables.cuts.rows.values())
        yield from (f"I7: {problem}" for problem in audit_chains(rows, pages, cuts))
        anchors = {
            number: bytes.fromhex(window.chain_anchor_sha256) for number, window in self._tables.windows.rows.items()
        }
        yield from (f"I7: {problem}" for problem in audit_anchors(anchors, cuts))
        last: dict[str, int] = {}
        for (consumer, where), offset in self._tables.offsets.rows.items():
            if consumer == SETTLEMENT:
                for record in self._world.broker.logs[where][: offset.next_position]:
                    _follow(last, record)
        entered = self._tables.progress.rows
        for subject in last.keys() | entered.keys():
            if subject not in self._world.ever_failing and last.get(subject) != entered.get(subject):
                yield f"I5: settlement has read {subject} up to {last.get(subject)}, and entered {entered.get(subject)}"

    def _loads(self) -> Iterator[str]:
        """Nobody owes more than was reserved, and nothing is reserved beyond the cap: I9."""
        exposure: Counter[str] = Counter()
        for row in self._tables.transfers.rows.values():
            if row.office is not None:
                exposure[row.office] += row.exposure_rial or 0
        offices = self._tables.offices.rows
        kept = [
            OfficeExposure(code, exposure[code], office.load.reserved_rial, office.cap_rial, office.load.late_cash_rial)
            for code, office in offices.items()
        ]
        yield from (f"I9: {problem}" for problem in audit_exposure(kept))
        in_flight: Counter[str] = Counter()
        late_rial: Counter[str] = Counter()
        for request in self._tables.requests.rows.values():
            state = RequestState.model_validate_json(request.document)
            if state.stage in LIVE and state.office is not None:
                in_flight[state.office] += 1
            if state.office is not None:
                late_rial[state.office] += state.late_cash_rial - state.late_freed_rial
        for code, office in offices.items():
            if office.load.late_cash_rial < late_rial[code]:
                yield f"I9: {code} has {office.load.late_cash_rial} rial of late cash, its requests {late_rial[code]}"
            if office.load.in_flight != in_flight[code]:
                yield f"I9: {code} has {office.load.in_flight} requests in flight, and {in_flight[code]} are live"

    def _alarms(self) -> Iterator[str]:
        """Nobody is alarmed for nothing, and all lock in one order, so that nobody ever waits in a circle."""
        yield from (f"lock order: {disorder}" for disorder in self._tables.disorders)
        for halted in self._world.halted:
            yield f"a partition was halted: {halted}"
        for failure in self._world.failures:
            if not isinstance(failure, (BugInTheCode, CheckViolated)):
                yield f"the code failed: {''.join(format_exception(failure))}"
        for parked in self._tables.parked.rows.values():
            reason, key = parked.event.reason, parked.event.key
            if reason in (ParkReason.GAP, ParkReason.FAILED) and key not in self._world.ever_failing:
                yield f"{parked.consumer} parked {key} as {reason}, and there is no bug: {parked.event.detail}"


def _place(consumer: str, record: Record) -> Place:
    return consumer, record.topic, record.partition, record.position


def _identity(record: Record) -> Identity:
    headers = dict(record.headers)
    return (headers["ce_source"] or b"").decode(), (headers["ce_id"] or b"").decode()


def _out_of_order(where: Partition, log: list[Record]) -> Iterator[str]:
    """Say where a partition's log, read as every reader reads it, has a number too early."""
    last: dict[str, int] = {}
    for record in log:
        jump = _follow(last, record)
        if jump:
            yield f"I4: {where.topic}/{where.number}: {jump}"


def _follow(last: dict[str, int], record: Record) -> str | None:
    """Note the number of a record of the requests' log; say when it leaves one out."""
    headers = dict(record.headers)
    if "ce_sequence" not in headers:
        return None
    key, sequence = (record.key or b"").decode(), int(headers["ce_sequence"] or b"0")
    before = last.get(key, 0)
    last[key] = max(sequence, before)
    return f"{key} jumps from {before} to {sequence}" if sequence > before + 1 else None


def needlessly_parked(world: World) -> Iterator[str]:
    """Say what still waits though all is quiet and what it waits for has come."""
    tables, now = world.database, world.clock.now()
    view = RegistryView.empty().with_entries([entry for _, entry in sorted(tables.versions.rows.items())])
    loads = Loads(tables.load_clock.rows[1], {code: office.load for code, office in tables.offices.rows.items()})
    caps_rial = {code: office.cap_rial for code, office in tables.offices.rows.items()}
    seen = BatchWorld(view, loads, caps_rial, partial(seed_for, SECRET), code_bits)
    before: dict[str, tuple[EarlierClaim, ...]] = defaultdict(tuple)
    for _, row in sorted(tables.parked.rows.items()):
        reason, key = row.event.reason, row.event.key
        if reason is not ParkReason.PREDECESSOR or row.event.expires_at <= now:
            yield f"{row.consumer} still waits with a claim on {key} as {reason}, until {row.event.expires_at}"
        elif row.consumer == REQUESTS:
            claim = read_claim(row.event.record, IntakeReader.REQUESTS)
            assert isinstance(claim, Claim), "what was parked was readable"
            state = RequestState.model_validate_json(tables.requests.rows[UUID(key)].document)
            speaker = speaker_of(claim.speaker_kind, claim.speaker_code)
            outcome = transition(state, claim.event, Context(speaker, now, now, seen, waiting=before[key]))
            before[key] += (EarlierClaim(claim.envelope.id, claim.envelope.type, speaker),)
            if not isinstance(outcome, Await):
                yield f"{claim.envelope.type} on {key} still waits, and would be: {type(outcome).__name__}"


def replayed(world: World) -> Iterator[str]:
    """Say where the ledger is not the one that the whole log makes when it is read at once, from 0: I5.

    What an operator left out of the ledger a replay would enter, so then there is nothing to compare. What failed and
    was entered later stands in another place of the same page, and perhaps in a later window.
    """
    decisions = world.database.decisions.rows.values()
    if any(one.outcome is DecisionOutcome.SKIPPED and one.record.topic == LOG_REQUESTS.name for one in decisions):
        return
    anew = BusDatabase()
    for where, log in world.broker.logs.items():
        if where.topic == LOG_REQUESTS.name:
            anew.offsets.rows[SETTLEMENT, where] = Offset()
            with Session(anew).transaction() as transaction:
                SettlementHandler(MemoryTelemetry()).handle(settlement_stores(transaction, anew), log)
    kept, made = _books(world.database, world.ever_failing), _books(anew, world.ever_failing)
    for name in kept:
        for odd in kept[name] - made[name]:
            yield f"I5: {name} has this, and a replay from 0 does not make it: {odd}"
        for odd in made[name] - kept[name]:
            yield f"I5: {name} lacks this, which a replay from 0 makes: {odd}"


def _books(tables: BusDatabase, some_failed: Collection[str]) -> dict[str, set[object]]:
    """Return what is comparable of a ledger."""
    books: dict[str, set[object]] = {
        "settlement_progress": set(tables.progress.rows.items()),
        "ledger_dispute": set(tables.disputes.rows.items()),
        "ledger_transfer": {row._replace(number=0, window_number=0) for row in tables.transfers.rows.values()},
    }
    if not some_failed:
        books["ledger_transfer"] = set(tables.transfers.rows.values())
        books["ledger_balance"] = set(tables.balances.rows.items())
        books["window_cut"] = set(tables.cuts.rows.items())
        books["settlement_window"] = {(key, window.model_dump_json()) for key, window in tables.windows.rows.items()}
    return books
