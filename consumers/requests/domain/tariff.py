"""What a request costs: tariff lines and the form in, a computed fee with exact legs out.

Who pays whom is all in the lines: a citizen's fee, a bill passed through, a commission that the agency pays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from consumers.requests.domain.split import SplitImpossible, split
from schemas.intake_agency import FormEntry
from schemas.tariff import (
    BracketRule,
    Collector,
    Fee,
    FeeLine,
    FixedRule,
    Leg,
    Party,
    Payer,
    PercentageRule,
    PerUnitRule,
    SplitPart,
    TariffLine,
    VariableRule,
)
from schemas.trusted import trusted

AMOUNT_MAX_RIAL = 1_000_000_000_000_000
DIGITS_MAX = 40
#: Collectors that put a citizen's money into the office's hands.
AT_THE_OFFICE = frozenset({Collector.OFFICE_CASH, Collector.OFFICE_POS})
DIRECTORATE = "directorate"
Form = Mapping[str, FormEntry]


class FeeImpossible(ValueError):
    """A fee cannot be computed: `field` names the form field (or the tariff line), `problem` says what is wrong."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Parties:
    """Who the office and the agency of this request are."""

    office: str
    agency: str


def compute_fee(lines: Sequence[TariffLine], form: Form, parties: Parties) -> Fee:
    """Return the fee of one request; lines of zero are left out.

    Raises:
        FeeImpossible: a form field that a line needs is missing or unfit, the line's parts cannot divide its amount, or
            line or fee is beyond what one may hold.
    """
    computed = [line for line in (_line(line, form, parties) for line in lines) if line is not None]
    total = sum(line.amount_rial for line in computed)
    if total > AMOUNT_MAX_RIAL:
        raise FeeImpossible(computed[-1].code, "brings the fee beyond what one request may hold")
    collected = [line for line in computed if line.payer is Payer.CITIZEN and line.collector in AT_THE_OFFICE]
    own = sum(leg.amount_rial for line in collected for leg in line.legs if leg.party is Party.OFFICE)
    return trusted(
        Fee,
        {
            "currency": "IRR",
            "lines": tuple(computed),
            "total_rial": total,
            "office_collects_rial": sum(line.amount_rial for line in collected),
            "office_part_rial": own,
        },
    )


def exposure_rial(fee: Fee) -> int:
    """Return what the office will owe others once it has collected `fee`: what acceptance must reserve."""
    return max(0, fee.office_collects_rial - fee.office_part_rial)


def citizen_total_rial(fee: Fee) -> int:
    """Return what the citizen pays of `fee`: the most that a refund can give back."""
    return sum(line.amount_rial for line in fee.lines if line.payer is Payer.CITIZEN)


def depends_on_form(lines: Sequence[TariffLine]) -> bool:
    """Say whether a form can make these lines impossible to compute."""
    return any(
        not isinstance(line.rule, FixedRule) or line.bill_id_field is not None or line.payment_id_field is not None
        for line in lines
    )


def _line(line: TariffLine, form: Form, parties: Parties) -> FeeLine | None:
    amount = _amount(line, form)
    if amount > AMOUNT_MAX_RIAL:
        raise FeeImpossible(line.code, "the amount is beyond what one line may hold")
    if amount == 0:
        return None
    try:
        shares = split(amount, line.split, line.remainder)
    except SplitImpossible as error:
        raise FeeImpossible(line.code, str(error)) from None
    return trusted(
        FeeLine,
        {
            "code": line.code,
            "payer": line.payer,
            "collector": line.collector,
            "purpose": line.purpose,
            "amount_rial": amount,
            "legs": tuple(
                [_leg(part, share, parties) for part, share in zip(line.split, shares, strict=True) if share]
            ),
            "bill_id": _digits(line.bill_id_field, form),
            "payment_id": _digits(line.payment_id_field, form),
        },
    )


def _amount(line: TariffLine, form: Form) -> int:
    rule = line.rule
    match rule:
        case FixedRule():
            return rule.amount_rial
        case PerUnitRule():
            return rule.amount_rial * _whole(rule.field, form)
        case VariableRule():
            return _whole(rule.field, form)
        case PercentageRule():
            share = _whole(rule.field, form) * rule.numerator // rule.denominator
            share = max(share, rule.floor_rial)
            return share if rule.cap_rial is None else min(share, rule.cap_rial)
        case BracketRule():
            return _bracket(rule, _whole(rule.field, form))
        case _:
            assert_never(rule)


def _bracket(rule: BracketRule, value: int) -> int:
    for bracket in rule.brackets:
        if bracket.up_to is None or value <= bracket.up_to:
            return bracket.amount_rial
    raise FeeImpossible(rule.field, "lies above the last bracket of the tariff; ask the agency")


def _whole(field: str, form: Form) -> int:
    value = form.get(field)
    if value is None:
        raise FeeImpossible(field, "is missing; the tariff counts on it")
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise FeeImpossible(field, "must be a whole number, zero or more; the tariff counts on it")
    return value


def _digits(field: str | None, form: Form) -> str | None:
    if field is None:
        return None
    value = form.get(field)
    if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= DIGITS_MAX):
        raise FeeImpossible(field, f"must be text of 1 to {DIGITS_MAX} digits, as printed on the bill")
    return value


def _leg(part: SplitPart, amount_rial: int, parties: Parties) -> Leg:
    return trusted(
        Leg,
        {
            "party": part.party,
            "party_code": _party_code(part, parties),
            "amount_rial": amount_rial,
            "deposit_id": part.deposit_id,
        },
    )


def _party_code(part: SplitPart, parties: Parties) -> str:
    match part.party:
        case Party.OFFICE:
            return parties.office
        case Party.AGENCY:
            return part.party_code or parties.agency
        case Party.DIRECTORATE:
            return DIRECTORATE
        case Party.TREASURY:
            code = part.deposit_id or part.party_code
        case Party.BANK:
            code = part.party_code
    if code is None:
        raise FeeImpossible(part.party, "has no code in the tariff; the agreement must name it")
    return code
