"""Fees: the design's money examples, every rule of a line, and what a form can make impossible."""

from typing import Any

import pytest

from consumers.requests.domain.fees.tariff import (
    FeeImpossible,
    Form,
    Parties,
    citizen_total_rial,
    compute_fee,
    depends_on_form,
    exposure_rial,
)
from schemas.tariff import (
    Bracket,
    BracketRule,
    Collector,
    Fee,
    FixedRule,
    Party,
    Payer,
    PercentageRule,
    PerUnitRule,
    Purpose,
    RemainderRule,
    SplitPart,
    TariffLine,
    VariableRule,
)
from tests.kit.values.builders import certificate_line

PARTIES = Parties(office="office-1", agency="power")
WHOLE_TO_OFFICE = (SplitPart(party=Party.OFFICE, numerator=1, denominator=1),)


def line(**changes: Any) -> TariffLine:
    """Return the certificate's line with `changes`, all of it the office's unless they say otherwise."""
    return certificate_line(**{"split": WHOLE_TO_OFFICE, **changes})


def fee(*lines: TariffLine, form: Form | None = None) -> Fee:
    """Return the fee of `lines`."""
    return compute_fee(lines, form or {}, PARTIES)


def bill() -> tuple[TariffLine, TariffLine]:
    """Return a bill passed through to the agency, for which the agency pays the office 1,200 rial."""
    return (
        line(
            code="bill",
            purpose=Purpose.PASS_THROUGH,
            rule=VariableRule(field="amount"),
            split=(SplitPart(party=Party.AGENCY, numerator=1, denominator=1),),
            bill_id_field="bill_id",
            payment_id_field="payment_id",
        ),
        line(
            code="commission",
            payer=Payer.AGENCY,
            collector=Collector.NONE,
            rule=FixedRule(amount_rial=1_200),
        ),
    )


BILL_FORM: Form = {"amount": 1_250_000, "bill_id": "0123456789012", "payment_id": "4455667"}


def test_a_bill_is_passed_through_and_the_agency_pays_the_office() -> None:
    computed = fee(*bill(), form=BILL_FORM)
    passed, commission = computed.lines
    assert (passed.amount_rial, passed.bill_id, passed.payment_id) == (1_250_000, "0123456789012", "4455667")
    assert [(leg.party, leg.party_code, leg.amount_rial) for leg in passed.legs] == [(Party.AGENCY, "power", 1_250_000)]
    assert [(leg.party, leg.party_code, leg.amount_rial) for leg in commission.legs] == [
        (Party.OFFICE, "office-1", 1_200)
    ]
    assert (computed.total_rial, computed.office_collects_rial, computed.office_part_rial) == (1_251_200, 1_250_000, 0)
    assert exposure_rial(computed) == 1_250_000
    assert citizen_total_rial(computed) == 1_250_000


def test_a_certificate_of_30000_is_split_30_to_70() -> None:
    computed = fee(certificate_line())
    assert [(leg.party, leg.party_code, leg.amount_rial) for leg in computed.lines[0].legs] == [
        (Party.BANK, "melli", 9_000),
        (Party.OFFICE, "office-1", 21_000),
    ]
    assert (computed.office_collects_rial, computed.office_part_rial, exposure_rial(computed)) == (
        30_000,
        21_000,
        9_000,
    )


def test_a_free_service_has_no_lines() -> None:
    computed = fee(line(rule=FixedRule(amount_rial=0)))
    assert computed == Fee(lines=(), total_rial=0, office_collects_rial=0, office_part_rial=0)


def test_15_rial_at_80_8_12_in_order() -> None:
    parts = tuple(
        SplitPart(party=party, party_code=code, numerator=share, denominator=100)
        for party, code, share in [(Party.OFFICE, None, 80), (Party.BANK, "melli", 8), (Party.DIRECTORATE, None, 12)]
    )
    computed = fee(line(rule=FixedRule(amount_rial=15), split=parts, remainder=RemainderRule.IN_ORDER))
    assert [leg.amount_rial for leg in computed.lines[0].legs] == [13, 1, 1]
    assert computed.lines[0].legs[2].party_code == "directorate"


def test_what_the_agencys_gateway_collects_is_no_exposure_of_the_office() -> None:
    computed = fee(certificate_line(collector=Collector.AGENCY_GATEWAY))
    assert (computed.total_rial, computed.office_collects_rial, exposure_rial(computed)) == (30_000, 0, 0)


def test_the_treasurys_leg_carries_its_deposit_id() -> None:
    deposit = "320060080101140000000000000001"
    parts = (SplitPart(party=Party.TREASURY, numerator=1, denominator=1, deposit_id=deposit),)
    leg = fee(line(split=parts)).lines[0].legs[0]
    assert (leg.party_code, leg.deposit_id) == (deposit, deposit)


PERCENTAGE = PercentageRule(field="value", numerator=1, denominator=3, floor_rial=100, cap_rial=1_000)
#: No longer taken by the registry; agreements that have it cost the cap, as they always did.
FLOOR_ABOVE_CAP = PercentageRule(field="value", numerator=1, denominator=3, floor_rial=900, cap_rial=600)
BRACKETS = BracketRule(
    field="value",
    brackets=(Bracket(up_to=10, amount_rial=500), Bracket(up_to=20, amount_rial=900), Bracket(amount_rial=1_500)),
)


@pytest.mark.parametrize(
    ("rule", "value", "amount_rial"),
    [
        (PerUnitRule(field="value", amount_rial=700), 3, 2_100),
        (PERCENTAGE, 1_000, 333),
        (FLOOR_ABOVE_CAP, 1_000, 600),
        (PERCENTAGE, 299, 100),
        (PERCENTAGE, 3_003, 1_000),
        (BRACKETS, 10, 500),
        (BRACKETS, 11, 900),
        (BRACKETS, 21, 1_500),
        (VariableRule(field="value"), 41, 41),
    ],
)
def test_rules_that_count_on_the_form(rule: Any, value: int, amount_rial: int) -> None:
    assert depends_on_form([line(rule=rule)])
    assert fee(line(rule=rule), form={"value": value}).total_rial == amount_rial


def test_a_fixed_line_does_not_depend_on_the_form() -> None:
    assert not depends_on_form([certificate_line()])
    assert depends_on_form(bill())


SHORT_BRACKETS = BracketRule(field="value", brackets=(Bracket(up_to=10, amount_rial=500),))


@pytest.mark.parametrize(
    ("rule", "form", "problem"),
    [
        (VariableRule(field="value"), {}, "value: is missing"),
        (VariableRule(field="value"), {"value": "12"}, "value: must be a whole number"),
        (VariableRule(field="value"), {"value": True}, "value: must be a whole number"),
        (VariableRule(field="value"), {"value": -1}, "value: must be a whole number"),
        (SHORT_BRACKETS, {"value": 11}, "value: lies above the last bracket"),
        (PerUnitRule(field="value", amount_rial=10**14), {"value": 11}, "certificate: the amount is beyond"),
    ],
)
def test_a_form_can_make_a_fee_impossible(rule: Any, form: Form, problem: str) -> None:
    with pytest.raises(FeeImpossible, match=problem):
        fee(line(rule=rule), form=form)


def test_a_fee_whose_lines_together_are_beyond_what_a_fee_may_hold_is_impossible() -> None:
    principal = line(code="principal", rule=VariableRule(field="value"))
    assert fee(principal, form={"value": 10**15}).total_rial == 10**15
    with pytest.raises(FeeImpossible, match="certificate: brings the fee beyond"):
        fee(principal, line(), form={"value": 10**15})


@pytest.mark.parametrize("bill_id", [None, 12, "12a", "", "1" * 41, "۱۲"])
def test_a_bill_id_is_digits_as_text(bill_id: Any) -> None:
    form = {name: value for name, value in {**BILL_FORM, "bill_id": bill_id}.items() if value is not None}
    with pytest.raises(FeeImpossible, match="bill_id: must be text of 1 to 40 digits"):
        fee(*bill(), form=form)


def test_a_line_that_cannot_be_divided_is_named() -> None:
    parts = (SplitPart(party=Party.OFFICE, fixed_rial=40_000),)
    with pytest.raises(FeeImpossible, match="certificate: the fixed parts exceed"):
        fee(line(split=parts))


def test_a_bank_without_a_code_is_named() -> None:
    with pytest.raises(FeeImpossible, match="bank: has no code"):
        fee(line(split=(SplitPart(party=Party.BANK, numerator=1, denominator=1),)))


def test_a_fee_is_built_unchecked_and_would_pass_every_check() -> None:
    billed = fee(*bill(), form={"amount": 1_250_000, "bill_id": "12345678", "payment_id": "87654321"})
    for computed in (billed, fee(certificate_line()), fee(line(rule=FixedRule(amount_rial=0)))):
        assert Fee.model_validate_json(computed.model_dump_json()) == computed
        assert Fee(**computed.model_dump()) == computed
