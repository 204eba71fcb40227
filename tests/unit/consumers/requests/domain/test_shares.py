"""A flood of one agency: it gets its share and what is free, and everybody else is still served."""

from datetime import timedelta
from typing import Any

import pytest

from connectors.words.explanation import explanation_lines
from connectors.words.language import Language
from consumers.requests.domain.life.state import RequestStage, Signal, Speaker
from consumers.requests.domain.loads.shares import AgencyShare, AgencyShares, added
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.review.explain import explain, opened_of, question_of
from consumers.requests.domain.review.verify import VerificationResult, decisions_of, verify
from consumers.requests.domain.routing.candidates import CandidateIndex
from consumers.requests.domain.routing.roll import roll_call
from schemas.base import Event
from schemas.intake_agency import Origin, RequestCancelled
from schemas.log_requests import Exclusion, RefusalReason, RequestEscalated, RequestRefused, RequestRouted
from schemas.offices import Accession
from tests.kit.values import builders
from tests.kit.values.builders import AGENCY, AGREEMENT, MOMENT
from tests.kit.values.journal import BY_AGENCY, SECRET, Journal, Said, decline, ident, office_of, submission

BYSTANDER = "water"
BY_BYSTANDER = Speaker(agency=BYSTANDER)
BOTH = (Accession(agreement=AGREEMENT), Accession(agreement="water-2026"))
OFFICES = tuple(builders.office(f"office-{n}", daily_capacity=20, accessions=BOTH) for n in range(3))
SHARED = {"agency_kept_per_mille": 250}


def view_of(**policy: Any) -> RegistryView:
    """Three offices of twenty places each, of which five are kept; two agencies with half of the places each."""
    things: list[builders.Registrable] = [builders.territory(), builders.policy(**policy), builders.service()]
    things += [builders.service("water-bill", agency=BYSTANDER), builders.agreement()]
    terms = builders.terms(service="water-bill")
    things += [builders.agreement("water-2026", agency=BYSTANDER, services=(terms,)), *OFFICES]
    return RegistryView.empty().with_entries(builders.entries(things))


def bus_of(**policy: Any) -> Journal:
    return Journal(view_of(**policy))


def flood(bus: Journal, count: int, first: int = 0, **changes: Any) -> None:
    """Submit `count` valid requests of one agency, in batches as a worker takes them."""
    for start in range(first, first + count, 50):
        said = [submission(n, **changes) for n in range(start, min(start + 50, first + count))]
        bus.batch(*(one._replace(moment=MOMENT) for one in said))


def of_bystander(bus: Journal, number: int, **changes: Any) -> Event:
    bus.batch(submission(number, BY_BYSTANDER, service="water-bill", **changes)._replace(moment=MOMENT))
    return bus.history(ident(number))[1].event


def places(bus: Journal) -> dict[str, tuple[int, int]]:
    """What each office carries: all requests, and those of the flooding agency."""
    loads = bus.loads_now()
    return {one.code: (loads.of(one.code).in_flight, loads.of(one.code).taken_by(AGENCY)) for one in OFFICES}


def findings(bus: Journal, number: int) -> set[VerificationResult]:
    history = bus.history(ident(number))
    decided = decisions_of(history)
    loads = bus.loads([one.place for one in decided])
    opened = opened_of(history)
    return {verify(opened, one, bus.view, loads.loads(n), SECRET).finding for n, one in enumerate(decided)}


def test_a_flood_leaves_what_is_kept_at_every_office_and_a_bystander_is_routed() -> None:
    bus = bus_of(**SHARED)
    flood(bus, 200)
    assert set(places(bus).values()) == {(15, 15)}
    last = bus.history(ident(199))[1].event
    assert isinstance(last, RequestRefused)
    assert (last.reason, last.excluded) == (RefusalReason.AGENCY_SHARE, {Exclusion.AGENCY_SHARE: 3})
    assert f"{AGENCY} has its share" in last.detail
    for number in range(1000, 1015):
        routed = of_bystander(bus, number)
        assert isinstance(routed, RequestRouted)
        assert routed.share_of == BYSTANDER
    assert {findings(bus, number) == {VerificationResult.SAME} for number in (0, 44, 45, 199, 1000, 1014)} == {True}


def test_without_shares_the_same_flood_takes_everything() -> None:
    bus = bus_of()
    flood(bus, 100)
    refused = of_bystander(bus, 1000)
    assert isinstance(refused, RequestRefused)
    assert refused.reason is RefusalReason.NO_ELIGIBLE_OFFICE
    assert isinstance(routed := bus.history(ident(0))[1].event, RequestRouted)
    assert routed.share_of is None
    assert findings(bus, 0) == findings(bus, 1000) == {VerificationResult.SAME}


@pytest.mark.parametrize("origin", [Origin.CITIZEN_CHOICE, Origin.WALK_IN])
def test_naming_an_office_is_no_way_around(origin: Origin) -> None:
    bus = bus_of(**SHARED)
    flood(bus, 60, origin=origin, office="office-1")
    assert places(bus)["office-1"] == (15, 15)
    last = bus.history(ident(59))[1].event
    assert isinstance(last, RequestRefused)
    assert (last.reason, last.excluded) == (RefusalReason.OFFICE_NOT_ELIGIBLE, {Exclusion.AGENCY_SHARE: 1})
    assert last.nearest_office == "office-0"
    chosen = of_bystander(bus, 1000, origin=Origin.CITIZEN_CHOICE, office="office-1")
    assert isinstance(chosen, RequestRouted)
    assert findings(bus, 59) == findings(bus, 1000) == {VerificationResult.SAME}


def test_a_desk_takes_whom_it_likes() -> None:
    bus = bus_of(**SHARED)
    flood(bus, 60, origin=Origin.CITIZEN_CHOICE, office="office-1")
    walked_in = submission(1000, Speaker(office="office-1"), origin=Origin.WALK_IN, office="office-1")
    bus.batch(walked_in._replace(moment=MOMENT))
    routed = bus.history(ident(1000))[1].event
    assert isinstance(routed, RequestRouted)
    assert routed.share_of is None
    assert places(bus)["office-1"] == (16, 15)
    assert findings(bus, 1000) == {VerificationResult.SAME}


def test_what_ends_or_is_given_back_may_be_taken_again() -> None:
    bus = bus_of(**SHARED)
    flood(bus, 60)
    assert sum(taken for _, taken in places(bus).values()) == 45
    cancelled = RequestCancelled(request_id=ident(1), reason="no longer wanted")
    bus.batch(Said(ident(1), cancelled, BY_AGENCY, MOMENT))
    assert sum(taken for _, taken in places(bus).values()) == 44
    # Another office has no place for it: it goes to a person, and its place is free.
    bus.batch(decline(2, office_of(bus, 2)))
    assert sum(taken for _, taken in places(bus).values()) in (43, 44)
    flood(bus, 5, first=500)
    assert sum(taken for _, taken in places(bus).values()) == 45


def test_what_nobody_accepts_frees_its_place_and_does_not_go_round_for_ever() -> None:
    bus = bus_of(**SHARED)
    flood(bus, 60)
    later = MOMENT
    for _ in range(3):
        later += timedelta(days=1)
        routed = [n for n in range(60) if bus.stage(n) is RequestStage.ROUTED]
        for number in routed:
            bus.batch(Said(ident(number), Signal.ACCEPTANCE_OVERDUE, Speaker(), later))
    assert set(places(bus).values()) == {(0, 0)}
    for number in range(45):
        history = bus.history(ident(number))
        assert isinstance(history[-1].event, RequestEscalated)
        assert sum(isinstance(one.event, RequestRouted) for one in history) <= builders.policy().attempts_limit
        assert findings(bus, number) == {VerificationResult.SAME}


def test_explanation_and_roll_say_whose_share_it_was() -> None:
    bus = bus_of(**SHARED)
    flood(bus, 60)
    history = bus.history(ident(59))
    for language, words in ((Language.EN, "nothing is left to borrow"), (Language.FA, "سهم خود")):
        assert words in "\n".join(explanation_lines(explain(history, bus.view), language))
    (decided,) = decisions_of(history)
    loads = bus.loads([decided.place]).loads(0)
    roll = roll_call(question_of(opened_of(history), decided), bus.view, loads, ())
    assert roll == {Exclusion.AGENCY_SHARE: ["office-0", "office-1", "office-2"]}


def test_shares_go_by_weight_among_the_agencies_with_an_active_agreement() -> None:
    shares = view_of(**SHARED, agency_weights={BYSTANDER: 3, "nobody": 50}).made_at(MOMENT, CandidateIndex).shares
    assert shares is not None
    assert (shares.places(AGENCY, 20), shares.places(BYSTANDER, 20)) == (5, 15)
    assert view_of().made_at(MOMENT, CandidateIndex).shares is None


@pytest.mark.parametrize(
    ("capacity", "agencies", "places", "kept"),
    [(20, 2, 10, 5), (20, 11, 2, 5), (1, 11, 1, 1), (3, 2, 2, 1), (7, 0, 7, 2)],
)
def test_a_share_is_one_place_at_the_least(capacity: int, agencies: int, places: int, kept: int) -> None:
    shares = AgencyShares.among([f"agency-{n}" for n in range(agencies)], {}, 250)
    assert (shares.places("agency-0", capacity), shares.kept(capacity)) == (places, kept)


@pytest.mark.parametrize(
    ("taken", "free", "spent"), [(9, 1, False), (10, 5, True), (10, 6, False), (14, 6, False), (15, 5, True)]
)
def test_more_than_the_share_is_borrowed_while_more_is_free_than_kept(taken: int, free: int, spent: bool) -> None:
    share = AgencyShare("agency-0", AgencyShares.among(["agency-0", "agency-1"], {}, 250))
    assert share.spent(taken, free, 20) is spent


def test_counts_add_up_and_vanish_at_zero() -> None:
    assert added((), (("a", 1),)) == (("a", 1),)
    assert added((("a", 1),), ()) == (("a", 1),)
    assert added((("b", 1),), (("a", 2), ("b", -1))) == (("a", 2),)
