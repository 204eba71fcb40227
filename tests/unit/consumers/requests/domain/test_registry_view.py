"""Which version holds when: revisions, dates, proposals, and a county that splits."""

from datetime import timedelta

import pytest

from consumers.jalali import STANDARD_TIME
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.candidates import CandidateIndex
from schemas.agreements import AgreementState
from schemas.catalogue import Stage
from schemas.policy import CalendarScope
from tests.kit.values import builders
from tests.kit.values.builders import AGREEMENT, MOMENT, SERVICE, START

LATER = MOMENT + timedelta(days=10)


def view_of(*things: builders.Registrable) -> RegistryView:
    return RegistryView.empty().with_entries(builders.entries(things))


def test_an_empty_view_knows_nothing() -> None:
    snapshot = RegistryView.empty().at(MOMENT)
    assert snapshot.service(SERVICE) is None
    assert snapshot.policy is None
    assert snapshot.county_of("bojnord") is None


def test_a_version_holds_from_its_date_on() -> None:
    view = view_of(builders.service(), builders.service(version=2, valid_from=LATER, stage=Stage.WITHDRAWN))
    before, after = view.at(LATER - timedelta(seconds=1)).service(SERVICE), view.at(LATER).service(SERVICE)
    assert before is not None
    assert after is not None
    assert (before.version, after.version) == (1, 2)


def test_a_service_ends_with_its_validity() -> None:
    view = view_of(builders.service(valid_to=LATER))
    assert view.at(LATER - timedelta(seconds=1)).service(SERVICE) is not None
    assert view.at(LATER).service(SERVICE) is None


def test_a_newer_version_supersedes_an_older_one_whatever_their_dates() -> None:
    view = view_of(builders.policy(valid_from=MOMENT), builders.policy(version=2, valid_from=START))
    policy = view.at(MOMENT).policy
    assert policy is not None
    assert policy.version == 2


@pytest.mark.parametrize("state", [AgreementState.DRAFTED, AgreementState.NEGOTIATED, AgreementState.SIGNED])
def test_a_proposal_does_not_displace_the_agreement_in_force(state: AgreementState) -> None:
    view = view_of(builders.service(), builders.agreement(), builders.agreement(version=2, state=state))
    held = view.at(MOMENT).agreement(AGREEMENT)
    assert held is not None
    assert held.version == 1


def test_a_proposal_alone_is_not_in_force() -> None:
    snapshot = view_of(builders.agreement(state=AgreementState.SIGNED)).at(MOMENT)
    assert snapshot.agreement(AGREEMENT) is None
    assert snapshot.lapsed_agreements[AGREEMENT].state is AgreementState.SIGNED


def test_an_agreement_ends_with_its_validity() -> None:
    view = view_of(builders.service(), builders.agreement(valid_to=LATER))
    assert view.at(LATER - timedelta(seconds=1)).terms(AGREEMENT, SERVICE) is not None
    assert view.at(LATER).terms(AGREEMENT, SERVICE) is None
    assert AGREEMENT in view.at(LATER).lapsed_agreements


def test_a_county_split_moves_its_cities_from_its_date_on() -> None:
    split = builders.territory(
        version=2,
        valid_from=LATER,
        counties=(builders.county("bojnord"), builders.county("raz-and-jargalan")),
        cities=(builders.city("bojnord"), builders.city("raz", county="raz-and-jargalan")),
    )
    undivided = builders.territory(
        counties=(builders.county("bojnord"),),
        cities=(builders.city("bojnord"), builders.city("raz", county="bojnord")),
    )
    view = view_of(undivided, split, builders.office(city="raz"))
    assert view.at(LATER - timedelta(seconds=1)).county_of("raz") == "bojnord"
    assert view.at(LATER).county_of("raz") == "raz-and-jargalan"
    assert view.at(LATER - timedelta(seconds=1)).offices["office-1"].county == "bojnord"
    assert view.at(LATER).offices["office-1"].county == "raz-and-jargalan"


def test_as_of_an_earlier_revision() -> None:
    view = view_of(builders.service(), builders.office(), builders.office(version=2, daily_capacity=7))
    then = view.up_to(2)
    assert then.revision == 2
    assert then.at(MOMENT).office_versions["office-1"].daily_capacity == 40
    assert view.at(MOMENT).office_versions["office-1"].daily_capacity == 7
    assert view.up_to(1).at(MOMENT).office("office-1") is None
    assert view.up_to(99) is view


def test_entries_that_are_known_are_skipped() -> None:
    entries = builders.small_province()
    view = RegistryView.empty().with_entries(entries)
    assert view.with_entries(entries[-2:]) is view
    assert RegistryView.empty().with_entries([*entries, *entries]).revision == len(entries)


def test_views_do_not_change() -> None:
    view = RegistryView.empty().with_entries(builders.small_province())
    grown = view.with_entries([builders.entry(builders.office("office-9"), view.revision + 1)])
    assert view.at(MOMENT).office("office-9") is None
    assert grown.at(MOMENT).office("office-9") is not None


def test_an_office_keeps_its_bit_in_every_later_view() -> None:
    view = RegistryView.empty().with_entries(builders.small_province())
    changed = builders.entries([builders.office("office-0"), builders.office("office-1", version=2)], view.revision + 1)
    before, after = view.at(MOMENT).offices, view.with_entries(changed).at(MOMENT).offices
    assert all(after[code].ordinal == before[code].ordinal for code in before)


def test_one_segment_has_one_index() -> None:
    view = view_of(builders.policy(), builders.policy(version=2, valid_from=LATER))
    assert view.made_at(MOMENT, CandidateIndex) is view.made_at(MOMENT + timedelta(days=1), CandidateIndex)
    assert view.made_at(MOMENT, CandidateIndex) is not view.made_at(LATER, CandidateIndex)


def test_a_licence_bounds_a_segment() -> None:
    licence = builders.office().licence.model_copy(update={"valid_to": LATER})
    view = view_of(builders.office(licence=licence))
    assert view.at(LATER - timedelta(seconds=1)).offices["office-1"].licensed
    assert not view.at(LATER).offices["office-1"].licensed


def test_an_agency_works_by_its_own_hours_and_rests_on_the_provinces_holidays_too() -> None:
    monday, tuesday = MOMENT.date(), MOMENT.date() + timedelta(days=1)
    view = view_of(
        builders.calendar(holidays=(builders.holiday(monday),)),
        builders.calendar(
            "civil-registry",
            scope=CalendarScope.AGENCY,
            subject=builders.AGENCY,
            hours=builders.hours_of_the_week(600, 660),
            holidays=(builders.holiday(tuesday),),
        ),
    )
    due = view.at(MOMENT).agency_schedule(builders.AGENCY).after_working(MOMENT, 1800)
    assert due.astimezone(STANDARD_TIME).strftime("%a %H:%M") == "Wed 10:30"
    other = view.at(MOMENT).agency_schedule("another").after_working(MOMENT, 1800)
    assert other.astimezone(STANDARD_TIME).strftime("%a %H:%M") == "Tue 08:30"
