"""What people look at at a counter, in an agency or at a desk of the registry, and the use cases over it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from consumers.codes import CodeUnknown
from consumers.parking import NEVER, ParkedEvent, ParkReason, failed_event
from consumers.registry.domain.known import EntryKind
from consumers.registry.lookup import newest_service, owners_of, version_at, versions_of
from consumers.requests.domain.life.outcome import Awaited
from consumers.requests.domain.life.state import RequestStage, RequestState
from consumers.requests.finding import IdUnreadable, RequestAmbiguous, RequestNotFound, find_request
from consumers.requests.inbox import desk_fee, inbox_of, owed_rial, tracking_code, waiting_beginning
from consumers.runner.records import Record
from schemas.agreements import AgreementState
from schemas.envelope import Envelope, to_headers
from tests.contract.worlds import World
from tests.kit.values.builders import (
    AGREEMENT,
    MOMENT,
    SERVICE,
    START,
    agreement,
    entries,
    office,
    policy,
    service,
    territory,
)
from tests.kit.values.requests_world import at

OFFICE = "office-1"
SOURCE = f"/offices/{OFFICE}"
DAY = timedelta(days=1)


def request(number: int, stage: RequestStage, **changes: object) -> RequestState:
    return at(stage).model_copy(update={"request_id": UUID(int=number << 96), **changes})


def insert(world: World, *states: RequestState, hours: int = 0) -> None:
    with world.client("requests").requests() as stores:
        stores.requests.insert(states, MOMENT + timedelta(hours=hours))


def claim(number: int, event_id: str, source: str = SOURCE, topic: str = "pishkhan.intake.offices") -> Record:
    """Return an office's word that the citizen is served, about the request of that number."""
    request_id = UUID(int=number << 96)
    headers = to_headers(Envelope(event_id, source, "ir.pishkhan.ServiceDelivered.v1", str(request_id)))
    return Record(topic, 0, number, str(request_id).encode(), tuple(headers), b"{}", MOMENT)


def park(world: World, *events: ParkedEvent) -> None:
    with world.client("requests").requests() as stores:
        stores.park.park(events)


def early(record: Record, reason: ParkReason = ParkReason.PREDECESSOR) -> ParkedEvent:
    return ParkedEvent((record.key or b"").decode(), reason, "too early", record, MOMENT + DAY)


def test_an_inbox_holds_what_the_office_has_to_do_and_to_give_back(world: World) -> None:
    urgent = request(2, RequestStage.ROUTED, accept_by=MOMENT)
    later = request(1, RequestStage.ROUTED, accept_by=MOMENT + DAY)
    elsewhere = request(3, RequestStage.ROUTED, office="office-2")
    insert(world, later, urgent, elsewhere, request(4, RequestStage.COMPLETED))
    insert(world, request(6, RequestStage.CANCELLED), hours=1)
    insert(world, request(5, RequestStage.CANCELLED), hours=2)
    park(world, early(claim(1, "e-1")), early(claim(2, "e-2", "/offices/office-2")))
    with world.client("a").people() as people:
        inbox = inbox_of(people.inbox, OFFICE, SOURCE)
        assert inbox.at_desk == [urgent, later], "the most urgent first, nothing that has ended"
        assert [state.request_id.int >> 96 for state in inbox.owed] == [6, 5], "the longest ended first"
        assert inbox.owed_rial == 2 * at(RequestStage.CANCELLED).owed_rial > 0
        assert [one.claim_id for one in inbox.waiting] == ["e-1"]
        short = inbox_of(people.inbox, OFFICE, SOURCE, limit=1)
        assert (len(short.at_desk), len(short.owed), len(short.waiting)) == (1, 1, 1)
        nobody = inbox_of(people.inbox, "office-9", "/offices/office-9")
        assert (list(nobody.at_desk), list(nobody.owed), list(nobody.waiting)) == ([], [], [])


def test_what_waits_says_for_whom_and_until_when(world: World) -> None:
    insert(world, request(1, RequestStage.AGENCY_AWAITED))
    failed = replace(claim(3, "e-3"), position=9)
    park(
        world,
        early(claim(1, "e-1")),
        early(claim(2, "e-2"), ParkReason.REGISTRY),
        failed_event((failed.key or b"").decode(), "KeyError", failed),
        early(claim(4, "e-4", "/agencies/water", "pishkhan.intake.water")),
    )
    with world.client("a").people() as people:
        waiting = people.inbox.waiting(SOURCE, 10)
        assert [(one.claim_id, one.awaited) for one in waiting] == [
            ("e-1", Awaited.AGENCY),
            ("e-2", Awaited.REGISTRY),
            ("e-3", None),
        ]
        assert [one.until for one in waiting] == [MOMENT + DAY, MOMENT + DAY, NEVER]
        assert {one.since for one in waiting} == {MOMENT}
        assert [one.claim_id for one in people.inbox.waiting("/agencies/water", 10)] == ["e-4"]
        assert people.inbox.waiting("/agencies/gas", 10) == []


def test_what_waits_is_named_by_the_beginning_of_its_id(world: World) -> None:
    park(world, early(claim(1, "abc")), early(claim(2, "abcd")), early(claim(3, "b")))
    with world.client("a").people() as people:

        def named(typed: str) -> list[str]:
            return [one.claim_id for one in waiting_beginning(people.inbox, SOURCE, typed)]

        assert named("ab") == ["abc", "abcd"]
        assert named("abc") == ["abc"], "a whole id is that claim alone"
        assert named("abcd") == ["abcd"]
        assert named("x") == []


def test_a_request_is_found_by_the_beginning_of_its_id_among_ones_own(world: World) -> None:
    first, second = (UUID(f"019ab3c4-5d6{digit}-7f80-9a1b-2c3d4e5f6071") for digit in "ef")
    mine = at(RequestStage.ROUTED).model_copy(update={"request_id": first})
    insert(world, mine, mine.model_copy(update={"request_id": second, "office": "office-2"}))
    with world.client("a").people() as people:
        assert find_request(people.inbox, "019ab3c4-5d6e") == first
        assert find_request(people.inbox, "019AB3C45D6E7F80") == first
        assert find_request(people.inbox, "019ab3", office="office-2") == second
        assert find_request(people.inbox, str(second)[:35], agency=mine.agency) == second
        with pytest.raises(RequestNotFound):
            find_request(people.inbox, "019ab3", agency="nobody")
        with pytest.raises(RequestNotFound):
            find_request(people.inbox, "019ab4")
        with pytest.raises(RequestAmbiguous) as several:
            find_request(people.inbox, "019ab3")
        assert (several.value.named, several.value.more) == ((first, second), False)
        for typed in ("019ab", "bill-17", ""):
            with pytest.raises(IdUnreadable):
                find_request(people.inbox, typed)


def test_no_more_than_five_of_many_are_named(world: World) -> None:
    insert(world, *(request(number, RequestStage.ROUTED) for number in range(1, 8)))
    with world.client("a").people() as people, pytest.raises(RequestAmbiguous) as several:
        find_request(people.inbox, "000000")
    assert (len(several.value.named), several.value.more) == (5, True)


def test_a_desk_knows_what_to_collect_to_give_back_and_to_tell(world: World) -> None:
    accepted, cancelled = request(1, RequestStage.ACCEPTED), request(2, RequestStage.CANCELLED)
    insert(world, accepted, cancelled, request(3, RequestStage.ROUTED))
    assert accepted.fee is not None
    with world.client("a").people() as people:
        fee = desk_fee(people.inbox, accepted.request_id)
        assert fee is not None
        assert (fee, fee.by_card) == (accepted.fee, False)
        assert desk_fee(people.inbox, UUID(int=3 << 96)) is None, "not accepted"
        assert desk_fee(people.inbox, UUID(int=9)) is None, "not known"
        assert owed_rial(people.inbox, cancelled.request_id) == cancelled.owed_rial > 0
        assert owed_rial(people.inbox, UUID(int=9)) == 0
        assert tracking_code(people.inbox, accepted.request_id) == accepted.tracking_code is not None
        assert tracking_code(people.inbox, UUID(int=9)) is None


def test_what_the_registry_knew_at_any_time_and_revision(world: World) -> None:
    later = service(version=2, valid_from=START + 10 * DAY)
    draft = agreement(state=AgreementState.DRAFTED)
    active = agreement(version=2)
    known = entries([territory(), policy(), service(), draft, office(OFFICE), later, active])
    with world.client("registry").registry() as stores:
        stores.versions.lock_head()
        stores.versions.append(known)
    with world.client("a").people() as people:
        registry = people.registry
        for moment, revision, version in (
            (START + 9 * DAY, None, 1),
            (START + 10 * DAY, None, 2),
            (START + 10 * DAY, 5, 1),
            (START - 9999 * DAY, None, None),
            (START + 10 * DAY, 2, None),
        ):
            found = version_at(registry, EntryKind.SERVICE, SERVICE, moment, revision)
            assert (None if found is None else found.value.version) == version
        proposed = version_at(registry, EntryKind.AGREEMENT, AGREEMENT, START + DAY, 5)
        assert proposed is None, "a proposal binds nobody"
        held = version_at(registry, EntryKind.AGREEMENT, AGREEMENT, START + DAY)
        assert held is not None
        assert (held.value.version, held.state, held.entry.revision) == (2, str(active.state), 7)
        assert [one.value.version for one in versions_of(registry, EntryKind.SERVICE, SERVICE)] == [1, 2]
        assert newest_service(registry, SERVICE) == later
        assert newest_service(registry, "no.such") is None
        assert owners_of(registry, [SERVICE, "no.such"]) == {SERVICE: later.agency}
        assert list(registry.codes(EntryKind.OFFICE)) == [OFFICE]
        assert [one.state for one in versions_of(registry, EntryKind.POLICY, policy().code)] == [None]
        assert [one.state for one in versions_of(registry, EntryKind.OFFICE, OFFICE)] == ["active"]


def test_who_asks_for_what_is_not_known_is_told_what_is(world: World) -> None:
    with world.client("registry").registry() as stores:
        stores.versions.lock_head()
        stores.versions.append(entries([office(f"office-{number}") for number in range(1, 6)]))
    with world.client("a").people() as people:
        for code, near in (("offise-2", "office-2"), ("zzz", "office-1")):
            with pytest.raises(CodeUnknown) as unknown:
                versions_of(people.registry, EntryKind.OFFICE, code)
            assert unknown.value.near[0] == near
            assert len(unknown.value.near) == 3
        with pytest.raises(CodeUnknown) as nothing:
            versions_of(people.registry, EntryKind.SERVICE, "zzz")
        assert nothing.value.near == ()
