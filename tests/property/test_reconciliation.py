"""Whatever the bus is doing, a comparison finds nothing; whatever is done to it behind its back, it finds that."""

from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from consumers.reconciliation.comparison import Comparison, Summary
from consumers.reconciliation.domain.findings import DifferenceKind, Finding
from consumers.reconciliation.domain.outcome import ClaimOutcome
from consumers.settlement.expected import expected_of
from tests.kit.values.reconciliation_memory import INTAKES, LOGS, PARTITIONS, MemoryBus, MemoryLogs, MemoryStore

Step = Callable[[MemoryBus], None]


def collect_and_settle(bus: MemoryBus) -> None:
    """Take one more request all the way."""
    bus.claim(1_000 + bus.said)
    bus.finish()


#: Numbers of partitions.
PLACES = range(PARTITIONS)
#: What the bus may do next; the relay may be killed before it notes what it published.
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(lambda *of: lambda bus: bus.claim(*of), st.integers(0, 3), st.sampled_from(PLACES)),
    st.builds(lambda *of: lambda bus: bus.repeat(*of), st.integers(0, 20), st.integers(0, 3), st.sampled_from(PLACES)),
    st.builds(lambda intake: lambda bus: bus.decide(intake), st.sampled_from(PLACES)),
    st.builds(lambda count: lambda bus: bus.publish(count), st.integers(1, 3)),
    st.just(lambda bus: bus.publish(1, noted=False)),
    st.builds(lambda partition: lambda bus: bus.settle(partition), st.sampled_from(PLACES)),
    st.just(collect_and_settle),
)
#: How often a comparison asks the logs for something, and so may be overtaken.
CALLS = 20


def compared(bus: MemoryBus, meanwhile: Callable[[], None] = lambda: None) -> tuple[list[Finding], Summary]:
    logs, store = MemoryLogs(bus, meanwhile), MemoryStore(bus, meanwhile)
    comparison = Comparison(logs, store, expected_of, lambda what, done, total: None)
    return list(comparison.findings()), comparison.summary


def busy_bus(data: st.DataObject) -> MemoryBus:
    """Return a bus that has worked for a while and finished everything."""
    bus = MemoryBus()
    for step in [lambda one: one.claim(0), *data.draw(st.lists(STEPS, max_size=30))]:
        step(bus)
    bus.finish()
    return bus


@given(
    before=st.lists(STEPS, max_size=40),
    meanwhile=st.dictionaries(st.integers(0, CALLS - 1), st.lists(STEPS, min_size=1, max_size=8)),
)
def test_in_the_middle_of_anything_there_is_no_difference(before: list[Step], meanwhile: dict[int, list[Step]]) -> None:
    bus = MemoryBus()
    for step in before:
        step(bus)
    calls = count()

    def work() -> None:
        for step in meanwhile.get(next(calls), ()):
            step(bus)

    findings, _ = compared(bus, work)
    assert next(calls) <= CALLS, "the comparison asks more often than it is overtaken"
    # A relay that was killed says a thing twice, and so may an office; which is named and harmless.
    assert {finding.kind for finding in findings} <= {DifferenceKind.PUBLISHED_TWICE}
    bus.finish()
    findings, summary = compared(bus)
    assert {finding.kind for finding in findings} <= {DifferenceKind.PUBLISHED_TWICE}
    assert summary.unread.total() == summary.unpublished.total() == summary.younger == 0
    assert summary.cash_rial["requests"] == summary.cash_rial["log"] == summary.cash_rial["ledger"]


#: What a claim that is said again brings with it.
REPEATED = Counter({DifferenceKind.PUBLISHED_TWICE: 1_000})


def new_kinds(bus: MemoryBus, harm: Callable[[], Any], *, finish: bool = False) -> Counter[DifferenceKind]:
    before = Counter(compared(bus)[0])
    harm()
    if finish:
        bus.finish()
    return Counter(finding.kind for finding in (Counter(compared(bus)[0]) - before).elements())


@given(data=st.data())
def test_a_row_that_is_gone_from_the_outbox_is_found(data: st.DataObject) -> None:
    bus = busy_bus(data)
    number = data.draw(st.sampled_from(sorted(bus.database.outbox)))
    assert new_kinds(bus, lambda: bus.database.outbox.pop(number)) == {DifferenceKind.NOT_IN_OUTBOX: 1}


@given(data=st.data())
def test_a_row_that_never_was_published_and_is_gone_is_missing_everywhere(data: st.DataObject) -> None:
    """However often its claim was said again, wherever, in whatever words, read or not."""
    bus = busy_bus(data)
    again = st.lists(st.tuples(st.integers(7, 8), st.sampled_from(PLACES)), max_size=4)
    # One may be read first, and the others lie before it, behind it, or in another partition.
    intake, number = data.draw(st.sampled_from(PLACES)), bus.said
    bus.claim(7, intake)
    for request, elsewhere in data.draw(again):
        bus.repeat(number, request, elsewhere)
    bus.decide(intake)
    for request, elsewhere in data.draw(again):
        bus.repeat(number, request, elsewhere)
    for elsewhere in data.draw(st.lists(st.sampled_from(PLACES), max_size=4)):
        bus.decide(elsewhere)
    [row] = bus.database.outbox.keys() - bus.database.published
    finish = data.draw(st.booleans())
    assert new_kinds(bus, lambda: bus.database.outbox.pop(row), finish=finish) - REPEATED == {
        DifferenceKind.EVENT_MISSING: 1,
        DifferenceKind.CLAIM_WITHOUT_OUTCOME: 1,
    }


@given(data=st.data())
def test_a_claim_is_judged_the_same_wherever_others_of_its_identity_lie(data: st.DataObject) -> None:
    """One of each identity was applied, and it is the one whose words were kept."""
    bus = busy_bus(data)
    findings, summary = compared(bus)
    assert {finding.kind for finding in findings} <= {DifferenceKind.PUBLISHED_TWICE}
    records = [record for place in INTAKES for record in bus.logs[place]]
    assert summary.claims == +Counter(
        {
            ClaimOutcome.APPLIED: bus.said,
            ClaimOutcome.DEAD_LETTERED: len(bus.database.dead),
            ClaimOutcome.DUPLICATE: len(records) - bus.said - len(bus.database.dead),
        }
    )


@given(data=st.data(), ahead=st.integers(1, 3), intake=st.sampled_from(PLACES))
def test_a_position_that_was_moved_forward_is_found(data: st.DataObject, ahead: int, intake: int) -> None:
    bus = busy_bus(data)
    for number in range(ahead):
        # Requests of their own, so that no later event of theirs waits for these.
        bus.claim(100 + number, intake)
    kinds = new_kinds(bus, lambda: _move(bus, ("requests", INTAKES[intake]), ahead), finish=True)
    assert kinds == {DifferenceKind.RECORD_SKIPPED: ahead}


@given(data=st.data(), ahead=st.integers(1, 3))
def test_records_that_settlement_never_read_are_found(data: st.DataObject, ahead: int) -> None:
    bus = busy_bus(data)
    for number in range(ahead):
        bus.claim(100 + number)
        bus.decide()
    bus.publish(ahead)
    places = {place: len(bus.logs[place]) for place in LOGS[:PARTITIONS]}

    def harm() -> None:
        for place, end in places.items():
            bus.database.positions["settlement", place] = end

    assert new_kinds(bus, harm, finish=True) == {DifferenceKind.RECORD_SKIPPED: ahead}


@given(data=st.data())
def test_progress_that_is_gone_or_older_is_lost_and_no_record_was_skipped(data: st.DataObject) -> None:
    bus = busy_bus(data)
    subject = data.draw(st.sampled_from(sorted(bus.database.settled)))
    settled = bus.database.settled[subject]
    left = data.draw(st.integers(0, settled - 1))
    kinds = new_kinds(bus, lambda: bus.database.settled.__setitem__(subject, left))
    # Of an event that was published twice both records were passed.
    assert kinds == {DifferenceKind.PROGRESS_LOST: settled - left}


@given(data=st.data())
def test_a_requests_row_that_is_gone_or_older_is_missing_and_the_log_is_not_ahead(data: st.DataObject) -> None:
    bus = busy_bus(data)
    subject = data.draw(st.sampled_from(sorted(bus.database.versions)))
    version = bus.database.versions[subject]

    def harm() -> None:
        bus.database.cash_rial[subject] = 0
        bus.database.versions.pop(subject)

    assert new_kinds(bus, harm) == {DifferenceKind.ROW_MISSING: 1}
    bus.database.versions[subject] = data.draw(st.integers(0, version - 1))
    assert DifferenceKind.LOG_AHEAD not in {finding.kind for finding in compared(bus)[0]}


@given(data=st.data())
def test_a_position_that_was_moved_back_is_shown(data: st.DataObject) -> None:
    bus = busy_bus(data)
    place = data.draw(st.sampled_from([place for place in LOGS[:PARTITIONS] if bus.logs[place]]))
    back = data.draw(st.integers(1, len(bus.logs[place])))
    kinds = new_kinds(bus, lambda: _move(bus, ("settlement", place), -back))
    # Behind a repetition alone there is nothing that was applied.
    assert kinds.keys() <= {DifferenceKind.POSITION_MOVED_BACK}
    assert kinds or len({record.headers for record in bus.logs[place]}) < len(bus.logs[place])


@given(data=st.data())
def test_a_changed_or_missing_ledger_row_is_found(data: st.DataObject) -> None:
    bus = busy_bus(data)
    index = data.draw(st.integers(0, len(bus.database.ledger) - 1))
    entry = bus.database.ledger[index]
    wrong = entry._replace(transfer=entry.transfer._replace(amount_rial=entry.transfer.amount_rial + 1))
    assert new_kinds(bus, lambda: bus.database.ledger.__setitem__(index, wrong)) == {DifferenceKind.LEDGER_DIFFERS: 1}
    assert new_kinds(bus, lambda: bus.database.ledger.pop(index)) == {DifferenceKind.LEDGER_MISSING: 1}


@given(data=st.data())
def test_a_log_that_lost_its_tail_is_found_by_every_lost_event(data: st.DataObject) -> None:
    bus = busy_bus(data)
    place = data.draw(st.sampled_from([place for place in LOGS if bus.logs[place]]))
    kept = data.draw(st.integers(0, len(bus.logs[place]) - 1))
    lost = {record.headers for record in bus.logs[place][kept:]} - {one.headers for one in bus.logs[place][:kept]}

    def harm() -> None:
        del bus.logs[place][kept:]

    kinds = new_kinds(bus, harm)
    # What was there twice may now be there once.
    del kinds[DifferenceKind.PUBLISHED_TWICE]
    outside = 1 if ("settlement", place) in bus.database.positions else 0
    assert +kinds == +Counter({DifferenceKind.NOT_IN_LOG: len(lost), DifferenceKind.POSITION_OUTSIDE_LOG: outside})


def _move(bus: MemoryBus, of: Any, by: int) -> None:
    bus.database.positions[of] += by
