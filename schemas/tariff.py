"""Tariff lines (what an agreement charges) and computed fees (what one request costs, divided to the rial)."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Code, Count, DigitText, LocalizedText, Model, PositiveRial, Rial


class Payer(StrEnum):
    """Who bears a tariff line."""

    CITIZEN = "citizen"
    AGENCY = "agency"


class Collector(StrEnum):
    """Who takes the money in; `none` means that nothing is collected at a counter."""

    OFFICE_CASH = "office_cash"
    OFFICE_POS = "office_pos"
    AGENCY_GATEWAY = "agency_gateway"
    NONE = "none"

    @property
    def at_the_office(self) -> bool:
        """Whether a citizen's money comes into the office's hands."""
        return self in (Collector.OFFICE_CASH, Collector.OFFICE_POS)


class Purpose(StrEnum):
    """What a line is: a fee for the service, somebody else's bill passed through, or value-added tax."""

    FEE = "fee"
    PASS_THROUGH = "pass_through"
    VAT = "vat"


class Party(StrEnum):
    """Who may receive a part of a line."""

    OFFICE = "office"
    AGENCY = "agency"
    BANK = "bank"
    TREASURY = "treasury"
    DIRECTORATE = "directorate"


class FixedRule(Model):
    """The same amount each time; zero makes a free line."""

    kind: Literal["fixed"] = "fixed"
    amount_rial: Rial


class PerUnitRule(Model):
    """`amount_rial` times the whole number in form field `field`."""

    kind: Literal["per_unit"] = "per_unit"
    amount_rial: PositiveRial
    field: Code


class PercentageRule(Model):
    """A share of the rial amount in form field `field`, rounded down, then kept within floor and cap."""

    kind: Literal["percentage"] = "percentage"
    field: Code
    numerator: Annotated[int, Field(ge=0, le=1_000_000)]
    denominator: Annotated[int, Field(ge=1, le=1_000_000)]
    floor_rial: Rial = 0
    cap_rial: Rial | None = None


class Bracket(Model):
    """The amount while the field's value is at most `up_to`; the last bracket has none and takes the rest."""

    up_to: Count | None = None
    amount_rial: Rial


class BracketRule(Model):
    """An amount picked by the whole number in form field `field`."""

    kind: Literal["bracket"] = "bracket"
    field: Code
    brackets: Annotated[tuple[Bracket, ...], Field(min_length=1)]


class VariableRule(Model):
    """The rial amount that form field `field` states: a bill's amount."""

    kind: Literal["variable"] = "variable"
    field: Code


FeeRule = Annotated[FixedRule | PerUnitRule | PercentageRule | BracketRule | VariableRule, Field(discriminator="kind")]


class SplitPart(Model):
    """One party's part: an exact fraction of what the fixed parts leave, or a fixed amount.

    Exactly one of (`numerator` and `denominator`) or `fixed_rial` is given. `party_code` names the bank or another
    agency; office and agency of the request are filled in when the fee is computed.
    """

    party: Party
    party_code: Code | None = None
    numerator: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    denominator: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    fixed_rial: PositiveRial | None = None
    deposit_id: DigitText | None = None


class RemainderRule(StrEnum):
    """Who gets the rials that rounding down leaves: one each in the parties' order, by largest remainder, the last."""

    IN_ORDER = "in_order"
    LARGEST_REMAINDER = "largest_remainder"
    LAST = "last"


class TariffLine(Model):
    """One line of a tariff: who pays, who collects, how much, and the exact division."""

    code: Code
    names: LocalizedText
    payer: Payer
    collector: Collector
    purpose: Purpose
    rule: FeeRule
    split: Annotated[tuple[SplitPart, ...], Field(min_length=1)]
    remainder: RemainderRule = RemainderRule.IN_ORDER
    bill_id_field: Code | None = None
    payment_id_field: Code | None = None


class Leg(Model):
    """One party's computed part of a line. `party_code` is the office, agency or bank; the treasury's, a deposit id."""

    party: Party
    party_code: Code
    amount_rial: PositiveRial
    deposit_id: DigitText | None = None


class FeeLine(Model):
    """One computed line; the legs' amounts add up to `amount_rial`. Lines of zero are left out of a fee."""

    code: Code
    payer: Payer
    collector: Collector
    purpose: Purpose
    amount_rial: PositiveRial
    legs: Annotated[tuple[Leg, ...], Field(min_length=1)]
    bill_id: DigitText | None = None
    payment_id: DigitText | None = None


class Fee(Model):
    """What one request costs. The office takes in `office_collects_rial`, of which `office_part_rial` is its own."""

    currency: Literal["IRR"] = "IRR"
    lines: tuple[FeeLine, ...] = ()
    total_rial: Rial
    office_collects_rial: Rial
    office_part_rial: Rial

    @property
    def by_card(self) -> bool:
        """Whether the tariff names the office's card terminal."""
        return any(line.collector is Collector.OFFICE_POS for line in self.lines)
