"""Whatever a folder states, and whatever others do meanwhile: it holds, and stated again nothing changes."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from producers.registration import Stated, plan
from schemas.intake_directorate import OfficeSuspended
from schemas.offices import LicenceState, Office
from tests.kit.values import builders
from tests.kit.values.builders import MOMENT, START
from tests.kit.values.registered import Registry
from tests.unit.producers.test_registration import agreement, folder

DAYS = st.integers(0, 400)
FIELDS = st.fixed_dictionaries(
    {},
    optional={"daily_capacity": st.integers(1, 4), "prepaid_rial": st.integers(0, 2), "names": st.sampled_from("ab")},
)


def office(fields: dict[str, Any]) -> Office:
    """Return the folder's office."""
    names = {"names": builders.words(fields["names"])} if "names" in fields else {}
    return builders.office(**{**fields, **names})


@given(st.lists(st.tuples(DAYS, FIELDS, st.sampled_from(["nothing", "suspend", "plan"]), DAYS), min_size=1, max_size=5))
def test_what_is_stated_holds_and_what_others_did_stays(steps: list[tuple[int, dict[str, Any], str, int]]) -> None:
    registry = Registry()
    registry.take(plan(folder(), registry, START).claims)
    now, suspended, settled = MOMENT, False, START
    for days, fields, act, ahead in steps:
        now += timedelta(days=days, hours=1)
        if act == "suspend" and not suspended:
            suspended = True
            registry.say(OfficeSuspended(office="office-1", valid_from=now, minutes_number="1", reason="a case"))
        begins = now + timedelta(days=ahead) if act == "plan" else now
        # What was planned for a later day stays planned for that day.
        settled = max(settled, begins)
        rows = folder(office=office(fields))
        registry.take(plan(rows, registry, begins).claims)
        for later in (now, begins):
            assert plan(rows, registry, later).claims == ()
        held = registry.in_force("office", "office-1", settled)
        assert isinstance(held, Office)
        wanted = office(fields)
        assert (held.daily_capacity, held.prepaid_rial, held.names) == (
            *(wanted.daily_capacity, wanted.prepaid_rial),
            wanted.names,
        )
        assert (held.licence.state is LicenceState.SUSPENDED) is suspended


@given(st.lists(st.tuples(st.integers(1, 3), DAYS, DAYS), min_size=1, max_size=5))
def test_a_fee_is_what_was_stated_last_from_its_day_on(steps: list[tuple[int, int, int]]) -> None:
    registry = Registry()
    registry.take(plan(folder(), registry, START).claims)
    now, settled, before = MOMENT, START, 30
    for thousands, days, ahead in steps:
        now += timedelta(days=days, hours=1)
        begins = now + timedelta(days=ahead)
        settled = settled if thousands == before else max(settled, begins)
        before = thousands
        rows: list[Stated] = folder(agreement(thousands * 1_000))
        registry.take(plan(rows, registry, begins).claims)
        for moment in (settled, settled + timedelta(days=1_000)):
            held = registry.in_force("agreement", builders.AGREEMENT, moment)
            assert held.model_dump()["services"][0]["tariff"][0]["rule"]["amount_rial"] == thousands * 1_000
        assert plan(rows, registry, now).claims == ()
