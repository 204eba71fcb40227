"""One fault at a time, at every step that matters of a whole working day: the day ends as it does without it.

The day is the same in every test: two walk-ins are served and paid, an agency's request is cancelled, a window is
closed, a fee is refunded. In the long run every single step of every worker has its turn, not only those that matter.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from consumers.requests.domain.life.state import RequestStage
from tests.simulator.people import REQUESTS
from tests.simulator.story import POINTS, Slot, Story
from tests.simulator.world import OFFICES, Kind

LONG = os.environ.get("PISHKHAN_LONG") == "1"
#: Who says what, in the order in which it happens: the number of the request, what is said, and at which desk.
DAY = (
    (0, "walk in", OFFICES[0]),
    (1, "walk in", OFFICES[1]),
    (2, "submit", None),
    (0, "accept", OFFICES[0]),
    (0, "collect", OFFICES[0]),
    (1, "accept", OFFICES[1]),
    (0, "start", OFFICES[0]),
    (2, "cancel", None),
    (0, "deliver", OFFICES[0]),
    (1, "collect", OFFICES[1]),
    (1, "start", OFFICES[1]),
    (0, "refund", None),
    (1, "deliver", OFFICES[1]),
)
CASES = [((kind, number), step) for kind in Kind for number in (1, 2) for step in POINTS[kind]]
Fault = Callable[[Story, Slot, str], None]
#: What the day comes to: two certificates of 30,000 rial, 30 % for the bank; of the first one, 10,000 are given back.
GOOD = {
    "stages": {0: RequestStage.COMPLETED, 1: RequestStage.COMPLETED, 2: RequestStage.CANCELLED},
    "balances": {
        "citizens": 0,
        "citizens:refunds": -10_000,
        "suspense": 0,
        "bank:melli": -18_000 + 3_000,
        "office:office-1": -21_000 + 7_000,
        "office:office-1:drawer": 30_000,
        "office:office-2": -21_000,
        "office:office-2:drawer": 30_000,
    },
    "rows": 10,
    "windows": 1,
    "incomes": {"office-1": 14_000, "office-2": 21_000},
    "parked": 0,
}


@contextmanager
def day(trouble: Callable[[Story, int], None] = lambda told, hour: None) -> Iterator[Story]:
    """Let the day pass and all become quiet, and give its story; `trouble` may interfere in every hour."""
    # With room for more, a request that is routed late is not refused.
    told = Story(cap_rial=100_000)
    try:
        for hour, (number, what, desk) in enumerate(DAY):
            told.tell(told.people.say(number, what, partition=number, desk=desk))
            if hour == len(DAY) // 2:
                told.tell(told.people.close_window())
            trouble(told, hour)
            told.everybody()
            told.check()
        told.heal()
        yield told
    finally:
        told.world.end()


def result(told: Story) -> dict[str, object]:
    """Return what the day came to: where every request ended, and what every account has."""
    tables = told.world.database
    balances: Counter[str] = Counter()
    for (_, account, _), (debits_rial, credits_rial) in tables.balances.rows.items():
        balances[account] += debits_rial - credits_rial
    return {
        "stages": {number: state.stage for number in range(3) if (state := told.people.state(REQUESTS[number]))},
        "balances": dict(balances),
        "rows": len(tables.transfers.rows),
        "windows": len(tables.windows.rows),
        "incomes": {code: office.load.income_rial for code, office in tables.offices.rows.items()},
        "parked": len(tables.parked.rows),
    }


def test_the_day_without_a_fault_is_a_good_day() -> None:
    with day() as told:
        assert result(told) == GOOD


@pytest.mark.parametrize("fault", [Story.die_at, Story.haunt], ids=["dies", "haunts"])
@pytest.mark.parametrize(("slot", "step"), CASES)
def test_a_worker_that_dies_or_haunts_at_a_step_that_matters_harms_nothing(slot: Slot, step: str, fault: Fault) -> None:
    with day(lambda told, hour: fault(told, slot, step) if hour in (3, 8) else None) as told:
        assert result(told) == GOOD


@pytest.mark.parametrize("slot", [(kind, number) for kind in Kind for number in (1, 2)])
def test_a_worker_that_never_hears_that_it_has_committed_does_nothing_twice(slot: Slot) -> None:
    with day(lambda told, hour: told.lose_answer(slot)) as told:
        assert result(told) == GOOD


@pytest.mark.parametrize("after", range(4))
def test_a_relay_that_never_hears_from_the_broker_publishes_nothing_out_of_order(after: int) -> None:
    with day(lambda told, hour: told.lose_acknowledgement(after)) as told:
        assert result(told) == GOOD


@pytest.mark.parametrize("what", ["database", "broker"])
def test_an_outage_in_every_hour_loses_nothing(what: str) -> None:
    with day(lambda told, hour: told.outage(what)) as told:
        assert result(told) == GOOD


@pytest.mark.skipif(not LONG, reason="every single step: `make simulate` takes them")
@pytest.mark.parametrize("slot", [(kind, number) for kind in Kind for number in (1, 2)])
def test_a_worker_may_die_at_any_single_step(slot: Slot) -> None:
    for steps in range(1, 60):
        with day(dying(slot, steps)) as told:
            assert result(told) == GOOD


def dying(slot: Slot, steps: int) -> Callable[[Story, int], None]:
    """Return the trouble that a worker dies in every hour, after so many steps."""
    return lambda told, hour: told.die(slot, steps)
