"""The park on a real database: order per key, limits, due events, and operators' decisions."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from connectors.database.parked import ParkedStore, ParkOperator
from consumers.parking import NEVER, WAITING_LIMIT, OperatorAction, ParkedEvent, ParkReason
from consumers.runner.ports import ParkFull, Record
from tests.crowd import crowd

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


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
    def failed(key: str) -> ParkedEvent:
        return event(key, reason=ParkReason.FAILED)

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
        assert rooms == {"water": 1, "gas": 0, "post": WAITING_LIMIT, "power": WAITING_LIMIT}
        store.park([event("b", reason=ParkReason.FAILED)])


def test_nobody_waits_behind_all_that_another_topic_waits_for(engine: Engine) -> None:
    crowd(engine, "requests", "pishkhan.intake.gas", 50)
    with engine.begin() as connection:
        store = ParkedStore(connection, "requests")
        store.park([event("a"), event("b")])
        found = [row.event.key for row in store.waiting(ParkReason.PREDECESSOR, 4)]
    assert found == ["crowd-1", "crowd-2", "a", "b"]


def test_due_are_those_past_their_time_and_those_decided_on(engine: Engine) -> None:
    with engine.begin() as connection:
        store = ParkedStore(connection, "requests")
        store.park([event("late", expires_at=NOW - timedelta(seconds=1)), event("early", expires_at=NEVER)])
        assert store.due_keys(NOW, 10) == ["late"]
        [row] = store.of_keys(["early"])
        assert ParkOperator(connection).decide([row.id, 999], OperatorAction.REDRIVE, "sara", "fixed") == [row.id]
        assert set(store.due_keys(NOW, 10)) == {"late", "early"}
        [decided] = store.of_keys(["early"])
        assert (decided.action, decided.action_by, decided.action_why) == (OperatorAction.REDRIVE, "sara", "fixed")
        store.change(row.id, ParkReason.FAILED, "again", NEVER)
        assert store.due_keys(NOW, 10) == ["late"], "a decision that was carried out is over"


def test_those_that_wait_for_one_reason_are_found(engine: Engine) -> None:
    with engine.begin() as connection:
        store = ParkedStore(connection, "requests")
        store.park([event("a"), event("b", reason=ParkReason.REGISTRY)])
        assert [row.event.key for row in store.waiting(ParkReason.REGISTRY, 10)] == ["b"]


def test_operators_see_the_oldest_first_of_all_or_of_one_consumer(engine: Engine) -> None:
    with engine.begin() as connection:
        ParkedStore(connection, "requests").park([event("a"), event("b")])
        ParkedStore(connection, "settlement").park([event("c")])
        operator = ParkOperator(connection)
        assert [line.key for line in operator.oldest(10)] == ["a", "b", "c"]
        assert [line.key for line in operator.oldest(1)] == ["a"]
        assert [line.key for line in operator.oldest(10, "settlement")] == ["c"]
