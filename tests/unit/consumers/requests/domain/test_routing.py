"""Routing by origin, one example for every reason that it may give."""

from datetime import datetime, timedelta

import pytest

from consumers.requests.domain.loads.loads import Load
from consumers.requests.domain.routing.route import Routed, route
from schemas.agreements import Agreement
from schemas.base import OfficeClass
from schemas.catalogue import Channels, Service
from schemas.intake_agency import Origin
from schemas.log_requests import Exclusion, RefusalReason
from schemas.offices import Accession, LicenceState, Office
from schemas.policy import CalendarScope
from tests.kit.values import builders
from tests.kit.values.builders import AGENCY, AGREEMENT, MOMENT
from tests.unit.consumers.requests.domain.routing_cases import (
    BUSY,
    EVENING,
    INDEBTED,
    SEED,
    TWO,
    loads,
    refused,
    request,
    routed,
    view_of,
)


def test_an_agencys_request_goes_to_the_lower_of_two_scores() -> None:
    verdict = routed(route(request(), view_of(*TWO), loads(office_1=Load(10, 0, 0)), SEED))
    decision = verdict.decision
    assert decision.office == "office-2"
    assert {sample.office: sample.score for sample in decision.samples} == {"office-1": 250, "office-2": 0}
    assert (decision.candidates, decision.excluded) == (2, {})
    assert (decision.agreement, decision.agreement_version, decision.service_version) == (AGREEMENT, 1, 1)
    assert (decision.policy_version, decision.registry_revision, decision.loads_seen) == (1, 6, 7)
    assert decision.seed == SEED.hex()
    assert decision.decided_for == decision.decided_at == MOMENT
    assert verdict.county == "bojnord"
    assert verdict.accept_by == MOMENT + timedelta(hours=4)


def test_equal_scores_go_by_the_code() -> None:
    for number in range(20):
        verdict = routed(route(request(), view_of(*TWO), loads(), number.to_bytes(16, "big")))
        assert verdict.decision.office == "office-1"


def test_one_candidate_is_sampled_once() -> None:
    verdict = routed(route(request(), view_of(builders.office()), loads(), SEED))
    assert [sample.office for sample in verdict.decision.samples] == ["office-1"]


#: The Jalali month of `MOMENT`: Azar 1405 begins the day before.
AZAR = 140509


@pytest.mark.parametrize(
    ("moment", "income_rial"),
    [
        (MOMENT, 50_000_000),
        # Saturday the 21st of November by the clock in Tehran is the last of Aban, at any hour.
        (MOMENT.replace(day=21, hour=20, minute=29), 0),
        (MOMENT.replace(day=21, hour=20, minute=30), 50_000_000),
        (MOMENT + timedelta(days=40), 0),
    ],
)
def test_only_the_income_of_the_requests_month_is_held_to_expectation(moment: datetime, income_rial: int) -> None:
    load = loads(office_1=Load(0, 0, 50_000_000, AZAR))
    asked = request(moment=moment, now=moment)
    (sample,) = routed(route(asked, view_of(builders.office()), load, SEED)).decision.samples
    assert (sample.income_rial, sample.score) == (income_rial, 300 * income_rial // 100_000_000)


def test_the_month_is_that_of_the_request_and_not_of_deciding() -> None:
    """A backlog, or a claim that waited, is held to the income of the month in which it was said."""
    load = loads(office_1=Load(0, 0, 50_000_000, AZAR))
    late = request(moment=MOMENT, now=MOMENT + timedelta(days=40))
    (sample,) = routed(route(late, view_of(builders.office()), load, SEED)).decision.samples
    assert sample.income_rial == 50_000_000


def test_income_and_distance_count_in_the_score() -> None:
    far = builders.office("office-2", latitude=37.5047)
    load = loads(office_1=Load(1, 0, 50_000_000, AZAR), office_2=Load(1, 0, -5, AZAR))
    samples = routed(route(request(), view_of(builders.office(), far), load, SEED)).decision.samples
    by_office = {sample.office: sample for sample in samples}
    # 1000·1/40 + 300·50,000,000/100,000,000
    assert by_office["office-1"].score == 25 + 150
    # three hundredths of a degree of latitude, by 1.3
    assert by_office["office-2"].distance_m == 4337
    assert by_office["office-2"].score == 25 + 0 + 500 * 4337 // 60_000


WITHOUT_EQUIPMENT = builders.service(equipment=("scanner",))
WITHOUT_TRAINING = builders.service(training=("form-12",))


@pytest.mark.parametrize(
    ("reason", "service", "agreement", "office"),
    [
        (Exclusion.OFFICE_CLASS, builders.service(channels=Channels(urban=False, rural=True)), None, None),
        (
            Exclusion.OFFICE_CLASS,
            None,
            builders.agreement(services=(builders.terms(office_classes=(OfficeClass.RURAL,)),)),
            None,
        ),
        (Exclusion.TERRITORY, None, builders.agreement(territory=("shirvan",)), None),
        (Exclusion.REVOKED, None, builders.agreement(revoked_offices=("office-1",)), None),
        (Exclusion.ACCESSION, None, None, builders.office(accessions=())),
        (
            Exclusion.ACCESSION,
            None,
            None,
            builders.office(accessions=(Accession(agreement=AGREEMENT, services=("passport",)),)),
        ),
        (Exclusion.EQUIPMENT, WITHOUT_EQUIPMENT, None, None),
        (Exclusion.TRAINING, WITHOUT_TRAINING, None, None),
        (
            Exclusion.LICENCE,
            None,
            None,
            builders.office(
                licence=builders.office().licence.model_copy(update={"state": LicenceState.SUSPENDED}),
            ),
        ),
        (
            Exclusion.LICENCE,
            None,
            None,
            builders.office(licence=builders.office().licence.model_copy(update={"valid_to": MOMENT})),
        ),
    ],
)
@pytest.mark.parametrize("origin", list(Origin))
def test_static_exclusions(
    reason: Exclusion,
    service: Service | None,
    agreement: Agreement | None,
    office: Office | None,
    origin: Origin,
) -> None:
    base = (
        builders.territory(),
        builders.policy(),
        service or builders.service(),
        agreement or builders.agreement(),
        office or builders.office(),
    )
    chosen = None if origin is Origin.AGENCY else "office-1"
    verdict = refused(route(request(origin, chosen), view_of(base=base), loads(), SEED))
    wanted = RefusalReason.NO_ELIGIBLE_OFFICE if chosen is None else RefusalReason.OFFICE_NOT_ELIGIBLE
    assert verdict.reason is wanted
    assert verdict.excluded == {reason: 1}
    assert verdict.nearest_office is None


def test_a_county_that_splits_takes_its_offices_out_of_the_agreement_from_its_date_on() -> None:
    split_on = MOMENT + timedelta(days=1)
    cities = [builders.city("bojnord"), builders.city("raz", county="bojnord")]
    counties = [builders.county("bojnord"), builders.county("raz-and-jargalan")]
    whole = builders.territory(counties=tuple(counties[:1]), cities=tuple(cities))
    divided = [cities[0], builders.city("raz", county="raz-and-jargalan")]
    split = builders.territory(version=2, valid_from=split_on, counties=tuple(counties), cities=tuple(divided))
    agreement = builders.agreement(territory=("bojnord",))
    base = (whole, split, builders.policy(), builders.service(), agreement, builders.office(city="raz"))
    in_raz = request(city="raz")
    assert routed(route(in_raz, view_of(base=base), loads(), SEED)).county == "bojnord"
    later = refused(route(in_raz._replace(moment=split_on), view_of(base=base), loads(), SEED))
    assert later.excluded == {Exclusion.TERRITORY: 1}


def test_an_office_too_far_away_is_still_a_way_out() -> None:
    verdict = refused(route(request(city="faruj"), view_of(builders.office()), loads(), SEED))
    assert verdict.excluded == {Exclusion.DISTANCE: 1}
    assert verdict.nearest_office == "office-1"


def test_a_tried_office_is_not_asked_again() -> None:
    verdict = routed(route(request(), view_of(*TWO), loads(), SEED, attempt=2, tried=["office-1"]))
    assert verdict.decision.office == "office-2"
    assert verdict.decision.attempt == 2
    assert verdict.decision.excluded == {Exclusion.TRIED_BEFORE: 1}


def test_a_tried_office_counts_as_tried_even_when_far() -> None:
    view = view_of(*TWO, builders.office("office-3", city="faruj"), builders.office("office-4", city="faruj"))
    verdict = routed(route(request(), view, loads(), SEED, attempt=2, tried=["office-3", "gone"]))
    assert verdict.decision.excluded == {Exclusion.TRIED_BEFORE: 1, Exclusion.DISTANCE: 1}


@pytest.mark.parametrize(
    ("scope", "subject"),
    [
        (CalendarScope.PROVINCE, "north-khorasan"),
        (CalendarScope.COUNTY, "bojnord"),
        (CalendarScope.OFFICE, "office-1"),
    ],
)
def test_a_holiday_closes_the_offices_that_it_binds(scope: CalendarScope, subject: str) -> None:
    closed = builders.calendar("closure", scope=scope, subject=subject, holidays=(builders.holiday(MOMENT.date()),))
    view = view_of(builders.office(), closed)
    verdict = refused(route(request(Origin.WALK_IN, "office-1"), view, loads(), SEED))
    assert verdict.excluded == {Exclusion.HOURS: 1}
    # An agency's request waits for the next day's doors.
    tomorrow = MOMENT.replace(day=24, hour=8, minute=30)
    assert routed(route(request(), view, loads(), SEED)).accept_by == tomorrow


def test_another_provinces_holiday_does_not_close_offices() -> None:
    closed = builders.calendar("closure", subject="golestan", holidays=(builders.holiday(MOMENT.date()),))
    assert routed(route(request(Origin.WALK_IN, "office-1"), view_of(builders.office(), closed), loads(), SEED))


def test_an_agencys_holiday_does_not_close_offices() -> None:
    closed = builders.calendar(
        "closure", scope=CalendarScope.AGENCY, subject=AGENCY, holidays=(builders.holiday(MOMENT.date()),)
    )
    assert routed(route(request(Origin.WALK_IN, "office-1"), view_of(builders.office(), closed), loads(), SEED))


def test_an_office_without_headroom_for_this_fee_is_passed_over() -> None:
    # The certificate leaves 9,000 rial with the office that are the bank's; 8,999 of its cap are left.
    verdict = routed(route(request(), view_of(*TWO), loads(office_1=INDEBTED), SEED))
    assert (verdict.decision.office, verdict.decision.excluded) == ("office-2", {Exclusion.CAP: 1})


def test_an_office_with_just_enough_headroom_is_not() -> None:
    just_enough = Load(0, 9_991_000, 0)
    verdict = routed(route(request(), view_of(builders.office()), loads(office_1=just_enough), SEED))
    assert verdict.decision.excluded == {}


@pytest.mark.parametrize(("amount_rial", "fits"), [(10_000_000, True), (10_000_001, False)])
def test_headroom_is_asked_for_the_bill_in_the_form(amount_rial: int, fits: bool) -> None:
    verdict = route(request(form={"bill_amount": amount_rial}), view_of(base=with_bills()), loads(), SEED)
    assert isinstance(verdict, Routed) is fits
    if not fits:
        assert refused(verdict).excluded == {Exclusion.CAP: 1}


def test_an_office_over_its_cap_is_passed_over_even_when_the_form_makes_no_fee() -> None:
    over = Load(0, 10_000_001, 0)
    verdict = route(request(form={}), view_of(base=with_bills()), loads(office_1=over), SEED)
    assert refused(verdict).excluded == {Exclusion.CAP: 1}


def test_a_fee_that_the_form_makes_impossible_is_said_with_the_office() -> None:
    view = view_of(base=with_bills())
    assert routed(route(request(form={}), view, loads(), SEED)).feeless
    assert not routed(route(request(form={"bill_amount": 1}), view, loads(), SEED)).feeless


def with_bills() -> tuple[builders.Registrable, ...]:
    """Return a province of one office whose one tariff takes a bill's amount from the form."""
    agreement = builders.agreement(services=(builders.terms(tariff=(builders.bill_line(),)),))
    return builders.territory(), builders.policy(), builders.service(), agreement, builders.office()


def test_a_full_office_is_passed_over() -> None:
    verdict = routed(route(request(), view_of(*TWO), loads(office_1=BUSY), SEED))
    assert (verdict.decision.office, verdict.decision.excluded) == ("office-2", {Exclusion.CAPACITY: 1})


def test_all_full_refuses_without_a_way_out() -> None:
    verdict = refused(route(request(), view_of(*TWO), loads(office_1=BUSY, office_2=BUSY), SEED))
    assert verdict.reason is RefusalReason.NO_ELIGIBLE_OFFICE
    assert verdict.excluded == {Exclusion.CAPACITY: 2}
    assert verdict.nearest_office is None


def test_a_walk_in_is_served_at_this_desk_even_when_it_is_full_or_far() -> None:
    verdict = routed(
        route(request(Origin.WALK_IN, "office-1", city="faruj"), view_of(*TWO), loads(office_1=BUSY), SEED)
    )
    assert verdict.decision.office == "office-1"
    assert (verdict.decision.candidates, verdict.decision.excluded) == (1, {})
    assert len(verdict.decision.samples) == 1


def test_a_walk_in_needs_open_doors_and_is_told_who_has_them() -> None:
    late = builders.office("office-3", city="shirvan", hours=builders.hours_of_the_week(480, 1200))
    verdict = refused(route(request(Origin.WALK_IN, "office-1", moment=EVENING), view_of(*TWO, late), loads(), SEED))
    assert verdict.reason is RefusalReason.OFFICE_NOT_ELIGIBLE
    assert verdict.excluded == {Exclusion.HOURS: 1}
    assert verdict.agreement == AGREEMENT
    assert verdict.nearest_office == "office-3"


def test_a_walk_in_at_an_office_without_headroom_is_sent_to_the_nearest_with() -> None:
    near, far = builders.office("office-2", latitude=37.5), builders.office("office-3", city="shirvan")
    view = view_of(builders.office(), far, near)
    verdict = refused(route(request(Origin.WALK_IN, "office-1"), view, loads(office_1=INDEBTED), SEED))
    assert verdict.excluded == {Exclusion.CAP: 1}
    assert verdict.nearest_office == "office-2"


def test_a_refusal_at_the_desk_names_the_agreement_that_forbids() -> None:
    view = view_of(builders.office(accessions=()), builders.office("office-2"))
    verdict = refused(route(request(Origin.WALK_IN, "office-1"), view, loads(), SEED))
    assert (verdict.agreement, verdict.nearest_office) == (AGREEMENT, "office-2")
    assert "accession" in verdict.detail
    assert AGREEMENT in verdict.detail


def test_a_chosen_office_must_have_capacity() -> None:
    verdict = refused(route(request(Origin.CITIZEN_CHOICE, "office-1"), view_of(*TWO), loads(office_1=BUSY), SEED))
    assert verdict.excluded == {Exclusion.CAPACITY: 1}
    assert verdict.nearest_office == "office-2"


def test_a_chosen_office_that_gave_the_request_back_leaves_it_to_all_others() -> None:
    verdict = route(
        request(Origin.CITIZEN_CHOICE, "office-1"), view_of(*TWO), loads(), SEED, attempt=2, tried=["office-1"]
    )
    assert routed(verdict).decision.office == "office-2"


def test_an_unknown_office() -> None:
    verdict = refused(route(request(Origin.WALK_IN, "office-9"), view_of(*TWO), loads(), SEED))
    assert verdict.reason is RefusalReason.UNKNOWN_OFFICE


def test_an_office_that_is_not_in_force_is_no_office() -> None:
    view = view_of(builders.office(), builders.office("office-2", valid_from=MOMENT + timedelta(days=1)))
    decision = routed(route(request(), view, loads(), SEED)).decision
    assert (decision.candidates, decision.excluded) == (1, {})
