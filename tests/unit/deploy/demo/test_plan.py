"""A planned day is the same for the same seed, and every claim in it is one that a real party could make."""

import pytest

from deploy.demo.plan import Province, plan_day
from schemas.base import Event
from schemas.catalogue import Datatype, FormAttribute, Stage
from schemas.decode import encode, parse_strictly
from schemas.intake_agency import Origin, RequestSubmitted
from schemas.tariff import Collector, Party, Payer, Purpose, SplitPart, TariffLine, VariableRule
from tests.kit.values import builders


def bill_line() -> TariffLine:
    return TariffLine(
        code="bill",
        names=builders.words("bill"),
        payer=Payer.CITIZEN,
        collector=Collector.OFFICE_CASH,
        purpose=Purpose.PASS_THROUGH,
        rule=VariableRule(field="amount"),
        split=(SplitPart(party=Party.AGENCY, numerator=1, denominator=1),),
        bill_id_field="bill-id",
    )


def attribute(code: str, datatype: Datatype, *, personal: bool = False) -> FormAttribute:
    return FormAttribute(
        code=code, datatype=datatype, required=True, order=1, names=builders.words(code), personal=personal
    )


def province(stage: Stage = Stage.LIVE) -> Province:
    form = (
        attribute("amount", Datatype.NUMBER),
        attribute("bill-id", Datatype.STRING),
        attribute("name", Datatype.TEXT, personal=True),
    )
    return Province(
        territory=builders.territory(),
        services=[builders.service(stage=stage, form=form)],
        agreements=[builders.agreement(services=(builders.terms(tariff=(bill_line(),)),))],
        offices=[builders.office("office-1"), builders.office("office-2", city="shirvan")],
    )


def test_the_same_seed_plans_the_same_day() -> None:
    assert plan_day(province(), seed=7, requests=50) == plan_day(province(), seed=7, requests=50)
    assert plan_day(province(), seed=7, requests=50) != plan_day(province(), seed=8, requests=50)


def test_arrivals_are_in_order_within_the_day() -> None:
    times = [arrival.at_seconds for arrival in plan_day(province(), seed=1, requests=200)]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] < 6 * 3600


def test_every_claim_is_strictly_valid_and_holds_nothing_personal() -> None:
    for arrival in plan_day(province(), seed=3, requests=100):
        parsed: Event = parse_strictly(RequestSubmitted, encode(arrival.claim))
        assert parsed == arrival.claim
        assert "name" not in arrival.claim.form
        amount, bill = arrival.claim.form["amount"], arrival.claim.form["bill-id"]
        assert isinstance(amount, int)
        assert amount >= 100_000
        assert isinstance(bill, str)
        assert bill.isdigit()


def test_a_walk_in_is_spoken_by_its_own_office_and_the_rest_by_the_agency() -> None:
    arrivals = plan_day(province(), seed=5, requests=300)
    assert {arrival.claim.origin for arrival in arrivals} == set(Origin)
    for arrival in arrivals:
        if arrival.claim.origin is Origin.WALK_IN:
            assert arrival.source == f"/offices/{arrival.claim.office}"
        else:
            assert arrival.source == f"/agencies/{builders.AGENCY}"
        assert (arrival.claim.office is None) == (arrival.claim.origin is Origin.AGENCY)


def test_a_province_without_a_live_service_says_so() -> None:
    with pytest.raises(ValueError, match="no service is live"):
        plan_day(province(Stage.DELEGABLE), seed=1, requests=1)
