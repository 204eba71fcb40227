"""The park on a real database: order per key, limits, due events, and operators' decisions."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, text

from connectors.database.parking.operator import ParkOperator
from connectors.database.parking.park import ParkedStore
from consumers.parking import WAITING_BYTES_LIMIT, WAITING_LIMIT, OperatorAction, ParkedEvent, ParkReason, Room
from consumers.runner.errors import ParkFull
from consumers.runner.records import Record
from tests.contract.parks import NOW, ParkContract, failed, only
from tests.kit.values.crowd import crowd

pytestmark = pytest.mark.integration


def event(
    key: str, body: bytes = b"{}", *, expires_at: datetime = NOW, reason: ParkReason = ParkReason.PREDECESSOR
) -> ParkedEvent:
    headers = (("ce_id", b"e-1"), ("odd", b"\xff\x00"), ("none", None))
    record = Record("pishkhan.intake.water", 2, 17, key.encode(), headers, body, NOW)
    return ParkedEvent(key, reason, "too early", record, expires_at, {"pishkhan.intake.water/0": 9})


def test_an_event_comes_back_as_it_was_parked(engine: Engine) -> None:
    parked = event("k", b"\x00\xff any bytes")
    with engine.begin() as connection:
        store = ParkedStore(connection, "requests")
        store.park([parked])
        [row] = store.of_keys(["k"])
    assert row.event == parked
    assert row.action is None


def test_events_of_one_key_keep_their_order(engine: Engine) -> None:
    with engine.begin() as connection:
        store = ParkedStore(connection, "requests")
        store.park([event("a", b"1"), event("b", b"2"), event("a", b"3")])
        store.park([event("a", b"4")])
        assert [row.event.record.value for row in store.of_keys(["a"])] == [b"1", b"3", b"4"]
        store.remove([row.id for row in store.of_keys(["a"])])
        assert [row.event.key for row in store.of_keys(["a", "b", "c"])] == ["b"]


def test_consumers_have_parks_of_their_own(engine: Engine) -> None:
    with engine.begin() as connection:
        ParkedStore(connection, "requests").park([event("k")])
        assert ParkedStore(connection, "settlement").of_keys(["k"]) == []


def test_a_full_park_takes_nothing_more_that_may_not_be_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        store = ParkedStore(connection, "requests", limit=3)
        store.park([failed("a"), event("b", reason=ParkReason.BEHIND), event("too early")])
        with pytest.raises(ParkFull, match="requests"):
            store.park([failed("c"), failed("d"), event("e")])
        store.park([failed("c"), event("e"), event("f", reason=ParkReason.REGISTRY)])
        assert store.kept() == 3


def test_claims_that_wait_have_room_by_topic_and_never_fill_the_park(engine: Engine) -> None:
    crowd(engine, "requests", "pishkhan.intake.water", WAITING_LIMIT - 2)
    crowd(engine, "requests", "pishkhan.intake.gas", WAITING_LIMIT)
    crowd(engine, "requests", "pishkhan.intake.post", 1_000, "failed")
    crowd(engine, "registry", "pishkhan.intake.power", 1_000)
    with engine.begin() as connection:
        store = ParkedStore(connection, "requests", limit=1_001)
        store.park([event("a", reason=ParkReason.REGISTRY)])
        rooms = {name: store.room(f"pishkhan.intake.{name}") for name in ("water", "gas", "post", "power")}
        left = {name: room.claims for name, room in rooms.items()}
        assert left == {"water": 1, "gas": 0, "post": WAITING_LIMIT, "power": WAITING_LIMIT}
        assert rooms["post"].bytes == rooms["power"].bytes == WAITING_BYTES_LIMIT
        store.park([event("c", b"x" * 5_000)])
        assert store.room("pishkhan.intake.water") == Room(0, rooms["water"].bytes - 5_000)
        store.park([failed("b")])


def test_nobody_waits_behind_all_that_another_topic_waits_for(engine: Engine) -> None:
    crowd(engine, "requests", "pishkhan.intake.gas", 50)
    with engine.begin() as connection:
        store = ParkedStore(connection, "requests")
        store.park([event("a"), event("b")])
        found = [row.event.key for row in store.waiting(ParkReason.PREDECESSOR, 4)]
    assert found == ["crowd-1", "crowd-2", "a", "b"]


def test_those_that_wait_for_one_reason_are_found(engine: Engine) -> None:
    with engine.begin() as connection:
        store = ParkedStore(connection, "requests")
        store.park([event("a"), event("b", reason=ParkReason.REGISTRY)])
        assert [row.event.key for row in store.waiting(ParkReason.REGISTRY, 10)] == ["b"]


class SqlPark(ParkedStore):
    """The park in one transaction, with what a test does from outside."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, "requests")
        self.connection = connection

    def rest(self, seconds: float) -> None:
        statement = text("UPDATE parked_event SET next_try_at = next_try_at - make_interval(secs => :seconds)")
        self.connection.execute(statement, {"seconds": seconds})

    def decide(self, action: OperatorAction, keys: Collection[str] | None = None) -> None:
        operator = ParkOperator(self.connection)
        ids = [line.id for line in operator.oldest(100) if keys is None or line.key in keys]
        assert operator.decide([*ids, 999_999], action, "sara", "mended") == ids


class TestParkedStore(ParkContract):
    @pytest.fixture
    def park(self, engine: Engine) -> Iterator[SqlPark]:
        with engine.begin() as connection:
            yield SqlPark(connection)


def test_what_another_worker_has_in_hand_is_passed_over(engine: Engine) -> None:
    with engine.begin() as connection:
        ParkedStore(connection, "requests").park([failed("a"), failed("b")])
    with engine.begin() as first, engine.begin() as second:
        assert [row.event.key for row in ParkedStore(first, "requests").lock_free(["a"])] == ["a"]
        assert [row.event.key for row in ParkedStore(second, "requests").lock_free(["a", "b"])] == ["b"]
        assert ParkedStore(second, "requests").lock_free([]) == []


def decisions(park: SqlPark, parked_id: int) -> list[tuple[str, str, str | None]]:
    found = ParkOperator(park.connection).decisions(parked_id)
    assert all((one.decided_by, one.source, one.event_id) == ("sara", None, "e-1") for one in found)
    return [(one.action, one.why, one.outcome) for one in found]


def test_every_decision_stays_on_record_with_what_became_of_it(engine: Engine) -> None:
    with engine.begin() as connection:
        park = SqlPark(connection)
        park.park([failed("k"), failed("other")])
        row = only(park, "k")
        park.decide(OperatorAction.REDRIVE, ["k"])
        assert decisions(park, row.id) == [("redrive", "mended", None)]
        assert [line.decided_by for line in ParkOperator(connection).oldest(10)] == ["sara", None]
        park.keep([only(park, "k").with_failure("KeyError")])
        park.decide(OperatorAction.REDRIVE, ["k"])
        park.decide(OperatorAction.SKIP, ["k"])
        park.skip([row.id])
        assert decisions(park, row.id) == [
            ("redrive", "mended", "kept"),
            ("redrive", "mended", "replaced"),
            ("skip", "mended", "skipped"),
        ]
        assert ParkOperator(connection).find(row.id) is None, "the decisions outlive the event"
        assert decisions(park, only(park, "other").id) == []


def test_a_decision_that_was_not_seen_stays_open(engine: Engine) -> None:
    with engine.begin() as connection:
        park = SqlPark(connection)
        park.park([failed("k")])
        seen = only(park, "k")
        park.decide(OperatorAction.SKIP)
        park.keep([seen.with_failure("KeyError")])
        assert decisions(park, seen.id) == [("skip", "mended", None)]


def test_everything_that_failed_is_decided_on_at_once(engine: Engine) -> None:
    with engine.begin() as connection:
        for consumer in ("requests", "settlement"):
            ParkedStore(connection, consumer).park([failed("a"), event("b"), failed("c")])
        operator = ParkOperator(connection)
        assert len(operator.decide_on_failed("settlement", OperatorAction.REDRIVE, "sara", "repaired")) == 2
        assert ParkedStore(connection, "requests").due_keys(NOW - timedelta(days=1), 10) == []
        assert len(operator.decide_on_failed(None, OperatorAction.REDRIVE, "sara", "repaired")) == 4
        assert ParkedStore(connection, "requests").due_keys(NOW - timedelta(days=1), 10) == ["a", "c"]


def test_the_envelope_of_a_parked_event_can_be_read_without_its_body(engine: Engine) -> None:
    with engine.begin() as connection:
        park = SqlPark(connection)
        park.park([event("k")])
        assert ParkOperator(connection).headers(only(park, "k").id) == {
            "ce_id": "e-1",
            "odd": "\N{REPLACEMENT CHARACTER}\0",
            "none": "",
        }


def test_operators_see_the_oldest_first_of_all_or_of_one_consumer(engine: Engine) -> None:
    with engine.begin() as connection:
        ParkedStore(connection, "requests").park([event("a"), event("b")])
        ParkedStore(connection, "settlement").park([event("c")])
        operator = ParkOperator(connection)
        assert [line.key for line in operator.oldest(10)] == ["a", "b", "c"]
        assert [line.key for line in operator.oldest(1)] == ["a"]
        assert [line.key for line in operator.oldest(10, "settlement")] == ["c"]
        assert operator.oldest(10, reason=ParkReason.FAILED) == []
        assert len(operator.oldest(10, reason=ParkReason.PREDECESSOR)) == 3
