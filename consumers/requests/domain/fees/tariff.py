"""What a request costs: tariff lines and the form in, a computed fee with exact legs out.

Who pays whom is all in the lines: a citizen's fee, a bill passed through, a commission that the agency pays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, assert_never

from consumers.requests.domain.fees.split import SplitImpossible, split
from schemas.intake_agency import FormEntry
from schemas.problems import FieldProblem
from schemas.tariff import (
    BracketRule,
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
DIRECTORATE = "directorate"
_NAMED_BY_THE_TARIFF = frozenset({Party.TREASURY, Party.BANK})
Form = Mapping[str, FormEntry]


class FeeImpossible(FieldProblem):
    """A fee cannot be computed: `field` names the form field (or the tariff line), `problem` says what is wrong."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Who the office and the agency of this request are."""

    office: str
    agency: str


class _Shared(NamedTuple):
    """One line whose amount is known and divided, one share per part of its split."""

    line: TariffLine
    amount_rial: int
    shares: list[int]
    bill_id: str | None
    payment_id: str | None


def compute_fee(lines: Sequence[TariffLine], form: Form, parties: Parties) -> Fee:
    """Return the fee of one request; lines of zero are left out.

    Raises:
        FeeImpossible: a form field that a line needs is missing or unfit, the line's parts cannot divide its amount, or
            line or fee is beyond what one may hold.
    """
    shared = _shared_lines(lines, form)
    collects, own = _desk_rial(shared)
    return trusted(
        Fee,
        {
            "currency": "IRR",
            "lines": tuple([_line(one, parties) for one in shared]),
            "total_rial": sum([one.amount_rial for one in shared]),
            "office_collects_rial": collects,
            "office_part_rial": own,
        },
    )


def exposure_rial(fee: Fee) -> int:
    """Return what the office will owe others once it has collected `fee`: what acceptance must reserve."""
    return max(0, fee.office_collects_rial - fee.office_part_rial)


def exposure_of(lines: Sequence[TariffLine], form: Form) -> int:
    """Return the exposure of the fee that `compute_fee` would return, for any parties.

    Raises `FeeImpossible` as it does, and costs a third: routing asks this of every request whose form moves its fee.
    """
    collects, own = _desk_rial(_shared_lines(lines, form))
    return max(0, collects - own)


def citizen_total_rial(fee: Fee) -> int:
    """Return what the citizen pays of `fee`: the most that a refund can give back."""
    return sum(line.amount_rial for line in fee.lines if line.payer is Payer.CITIZEN)


def depends_on_form(lines: Sequence[TariffLine]) -> bool:
    """Say whether a form can make these lines impossible to compute."""
    return any(
        not isinstance(line.rule, FixedRule) or line.bill_id_field is not None or line.payment_id_field is not None
        for line in lines
    )


def _shared_lines(lines: Sequence[TariffLine], form: Form) -> list[_Shared]:
    """Return the lines that are not zero, divided. Raises `FeeImpossible`."""
    found, total = [], 0
    for line in lines:
        amount = _amount(line, form)
        if amount > AMOUNT_MAX_RIAL:
            raise FeeImpossible(line.code, "the amount is beyond what one line may hold")
        if amount == 0:
            continue
        try:
            shares = split(amount, line.split, line.remainder)
        except SplitImpossible as error:
            raise FeeImpossible(line.code, str(error)) from None
        for part, share in zip(line.split, shares, strict=True):
            if share and part.party in _NAMED_BY_THE_TARIFF and _code_in_the_tariff(part) is None:
                raise FeeImpossible(part.party, "has no code in the tariff; the agreement must name it")
        total += amount
        if total > AMOUNT_MAX_RIAL:
            raise FeeImpossible(line.code, "brings the fee beyond what one request may hold")
        found.append(
            _Shared(line, amount, shares, _digits(line.bill_id_field, form), _digits(line.payment_id_field, form))
        )
    return found


def _desk_rial(shared: Sequence[_Shared]) -> tuple[int, int]:
    """Return what the office collects from the citizen, and its own part of that."""
    collects = own = 0
    for one in shared:
        if one.line.payer is Payer.CITIZEN and one.line.collector.at_the_office:
            collects += one.amount_rial
            for part, share in zip(one.line.split, one.shares, strict=True):
                if part.party is Party.OFFICE:
                    own += share
    return collects, own


def _line(shared: _Shared, parties: Parties) -> FeeLine:
    line = shared.line
    return trusted(
        FeeLine,
        {
            "code": line.code,
            "payer": line.payer,
            "collector": line.collector,
            "purpose": line.purpose,
            "amount_rial": shared.amount_rial,
            "legs": tuple(
                [_leg(part, share, parties) for part, share in zip(line.split, shared.shares, strict=True) if share]
            ),
            "bill_id": shared.bill_id,
            "payment_id": shared.payment_id,
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
        case _:
            code = _code_in_the_tariff(part)
            assert code is not None, "a line is divided among parties that have names"
            return code


def _code_in_the_tariff(part: SplitPart) -> str | None:
    """Return the code of a party that only the tariff can name."""
    return part.party_code if part.party is Party.BANK else part.deposit_id or part.party_code
