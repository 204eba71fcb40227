"""Routing over random provinces: the fast filter agrees with the rules asked one office at a time, and more."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from consumers.jalali import month_of
from consumers.requests.domain.fees.tariff import FeeImpossible, Parties, compute_fee
from consumers.requests.domain.loads.loads import NOTHING, Load, Loads, PositionChange
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.candidates import CandidateIndex
from consumers.requests.domain.routing.eligibility import Terms, dynamic_exclusion, static_exclusion
from consumers.requests.domain.routing.route import Refused, Routed, RoutingRequest, circumstances, route
from consumers.requests.domain.routing.sampling import score_of
from consumers.requests.domain.routing.seeds import seed_for
from schemas.agreements import Agreement, AgreementState
from schemas.base import OfficeClass
from schemas.catalogue import Channels
from schemas.intake_agency import Origin
from schemas.log_requests import Decision, Exclusion, RefusalReason
from schemas.offices import Accession, LicenceState, Office, OpeningHours
from tests.kit.values import builders
from tests.kit.values.builders import AGENCY, MOMENT, SERVICE

PLACES = ("bojnord", "shirvan", "faruj", "raz")
AGREEMENTS = ("first-terms", "second-terms")
CODES = tuple(f"office-{n}" for n in range(12))
#: Open an hour on Mondays alone: for most of the week not soon enough.
MONDAYS = (OpeningHours(weekday=0, opens_minute=540, closes_minute=600),)


@dataclass(frozen=True)
class World:
    """One random province with its loads and one request to it."""

    view: RegistryView
    loads: dict[str, Load]
    request: RoutingRequest
    tried: tuple[str, ...]
    seed: bytes

    def verdict(self) -> Routed | Refused:
        return route(self.request, self.view, Loads(3, self.loads), self.seed, attempt=2, tried=self.tried)


def mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Draw the usual value most of the time, so that many worlds still have candidates."""
    return st.sampled_from([usual] * (4 * len(others)) + list(others))


@st.composite
def offices(draw: st.DrawFn, code: str) -> Office:
    accessions = draw(mostly(AGREEMENTS, (), AGREEMENTS[:1], AGREEMENTS[1:]))
    office = builders.office(
        code,
        city=draw(st.sampled_from(PLACES)),
        office_class=draw(st.sampled_from(list(OfficeClass))),
        daily_capacity=draw(st.integers(1, 9)),
        equipment=draw(mostly(("scanner",), ())),
        training=draw(mostly(("form-12",), ())),
        hours=draw(mostly(builders.hours_of_the_week(), builders.hours_of_the_week(900, 1200), MONDAYS, ())),
        accessions=tuple(Accession(agreement=held) for held in accessions),
        valid_from=draw(mostly(builders.START, MOMENT + timedelta(days=1))),
        expected_monthly_income_rial=draw(st.integers(0, 1000)),
    )
    state = draw(mostly(LicenceState.ACTIVE, LicenceState.SUSPENDED))
    return office.model_copy(update={"licence": office.licence.model_copy(update={"state": state})})


@st.composite
def agreements(draw: st.DrawFn, code: str) -> Agreement:
    classes = draw(mostly(tuple(OfficeClass), (OfficeClass.URBAN,), (OfficeClass.RURAL,)))
    tariff = draw(mostly((builders.certificate_line(),), (builders.bill_line(),)))
    return builders.agreement(
        code,
        state=draw(mostly(AgreementState.ACTIVE, AgreementState.SUSPENDED)),
        services=(builders.terms(office_classes=classes, paused=draw(mostly(False, True)), tariff=tariff),),
        territory=draw(mostly((), ("bojnord", "shirvan"))),
        revoked_offices=draw(mostly((), CODES[:3])),
    )


@st.composite
def worlds(draw: st.DrawFn, origins: tuple[Origin, ...] = tuple(Origin)) -> World:
    held = [draw(offices(code)) for code in CODES[: draw(st.integers(1, len(CODES)))]]
    service = builders.service(
        channels=Channels(urban=True, rural=draw(mostly(True, False))),
        equipment=draw(st.sampled_from([(), ("scanner",)])),
        training=draw(st.sampled_from([(), ("form-12",)])),
    )
    things: list[builders.Registrable] = [builders.territory(), builders.policy(), service]
    things += [*(draw(agreements(code)) for code in AGREEMENTS), *held]
    reserved_rial, income_rial = mostly(0, 9_991_000, 9_991_001), st.integers(-500, 5000)
    loads = st.builds(Load, st.integers(0, 9), reserved_rial, income_rial, mostly(month_of(MOMENT), 0, 140508))
    origin = draw(st.sampled_from(origins))
    moment = MOMENT + timedelta(hours=draw(mostly(0, 8, -12, 100)))
    request = RoutingRequest(
        SERVICE,
        None if origin is Origin.WALK_IN else AGENCY,
        origin,
        draw(st.sampled_from(PLACES)),
        None if origin is Origin.AGENCY else draw(st.sampled_from(CODES[: len(held) + 1])),
        moment,
        moment + timedelta(seconds=draw(mostly(1, 3600, 86_400))),
        draw(mostly({"bill_amount": 9_000}, {"bill_amount": 10_000_000}, {"bill_amount": "12"}, {})),
    )
    return World(
        view=RegistryView.empty().with_entries(builders.entries(things)),
        loads=draw(st.dictionaries(st.sampled_from(CODES), loads, max_size=6)),
        request=request,
        tried=draw(mostly((), CODES[:1], CODES[1:4])),
        seed=draw(st.binary(min_size=16, max_size=16)),
    )


def reasons_one_by_one(world: World) -> dict[str, Exclusion | None]:
    """Ask the rules about every office in force, as their text says, without any index."""
    index = world.view.made_at(world.request.moment, CandidateIndex)
    snapshot, loads = index.snapshot, Loads(0, world.loads)
    service, city = snapshot.services[SERVICE], snapshot.cities[world.request.city]
    asked = circumstances(world.request, index, world.tried)
    order = list(Exclusion)
    found: dict[str, Exclusion | None] = {}
    for code, facts in snapshot.offices.items():
        furthest = Exclusion.AGREEMENT
        for agreement, terms in snapshot.agreements_on(SERVICE):
            offered = Terms.of(agreement, terms)
            reason = static_exclusion(facts, service, offered)
            if reason is None:
                distance_m = index.distance_m(facts, city)
                found[code] = dynamic_exclusion(facts, offered, distance_m, loads.of(code), asked)
                break
            furthest = max(furthest, reason, key=order.index)
        else:
            found[code] = furthest
    return found


@given(worlds())
def test_the_same_question_has_the_same_answer(world: World) -> None:
    assert world.verdict() == world.verdict()


@given(worlds(origins=(Origin.AGENCY,)))
def test_counts_are_exact_and_cover_every_office(world: World) -> None:
    verdict, reasons = world.verdict(), reasons_one_by_one(world)
    excluded = Counter(reason for reason in reasons.values() if reason is not None)
    if isinstance(verdict, Routed):
        assert verdict.decision.excluded == excluded
        assert verdict.decision.candidates + sum(excluded.values()) == len(reasons)
    elif verdict.reason is RefusalReason.NO_ELIGIBLE_OFFICE:
        assert verdict.excluded == excluded
        assert sum(excluded.values()) == len(reasons)
    else:
        # No agreement at all, or all paused: one reason for everybody.
        assert list(verdict.excluded.values()) == [len(reasons)]


@given(worlds())
def test_the_winner_is_eligible_and_has_the_lowest_score_of_the_sampled(world: World) -> None:
    verdict = world.verdict()
    if isinstance(verdict, Refused):
        return
    decision, reasons, policy = verdict.decision, reasons_one_by_one(world), builders.policy()
    assert all(reasons[sample.office] is None for sample in decision.samples)
    best = min(decision.samples, key=lambda sample: (sample.score, sample.office))
    assert decision.office == best.office
    schedule = world.view.at(world.request.moment).offices[decision.office].schedule
    assert verdict.accept_by == schedule.after_working(world.request.now, policy.acceptance_seconds)
    assert len({sample.office for sample in decision.samples}) == min(2, decision.candidates)
    for sample in decision.samples:
        terms = (sample.in_flight, sample.capacity, sample.income_rial, sample.expected_income_rial, sample.distance_m)
        assert sample.score == score_of(policy, *terms)
        load = world.loads.get(sample.office, NOTHING)
        assert sample.income_rial == (load.income_rial if load.income_month == month_of(world.request.moment) else 0)


@given(worlds())
def test_a_fee_is_impossible_where_the_winners_tariff_cannot_make_one_of_the_form(world: World) -> None:
    verdict = world.verdict()
    if isinstance(verdict, Routed):
        try:
            compute_fee(verdict.terms.tariff, world.request.form, Parties(verdict.decision.office, AGENCY))
        except FeeImpossible:
            assert verdict.feeless
        else:
            assert not verdict.feeless


@given(worlds())
def test_every_decision_fits_its_schema(world: World) -> None:
    verdict = world.verdict()
    if isinstance(verdict, Routed):
        assert Decision.model_validate(verdict.decision.model_dump()) == verdict.decision


@given(worlds())
def test_a_refusal_is_true_and_its_way_out_the_nearest(world: World) -> None:
    verdict = world.verdict()
    if isinstance(verdict, Routed):
        return
    index = world.view.made_at(world.request.moment, CandidateIndex)
    reasons, city = reasons_one_by_one(world), index.snapshot.cities[world.request.city]
    if verdict.reason is RefusalReason.OFFICE_NOT_ELIGIBLE:
        assert world.request.office is not None
        assert verdict.excluded == {reasons[world.request.office]: 1}
    if verdict.reason in (RefusalReason.OFFICE_NOT_ELIGIBLE, RefusalReason.NO_ELIGIBLE_OFFICE):
        able = [code for code, reason in reasons.items() if reason in (None, Exclusion.DISTANCE)]
        by_distance = sorted((index.distance_m(index.snapshot.offices[code], city), code) for code in able)
        # Distance comes before hours and loads in the order, so a far office may yet fail on those.
        open_far = [code for _, code in by_distance if still_able(world, code)]
        assert verdict.nearest_office == (open_far[0] if open_far else None)


def still_able(world: World, code: str) -> bool:
    """Say whether an office fails on nothing once distance is left aside."""
    index = world.view.made_at(world.request.moment, CandidateIndex)
    facts = index.snapshot.offices[code]
    reach = index.service(SERVICE)
    assert reach is not None
    offered = reach.grant_of(facts.ordinal).offered
    asked = circumstances(world.request, index, world.tried)._replace(distance_matters=False)
    return dynamic_exclusion(facts, offered, 0, Loads(0, world.loads).of(code), asked) is None


@given(worlds(), st.lists(st.tuples(st.sampled_from(CODES), st.integers(0, 3), st.integers(0, 9_000_000)), max_size=20))
def test_loads_changed_step_by_step_decide_as_loads_read_whole(world: World, steps: list[tuple[str, int, int]]) -> None:
    stepped, whole = Loads(3, world.loads), dict(world.loads)
    route(world.request, world.view, stepped, world.seed, tried=world.tried)
    for office, in_flight, reserved_rial in steps:
        stepped.apply(PositionChange(office, in_flight, reserved_rial))
        whole[office] = stepped.of(office)
    after = route(world.request, world.view, stepped, world.seed, tried=world.tried)
    assert after == route(world.request, world.view, Loads(3, whole), world.seed, tried=world.tried)


@given(st.uuids(), st.integers(1, 20))
def test_seeds_differ_by_request_and_attempt(request_id: UUID, attempt: int) -> None:
    seed = seed_for(b"secret", request_id, attempt)
    assert len(seed) == 16
    assert seed != seed_for(b"secret", request_id, attempt + 1)
