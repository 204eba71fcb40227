"""Whatever happens to requests, the books hold: over random lives, orders, repeats and cuts into batches."""

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers.requests.domain.loads.loads import Loads, position_changes
from consumers.runner.records import Record
from consumers.settlement.domain.audit import audit_anchors, audit_chains
from consumers.settlement.domain.booking import BookingKind
from consumers.settlement.domain.chain import Row
from consumers.settlement.domain.windows import statements
from consumers.settlement.handlers import SettlementHandler
from schemas.accounts import SUSPENSE
from schemas.base import Event
from schemas.decode import events_by_type, parse
from schemas.log_requests import OfficeAccepted
from schemas.tariff import Collector, Fee, FeeLine, Party, Payer
from schemas.topics import LOG_SETTLEMENT
from tests.kit.values.ledger_log import (
    START,
    RequestsLog,
    accepted,
    at_position,
    closed,
    collected,
    completed,
    exposure_rial,
    fee,
    leg,
    line,
    payment,
    refunded,
    request,
    returned,
    started,
)
from tests.memory.desk import Books
from tests.memory.telemetry import MemoryTelemetry

OFFICES = ("office-1", "office-2")
PARTITIONS = 3
#: Within a month, and on both sides of a turn of the month.
TIMES = (START, START.replace(month=12, day=21), START.replace(month=12, day=22))
BOOKS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def lines(draw: st.DrawFn, office: str) -> FeeLine:
    """A line of up to three legs, whoever pays and collects it."""
    parties = draw(
        st.lists(st.sampled_from((Party.OFFICE, Party.BANK, Party.AGENCY, Party.TREASURY)), min_size=1, max_size=3)
    )
    codes = {Party.OFFICE: office, Party.BANK: "melli", Party.AGENCY: "water", Party.TREASURY: "2808"}
    parties = draw(st.lists(st.sampled_from(list(codes)), min_size=1, max_size=3))
    legs = [leg(party, codes[party], draw(st.integers(1, 2_000_000))) for party in parties]
    payer, collector = draw(
        st.sampled_from(
            (
                (Payer.CITIZEN, Collector.OFFICE_CASH),
                (Payer.CITIZEN, Collector.OFFICE_POS),
                (Payer.CITIZEN, Collector.AGENCY_GATEWAY),
                (Payer.AGENCY, Collector.NONE),
            )
        )
    )
    return line(*legs, payer=payer, collector=collector)


@st.composite
def logs(draw: st.DrawFn) -> RequestsLog:
    """A log of whole and half lives of a few requests, of payments, and of windows' ends, in one order."""
    log = RequestsLog(partitions=PARTITIONS)
    lives = [draw(life(number)) for number in range(draw(st.integers(1, 5)))]
    windows = acts = 0
    while any(lives):
        choice = draw(st.integers(0, 9))
        if choice == 0 and windows < 2:
            windows += 1
            log.mark(windows)
        elif choice == 1:
            acts += 1
            log.add(payment(draw(st.integers(1, 3_000_000)), draw(st.sampled_from(OFFICES))), request(1_000 + acts))
        else:
            of_one = draw(st.sampled_from([one for one in lives if one]))
            log.add(of_one.pop(0), at=draw(st.sampled_from(TIMES)))
    return log


@st.composite
def life(draw: st.DrawFn, number: int) -> list[Event]:
    """One request's events, as the life cycle allows them, up to some point."""
    office, subject = draw(st.sampled_from(OFFICES)), request(number)
    of_fee: Fee = fee(*draw(st.lists(lines(office), max_size=3)))
    events: list[Event] = [accepted(subject, of_fee, office)]
    paid_rial = of_fee.office_collects_rial if draw(st.booleans()) else 0
    if paid_rial:
        events.append(collected(subject, paid_rial, office))
    events.append(started(subject, office))
    back_rial = 0
    if draw(st.booleans()) and paid_rial == of_fee.office_collects_rial:
        events.append(completed(subject, of_fee, office))
        citizen_rial = sum(one.amount_rial for one in of_fee.lines if one.payer is Payer.CITIZEN)
        before: list[int] = []
        while citizen_rial > sum(before) and draw(st.booleans()):
            amount_rial = draw(st.integers(1, citizen_rial - sum(before)))
            events.append(refunded(subject, of_fee, amount_rial, before, office))
            before.append(amount_rial)
        back_rial = min(sum(before), paid_rial)
    else:
        events.append(closed(subject, of_fee, paid_rial, office))
        back_rial = paid_rial
    freed_rial = 0
    while back_rial and draw(st.booleans()):
        amount_rial = draw(st.integers(1, back_rial))
        frees_rial = min(amount_rial, exposure_rial(of_fee) - freed_rial)
        events.append(returned(subject, amount_rial, frees_rial, office))
        back_rial -= amount_rial
        freed_rial += frees_rial
    return events[: draw(st.integers(1, len(events)))]


def books_of(records: Sequence[Record], cuts: Sequence[int] = ()) -> Books:
    """Return the ledger after `records`, in batches that end at `cuts`."""
    memory = Books()
    handler = SettlementHandler(MemoryTelemetry())
    start = 0
    for end in [*sorted(cuts), len(records)]:
        with memory.stores() as stores:
            handler.handle(stores, records[start:end])
        start = end
    return memory


@BOOKS
@given(logs())
def test_every_transaction_and_all_accounts_add_up_to_zero(log: RequestsLog) -> None:
    memory = books_of(log.records)
    accounts = {account for _, account, _ in memory.balances}
    assert sum(memory.balance(account) for account in accounts) == 0
    assert all(row.amount_rial > 0 and row.debit_account != row.credit_account for row in memory.rows)
    for window in memory.closed:
        issued = statements(window, memory.movements(window))
        assert sum(one.closing_rial for one in issued) == 0


@BOOKS
@given(logs())
def test_held_is_posted_and_voided_and_still_held(log: RequestsLog) -> None:
    rows = books_of(log.records).rows
    held, posted, voided = (moved(rows, kind) for kind in (BookingKind.HOLD, BookingKind.POST, BookingKind.VOID))
    still = -sum(row.amount_rial * ((row.debit_account == SUSPENSE) - (row.credit_account == SUSPENSE)) for row in rows)
    assert held == posted + voided + still
    assert still >= 0


def moved(rows: Sequence[Row], kind: BookingKind) -> int:
    """Return what one kind of transaction moved into or out of suspense, in rial."""
    return sum(
        row.amount_rial for row in rows if row.kind == kind and SUSPENSE in (row.debit_account, row.credit_account)
    )


@BOOKS
@given(logs())
def test_exposure_never_exceeds_what_is_reserved(log: RequestsLog) -> None:
    """Event by event: acceptance reserves before settlement sees it; settlement frees in its own transaction."""
    memory = Books()
    handler = SettlementHandler(MemoryTelemetry())
    for record in log.records:
        reserve(memory, record)
        with memory.stores() as stores:
            handler.handle(stores, [record])
        for office in OFFICES:
            owed = sum(row.exposure_rial or 0 for row in memory.rows if row.office == office)
            assert owed == memory.reserved_rial.get(office, 0)


def reserve(memory: Books, record: Record) -> None:
    """Reserve what an acceptance needs, as the requests' transaction did before the event was in the log."""
    if dict(record.headers)["ce_type"] == OfficeAccepted.type_name().encode():
        event = OfficeAccepted.model_validate_json(record.value or b"")
        memory.reserve(event.office, event.exposure_rial)


@BOOKS
@given(logs(), st.data())
def test_any_cut_into_batches_gives_the_same_books(log: RequestsLog, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(log.records)), max_size=6))
    whole, parts = books_of(log.records), books_of(log.records, cuts)
    assert sorted(parts.rows) == sorted(whole.rows)
    assert (parts.pages, parts.balances, parts.closed) == (whole.pages, whole.balances, whole.closed)
    assert parts.window_cuts == whole.window_cuts
    assert parts.income == whole.income


@BOOKS
@given(logs(), st.data())
def test_income_rebuilt_from_the_log_in_any_order_is_what_positions_hold(log: RequestsLog, data: st.DataObject) -> None:
    memory = books_of(log.records, data.draw(st.lists(st.integers(0, len(log.records)), max_size=6)))
    loads = Loads(memory.revision, {})
    models = events_by_type(LOG_SETTLEMENT)
    for message in data.draw(st.permutations(memory.messages)):
        assert message.envelope.time is not None
        for change in position_changes(parse(models[message.envelope.type], message.body), message.envelope.time):
            loads.apply(change)
    for office in OFFICES:
        load = loads.of(office)
        assert (load.income_month, load.income_rial) == memory.income.get(office, (0, 0))


@BOOKS
@given(logs(), st.data())
def test_repeats_and_a_replay_from_the_beginning_change_nothing(log: RequestsLog, data: st.DataObject) -> None:
    memory = books_of(log.records)
    rows, pages = list(memory.rows), dict(memory.pages)
    again = [at_position(record, record.position + 1_000) for record in log.records]
    with memory.stores() as stores:
        SettlementHandler(MemoryTelemetry()).handle(stores, data.draw(st.permutations(again)))
    assert (memory.rows, memory.pages) == (rows, pages)
    assert memory.park.rows == []


@BOOKS
@given(logs(), st.data())
def test_disorder_between_markers_waits_and_gives_the_same_entries(log: RequestsLog, data: st.DataObject) -> None:
    unmarked = [record for record in log.records if not (record.key or b"").startswith(b"window-")]
    shuffled = data.draw(st.permutations(unmarked))
    cuts = data.draw(st.lists(st.integers(0, len(shuffled)), max_size=4))
    disorderly = books_of(shuffled, cuts)
    assert disorderly.park.rows == []
    assert disorderly.sequences == books_of(unmarked).sequences
    assert entries(disorderly.rows) == entries(books_of(unmarked).rows)
    assert disorderly.income == books_of(unmarked).income


def entries(rows: Sequence[Row]) -> list[Row]:
    """Return rows without their numbers, sorted: the order of arrival decides only those."""
    return sorted(row._replace(number=0) for row in rows)


@BOOKS
@given(logs())
def test_the_audit_finds_nothing_in_honest_books(log: RequestsLog) -> None:
    memory = books_of(log.records)
    kept = {number: page.chain for number, page in memory.pages.items()}
    cuts = list(memory.window_cuts.values())
    assert list(audit_chains(sorted(memory.rows), kept, cuts)) == []
    anchors = {window: bytes.fromhex(closed.chain_anchor_sha256) for window, closed in memory.closed.items()}
    assert list(audit_anchors(anchors, cuts)) == []
