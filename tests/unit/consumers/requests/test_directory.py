"""What can be asked for at one time: the same answers as a decision at that time would give."""

from datetime import timedelta

import pytest

from consumers.codes import CodeUnknown
from consumers.requests.directory import Directory
from consumers.requests.domain.registry.view import RegistryView
from schemas.agreements import AgreementState
from schemas.catalogue import Stage
from schemas.log_requests import RefusalReason
from tests.kit.values.builders import (
    AGENCY,
    MOMENT,
    SERVICE,
    START,
    Registrable,
    agreement,
    calendar,
    entries,
    office,
    policy,
    service,
    terms,
    territory,
)

OTHER = f"{AGENCY}.other"


def directory(*things: Registrable) -> Directory:
    base: list[Registrable] = [territory(), policy(), calendar(), *things]
    return Directory(RegistryView.empty().with_entries(entries(base)), MOMENT)


def test_a_service_shows_its_terms_and_how_many_offices_may_deliver_it() -> None:
    found = directory(service(), agreement(), office("office-1"), office("office-2", equipment=()))
    [entry] = found.services()
    able = found.office("office-1"), found.office("office-2")
    assert entry.offices == sum(SERVICE in one.services for one in able)
    assert [(held.code, offered.service) for held, offered in entry.offers] == [(agreement().code, SERVICE)]
    assert entry.refused is None
    assert found.service(SERVICE) == entry


@pytest.mark.parametrize(
    ("things", "reason"),
    [
        ([service(stage=Stage.WITHDRAWN), agreement()], RefusalReason.SERVICE_NOT_LIVE),
        ([service()], RefusalReason.NO_AGREEMENT),
        ([service(), agreement(state=AgreementState.SUSPENDED)], RefusalReason.NO_AGREEMENT),
        ([service(), agreement(services=(terms(paused=True),))], RefusalReason.SERVICE_PAUSED),
    ],
)
def test_what_nobody_can_have_says_why_and_no_office_may_deliver_it(
    things: list[Registrable], reason: RefusalReason
) -> None:
    found = directory(*things, office("office-1"))
    [entry] = found.services()
    assert entry.refused is not None
    assert (entry.refused.reason, entry.offices) == (reason, 0)
    assert found.office("office-1").services == ()


def test_lists_are_narrowed_by_agency_city_and_county() -> None:
    found = directory(service(), service(OTHER), agreement(), office("office-1"))
    assert [entry.service.code for entry in found.services(AGENCY)] == sorted([SERVICE, OTHER])
    assert found.services("gas") == []
    [here] = [entry for entry in found.cities() if entry.offices]
    assert (here.city.code, here.offices) == (office("office-1").city, 1)
    assert {entry.county.code for entry in found.cities(here.county.code)} == {here.county.code}
    assert [facts.office.code for facts in found.offices(here.city.code)] == ["office-1"]
    assert found.offices("nowhere") == []


def test_an_agency_is_one_with_a_service_or_an_agreement_and_says_how_much_is_open() -> None:
    [entry] = directory(service(), service(OTHER), agreement()).agencies()
    assert (entry.code, entry.services, entry.open_services) == (AGENCY, 2, 1)
    assert [held.code for held in entry.agreements] == [agreement().code]


def test_what_is_not_in_force_yet_is_not_listed_and_codes_that_look_like_it_are_named() -> None:
    found = directory(service(), service(OTHER, valid_from=MOMENT + timedelta(days=1)), office("office-1"))
    assert [entry.service.code for entry in found.services()] == [SERVICE]
    with pytest.raises(CodeUnknown) as missing:
        found.service(SERVICE[:-1])
    assert missing.value.near == (SERVICE,)
    with pytest.raises(CodeUnknown):
        found.office("office-99x")
    assert START < MOMENT
