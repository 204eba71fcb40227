"""What a line of a tariff charges, and who gets which part of it, in words."""

from collections.abc import Mapping

from connectors.words.language import Language, Phrase, listed
from connectors.words.money import rial
from schemas.tariff import (
    BracketRule,
    FeeRule,
    FixedRule,
    Party,
    PercentageRule,
    PerUnitRule,
    SplitPart,
    TariffLine,
    VariableRule,
)

PARTIES: Mapping[Party, Phrase] = {
    Party.OFFICE: Phrase("دفتر", "office"),
    Party.AGENCY: Phrase("دستگاه", "agency"),
    Party.BANK: Phrase("بانک", "bank"),
    Party.TREASURY: Phrase("خزانه", "treasury"),
    Party.DIRECTORATE: Phrase("اداره کل", "directorate"),
}
_PER_UNIT = Phrase("{amount} برای هر {field}", "{amount} for each {field}")
_SHARE = Phrase("{part} از {field}، دست‌کم {least}", "{part} of {field}, at least {least}")
_SHARE_CAPPED = Phrase(
    "{part} از {field}، دست‌کم {least} و دست‌بالا {most}", "{part} of {field}, at least {least}, at most {most}"
)
_UP_TO, _REST = (
    Phrase("تا {limit}: {amount}", "up to {limit}: {amount}"),
    Phrase("بیش از آن: {amount}", "above: {amount}"),
)
_AS_STATED = Phrase("هرچه {field} می‌گوید", "what {field} says")
_FRACTION = Phrase("{party} {numerator}/{denominator}", "{party} {numerator}/{denominator}")
_FIXED = Phrase("{party} {amount}", "{party} {amount}")


def rule_words(rule: FeeRule, language: Language) -> str:
    """Return what a fee rule comes to."""
    match rule:
        case FixedRule(amount_rial=amount):
            return rial(amount, language)
        case PerUnitRule(amount_rial=amount, field=field):
            return _PER_UNIT.fill(language, amount=rial(amount, language), field=field)
        case PercentageRule(field=field, floor_rial=floor, cap_rial=cap):
            part, least = f"{rule.numerator}/{rule.denominator}", rial(floor, language)
            if cap is None:
                return _SHARE.fill(language, part=part, field=field, least=least)
            return _SHARE_CAPPED.fill(language, part=part, field=field, least=least, most=rial(cap, language))
        case BracketRule(brackets=brackets):
            parts = (
                _REST.fill(language, amount=rial(bracket.amount_rial, language))
                if bracket.up_to is None
                else _UP_TO.fill(language, limit=bracket.up_to, amount=rial(bracket.amount_rial, language))
                for bracket in brackets
            )
            return listed(parts, language)
        case VariableRule(field=field):
            return _AS_STATED.fill(language, field=field)


def split_words(line: TariffLine, language: Language) -> str:
    """Return who gets which part of a line."""
    return listed((_part_words(part, language) for part in line.split), language)


def _part_words(part: SplitPart, language: Language) -> str:
    party = PARTIES[part.party]
    if part.fixed_rial is not None:
        return _FIXED.fill(language, party=party, amount=rial(part.fixed_rial, language))
    numerator, denominator = str(part.numerator), str(part.denominator)
    return _FRACTION.fill(language, party=party, numerator=numerator, denominator=denominator)
