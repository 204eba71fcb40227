"""Any order and any repetition of the logs' events gives the same facts, incomes and figures."""

import random
from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from consumers.kpi.domain.facts import Fact, Income, income_of, learn, subject_of
from consumers.kpi.domain.measures import Cell, out_of_date
from tests.kit.values.kpi_log import Life, Told

OFFICES = st.sampled_from(["office-1", "office-2", "office-3"])


@st.composite
def lives(draw: st.DrawFn, number: int) -> list[Told]:
    """Draw one plausible life: routed up to three times, then any end."""
    life = Life(number, county=draw(st.sampled_from(["bojnord", "shirvan"])))
    at = draw(st.integers(0, 3_000))
    life.opened(at, county=draw(st.sampled_from([None, "bojnord"])), office=draw(st.none() | OFFICES))
    if draw(st.booleans()):
        for attempt in range(1, draw(st.integers(2, 4))):
            office = draw(OFFICES)
            at += draw(st.integers(0, 90))
            life.routed(at, office, attempt)
            if draw(st.booleans()):
                life.accepted(at + 5, office).completed(at + 90, office).posted(at + 90, office, 700)
                if draw(st.booleans()):
                    life.refunded(at + 2_000, office, 300)
                break
            life.declined(at + 1, office)
    else:
        life.refused(at)
    return life.told


Known = tuple[dict[UUID, Fact], dict[UUID, Income], set[Cell]]


def fold(told: list[Told]) -> Known:
    facts: dict[UUID, Fact] = {}
    incomes: dict[UUID, Income] = {}
    changed: set[Cell] = set()
    for one in told:
        subject = subject_of(one.event)
        assert subject is not None
        before = facts.get(subject)
        after = learn(before or Fact(subject), one.event, one.sequence or 0, one.time)
        from_event = income_of_new(one, incomes)
        known = [income for income in incomes.values() if income.request_id == subject]
        changed |= out_of_date(before, after, known, from_event)
        facts[subject] = after
        incomes.update({income.transaction_id: income for income in from_event})
    return facts, incomes, changed


def income_of_new(one: Told, incomes: dict[UUID, Income]) -> list[Income]:
    income = income_of(one.event, one.time)
    return [] if income is None or income.transaction_id in incomes else [income]


def counted(facts: dict[UUID, Fact], incomes: dict[UUID, Income]) -> Counter[Cell]:
    """Count contributions per cell: what a query over the facts would find."""
    count: Counter[Cell] = Counter()
    for subject, fact in facts.items():
        own = [income for income in incomes.values() if income.request_id == subject]
        count.update(out_of_date(None, fact, own, []))
    return count


@given(st.data())
def test_order_and_repetition_do_not_matter(data: st.DataObject) -> None:
    told = [one for number in range(3) for one in data.draw(lives(number))]
    again = data.draw(st.lists(st.sampled_from(told), max_size=20))
    shuffled = [*told, *again]
    random.Random(data.draw(st.integers())).shuffle(shuffled)
    facts, incomes, _ = fold(told)
    other_facts, other_incomes, _ = fold(shuffled)
    assert other_facts == facts
    assert other_incomes == incomes


@given(st.data())
def test_no_cell_changes_without_being_out_of_date(data: st.DataObject) -> None:
    told = [one for number in range(3) for one in data.draw(lives(number))]
    random.Random(data.draw(st.integers())).shuffle(told)
    split = data.draw(st.integers(0, len(told)))
    facts, incomes, _ = fold(told[:split])
    before = counted(facts, incomes)
    facts, incomes, everything = fold(told)
    after = counted(facts, incomes)
    assert {cell for cell in before | after if before[cell] != after[cell]} <= everything
