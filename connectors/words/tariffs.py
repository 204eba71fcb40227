"""What a line of a tariff charges, and who gets which part of it, in words."""

from collections.abc import Mapping

from connectors.words.language import Language, Phrase, figures, listed
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
_FREE = Phrase("رایگان", "free")
_PER_UNIT = Phrase("{amount} برای هر واحد {field}", "{amount} for each of {field}")
_SHARE = Phrase("{numerator}/{denominator} از {field}", "{numerator}/{denominator} of {field}")
_AT_LEAST, _AT_MOST = Phrase("دست‌کم {amount}", "at least {amount}"), Phrase("حداکثر {amount}", "at most {amount}")
_BY = Phrase("بر پایه {field}: {brackets}", "by {field}: {brackets}")
_UP_TO, _ABOVE = (
    Phrase("تا {up_to}: {amount}", "up to {up_to}: {amount}"),
    Phrase("بیش از آن: {amount}", "above: {amount}"),
)
_STATED = Phrase("به اندازه {field}", "what {field} says")
_FRACTION = Phrase("{party} {numerator}/{denominator}", "{party} {numerator}/{denominator}")
_FIXED = Phrase("{party} {amount}", "{party} {amount}")


def rule_words(rule: FeeRule, language: Language) -> str:
    """Return how much a line costs, by the fields of the form that it depends on."""
    match rule:
        case FixedRule(amount_rial=0):
            return _FREE.of(language)
        case FixedRule(amount_rial=amount_rial):
            return rial(amount_rial, language)
        case PerUnitRule(amount_rial=amount_rial, field=field):
            return _PER_UNIT.fill(language, amount=rial(amount_rial, language), field=field)
        case PercentageRule():
            return _percentage(rule, language)
        case BracketRule(field=field, brackets=brackets):
            steps = [
                _ABOVE.fill(language, amount=rial(step.amount_rial, language))
                if step.up_to is None
                else _UP_TO.fill(language, up_to=step.up_to, amount=rial(step.amount_rial, language))
                for step in brackets
            ]
            return _BY.fill(language, field=field, brackets=listed(steps, language))
        case VariableRule(field=field):
            return _STATED.fill(language, field=field)


def split_words(line: TariffLine, language: Language) -> str:
    """Return who gets which part of a line."""
    return listed((_part_words(part, language) for part in line.split), language)


def _part_words(part: SplitPart, language: Language) -> str:
    party = PARTIES[part.party]
    if part.fixed_rial is not None:
        return _FIXED.fill(language, party=party, amount=rial(part.fixed_rial, language))
    numerator, denominator = str(part.numerator), str(part.denominator)
    return _FRACTION.fill(language, party=party, numerator=numerator, denominator=denominator)


def _percentage(rule: PercentageRule, language: Language) -> str:
    numerator, denominator = figures(rule.numerator, language), figures(rule.denominator, language)
    parts = [_SHARE.fill(language, numerator=numerator, denominator=denominator, field=rule.field)]
    if rule.floor_rial:
        parts.append(_AT_LEAST.fill(language, amount=rial(rule.floor_rial, language)))
    if rule.cap_rial is not None:
        parts.append(_AT_MOST.fill(language, amount=rial(rule.cap_rial, language)))
    return listed(parts, language)
