"""What agreements let through: none, paused, proposed, two at once; and requests that nobody may have."""

from collections.abc import Callable
from typing import Any

import pytest

from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.route import route
from schemas.agreements import AgreementState
from schemas.base import OfficeClass
from schemas.catalogue import Stage
from schemas.intake_agency import Origin
from schemas.log_requests import Exclusion, RefusalReason
from schemas.offices import Accession
from tests.kit.values import builders
from tests.kit.values.builders import AGENCY, AGREEMENT
from tests.unit.consumers.requests.domain.routing_cases import (
    SEED,
    TWO,
    loads,
    refused,
    request,
    routed,
    view_of,
)


def paused() -> RegistryView:
    base = (builders.territory(), builders.policy(), builders.service())
    return view_of(builders.agreement(services=(builders.terms(paused=True),)), *TWO, base=base)


def without_agreement() -> RegistryView:
    return view_of(*TWO, base=(builders.territory(), builders.policy(), builders.service()))


def suspended_agreement() -> RegistryView:
    return view_of(builders.agreement(version=2, state=AgreementState.SUSPENDED), *TWO)


def proposed_agreement() -> RegistryView:
    base = (builders.territory(), builders.policy(), builders.service())
    return view_of(builders.agreement(state=AgreementState.SIGNED), *TWO, base=base)


def foreign_agreement() -> RegistryView:
    base = (builders.territory(), builders.policy(), builders.service())
    return view_of(builders.agreement(agency="water"), *TWO, base=base)


def not_live() -> RegistryView:
    base = (builders.territory(), builders.policy(), builders.service(stage=Stage.DELEGABLE), builders.agreement())
    return view_of(*TWO, base=base)


@pytest.mark.parametrize(
    ("made", "reason", "agreement", "excluded", "said"),
    [
        (paused, RefusalReason.SERVICE_PAUSED, AGREEMENT, {Exclusion.PAUSED: 2}, "paused"),
        (without_agreement, RefusalReason.NO_AGREEMENT, None, {Exclusion.AGREEMENT: 2}, AGENCY),
        (suspended_agreement, RefusalReason.NO_AGREEMENT, AGREEMENT, {Exclusion.AGREEMENT: 2}, "suspended"),
        (proposed_agreement, RefusalReason.NO_AGREEMENT, AGREEMENT, {Exclusion.AGREEMENT: 2}, "signed"),
        (foreign_agreement, RefusalReason.NO_AGREEMENT, None, {Exclusion.AGREEMENT: 2}, AGENCY),
        (not_live, RefusalReason.SERVICE_NOT_LIVE, None, {}, "delegable"),
    ],
)
def test_refusals_of_all_offices(
    made: Callable[[], RegistryView],
    reason: RefusalReason,
    agreement: str | None,
    excluded: dict[Exclusion, int],
    said: str,
) -> None:
    verdict = refused(route(request(), made(), loads(), SEED))
    assert (verdict.reason, verdict.agreement, verdict.excluded) == (reason, agreement, excluded)
    assert said in verdict.detail


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"service": "unheard-of"}, RefusalReason.UNKNOWN_SERVICE),
        ({"agency": "water"}, RefusalReason.NOT_OWNER),
        ({"city": "atlantis"}, RefusalReason.UNKNOWN_PLACE),
    ],
)
def test_refusals_of_the_request(changes: dict[str, Any], reason: RefusalReason) -> None:
    assert refused(route(request(**changes), view_of(*TWO), loads(), SEED)).reason is reason


def test_two_agreements_on_one_service_each_open_their_own_offices() -> None:
    urban = builders.agreement("urban-terms", services=(builders.terms(office_classes=(OfficeClass.URBAN,)),))
    rural = builders.agreement("rural-terms", services=(builders.terms(office_classes=(OfficeClass.RURAL,)),))
    acceded = (Accession(agreement="urban-terms"), Accession(agreement="rural-terms"))
    town = builders.office("town", accessions=acceded)
    village = builders.office("village", office_class=OfficeClass.RURAL, accessions=acceded)
    base = (builders.territory(), builders.policy(), builders.service(), urban, rural, town, village)
    for code, agreement in (("town", "urban-terms"), ("village", "rural-terms")):
        verdict = routed(route(request(Origin.WALK_IN, code), view_of(base=base), loads(), SEED))
        assert verdict.decision.agreement == agreement
    everybody = routed(route(request(), view_of(base=base), loads(), SEED))
    assert everybody.decision.candidates == 2


def test_a_paused_agreement_leaves_the_offices_of_another_one() -> None:
    stopped = builders.agreement("first", services=(builders.terms(paused=True),))
    town = builders.office("town", accessions=(Accession(agreement="first"),))
    base = (builders.territory(), builders.policy(), builders.service(), stopped, builders.agreement(), town)
    verdict = routed(route(request(), view_of(*TWO, base=base), loads(), SEED))
    # Of two refusals the one that let the office further counts: it never acceded to the second agreement.
    assert verdict.decision.excluded == {Exclusion.ACCESSION: 1}
