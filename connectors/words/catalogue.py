"""What the registry holds, as people say it: fees, who pays them and where, opening hours, fields of forms."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from connectors.words.language import Language, Phrase, in_figures, listed
from connectors.words.tariffs import rule_words
from schemas.agreements import AgreementState
from schemas.base import LocalizedText, OfficeClass
from schemas.catalogue import Datatype, FormAttribute, NumberFormat, Stage
from schemas.offices import LicenceState, OpeningHours
from schemas.tariff import Collector, Payer, Purpose, TariffLine

MINUTES_PER_HOUR = 60

STAGES: Mapping[Stage, Phrase] = {
    Stage.INVENTORIED: Phrase("شناسایی‌شده", "inventoried"),
    Stage.DOCUMENTED: Phrase("مستندشده", "documented"),
    Stage.DELEGABLE: Phrase("قابل واگذاری", "delegable"),
    Stage.DELEGATED: Phrase("واگذارشده", "delegated"),
    Stage.LIVE: Phrase("در حال ارائه", "live"),
    Stage.WITHDRAWN: Phrase("برداشته‌شده", "withdrawn"),
}
STATES: Mapping[AgreementState, Phrase] = {
    AgreementState.DRAFTED: Phrase("پیش‌نویس", "drafted"),
    AgreementState.NEGOTIATED: Phrase("در گفت‌وگو", "negotiated"),
    AgreementState.SIGNED: Phrase("امضاشده", "signed"),
    AgreementState.ACTIVE: Phrase("فعال", "active"),
    AgreementState.SUSPENDED: Phrase("معلق", "suspended"),
    AgreementState.EXPIRED: Phrase("پایان‌یافته", "expired"),
    AgreementState.WITHDRAWN: Phrase("پس‌گرفته", "withdrawn"),
}
LICENCES: Mapping[LicenceState, Phrase] = {
    LicenceState.ACTIVE: Phrase("فعال", "active"),
    LicenceState.SUSPENDED: Phrase("معلق", "suspended"),
    LicenceState.REVOKED: Phrase("لغوشده", "revoked"),
}
CLASSES: Mapping[OfficeClass, Phrase] = {
    OfficeClass.URBAN: Phrase("شهری", "urban"),
    OfficeClass.RURAL: Phrase("روستایی", "rural"),
}
DATATYPES: Mapping[Datatype, Phrase] = {
    Datatype.STRING: Phrase("متن", "text"),
    Datatype.NUMBER: Phrase("عدد صحیح", "whole number"),
    Datatype.DATETIME: Phrase("زمان", "time, such as 2026-11-25T14:30:00+03:30"),
    Datatype.TEXT: Phrase("متن", "text"),
    Datatype.SINGLE_VALUE_LIST: Phrase("یکی از: {values}", "one of: {values}"),
    Datatype.MULTI_VALUE_LIST: Phrase("یک یا چند از: {values}", "some of: {values}"),
}
FORMATS: Mapping[NumberFormat, Phrase] = {
    NumberFormat.SUBSCRIPTION: Phrase("شماره اشتراک، تا ۲۰ رقم", "subscription number, up to 20 digits"),
    NumberFormat.BILL: Phrase("شناسه قبض یا پرداخت، تا ۳۰ رقم", "bill or payment id, up to 30 digits"),
    NumberFormat.CONSIGNMENT: Phrase("شماره مرسوله، ۴ تا ۲۴ رقم", "consignment number, 4 to 24 digits"),
}
_WEEKDAYS = (
    Phrase("دوشنبه", "Mon"),
    Phrase("سه‌شنبه", "Tue"),
    Phrase("چهارشنبه", "Wed"),
    Phrase("پنجشنبه", "Thu"),
    Phrase("جمعه", "Fri"),
    Phrase("شنبه", "Sat"),
    Phrase("یکشنبه", "Sun"),
)
#: Weeks begin with Saturday.
_WEEK = (5, 6, 0, 1, 2, 3, 4)
_DAYS, _SPAN = Phrase("{first} تا {last}", "{first} to {last}"), Phrase("{days} {hours}", "{days} {hours}")

_PAID: Mapping[tuple[Payer, Collector], Phrase] = {
    (Payer.CITIZEN, Collector.OFFICE_CASH): Phrase("شهروند، نقد در دفتر", "the citizen pays the office in cash"),
    (Payer.CITIZEN, Collector.OFFICE_POS): Phrase("شهروند، با کارت در دفتر", "the citizen pays the office by card"),
    (Payer.CITIZEN, Collector.AGENCY_GATEWAY): Phrase("شهروند، در درگاه دستگاه", "the citizen pays the agency online"),
    (Payer.CITIZEN, Collector.NONE): Phrase("شهروند، نه در دفتر", "the citizen pays, not at the office"),
}
_AGENCY_PAYS = Phrase("دستگاه می‌پردازد", "the agency pays")
_PURPOSES: Mapping[Purpose, Phrase] = {
    Purpose.FEE: Phrase("کارمزد", "fee"),
    Purpose.PASS_THROUGH: Phrase("وجه دریافتی برای دیگری", "passed through"),
    Purpose.VAT: Phrase("مالیات بر ارزش افزوده", "value-added tax"),
}
_LINE = Phrase("{name} ({purpose}): {amount}؛ {paid}", "{name} ({purpose}): {amount}; {paid}")


def name(names: LocalizedText, language: Language) -> str:
    """Return a thing's name in the language."""
    return Phrase(names.fa, names.en).of(language)


def line_words(line: TariffLine, language: Language) -> str:
    """Return one line of a tariff: what for, how much, who pays and where."""
    paid = paid_words(line.payer, line.collector, language)
    amount, purpose = rule_words(line.rule, language), _PURPOSES[line.purpose]
    return _LINE.fill(language, name=name(line.names, language), purpose=purpose, amount=amount, paid=paid)


def paid_words(payer: Payer, collector: Collector, language: Language) -> str:
    """Return who pays a line, and where."""
    return _PAID.get((payer, collector), _AGENCY_PAYS).of(language)


def field_words(attribute: FormAttribute, language: Language) -> str:
    """Return what a field of a form takes; a list's values by their keys, which are what is sent."""
    if attribute.format is not None:
        return FORMATS[attribute.format].of(language)
    values = listed((value.key for value in attribute.values), language)
    return DATATYPES[attribute.datatype].fill(language, values=values)


def hours_words(hours: Iterable[OpeningHours], language: Language) -> list[str]:
    """Return opening hours in lines, from Saturday: days of the same hours together."""
    spans: dict[int, list[str]] = {day: [] for day in _WEEK}
    for span in sorted(hours, key=lambda one: one.opens_minute):
        spans[span.weekday].append(f"{_clock(span.opens_minute, language)}-{_clock(span.closes_minute, language)}")
    lines = []
    for open_at, days in groupby(_WEEK, key=lambda day: spans[day]):
        if open_at:
            lines.append(_SPAN.fill(language, days=_days(list(days), language), hours=listed(open_at, language)))
    return lines


def _days(days: list[int], language: Language) -> str:
    first, last = _WEEKDAYS[days[0]], _WEEKDAYS[days[-1]]
    return first.of(language) if len(days) == 1 else _DAYS.fill(language, first=first, last=last)


def _clock(minute: int, language: Language) -> str:
    hour, minute = divmod(minute, MINUTES_PER_HOUR)
    return in_figures(f"{hour:02}:{minute:02}", language)
