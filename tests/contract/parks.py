"""What a park promises: one suite for the park in memory and for the one in the database."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from consumers.parking import NEVER, RESTS, OperatorAction, ParkedEvent, ParkedRow, ParkReason, failed_event
from consumers.runner.errors import Contention
from consumers.runner.records import Record

#: Business time.
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
#: More than the statements of one step take on a database whose clock goes on.
MOMENT = 3.0


class TriedPark(Protocol):
    """A park as the capabilities see it, with what a test does from outside."""

    def park(self, events: Sequence[ParkedEvent]) -> None: ...
    def of_keys(self, keys: Collection[str]) -> list[ParkedRow]: ...
    def given_up(self, event_ids: Collection[str]) -> Collection[str]: ...
    def due_keys(self, now: datetime, limit: int) -> list[str]: ...
    def remove(self, ids: Collection[int]) -> None: ...
    def skip(self, ids: Collection[int]) -> None: ...
    def keep(self, rows: Sequence[ParkedRow]) -> None: ...

    def rest(self, seconds: float) -> None:
        """Let real time pass."""

    def decide(self, action: OperatorAction, keys: Collection[str] | None = None) -> None:
        """Decide on the events of `keys`, or on all, as an operator would."""


def failed(key: str, body: bytes = b"{}") -> ParkedEvent:
    """Return an event on which the code has just failed."""
    return failed_event(key, "KeyError", record(key, body))


def waiting(key: str, *, expires_at: datetime = NEVER) -> ParkedEvent:
    """Return a claim that came too early."""
    return ParkedEvent(
        key, ParkReason.PREDECESSOR, "too early", record(key), expires_at, {"pishkhan.intake.water/0": 9}
    )


def record(key: str, body: bytes = b"{}") -> Record:
    """Return a record of an agency."""
    return Record("pishkhan.intake.water", 2, 17, key.encode(), (("ce_id", b"e-1"),), body, NOW)


def only(park: TriedPark, key: str) -> ParkedRow:
    """Return the one event of `key`."""
    [row] = park.of_keys([key])
    return row


class ParkContract:
    """Subclasses give the `park` fixture: empty, and in one transaction."""

    def test_what_failed_is_due_after_each_of_its_rests_and_then_waits_for_a_person(self, park: TriedPark) -> None:
        park.park([failed("k")])
        for tries, rest in enumerate(RESTS, start=1):
            row = only(park, "k")
            assert (row.event.tries, row.to_try) == (tries, False)
            park.rest(rest.total_seconds() - MOMENT)
            assert park.due_keys(NOW, 10) == []
            park.rest(2 * MOMENT)
            assert park.due_keys(NOW, 10) == ["k"]
            assert only(park, "k").to_try
            park.keep([only(park, "k").with_failure("KeyError, again")])
        park.rest(timedelta(days=365).total_seconds())
        assert park.due_keys(NOW, 10) == []
        assert only(park, "k").event == ParkedEvent(
            "k", ParkReason.FAILED, "KeyError, again", record("k"), NEVER, tries=len(RESTS) + 1
        )

    def test_what_is_overdue_longest_comes_first(self, park: TriedPark) -> None:
        for hours in (1, 3, 2):
            park.park([waiting(f"for-{hours}-hours", expires_at=NOW - timedelta(hours=hours))])
        assert park.due_keys(NOW, 2) == ["for-3-hours", "for-2-hours"]

    def test_what_waits_for_something_is_due_when_its_business_time_is_over(self, park: TriedPark) -> None:
        park.park([waiting("late", expires_at=NOW), waiting("later", expires_at=NOW + timedelta(seconds=1))])
        assert park.due_keys(NOW, 10) == ["late"]
        assert not only(park, "late").to_try, "it is given up, not tried as something that failed"

    @pytest.mark.parametrize("action", OperatorAction)
    def test_a_decision_makes_an_event_due_at_once(self, park: TriedPark, action: OperatorAction) -> None:
        park.park([failed("a"), failed("b"), waiting("c")])
        park.decide(action, ["b"])
        park.decide(action, ["c"])
        assert park.due_keys(NOW, 10) == ["b", "c"]
        for key in "bc":
            assert only(park, key).to_try == (action is OperatorAction.REDRIVE)
            assert only(park, key).to_skip == (action is OperatorAction.SKIP)
        (park.skip if action is OperatorAction.SKIP else park.remove)([only(park, "b").id])
        park.keep([only(park, "c").with_reason(ParkReason.BEHIND, "in its turn", NEVER)])
        assert park.due_keys(NOW, 10) == [], "what was decided is carried out"
        assert (only(park, "c").event.reason, only(park, "c").action) == (ParkReason.BEHIND, None)

    def test_a_person_may_have_it_tried_before_its_rest_is_over_and_afterwards_it_rests_on(
        self, park: TriedPark
    ) -> None:
        park.park([failed("k")])
        park.decide(OperatorAction.REDRIVE)
        park.keep([only(park, "k").with_failure("KeyError")])
        park.rest(RESTS[1].total_seconds() - MOMENT)
        assert park.due_keys(NOW, 10) == []
        park.rest(2 * MOMENT)
        assert park.due_keys(NOW, 10) == ["k"]

    def test_a_decision_that_a_worker_has_not_seen_is_not_lost(self, park: TriedPark) -> None:
        park.park([failed("k")])
        seen = only(park, "k")
        park.decide(OperatorAction.SKIP)
        park.keep([seen.with_failure("KeyError")])
        assert only(park, "k").to_skip
        assert only(park, "k").event.tries == 2
        assert park.due_keys(NOW, 10) == ["k"]

    def test_what_an_operator_takes_back_is_not_given_up(self, park: TriedPark) -> None:
        park.park([failed("k")])
        park.decide(OperatorAction.SKIP)
        given_up = only(park, "k").id
        park.decide(OperatorAction.REDRIVE)
        with pytest.raises(Contention):
            park.skip([given_up])
        assert only(park, "k").to_try
        park.decide(OperatorAction.SKIP)
        park.skip([given_up])
        assert park.of_keys(["k"]) == []

    def test_what_was_given_up_stays_known_when_it_has_left(self, park: TriedPark) -> None:
        park.park([failed("k")])
        park.decide(OperatorAction.SKIP)
        assert set(park.given_up(["e-1"])) == set(), "nobody has carried it out yet"
        park.skip([only(park, "k").id])
        assert set(park.given_up(["e-1", "e-2"])) == {"e-1"}
        assert set(park.given_up([])) == set(park.given_up(["e-2"])) == set()

    def test_what_was_tried_again_is_not_given_up(self, park: TriedPark) -> None:
        park.park([failed("k")])
        park.decide(OperatorAction.REDRIVE)
        park.remove([only(park, "k").id])
        assert set(park.given_up(["e-1"])) == set()

    def test_a_second_decision_of_the_same_kind_is_not_lost_either(self, park: TriedPark) -> None:
        park.park([failed("k")])
        park.decide(OperatorAction.REDRIVE)
        seen = only(park, "k")
        park.decide(OperatorAction.REDRIVE)
        park.keep([seen.with_failure("KeyError")])
        assert only(park, "k").to_try
        park.keep([only(park, "k").with_failure("KeyError")])
        assert only(park, "k").action is None

    def test_events_of_a_key_keep_their_order_whatever_becomes_of_them(self, park: TriedPark) -> None:
        park.park([failed("k", b"1"), failed("other"), failed("k", b"2"), failed("k", b"3")])
        first, second, _ = park.of_keys(["k"])
        park.keep([second.with_failure("KeyError"), first.with_reason(ParkReason.BEHIND, "in its turn", NEVER)])
        assert [row.event.record.value for row in park.of_keys(["k"])] == [b"1", b"2", b"3"]
        park.remove([second.id])
        assert [row.event.record.value for row in park.of_keys(["k"])] == [b"1", b"3"]
        assert only(park, "other").event == failed("other")

    def test_what_it_waits_for_can_be_changed(self, park: TriedPark) -> None:
        park.park([failed("k")])
        row = only(park, "k")
        park.keep([ParkedRow(row.id, waiting("k"))])
        assert only(park, "k").event == waiting("k")

    def test_nothing_is_fine(self, park: TriedPark) -> None:
        park.park([])
        park.remove([])
        park.skip([])
        park.keep([])
        assert park.of_keys([]) == []
        assert park.of_keys(["k"]) == []
        assert park.due_keys(NOW, 10) == []
