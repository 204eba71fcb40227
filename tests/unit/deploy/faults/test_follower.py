"""The log as a trial reads it: gaps and doubles are seen, a relay's repetitions are not, and the ledger is the same."""

from collections.abc import Iterable
from dataclasses import replace

from consumers.runner.ports import Partition, Record
from consumers.settlement.domain.chain import Chain
from consumers.settlement.handlers import SettlementHandler
from deploy.faults.follower import Follower, Place
from schemas.topics import LOG_REQUESTS
from tests.ledger_log import RequestsLog, accepted, certificate, collected, completed, request, started
from tests.ledger_memory import MemoryLedger
from tests.runner_memory import MemorySource, MemoryTelemetry


def day() -> RequestsLog:
    """Return the log of three requests, a window's end and two more."""
    log = RequestsLog()
    for asked in (request(1), request(2), request(3)):
        log.add(accepted(asked, certificate()))
        log.add(collected(asked, 30_000))
        log.add(started(asked))
        log.add(completed(asked, certificate()))
    log.mark(1)
    log.add(accepted(request(4), certificate()))
    log.add(accepted(request(5), certificate()))
    return log


def follower(records: Iterable[Record]) -> tuple[Follower, MemorySource]:
    partitions = [Partition(LOG_REQUESTS.name, "id-1", number) for number in range(LOG_REQUESTS.partitions)]
    source = MemorySource(partitions)
    for record in records:
        append(source, record)
    return Follower(source, {}, {}), source


def append(source: MemorySource, record: Record) -> None:
    [log] = [log for place, log in source.logs.items() if place.number == record.partition]
    log.append(replace(record, position=len(log)))


def test_its_chains_are_those_of_settlement() -> None:
    records, memory = day().records, MemoryLedger()
    SettlementHandler(MemoryTelemetry()).handle(memory.stores(), records)
    follows, _ = follower(records)
    follows.catch_up()
    for number, opened in memory.pages.items():
        page = follows.shadow.pages[number]
        assert (page.chain, page.window) == (opened.chain, opened.window)
    assert sum(page.chain.count for page in follows.shadow.pages.values()) == len(memory.rows) > 0


def test_it_goes_on_where_it_stopped() -> None:
    records = day().records
    whole, _ = follower(records)
    whole.catch_up()
    parts, source = follower(records[:7])
    parts.catch_up()
    for record in records[7:]:
        append(source, record)
    parts.catch_up()
    chains = [[one.shadow.pages[number].chain for number in range(12)] for one in (whole, parts)]
    assert chains[0] == chains[1]


def test_what_a_relay_says_again_changes_nothing() -> None:
    records = day().records
    follows, _ = follower([*records, *records[:9]])
    follows.catch_up()
    assert list(follows.gaps(str(request(number)) for number in range(1, 6))) == []
    once, _ = follower(records)
    once.catch_up()
    assert follows.shadow.pages[3].chain == once.shadow.pages[3].chain


def test_a_missing_event_is_a_gap_and_another_under_its_number_is_told() -> None:
    records = [record for record in day().records if record.key == str(request(1)).encode()]
    follows, _ = follower([records[0], *records[2:]])
    follows.catch_up()
    [gap] = follows.gaps([str(request(1))])
    assert "number 3 follows number 1" in gap
    other = tuple((name, b"another" if name == "ce_id" else value) for name, value in records[1].headers)
    follows, _ = follower([*records, replace(records[1], headers=other)])
    follows.catch_up()
    [double] = follows.gaps([str(request(1))])
    assert "two events are number 2" in double


def test_where_settlement_stood_before_is_where_it_begins() -> None:
    partitions = [Partition(LOG_REQUESTS.name, "id-1", 0)]
    chain = Chain(b"\1" * 32, 7)
    follows = Follower(MemorySource(partitions), {0: Place(0, chain, 4)}, {})
    follows.catch_up()
    assert (follows.shadow.pages[0].chain, follows.shadow.pages[0].window) == (chain, 4)
