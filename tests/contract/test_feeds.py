"""Delivery's stores and the reading of feeds, in memory and on a real database."""

from contextlib import suppress
from datetime import timedelta
from uuid import uuid5

import pytest

from consumers.delivery.domain.whom import Known
from consumers.delivery.entries import Entry
from consumers.delivery.ports import DeliveryStores, Progress
from consumers.delivery.rebuilding import Derived, Rebuilt
from consumers.runner.errors import Collision, Contention
from tests.contract.worlds import World
from tests.kit.values.ledger_log import NAMES, START


def subject(number: int) -> str:
    return str(uuid5(NAMES, f"subject {number}"))


def entry(feed: str, number: int, data: bytes = b'{"a": "\xd8\xb3"}') -> Entry:
    about = ("ir.pishkhan.OfficeStarted.v1", START + timedelta(seconds=number), subject(number))
    return Entry(feed, number, f"event-{number}", *about, "pishkhan.log.requests", 3, 2**40 + number, data)


def tell(stores: DeliveryStores, **counts: int) -> None:
    firsts = stores.feeds.draw(counts)
    stores.feeds.append([entry(feed, firsts[feed] + n) for feed, drawn in counts.items() for n in range(drawn)])


def test_numbers_begin_at_one_and_have_no_gap_whatever_is_rolled_back(world: World) -> None:
    client = world.client("a")
    with client.delivery() as stores:
        assert stores.feeds.draw({"directorate": 3, "agency:water": 1}) == {"directorate": 1, "agency:water": 1}
    with suppress(ZeroDivisionError), client.delivery() as stores:
        assert stores.feeds.draw({"directorate": 5, "office:new": 2}) == {"directorate": 4, "office:new": 1}
        raise ZeroDivisionError
    with client.delivery() as stores:
        assert stores.feeds.draw({"office:new": 1, "directorate": 1}) == {"office:new": 1, "directorate": 4}


def test_a_page_begins_behind_a_number_and_ends_where_it_should(world: World) -> None:
    client = world.client("a")
    with client.delivery() as stores:
        tell(stores, a=5, b=2)
    with client.delivery() as stores:
        tell(stores, a=1)
    with client.people() as people:
        page = people.feeds.page("a", 2, 3)
        assert [one.number for one in page] == [3, 4, 5]
        assert page[0]._replace(data=b"") == entry("a", 3, b"")
        assert page[0].data.replace(b" ", b"") == '{"a":"\u0633"}'.encode()
        assert [one.number for one in people.feeds.page("a", 5, 100)] == [6]
        assert list(people.feeds.page("a", 6, 100)) == list(people.feeds.page("nobody", 0, 100)) == []
        assert [people.feeds.newest(feed) for feed in ("a", "b", "nobody")] == [6, 2, 0]


def test_what_a_feed_says_of_one_subject_is_in_order(world: World) -> None:
    client = world.client("a")
    with client.delivery() as stores:
        firsts = stores.feeds.draw({"a": 4, "b": 1})
        said = [entry("a", firsts["a"] + number)._replace(subject=subject(number % 2)) for number in range(4)]
        stores.feeds.append([*said, entry("b", firsts["b"])._replace(subject=subject(1))])
    with client.people() as people:
        assert [one.number for one in people.feeds.about("a", subject(1), 10)] == [2, 4]
        assert [one.number for one in people.feeds.about("a", subject(0), 1)] == [1]
        assert list(people.feeds.about("b", subject(0), 10)) == []


def test_a_number_is_given_once(world: World) -> None:
    client = world.client("a")
    with client.delivery() as stores:
        tell(stores, a=1)
    with pytest.raises(Collision), client.delivery() as stores:
        stores.feeds.append([entry("a", 1)])


def test_what_draws_numbers_of_a_feed_waits_for_what_has_drawn_and_not_committed(world: World) -> None:
    first, second = world.client("a"), world.client("b")
    with first.delivery() as stores:
        stores.feeds.draw({"a": 1, "c": 1})
        with pytest.raises(Contention), second.delivery() as others:
            others.feeds.draw({"b": 1, "c": 1})
        with second.delivery() as others:
            assert others.feeds.draw({"b": 1}) == {"b": 1}
    with second.delivery() as others:
        assert others.feeds.draw({"c": 1}) == {"c": 2}


def test_progress_is_added_once_and_changed_afterwards(world: World) -> None:
    client = world.client("a")
    one, two = subject(1), subject(2)
    with client.delivery() as stores:
        stores.subjects.keep({one: Progress(1, Known("water", None)), two: Progress(3)}, {})
    with client.delivery() as stores:
        stores.subjects.keep({}, {one: Progress(2, Known("water", "office-1"))})
    with client.delivery() as stores:
        assert stores.subjects.progress({one, two, subject(3)}) == {
            one: Progress(2, Known("water", "office-1")),
            two: Progress(3),
        }
    with pytest.raises(Collision), client.delivery() as stores:
        stores.subjects.keep({one: Progress(1)}, {})


def test_an_event_without_an_order_is_noted_once(world: World) -> None:
    client = world.client("a")
    with client.delivery() as stores:
        assert set(stores.subjects.seen({"x", "y"})) == set()
        stores.subjects.note(["x"])
    with client.delivery() as stores:
        assert set(stores.subjects.seen({"x", "y"})) == {"x"}
    with pytest.raises(Collision), client.delivery() as stores:
        stores.subjects.note(["x", "y"])


def test_nobody_but_who_has_an_intake_topic_has_a_feed_on_the_broker(world: World) -> None:
    with world.client("a").delivery() as stores:
        assert set(stores.feeds.with_topics({"water"})) == set()
        assert set(stores.feeds.with_topics(set())) == set()


def test_an_attempt_that_fails_is_undone_alone(world: World) -> None:
    client = world.client("a")
    with client.delivery() as stores:
        tell(stores, a=1)
        with suppress(ZeroDivisionError), stores.attempt():
            tell(stores, a=4)
            raise ZeroDivisionError
        tell(stores, a=1)
    with client.people() as people:
        assert [one.number for one in people.feeds.page("a", 0, 100)] == [1, 2]


def test_contents_are_written_anew_under_the_same_numbers(world: World) -> None:
    client = world.client("a")
    with client.delivery() as stores:
        stores.feeds.append([entry("agency:water", 1), entry("directorate", 1), entry("directorate", 2)])
    derived = [
        Derived("event-1", "agency", b'{"of": "agencies"}'),
        Derived("event-1", "directorate", b'{"a": "\xd8\xb3"}'),
        Derived("event-1", "agency", b'{"of": "a repetition, which is the same event"}'),
        Derived("event-9", "agency", b"{}"),
    ]
    for change in (False, True):
        with client.people() as people:
            people.feed_rebuild.keep(derived[:1])
            people.feed_rebuild.keep(derived[1:])
            assert people.feed_rebuild.apply(change=change) == Rebuilt(entries=3, found=2, changed=1)
    with client.people() as people:
        [one] = people.feeds.page("agency:water", 0, 9)
        assert one._replace(data=b"") == entry("agency:water", 1, b"")
        assert b"agencies" in one.data
        people.feed_rebuild.keep(derived)
        assert people.feed_rebuild.apply(change=True).changed == 0
