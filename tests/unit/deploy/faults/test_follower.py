"""The log as a trial reads it: gaps and doubles are seen, a relay's repetitions are not, and the ledger is the same."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from consumers.runner.records import Record
from consumers.settlement.domain.chain import Chain
from deploy.faults.follower import FollowedFrom, Follower
from schemas.topics import LOG_REQUESTS
from tests.kit.values.ledger_log import RequestsLog, accepted, certificate, collected, completed, request, started
from tests.memory.broker import MemoryBroker, MemorySource
from tests.memory.desk import Desk


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


class Bus:
    """A requests' log in memory, and its follower."""

    def __init__(self, records: Iterable[Record], places: Mapping[int, FollowedFrom] | None = None) -> None:
        self._broker = MemoryBroker()
        self._partitions = self._broker.make(LOG_REQUESTS.name, LOG_REQUESTS.partitions)
        self.follower = Follower(MemorySource(self._broker), places or {}, {})
        self.append(records)

    def append(self, records: Iterable[Record]) -> None:
        for record in records:
            self._broker.append(record.topic, record.partition, record.value, record.key, record.headers)

    def ends(self) -> dict[int, int]:
        return {one.number: len(self._broker.logs[one]) for one in self._partitions}

    def catch_up(self, wanted: Mapping[int, int] | None = None) -> list[str]:
        return self.follower.catch_up(self.ends() if wanted is None else wanted)

    def chains(self) -> list[Chain]:
        return [self.follower.shadow.pages[one.number].chain for one in self._partitions]


def followed(records: Iterable[Record]) -> Bus:
    bus = Bus(records)
    assert bus.catch_up() == []
    return bus


def test_its_chains_are_those_of_settlement() -> None:
    records, desk = day().records, Desk()
    desk.handle(*records)
    follower = followed(records).follower
    for number, opened in desk.memory.pages.items():
        page = follower.shadow.pages[number]
        assert (page.chain, page.window) == (opened.chain, opened.window)
    assert sum(page.chain.count for page in follower.shadow.pages.values()) == len(desk.memory.rows) > 0


def test_it_goes_on_where_it_stopped() -> None:
    records = day().records
    bus = followed(records[:7])
    bus.append(records[7:])
    assert bus.catch_up() == []
    assert bus.chains() == followed(records).chains()


def test_it_reads_no_further_than_it_is_asked_to_and_what_lies_beyond_comes_next_time() -> None:
    records = day().records
    bus = Bus(records)
    half = {number: end // 2 for number, end in bus.ends().items()}
    assert bus.catch_up(half) == []
    assert bus.chains() != followed(records).chains()
    assert bus.catch_up() == []
    assert bus.chains() == followed(records).chains()


def test_a_position_beyond_the_logs_end_is_told() -> None:
    bus = Bus(day().records)
    [problem] = bus.catch_up({**bus.ends(), 3: 1_000})
    assert "partition 3: settlement is at 1000" in problem


def test_what_a_relay_says_again_changes_nothing() -> None:
    records = day().records
    bus = followed([*records, *records[:9]])
    assert list(bus.follower.gaps(str(request(number)) for number in range(1, 6))) == []
    assert bus.chains() == followed(records).chains()


def test_what_comes_late_is_entered_in_its_turn() -> None:
    """As a repair leaves it: what was lost lies behind what came after it, and is no repetition."""
    records = [record for record in day().records if record.key == str(request(1)).encode()]
    late = followed([*records[1:], records[0], *records[1:]])
    assert late.chains() == followed(records).chains()


def test_a_missing_event_is_a_gap_and_another_under_its_number_is_told() -> None:
    records = [record for record in day().records if record.key == str(request(1)).encode()]
    [gap] = followed([records[0], *records[2:]]).follower.gaps([str(request(1))])
    assert "number 3 follows number 1" in gap
    other = tuple((name, b"another" if name == "ce_id" else value) for name, value in records[1].headers)
    [double] = followed([*records, replace(records[1], headers=other)]).follower.gaps([str(request(1))])
    assert "two events are number 2" in double


def test_where_settlement_stood_before_is_where_it_begins() -> None:
    chain = Chain(b"\1" * 32, 7)
    bus = Bus((), {number: FollowedFrom(0, chain, 4) for number in range(LOG_REQUESTS.partitions)})
    assert bus.catch_up() == []
    page = bus.follower.shadow.pages[0]
    assert (page.chain, page.window) == (chain, 4)
