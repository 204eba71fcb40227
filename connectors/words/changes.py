"""What a plan would change, and for whom, in words: what people read before they agree to it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from connectors.words.calendar import both_calendars
from connectors.words.language import Language, Phrase, figures, listed
from connectors.words.money import rial
from connectors.words.tariffs import rule_words, split_words
from producers.changes import Change, Held, Value
from producers.registration import Plan
from schemas.agreements import Agreement, ServiceTerms
from schemas.base import LocalizedText, OfficeClass
from schemas.catalogue import Service
from schemas.offices import Office
from schemas.policy import Calendar, Policy
from schemas.territory import Territory

_KINDS: Mapping[type[Value], Phrase] = {
    Service: Phrase("خدمت", "service"),
    Office: Phrase("دفتر", "office"),
    Agreement: Phrase("تفاهم‌نامه", "agreement"),
    Policy: Phrase("سیاست", "policy"),
    Calendar: Phrase("تقویم", "calendar"),
    Territory: Phrase("تقسیمات", "territory"),
}
_NEW = Phrase("تازه: {things}.", "New: {things}.")
_COUNTED = Phrase("{count} {kind}", "{count} {kind}")
_HEADING = Phrase(
    "{kind} {code} ({name})، از {moment}، نسخه {version}:", "{kind} {code} ({name}), from {moment}, version {version}:"
)
_TITLE = Phrase("{kind} {code}، از {moment}، نسخه {version}:", "{kind} {code}, from {moment}, version {version}:")
_FIELD = Phrase("  {field} تغییر می‌کند", "  {field} changes")
_FROM_TO = Phrase("  {what}: {before} ← {after}", "  {what}: {before} → {after}")
_ADDED, _REMOVED = (
    Phrase("  {what}: افزوده می‌شود: {now}", "  {what}: is added: {now}"),
    Phrase("  {what}: برداشته می‌شود", "  {what}: is removed"),
)
_LINE = Phrase("{service}، {line}", "{service}, {line}")
_LINE_SPLIT = Phrase("{service}، تسهیم {line}", "{service}, split of {line}")
_CONFIRMED = Phrase("  دستگاه {agency} آن را تایید می‌کند", "  {agency} confirms it")
_WAITS = Phrase("  تا {agency} تاییدش نکند اجرا نمی‌شود", "  it does not hold until {agency} confirms it")
_WHOM = Phrase(
    "  برای متقاضیان در {urban} دفتر شهری و {rural} دفتر روستایی؛ درخواست‌های در جریان با شرایط پیشین تمام می‌شود",
    "  for citizens at {urban} urban and {rural} rural offices; requests that are open keep their terms",
)
_SERVED = Phrase("  دفاتر شهری: {urban}، روستایی: {rural}", "  at urban offices: {urban}, at rural ones: {rural}")
_YES, _NO = Phrase("آری", "yes"), Phrase("نه", "no")
_HELD = Phrase(
    "تفاهم‌نامه {code} ({state}) دست نمی‌خورد: آن را پایان داده‌اند، و فقط همان‌ها دوباره آغازش می‌کنند.",
    "Agreement {code} is {state} and is left as it is: whoever ended it begins it anew.",
)


def plan_lines(plan: Plan, offices: Sequence[Office], language: Language) -> Iterator[str]:
    """Yield what would change, and for whom among `offices`, in the plan's order."""
    if plan.new:
        kinds = Counter(type(change.after) for change in plan.new)
        things = [
            _COUNTED.fill(language, count=kinds[kind], kind=words) for kind, words in _KINDS.items() if kinds[kind]
        ]
        yield _NEW.fill(language, things=listed(things, language))
    for change in plan.changes:
        yield from _change_lines(change, offices, language)
    for held in plan.held:
        yield _held_line(held, language)


def _held_line(held: Held, language: Language) -> str:
    return _HELD.fill(language, code=held.value.code, state=str(held.value.state))


def _change_lines(change: Change, offices: Sequence[Office], language: Language) -> Iterator[str]:
    after = change.after
    kind, moment, version = _KINDS[type(after)], both_calendars(after.valid_from), str(after.version)
    name = getattr(after, "names", None)
    if isinstance(name, LocalizedText):
        text = name.fa if language is Language.FA else name.en
        yield _HEADING.fill(language, kind=kind, code=after.code, name=text, moment=moment, version=version)
    else:
        yield _TITLE.fill(language, kind=kind, code=after.code, moment=moment, version=version)
    for field in change.fields:
        if isinstance(after, Agreement) and isinstance(change.before, Agreement) and field == "services":
            yield from _terms_lines(change.before, after, language)
        else:
            yield _field_line(field, getattr(change.before, field), getattr(after, field), language)
    if isinstance(after, Agreement):
        yield (_CONFIRMED if change.confirmed else _WAITS).fill(language, agency=after.agency)
        classes = Counter(
            office.office_class
            for office in {one.code: one for one in offices}.values()
            if any(accession.agreement == after.code for accession in office.accessions)
        )
        yield _WHOM.fill(language, urban=classes[OfficeClass.URBAN], rural=classes[OfficeClass.RURAL])
    elif isinstance(after, Service):
        urban, rural = (_YES if served else _NO for served in (after.channels.urban, after.channels.rural))
        yield _SERVED.fill(language, urban=urban, rural=rural)


def _field_line(field: str, before: object, after: object, language: Language) -> str:
    if isinstance(before, LocalizedText) and isinstance(after, LocalizedText):
        before, after = (text.fa if language is Language.FA else text.en for text in (before, after))
    if field.endswith("_rial") and isinstance(before, int) and isinstance(after, int):
        return _FROM_TO.fill(language, what=field, before=rial(before, language), after=rial(after, language))
    if isinstance(before, str | int | float) and isinstance(after, str | int | float):
        return _FROM_TO.fill(language, what=field, before=_plain(before, language), after=_plain(after, language))
    return _FIELD.fill(language, field=field)


def _plain(value: str | float, language: Language) -> str:
    if isinstance(value, bool):
        return (_YES if value else _NO).of(language)
    return figures(value, language) if isinstance(value, int) else str(value)


def _terms_lines(before: Agreement, after: Agreement, language: Language) -> Iterator[str]:
    old = {terms.service: terms for terms in before.services}
    new = {terms.service: terms for terms in after.services}
    for service, terms in new.items():
        if service not in old:
            fees = listed((rule_words(line.rule, language) for line in terms.tariff), language)
            yield _ADDED.fill(language, what=service, now=fees)
        else:
            yield from _tariff_lines(old[service], terms, language)
    yield from (_REMOVED.fill(language, what=service) for service in old if service not in new)


def _tariff_lines(before: ServiceTerms, after: ServiceTerms, language: Language) -> Iterator[str]:
    old = {line.code: line for line in before.tariff}
    new = {line.code: line for line in after.tariff}
    for code, line in new.items():
        what = _LINE.fill(language, service=after.service, line=code)
        if code not in old:
            yield _ADDED.fill(language, what=what, now=rule_words(line.rule, language))
            continue
        if line.rule != old[code].rule:
            amounts = (rule_words(one.rule, language) for one in (old[code], line))
            yield _FROM_TO.fill(language, what=what, before=next(amounts), after=next(amounts))
        if line.split != old[code].split:
            parts = (split_words(one, language) for one in (old[code], line))
            what = _LINE_SPLIT.fill(language, service=after.service, line=code)
            yield _FROM_TO.fill(language, what=what, before=next(parts), after=next(parts))
        for field in ("names", "payer", "collector", "purpose", "remainder", "bill_id_field", "payment_id_field"):
            if getattr(line, field) != getattr(old[code], field):
                yield _field_line(f"{what}, {field}", getattr(old[code], field), getattr(line, field), language)
    for code in old:
        if code not in new:
            yield _REMOVED.fill(language, what=_LINE.fill(language, service=after.service, line=code))
    for field in ("office_classes", "sla_working_hours"):
        if getattr(before, field) != getattr(after, field):
            yield _field_line(f"{after.service}, {field}", getattr(before, field), getattr(after, field), language)
