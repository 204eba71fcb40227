"""Loads as a decision saw them are the same however the logs are read: late, out of order, again and again."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.requests.domain.loads.history import LoadPlace, LoadsIncomplete
from consumers.requests.domain.loads.loads import Load
from consumers.requests.domain.review.verify import decisions_of
from schemas import log_settlement as settlement
from tests.kit.values.builders import MOMENT
from tests.kit.values.journal import OFFICES, Journal, Logged, decline, ident, journal, office_of, submission


@cache
def busy() -> tuple[Journal, tuple[LoadPlace, ...]]:
    """Return logs of both kinds, of batches that others overtook, and where every decision in them stands."""
    bus = journal()
    bus.batch(*(submission(number) for number in range(4)))
    bus.batch(submission(4), decline(1, office_of(bus, 1)), submission(5), revision_seen=0)
    entry: dict[str, Any] = {
        "transaction_id": UUID(int=1),
        "window": 1,
        "office": office_of(bus, 2),
        "amount_rial": 9_000,
    }
    bus.settle(
        ident(2),
        settlement.OfficePaymentRecorded(**entry, reference="b-1", released_rial=4_000),
        settlement.OfficePaymentRecorded(**entry, reference="b-2", released_rial=3_000),
        time=MOMENT,
    )
    bus.batch(*(submission(number) for number in range(6, 12)))
    places = [one.place for number in range(12) for one in decisions_of(bus.history(ident(number)))]
    return bus, tuple(places)


def loads_of(logs: Sequence[Logged]) -> list[list[Load] | str]:
    """Return what every decision saw of every office, or why that cannot be known."""
    bus, places = busy()
    history = bus.loads(places, logs)
    found: list[list[Load] | str] = []
    for number in range(len(places)):
        try:
            loads = history.loads(number)
        except LoadsIncomplete as error:
            found.append(str(error))
        else:
            found.append([loads.of(office.code) for office in OFFICES])
    return found


@given(data=st.data())
def test_any_order_with_any_repetition_gives_the_same_loads(data: st.DataObject) -> None:
    bus, _ = busy()
    again = data.draw(st.lists(st.sampled_from(bus.logs), max_size=20))
    assert loads_of(data.draw(st.permutations([*bus.logs, *again]))) == loads_of(bus.logs)


@given(data=st.data())
def test_what_is_not_in_the_logs_is_said_wherever_later_events_show_it(data: st.DataObject) -> None:
    """What is gone from the end of a revision cannot be seen from the others; everything else can."""
    bus, _ = busy()
    lost = data.draw(st.sampled_from(bus.logs))
    left = [one for one in bus.logs if one is not lost]
    envelope = lost.received.envelope
    last = max(
        one.received.envelope.load_index or 0
        for one in bus.logs
        if one.received.envelope.load_revision == envelope.load_revision
    )
    whole = loads_of(bus.logs)
    for found, right in zip(loads_of(data.draw(st.permutations(left))), whole, strict=True):
        assert found == right or isinstance(found, str) or envelope.load_index == last


@pytest.mark.parametrize("kept", ["before", "after"])
def test_a_tail_that_comes_back_behind_later_events_counts(kept: str) -> None:
    """A log that lost its tail and got it back after events of later revisions, as a repair leaves it."""
    bus, _ = busy()
    first, second = bus.logs[:8], bus.logs[8:]
    order = [*second, *first] if kept == "after" else [*first, *second, *first]
    assert loads_of(order) == loads_of(bus.logs)
