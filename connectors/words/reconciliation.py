"""What a reconciliation reports to people: every kind of difference in both languages, with what to do about it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from connectors.words.language import Language, Phrase, figures, listed
from consumers.reconciliation.comparison import Summary
from consumers.reconciliation.domain.findings import DifferenceKind, Finding
from consumers.reconciliation.domain.outcome import ClaimOutcome


class KindWords(NamedTuple):
    """What a kind of difference is, and what to do."""

    what: Phrase
    remedy: Phrase


_REPAIR = Phrase(
    "`pishkhan repair topic TOPIC` را اجرا کنید؛ هیچ اثری دو بار ثبت نمی‌شود",
    "run `pishkhan repair topic TOPIC`; no effect comes twice",
)
_LOOK = Phrase(
    "پایگاه داده را همان‌گونه نگه دارید و ببینید چه کسی ردیف‌ها را بیرون از گذرگاه تغییر داده است",
    "keep the database as it is, and find out who changed rows outside the bus",
)
_VERIFY = Phrase(
    "پایگاه داده را همان‌گونه نگه دارید، `pishkhan ledger verify` را اجرا کنید و ببینید چه کسی آن را تغییر داده است",
    "keep the database as it is, run `pishkhan ledger verify`, and find out who changed rows outside the bus",
)
_NOTHING = Phrase("لازم نیست کاری بکنید", "nothing need be done")

KINDS: Mapping[DifferenceKind, KindWords] = {
    DifferenceKind.EVENT_MISSING: KindWords(
        Phrase(
            "شماره‌ای که رویدادش نه در دفتر وقایع است و نه در صندوق خروجی",
            "counted, and its event is in neither the log nor the outbox",
        ),
        _LOOK,
    ),
    DifferenceKind.LOG_AHEAD: KindWords(
        Phrase(
            "در دفتر وقایع هست و پایگاه داده چنین تصمیمی نگرفته است",
            "in the log, and the database never decided it",
        ),
        Phrase(
            "آیا پایگاه داده از نسخه‌ای قدیمی بازیابی شده است؟ نسخه نوتر را بازیابی کنید",
            "was the database restored from an older backup? Restore a newer one",
        ),
    ),
    DifferenceKind.ROW_MISSING: KindWords(
        Phrase(
            "پایگاه داده چنین تصمیمی گرفته و ردیفی که آن را می‌گوید پاک شده یا به عقب برگشته است",
            "decided by the database, and the row that says so is gone or older",
        ),
        Phrase(
            "کارگرها را بایستانید و ردیف را از نسخه پشتیبانی بازگردانید که از رویداد آخر آن کهنه‌تر نباشد؛ گذرگاه آن را "
            "دوباره نمی‌سازد",
            "stop the workers, and put the row (of `request`, `registry_version` or `office_position`) back from a "
            "backup that is no older than its last event: the bus does not make it again",
        ),
    ),
    DifferenceKind.ORDER_DOUBLED: KindWords(
        Phrase("دو رویداد گوناگون در یک جای ترتیب", "two different events hold one place in the order"), _LOOK
    ),
    DifferenceKind.NOT_IN_LOG: KindWords(
        Phrase("منتشر شده و در دفتر وقایع نیست", "published, and the topic does not hold it"), _REPAIR
    ),
    DifferenceKind.NOT_IN_OUTBOX: KindWords(
        Phrase(
            "در دفتر وقایع هست و در صندوق خروجی همان روزها نیست",
            "in the log, and the outbox of those days lacks it",
        ),
        _LOOK,
    ),
    DifferenceKind.BODY_DIFFERS: KindWords(
        Phrase(
            "رکوردهای یک رویداد، یا رکورد و ردیف آن در صندوق خروجی، یک چیز نمی‌گویند",
            "its records, or its record and its row in the outbox, do not say the same",
        ),
        Phrase(
            "ببینید چه کسی حق نوشتن در این دفتر را دارد و چه کسی ردیف‌ها را تغییر داده است",
            "see who may write this log, and who changed rows outside the bus",
        ),
    ),
    DifferenceKind.FOREIGN_RECORD: KindWords(
        Phrase("رکوردی که گذرگاه ننوشته است", "a record that the bus cannot have written"),
        Phrase("ببینید چه کسی حق نوشتن در این دفتر را دارد", "see who may write this log"),
    ),
    DifferenceKind.RECORD_SKIPPED: KindWords(
        Phrase(
            "مصرف‌کننده از آن گذشته و اثری از آن نیست", "its consumer is past it, and nothing shows that it was applied"
        ),
        _REPAIR,
    ),
    DifferenceKind.PROGRESS_LOST: KindWords(
        Phrase(
            "دفتر کل نشان می‌دهد که تسویه آن را ثبت کرده، و شمارش رویدادهای موضوعش آن را ندارد",
            "settlement has entered it, as the ledger shows, and the row that counts its subject's events does not",
        ),
        _REPAIR,
    ),
    DifferenceKind.LOAD_DIFFERS: KindWords(
        Phrase(
            "شمار درخواست‌های در جریان دفتر پیشخوان آن نیست که ردیف درخواست‌ها می‌گویند",
            "an office's position counts another number of requests under way than there are",
        ),
        _LOOK,
    ),
    DifferenceKind.SETTLED_BEYOND_LOG: KindWords(
        Phrase("تسویه بیش از آن ثبت کرده که دفتر وقایع دارد", "settlement has entered more of it than the log holds"),
        _LOOK,
    ),
    DifferenceKind.POSITION_OUTSIDE_LOG: KindWords(
        Phrase("جایگاه مصرف‌کننده بیرون از دفتر وقایع است", "a consumer's position is outside its log: it halts"),
        _REPAIR,
    ),
    DifferenceKind.POSITION_OF_ANOTHER_TOPIC: KindWords(
        Phrase(
            "جایگاه مصرف‌کننده از آنِ دفتری دیگر با همین نام است",
            "a consumer's position belongs to another topic of this name: it halts",
        ),
        _REPAIR,
    ),
    DifferenceKind.LOG_BEGINS_LATE: KindWords(
        Phrase("آغاز دفتر وقایع پاک شده است", "the log's beginning is gone"),
        Phrase(
            "نگه‌داری دفتر را روی سرور بررسی کنید؛ آغاز آن بازساختنی نیست",
            "look at the topic's retention on the broker; its beginning cannot be made again",
        ),
    ),
    DifferenceKind.CLAIM_WITHOUT_OUTCOME: KindWords(
        Phrase(
            "ادعا گرفته شده و سرانجامی ندارد: نه اعمال، نه رد، نه انتظار",
            "taken in, and neither applied nor refused nor waiting",
        ),
        Phrase(
            "فرستنده آن را با شناسه‌ای تازه دوباره بفرستد، اگر هنوز درست است",
            "have its sender say it again with a new id, if it still holds",
        ),
    ),
    DifferenceKind.IDENTITY_MISSING: KindWords(
        Phrase(
            "ادعا سرانجام دارد و شناسه‌اش با همین متن نگه داشته نشده: تکرارش تازه به شمار می‌آید",
            "it has its outcome, and its identity is not kept with this body: a repetition would be taken for new",
        ),
        Phrase(
            "ردیف intake_event را از نسخه پشتیبان بازگردانید؛ تا آن زمان این دفتر را دوباره نخوانید",
            "put its row of intake_event back from a backup; until then let nobody replay its topic",
        ),
    ),
    DifferenceKind.ROW_REMOVED: KindWords(
        Phrase("کسی آن را از صندوق خروجی پاک کرده است", "somebody deleted it from the outbox"),
        Phrase(
            "`pishkhan repair topic TOPIC` آن را بازمی‌گرداند؛ جدول removed_row می‌گوید چه کسی و کی",
            "run `pishkhan repair topic TOPIC`, which puts it back; the table removed_row says who did it, and when",
        ),
    ),
    DifferenceKind.STATE_DIFFERS: KindWords(
        Phrase(
            "وضعیت درخواست آن نیست که رویدادهایش می‌گویند",
            "the request's row says another state than its events lead to",
        ),
        _LOOK,
    ),
    DifferenceKind.LEDGER_MISSING: KindWords(
        Phrase("در دفتر وقایع هست و در دفتر کل نیست", "in the log, and not in the ledger"), _VERIFY
    ),
    DifferenceKind.LEDGER_EXTRA: KindWords(
        Phrase("در دفتر کل هست و رویدادش نیست", "in the ledger, and its event is nowhere"), _VERIFY
    ),
    DifferenceKind.LEDGER_DIFFERS: KindWords(
        Phrase("ردیف‌های دفتر کل آن نیست که رویداد می‌گوید", "the ledger's rows are not those that the event makes"),
        _VERIFY,
    ),
    DifferenceKind.CHAIN_DIFFERS: KindWords(
        Phrase(
            "زنجیره‌ای که تسویه از این بخش نگه داشته آنجا ادامه نمی‌یابد که ردیف‌ها یا دوره‌ها پایان می‌یابند: تسویه در آن "
            "می‌ایستد",
            "what settlement keeps of this partition goes on elsewhere than its rows or windows end: it halts there",
        ),
        Phrase(
            "`pishkhan ledger verify` را اجرا کنید؛ اگر ردیف‌ها همان‌اند که دفتر وقایع می‌سازد، `pishkhan repair chain` "
            "آن را بازمی‌سازد",
            "run `pishkhan ledger verify`; if the rows are those of the log, `pishkhan repair chain` makes it again",
        ),
    ),
    DifferenceKind.ANNOUNCEMENT_MISSING: KindWords(
        Phrase("در دفتر کل هست و در دفتر تسویه گفته نشده", "in the ledger, but not announced on settlement's log"),
        _LOOK,
    ),
    DifferenceKind.ANNOUNCEMENT_EXTRA: KindWords(
        Phrase("دفتر تسویه می‌گوید و در دفتر کل نیست", "settlement's log tells of it, and the ledger lacks it"), _LOOK
    ),
    DifferenceKind.CASH_DIFFERS: KindWords(
        Phrase("وجه دریافتی در دو جا یکی نیست", "collected cash is not the same in two places"), _LOOK
    ),
    DifferenceKind.PUBLISHED_TWICE: KindWords(
        Phrase("دو بار منتشر شده؛ خواننده دومی را کنار می‌گذارد", "published twice; readers skip the second"),
        _NOTHING,
    ),
    DifferenceKind.POSITION_MOVED_BACK: KindWords(
        Phrase(
            "جایگاه مصرف‌کننده پیش از رکوردهای اعمال‌شده است؛ دوباره از آن‌ها می‌گذرد",
            "a consumer's position is before records that it has applied; it will skip them again",
        ),
        _NOTHING,
    ),
}

OUTCOMES: Mapping[ClaimOutcome, Phrase] = {
    ClaimOutcome.UNDER_WAY: Phrase("خوانده‌نشده", "not read yet"),
    ClaimOutcome.APPLIED: Phrase("اعمال‌شده", "applied"),
    ClaimOutcome.REFUSED: Phrase("ردشده", "refused"),
    ClaimOutcome.WAITING: Phrase("در انتظار", "waiting"),
    ClaimOutcome.GIVEN_UP: Phrase("کنارگذاشته", "given up"),
    ClaimOutcome.DEAD_LETTERED: Phrase("ناخوانا", "dead-lettered"),
    ClaimOutcome.DUPLICATE: Phrase("تکراری", "duplicate"),
    ClaimOutcome.SKIPPED: Phrase("جاافتاده", "skipped"),
    ClaimOutcome.NONE: Phrase("بی‌سرانجام", "without outcome"),
}

_COMPARED: Mapping[str, Phrase] = {
    "publications": Phrase("رویداد منتشرشده", "publications"),
    "registry revisions": Phrase("بازبینی ثبت", "registry revisions"),
    "claims": Phrase("ادعا", "claims"),
    "requests": Phrase("درخواست و اقدام", "requests and acts"),
    "transactions": Phrase("تراکنش", "transactions"),
    "closed windows": Phrase("دوره بسته", "closed windows"),
}
_RECORDS = Phrase("{count} رکورد خوانده و سنجیده شد: {parts}", "{count} records read and compared: {parts}")
_CLAIMS = Phrase("ادعاها: {parts}", "Claims: {parts}")
_CASH = Phrase(
    "وجه دریافتی (ریال): درخواست‌ها {requests}، دفتر وقایع {log}، دفتر کل {ledger}",
    "Collected cash, rial: requests {requests}, their log {log}, ledger {ledger}",
)
_UNDER_WAY = Phrase("در راه، نه ناهمخوانی: {parts}", "Under way, no difference: {parts}")
_UNPUBLISHED = Phrase("{count} رویداد منتشرنشده", "{count} events not published yet")
_UNREAD = Phrase("{count} رکورد خوانده‌نشده {name}", "{count} records not read yet by {name}")
_PARKED = Phrase("{count} رویداد در انتظار {name}", "{count} events parked by {name}")
_YOUNGER = Phrase("{count} رکورد نوتر از این سنجش", "{count} records younger than this comparison")
_CLEAN = Phrase("هیچ چیز در یکی بی دیگری نیست.", "Nothing is in one and not in the other.")
_END = Phrase("{differences} ناهمخوانی، {harmless} بی‌زیان.", "{differences} differences, {harmless} harmless.")
_MORE = Phrase("… و {count} دیگر؛ همه را --ndjson می‌گوید", "… and {count} more; --ndjson lists all")
_SIGN = Phrase("چه باید کرد: {remedy}", "remedy: {remedy}")
_NAMES: Mapping[str, Phrase] = {
    "subject": Phrase("موضوع", "subject"),
    "event": Phrase("رویداد", "event"),
    "transaction": Phrase("تراکنش", "transaction"),
    "copies": Phrase("بار", "times"),
    "expected": Phrase("باید", "expected"),
    "found": Phrase("هست", "found"),
}


def line_of(finding: Finding, language: Language) -> str:
    """Return one difference with every id that it has; ids are the same in both languages."""
    parts = []
    if finding.consumer is not None:
        parts.append(finding.consumer)
    if finding.topic is not None:
        place = finding.topic if finding.partition is None else f"{finding.topic}/{finding.partition}"
        parts.append(place if finding.position is None else f"{place} @{finding.position}")
    if finding.subject is not None:
        number = "" if finding.sequence is None else f" #{finding.sequence}"
        parts.append(f"{_NAMES['subject'].of(language)} {finding.subject}{number}")
    if finding.event_id is not None:
        source = "" if finding.source is None else f"{finding.source} "
        parts.append(f"{_NAMES['event'].of(language)} {source}{finding.event_id}")
    if finding.transaction_id is not None:
        parts.append(f"{_NAMES['transaction'].of(language)} {finding.transaction_id}")
    if finding.copies is not None:
        parts.append(f"{figures(finding.copies, language)} {_NAMES['copies'].of(language)}")
    for name, value in (("expected", finding.expected), ("found", finding.found)):
        if value is not None:
            parts.append(f"{_NAMES[name].of(language)} {figures(value, language)}")
    for name, state in (("expected", finding.expected_state), ("found", finding.found_state)):
        if state is not None:
            parts.append(f"{_NAMES[name].of(language)} {state}")
    return "  ".join(parts)


def kind_lines(kind: DifferenceKind, shown: Iterable[Finding], count: int, language: Language) -> Iterator[str]:
    """Yield what is told of one kind: what it is, the first of its findings, and what to do."""
    words = KINDS[kind]
    yield f"{kind.value} ({figures(count, language)}): {words.what.of(language)}"
    lines = [line_of(finding, language) for finding in shown]
    yield from (f"    {line}" for line in lines)
    if count > len(lines):
        yield f"    {_MORE.fill(language, count=count - len(lines))}"
    yield f"    {_SIGN.fill(language, remedy=words.remedy)}"


def summary_lines(summary: Summary, language: Language) -> Iterator[str]:
    """Yield what was compared and what is under way."""
    compared = _joined(((summary.compared[name], phrase) for name, phrase in _COMPARED.items()), language)
    yield _RECORDS.fill(language, count=summary.records, parts=compared)
    if summary.claims:
        parts = _joined(((summary.claims[outcome], phrase) for outcome, phrase in OUTCOMES.items()), language)
        yield _CLAIMS.fill(language, parts=parts)
    cash = {name: summary.cash_rial[name] for name in ("requests", "log", "ledger")}
    yield _CASH.fill(language, **cash)
    waiting = [
        *(_counted(_UNPUBLISHED, sum(summary.unpublished.values()), language)),
        *(text for name, count in sorted(summary.unread.items()) for text in _counted(_UNREAD, count, language, name)),
        *(text for name, count in sorted(summary.parked.items()) for text in _counted(_PARKED, count, language, name)),
        *(_counted(_YOUNGER, summary.younger, language)),
    ]
    if waiting:
        yield _UNDER_WAY.fill(language, parts=listed(waiting, language))


def verdict(differences: int, harmless: int, language: Language) -> str:
    """Return the last line."""
    if not differences and not harmless:
        return _CLEAN.of(language)
    return _END.fill(language, differences=differences, harmless=harmless)


def _joined(counts: Iterable[tuple[int, Phrase]], language: Language) -> str:
    return listed((f"{figures(count, language)} {phrase.of(language)}" for count, phrase in counts if count), language)


def _counted(phrase: Phrase, count: int, language: Language, name: str = "") -> list[str]:
    return [phrase.fill(language, count=count, name=name)] if count else []
