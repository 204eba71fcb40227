"""What a desk must know: the versions that the request keeps, its form, and the fee that acceptance will compute."""

import pytest

from consumers.requests.desk import DeskItem, desk_items
from consumers.requests.domain.life.state import RequestStage, RequestState
from schemas.catalogue import Datatype, FormAttribute
from schemas.log_registry import RegistryEntry
from schemas.tariff import Collector, FixedRule, Party, Payer, Purpose, SplitPart, TariffLine
from tests.kit.values import builders
from tests.kit.values.builders import AGREEMENT, SERVICE, words
from tests.kit.values.requests_world import at

OTHERS = (builders.policy(), builders.calendar(), builders.territory(), builders.office("office-1"))


def attribute(code: str, order: int, *, personal: bool = False) -> FormAttribute:
    return FormAttribute(
        code=code, datatype=Datatype.STRING, required=False, order=order, names=words(code), personal=personal
    )


def online(amount_rial: int) -> TariffLine:
    return TariffLine(
        code="online",
        names=words("online"),
        payer=Payer.CITIZEN,
        collector=Collector.AGENCY_GATEWAY,
        purpose=Purpose.FEE,
        rule=FixedRule(amount_rial=amount_rial),
        split=(SplitPart(party=Party.AGENCY, numerator=1, denominator=1),),
    )


def known(*lines: TariffLine, version: int = 1) -> list[RegistryEntry]:
    form = (attribute("name", 2, personal=True), attribute("note", 1))
    offered = builders.terms(tariff=lines or (builders.certificate_line(),))
    versions: list[builders.Registrable] = [
        builders.service(version=version, form=form),
        builders.agreement(version=version, services=(offered,)),
    ]
    return builders.entries([*OTHERS, *versions])


def routed(**changes: object) -> RequestState:
    kept = {"agreement": AGREEMENT, "agreement_version": 1, "service_version": 1, **changes}
    return at(RequestStage.ROUTED).model_copy(update=kept)


def item(state: RequestState, entries: list[RegistryEntry]) -> DeskItem:
    [found] = desk_items([state], entries)
    return found


def test_before_acceptance_the_fee_is_what_acceptance_will_compute() -> None:
    before, after = item(routed(), known()), item(at(RequestStage.ACCEPTED), known())
    assert (before.accepted, after.accepted) == (False, True)
    assert before.fee == after.fee
    assert before.to_collect_rial == after.to_collect_rial == 30_000
    assert [(tariff is not None, line.amount_rial) for tariff, line in before.lines] == [(True, 30_000)]


def test_what_was_collected_is_not_to_be_collected_again() -> None:
    assert item(at(RequestStage.FEE_COLLECTED), known()).to_collect_rial == 0


def test_a_request_keeps_its_versions_and_what_the_registry_lost_is_none() -> None:
    newer = item(routed(), known(version=2))
    assert (newer.service, newer.terms, newer.fee, newer.to_collect_rial) == (None, None, None, 0)
    assert item(routed(), []).state.asked().service == SERVICE


@pytest.mark.parametrize(
    ("collector", "by_card"), [(Collector.OFFICE_CASH, False), (Collector.OFFICE_POS, True), (Collector.NONE, False)]
)
def test_how_it_is_to_be_paid_follows_the_tariff(collector: Collector, by_card: bool) -> None:
    found = item(routed(), known(builders.certificate_line(collector=collector), online(7_000)))
    assert found.by_card is by_card
    assert found.to_collect_rial == (30_000 if collector.at_the_office else 0)


def test_a_form_shows_its_fields_in_order_and_no_personal_value() -> None:
    asked = routed().asked().model_copy(update={"form": {"note": "blue", "gone": 2}})
    found = item(routed(submission=asked), known())
    assert [(one is None, code, value) for one, code, value in found.form] == [
        (False, "note", "blue"),
        (False, "name", None),
        (True, "gone", 2),
    ]
