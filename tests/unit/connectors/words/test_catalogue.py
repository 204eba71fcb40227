"""Fees, forms and opening hours in words, in both languages."""

import pytest

from connectors.words.catalogue import (
    CLASSES,
    DATATYPES,
    FORMATS,
    LICENCES,
    STAGES,
    STATES,
    field_words,
    hours_words,
    line_words,
)
from connectors.words.language import Language
from connectors.words.tariffs import rule_words
from deploy.provinces.generate import NORTH_KHORASAN
from deploy.provinces.loader import read_province
from schemas.agreements import AgreementState
from schemas.base import OfficeClass
from schemas.catalogue import Datatype, FormAttribute, FormValue, NumberFormat, Stage
from schemas.offices import LicenceState, OpeningHours
from schemas.tariff import (
    Bracket,
    BracketRule,
    Collector,
    FeeRule,
    FixedRule,
    Payer,
    PercentageRule,
    PerUnitRule,
    VariableRule,
)
from tests.kit.values.builders import certificate_line, words


@pytest.mark.parametrize(
    ("rule", "english", "persian"),
    [
        (FixedRule(amount_rial=0), "free", "رایگان"),
        (FixedRule(amount_rial=30_000), "30,000 rial", "۳۰٬۰۰۰ ریال"),
        (
            PerUnitRule(amount_rial=20_000, field="page-count"),
            "20,000 rial for each of page-count",
            "۲۰٬۰۰۰ ریال برای هر واحد page-count",
        ),
        (PercentageRule(field="amount", numerator=1, denominator=100), "1/100 of amount", "۱/۱۰۰ از amount"),
        (
            PercentageRule(field="amount", numerator=1, denominator=100, floor_rial=5_000, cap_rial=9_000),
            "1/100 of amount, at least 5,000 rial, at most 9,000 rial",
            "۱/۱۰۰ از amount، دست‌کم ۵٬۰۰۰ ریال، حداکثر ۹٬۰۰۰ ریال",
        ),
        (
            BracketRule(field="kg", brackets=(Bracket(up_to=1, amount_rial=10), Bracket(amount_rial=20))),
            "by kg: up to 1: 10 rial, above: 20 rial",
            "بر پایه kg: تا ۱: ۱۰ ریال، بیش از آن: ۲۰ ریال",
        ),
        (VariableRule(field="bill"), "what bill says", "به اندازه bill"),
    ],
)
def test_how_much(rule: FeeRule, english: str, persian: str) -> None:
    assert (rule_words(rule, Language.EN), rule_words(rule, Language.FA)) == (english, persian)


@pytest.mark.parametrize("payer", Payer)
@pytest.mark.parametrize("collector", Collector)
@pytest.mark.parametrize("language", Language)
def test_who_pays_and_where(payer: Payer, collector: Collector, language: Language) -> None:
    said = line_words(certificate_line(payer=payer, collector=collector), language)
    assert ("the agency pays" in said or "دستگاه می‌پردازد" in said) is (payer is Payer.AGENCY)


def test_every_kind_has_its_name() -> None:
    for kinds, table in (
        (Stage, STAGES),
        (AgreementState, STATES),
        (LicenceState, LICENCES),
        (OfficeClass, CLASSES),
        (Datatype, DATATYPES),
        (NumberFormat, FORMATS),
    ):
        assert set(kinds) == set(table)


def test_a_list_is_shown_by_the_keys_that_are_sent() -> None:
    values = tuple(FormValue(key=key, names=words(key)) for key in ("savings", "current"))
    field = FormAttribute(
        code="kind", datatype=Datatype.SINGLE_VALUE_LIST, required=True, order=1, names=words("kind"), values=values
    )
    assert field_words(field, Language.EN) == "one of: savings, current"
    assert field_words(field.model_copy(update={"format": NumberFormat.BILL}), Language.EN).startswith("bill or")


def span(weekday: int, opens: int, closes: int) -> OpeningHours:
    return OpeningHours(weekday=weekday, opens_minute=opens, closes_minute=closes)


def test_days_of_the_same_hours_stand_together_from_saturday() -> None:
    week = [span(day, 480, 840) for day in (5, 6, 0, 1, 2)]
    assert hours_words([*week, span(3, 480, 720)], Language.EN) == ["Sat to Wed 08:00-14:00", "Thu 08:00-12:00"]
    assert hours_words([*week, span(2, 960, 1440)], Language.EN) == [
        "Sat to Tue 08:00-14:00",
        "Wed 08:00-14:00, 16:00-24:00",
    ]
    assert hours_words([span(4, 480, 720)], Language.FA) == ["جمعه ۰۸:۰۰-۱۲:۰۰"]
    assert hours_words([], Language.EN) == []


def test_all_of_a_real_province_can_be_said() -> None:
    province = read_province(NORTH_KHORASAN)
    for language in Language:
        for signed in province.agreements:
            for terms in signed.agreement.services:
                assert all(line_words(line, language) for line in terms.tariff)
        for service in province.services:
            assert all("{" not in field_words(field, language) for field in service.form)
        assert all(hours_words(office.hours, language) for office in province.offices)
