"""What a gateway keeps: once per key, only what is the caller's, in one transaction, and published in order."""

import asyncio
from typing import TypeVar
from uuid import UUID

import pytest

from consumers.requests.domain.life.state import RequestStage
from producers.acts import About
from producers.saying import Intake, Kept, KeyReused, Named, NotTheirs, Verdict, Wish
from schemas.envelope import Envelope
from schemas.message import Message
from tests.contract.worlds import World
from tests.kit.values.builders import AGREEMENT, MOMENT, SERVICE, agreement, entries, service
from tests.kit.values.requests_world import at

Returned = TypeVar("Returned")
REQUEST = UUID(int=7)
GAS, WATER, DESK, OTHER_DESK, DIRECTORATE = (
    "/agencies/gas",
    "/agencies/water",
    "/offices/office-1",
    "/offices/office-2",
    "/directorate",
)
TOPICS = {GAS: "pishkhan.intake.gas", WATER: "pishkhan.intake.water", DIRECTORATE: "pishkhan.intake.directorate"}


def wish(event_id: str, key: str | None = None, said: bytes = b"same", source: str = GAS, **more: Named) -> Wish:
    envelope = Envelope(event_id, source, "ir.pishkhan.RequestCancelled.v1", str(REQUEST), MOMENT)
    message = Message(
        TOPICS.get(source, "pishkhan.intake.offices"), str(REQUEST), envelope, '{"reason":"متن"}'.encode()
    )
    return Wish(message, more.get("named"), key, said if key is not None else b"")


def commit(intake: Intake, *wishes: Wish) -> list[Verdict]:
    return list(asyncio.run(intake.commit(wishes)))


def published(world: World) -> list[tuple[str, bytes]]:
    relay = world.client("relay").relay()
    try:
        relay.shards()
        rows = sorted(relay.unpublished(100, ()), key=lambda row: row.id)
    finally:
        relay.close()
    return [(dict(row.headers)["ce_id"].decode(), row.body) for row in rows]


def test_wishes_are_published_in_their_order_as_they_were_said(world: World) -> None:
    verdicts = commit(world.client("a").intake(), wish("e-1"), wish("e-2", "k-2"), wish("e-3"))
    assert verdicts == [Kept(f"e-{number}", str(REQUEST)) for number in (1, 2, 3)]
    assert published(world) == [(f"e-{number}", '{"reason":"متن"}'.encode()) for number in (1, 2, 3)]


def test_a_key_is_kept_once_and_answers_as_the_first_time(world: World) -> None:
    first, second = world.client("a").intake(), world.client("b").intake()
    commit(first, wish("e-1", "k"))
    assert commit(second, wish("e-2", "k"), wish("e-3", "other")) == [
        Kept("e-1", str(REQUEST), again=True),
        Kept("e-3", str(REQUEST)),
    ]
    assert commit(first, wish("e-4", "k", b"else"), wish("e-5", "k", source=WATER)) == [
        KeyReused(),
        Kept("e-5", str(REQUEST)),
    ]
    assert [event_id for event_id, _ in published(world)] == ["e-1", "e-3", "e-5"]


@pytest.mark.parametrize(
    ("source", "theirs"), [(GAS, True), (WATER, False), (DESK, True), (OTHER_DESK, False), (DIRECTORATE, True)]
)
def test_a_request_is_its_agencys_and_its_offices(world: World, source: str, theirs: bool) -> None:
    state = at(RequestStage.ROUTED).model_copy(update={"request_id": REQUEST, "agency": "gas", "office": "office-1"})
    with world.client("requests").requests() as stores:
        stores.requests.insert([state], MOMENT)
    named = Named(About.REQUEST, str(REQUEST))
    verdicts = commit(world.client("a").intake(), wish("e-1", source=source, named=named), wish("e-2", source=source))
    assert verdicts == [Kept("e-1", str(REQUEST)) if theirs else NotTheirs(), Kept("e-2", str(REQUEST))]
    assert len(published(world)) == 1 + theirs


@pytest.mark.parametrize(("source", "theirs"), [(GAS, True), (DESK, False), (DIRECTORATE, False)])
def test_a_request_that_nobody_knows_may_be_on_its_way_from_an_agency(world: World, source: str, theirs: bool) -> None:
    named = Named(About.REQUEST, str(REQUEST))
    (verdict,) = commit(world.client("a").intake(), wish("e-1", source=source, named=named))
    assert isinstance(verdict, Kept) == theirs


def test_a_repetition_is_answered_when_the_request_has_gone_elsewhere(world: World) -> None:
    named = Named(About.REQUEST, str(REQUEST))
    state = at(RequestStage.ROUTED).model_copy(update={"request_id": REQUEST, "agency": "gas", "office": "office-1"})
    intake = world.client("a").intake()
    with world.client("requests").requests() as stores:
        stores.requests.insert([state], MOMENT)
    first = wish("e-1", "k", source=DESK, named=named)
    commit(intake, first)
    with world.client("requests").requests() as stores:
        stores.requests.update([state.model_copy(update={"office": "office-2"})], MOMENT)
    again = [wish("e-2", "k", source=DESK, named=named), wish("e-3", "new", source=DESK, named=named)]
    assert commit(intake, *again) == [Kept("e-1", str(REQUEST), again=True), NotTheirs()]


@pytest.mark.parametrize("about", [About.SERVICE, About.AGREEMENT])
def test_services_and_agreements_are_their_agencys(world: World, about: About) -> None:
    with world.client("registry").registry() as stores:
        stores.versions.lock_head()
        stores.versions.append(entries([service(), agreement()]))
    owner = service().agency
    code = SERVICE if about is About.SERVICE else AGREEMENT
    own, other = f"/agencies/{owner}", WATER if owner != "water" else GAS
    TOPICS.setdefault(own, f"pishkhan.intake.{owner}")
    intake = world.client("a").intake()

    def kept(source: str, code: str) -> bool:
        (verdict,) = commit(intake, wish(f"e-{source}-{code}", source=source, named=Named(about, code)))
        return isinstance(verdict, Kept)

    assert kept(own, code)
    assert not kept(other, code)
    assert kept(DIRECTORATE, code)
    assert kept(other, "a.new-one"), "whose it becomes is for the registry to say"


def test_many_are_kept_at_once(world: World) -> None:
    wishes = [wish(f"e-{number}", f"k-{number}") for number in range(50)]
    intake = world.client("a").intake()
    assert commit(intake, *wishes) == [Kept(f"e-{number}", str(REQUEST)) for number in range(50)]
    assert all(
        one == Kept(f"e-{number}", str(REQUEST), again=True) for number, one in enumerate(commit(intake, *wishes))
    )
    assert [event_id for event_id, _ in published(world)] == [f"e-{number}" for number in range(50)]
