"""What the bus answers, in the words of the person who asked: rial and toman, Jalali days, no codes of events."""

from collections.abc import Callable, Mapping
from datetime import datetime

from connectors.words.calendar import local_moment
from connectors.words.dead_letters import reason_words
from connectors.words.details import detail_words
from connectors.words.language import EMPTY, Language, Phrase
from connectors.words.money import amount
from connectors.words.refusals import refusal_phrase
from consumers.registry.domain.entries import value_of
from consumers.requests.domain.life.outcome import Awaited
from producers.outcomes import Decided, Forgotten, Held, Outcome, SetAside
from schemas import log_registry as registry
from schemas import log_requests as log
from schemas.base import Event
from schemas.intake_agency import Answer
from schemas.late_cash import LateCashTaken

#: Every stage of a request, as people call it.
STAGES: Mapping[str, Phrase] = {
    "awaited": Phrase("در انتظار ثبت", "not submitted yet"),
    "parked": Phrase("در انتظار فهرست خدمات", "waits for the registry"),
    "routed": Phrase("تخصیص یافته", "routed"),
    "escalated": Phrase("ارجاع به کارشناس", "with a person"),
    "accepted": Phrase("پذیرفته شده", "accepted"),
    "fee_collected": Phrase("وجه دریافت شده", "fee collected"),
    "started": Phrase("در دست انجام", "under way"),
    "agency_awaited": Phrase("در انتظار دستگاه", "awaits the agency"),
    "completed": Phrase("انجام شده", "completed"),
    "refused": Phrase("رد شده پیش از تخصیص", "refused"),
    "cancelled": Phrase("لغو شده", "cancelled"),
    "rejected": Phrase("رد شده از سوی دستگاه", "rejected"),
    "expired": Phrase("منقضی شده", "expired"),
}


#: Whose word a claim waits for; of one that waits for nobody's, an operator decides.
WAITS_FOR: Mapping[Awaited | None, Phrase] = {
    Awaited.AGENCY: Phrase("دستگاه", "the agency"),
    Awaited.OFFICE: Phrase("دفتر", "the office"),
    Awaited.DIRECTORATE: Phrase("اداره کل", "the directorate"),
    Awaited.REGISTRY: Phrase("فهرست خدمات", "the registry"),
    Awaited.OWN: Phrase("گفته پیشین خودش", "its own earlier word"),
    None: Phrase("کارشناس", "an operator"),
}

#: What follows the answer when there is something to say.
_FEE_REFUNDED = Phrase("کارمزد برگشت خورده", "fee refunded")
_TRACKING = Phrase("کد رهگیری شهروند: {code}", "the citizen's tracking code: {code}")
_NEAREST = Phrase("؛ نزدیک‌ترین دفتر ممکن: {office}", "; the nearest office that could: {office}")
_WANTED = Phrase("؛ مدرک لازم: {document}", "; wanted: {document}")
_GIVE_BACK = Phrase("؛ به شهروند برگردانید: {amount}", "; give back {amount}")

_OPENED = Phrase("درخواست {request} ثبت شد", "request {request} is opened")
_OPENED_WITH_CODE = Phrase("درخواست {request} ثبت شد؛ {tracking}", "request {request} is opened; {tracking}")
_ROUTED = Phrase(
    "به دفتر {office} سپرده شد؛ مهلت پذیرش: {until}", "routed to office {office}, which must accept by {until}"
)
_REFUSED = Phrase("رد شد، {words} ({reason}): {detail}{nearest}", "refused ({reason}): {detail}{nearest}")
_ACCEPTED = Phrase("پذیرفته شد؛ دریافت کنید: {amount}", "accepted; collect {amount}")
_ACCEPTED_FREE = Phrase("پذیرفته شد؛ وجهی در دفتر دریافت نمی‌شود", "accepted; the office collects nothing")
_DECLINED = Phrase("دفتر {office} نپذیرفت", "office {office} declined")
_ESCALATED = Phrase(
    "پس از {attempts} نوبت، کارشناس اداره کل باید دفتری بیابد",
    "after {attempts} attempts a person at the directorate must find an office",
)
_COLLECTED = Phrase("دریافت شد: {amount}، رسید {receipt}", "collected {amount}, receipt {receipt}")
_RETURNED = Phrase("بازپرداخت شد: {amount}", "returned {amount}")
_TAKEN_LATE = Phrase(
    "درخواست پایان یافته بود؛ {amount} ثبت شد و باید به شهروند برگردد. تا آن زمان دفتر درخواستی نمی‌پذیرد",
    "the request had ended: {amount} are recorded and owed back to the citizen; "
    "until they are given back the office accepts nothing more",
)
_STARTED = Phrase("کار آغاز شد", "work began")
_ASKED = Phrase("از دستگاه پرسیده شد", "the agency is asked")
_REPLIED = Phrase("پاسخ دستگاه: {answer}{wanted}", "the agency's answer: {answer}{wanted}")
_ANSWERS: Mapping[Answer, Phrase] = {
    Answer.APPROVED: Phrase("تأیید", "approved"),
    Answer.REJECTED: Phrase("رد", "rejected"),
    Answer.MORE_NEEDED: Phrase("مدرک دیگری لازم است", "more needed"),
}
_DELIVERED = Phrase("تحویل شهروند شد", "the citizen is served")
_COMPLETED = Phrase("درخواست انجام شد", "the request is complete")
_CLOSED = Phrase("پایان یافت، {words} ({reason}){back}", "ended ({reason}){back}")
_CLAIM_REFUSED = Phrase("پذیرفته نشد، {words} ({reason}): {detail}", "not accepted ({reason}): {detail}")
_TIMED_OUT = Phrase("دفتر {office} در مهلت خود نپذیرفت", "office {office} did not accept in time")
_REFUND_ACCEPTED = Phrase("بازگشت {amount} به شهروند پذیرفته شد", "the refund of {amount} is accepted")
_DISPUTE_OPENED = Phrase("سهم‌های این درخواست مورد اختلاف است", "the request's shares are in dispute")
_DISPUTE_ENDED = Phrase("اختلاف پایان یافت", "the dispute is over")
_IN_FORCE = Phrase(
    "{kind} {code}، نسخه {version}، از {since}", "{kind} {code}, version {version}, in force from {since}"
)
_PAID = Phrase(
    "پرداخت {amount} دفتر {office} با شماره {reference} پذیرفته شد",
    "the payment of {amount} by office {office} under {reference} is accepted",
)
_FINED = Phrase("جریمه {amount} دفتر {office} پذیرفته شد", "the fine of {amount} on office {office} is accepted")
_FINE_LIFTED = Phrase("جریمه {amount} دفتر {office} برداشته شد", "the fine of {amount} on office {office} is lifted")
_CORRECTED = Phrase(
    "جابه‌جایی {amount} از {debit} به {credit} پذیرفته شد",
    "the transfer of {amount} from {debit} to {credit} is accepted",
)
_WINDOW = Phrase("دوره تسویه {window} بسته می‌شود", "settlement window {window} is closing")
_SET_ASIDE = Phrase("کنار گذاشته شد، {words} ({reason})؛ {field}: {detail}", "set aside ({reason}): {field}: {detail}")
_HELD = Phrase("در انتظار است: {detail}", "waits: {detail}")
_HELD_UNTIL = Phrase("در انتظار است، حداکثر تا {until}: {detail}", "waits, until {until} at most: {detail}")
_FORGOTTEN = Phrase(
    "پذیرفته و بررسی شد؛ پاسخش دیگر اینجا نگه داشته نمی‌شود (`pishkhan explain` از سیاهه می‌خواند)",
    "was decided on; its answer is no longer kept here (`pishkhan explain` reads the logs)",
)
_UNDECIDED = Phrase("ثبت شد و از دست نمی‌رود؛ هنوز پاسخی نیست", "kept, and will not be lost; not decided yet")
#: What the registry keeps versions of.
KINDS: Mapping[type[registry.RegistryEntry], Phrase] = {
    registry.ServiceVersioned: Phrase("خدمت", "service"),
    registry.OfficeVersioned: Phrase("دفتر", "office"),
    registry.AgreementVersioned: Phrase("تفاهم‌نامه", "agreement"),
    registry.PolicyVersioned: Phrase("خط‌مشی", "policy"),
    registry.CalendarVersioned: Phrase("تقویم", "calendar"),
    registry.TerritoryVersioned: Phrase("تقسیمات کشوری", "territory"),
}
_TAKEN_BACK = Phrase("پس گرفته شد: {claim}", "taken back: {claim}")


def waits_for(awaited: Awaited | None, language: Language) -> str:
    """Return whose word a claim waits for."""
    return WAITS_FOR[awaited].of(language)


def stage(name: str, language: Language) -> str:
    """Return the name of a request's stage."""
    return STAGES[name].of(language)


def owed_reason(stage_name: str, language: Language) -> str:
    """Return why the office has money to give back: how the request ended, or that its fee is refunded."""
    return (_FEE_REFUNDED if stage_name == "completed" else STAGES[stage_name]).of(language)


def tracking(code: str, language: Language) -> str:
    """Return the words in which a citizen is told the tracking code."""
    return _TRACKING.fill(language, code=code)


def told(event: Event, language: Language) -> str:
    """Return what `event` means to the person whose claim led to it."""
    teller = _TELLERS.get(type(event))
    return type(event).__name__ if teller is None else teller(event, language)


def outcome_lines(outcome: Outcome | None, language: Language) -> list[str]:
    """Return in lines what became of a claim; none is one that is not decided yet. Each line says another thing."""
    match outcome:
        case Decided(events=events):
            return list(dict.fromkeys(told(event, language) for event in events))
        case Held(detail=detail, until=None):
            return [_HELD.fill(language, detail=detail_words(detail, language))]
        case Held(detail=detail, until=datetime() as until):
            return [
                _HELD_UNTIL.fill(language, detail=detail_words(detail, language), until=local_moment(until, language))
            ]
        case SetAside(reason=reason, field=field, detail=detail):
            words, problem = reason_words(reason), detail_words(detail, language)
            return [_SET_ASIDE.fill(language, words=words, reason=reason, field=field, detail=problem)]
        case Forgotten():
            return [_FORGOTTEN.of(language)]
        case _:
            return [_UNDECIDED.of(language)]


def _opened(event: log.RequestOpened, language: Language) -> str:
    request = str(event.request_id)
    if event.tracking_code is None:
        return _OPENED.fill(language, request=request)
    return _OPENED_WITH_CODE.fill(language, request=request, tracking=tracking(event.tracking_code, language))


def _routed(event: log.RequestRouted, language: Language) -> str:
    return _ROUTED.fill(language, office=event.decision.office, until=local_moment(event.accept_by, language))


def _refused(event: log.RequestRefused, language: Language) -> str:
    nearest = _NEAREST.fill(language, office=event.nearest_office) if event.nearest_office else EMPTY
    words = refusal_phrase(event.reason)
    return _REFUSED.fill(
        language, words=words, reason=event.reason, detail=detail_words(event.detail, language), nearest=nearest
    )


def _accepted(event: log.OfficeAccepted, language: Language) -> str:
    due_rial = event.fee.office_collects_rial
    return _ACCEPTED.fill(language, amount=amount(due_rial, language)) if due_rial else _ACCEPTED_FREE.of(language)


def _declined(event: log.OfficeDeclined, language: Language) -> str:
    return _DECLINED.fill(language, office=event.office)


def _escalated(event: log.RequestEscalated, language: Language) -> str:
    return _ESCALATED.fill(language, attempts=event.attempts)


def _collected(event: log.OfficeCollectedFee, language: Language) -> str:
    return _COLLECTED.fill(language, amount=amount(event.amount_rial, language), receipt=event.receipt_number)


def _returned(event: log.OfficeReturnedFee, language: Language) -> str:
    return _RETURNED.fill(language, amount=amount(event.amount_rial, language))


def _taken_late(event: LateCashTaken, language: Language) -> str:
    return _TAKEN_LATE.fill(language, amount=amount(event.amount_rial, language))


def _replied(event: log.AgencyReplied, language: Language) -> str:
    wanted = _WANTED.fill(language, document=event.document_wanted) if event.document_wanted else EMPTY
    return _REPLIED.fill(language, answer=_ANSWERS[event.answer], wanted=wanted)


def _closed(event: log.RequestClosed, language: Language) -> str:
    back = _GIVE_BACK.fill(language, amount=amount(event.collected_rial, language)) if event.collected_rial else EMPTY
    return _CLOSED.fill(language, words=STAGES[event.reason.value], reason=event.reason, back=back)


def _claim_refused(event: log.ClaimRefused | registry.RegistryClaimRefused, language: Language) -> str:
    words = refusal_phrase(event.reason)
    return _CLAIM_REFUSED.fill(language, words=words, reason=event.reason, detail=detail_words(event.detail, language))


def _in_force(event: registry.RegistryEntry, language: Language) -> str:
    kind, value = KINDS[type(event)], value_of(event)
    since = local_moment(value.valid_from, language)
    return _IN_FORCE.fill(language, kind=kind, code=value.code, version=value.version, since=since)


def _paid(event: log.OfficePaymentAccepted, language: Language) -> str:
    paid = amount(event.amount_rial, language)
    return _PAID.fill(language, amount=paid, office=event.office, reference=event.reference)


def _fined(event: log.FineAccepted, language: Language) -> str:
    phrase = _FINE_LIFTED if event.lifted else _FINED
    return phrase.fill(language, amount=amount(event.amount_rial, language), office=event.office)


def _corrected(event: log.CorrectionAccepted, language: Language) -> str:
    moved = amount(event.amount_rial, language)
    return _CORRECTED.fill(language, amount=moved, debit=event.debit_account, credit=event.credit_account)


def _refund_accepted(event: log.RefundAccepted, language: Language) -> str:
    return _REFUND_ACCEPTED.fill(language, amount=amount(event.amount_rial, language))


def _disputed(event: log.DisputeMarked, language: Language) -> str:
    return (_DISPUTE_OPENED if event.open else _DISPUTE_ENDED).of(language)


def _taken_back(event: log.ClaimTakenBack, language: Language) -> str:
    return _TAKEN_BACK.fill(language, claim=event.claim_id)


_TELLERS: Mapping[type[Event], Callable[..., str]] = {
    log.RequestOpened: _opened,
    log.RequestRouted: _routed,
    log.RequestRefused: _refused,
    log.OfficeAccepted: _accepted,
    log.OfficeDeclined: _declined,
    log.RequestEscalated: _escalated,
    log.OfficeCollectedFee: _collected,
    log.OfficeReturnedFee: _returned,
    LateCashTaken: _taken_late,
    log.OfficeStarted: lambda _, language: _STARTED.of(language),
    log.AgencyAsked: lambda _, language: _ASKED.of(language),
    log.AgencyReplied: _replied,
    log.OfficeDelivered: lambda _, language: _DELIVERED.of(language),
    log.RequestCompleted: lambda _, language: _COMPLETED.of(language),
    log.RequestClosed: _closed,
    log.ClaimRefused: _claim_refused,
    log.ClaimTakenBack: _taken_back,
    log.OfficeTimedOut: lambda event, language: _TIMED_OUT.fill(language, office=event.office),
    log.RefundAccepted: lambda event, language: _REFUND_ACCEPTED.fill(
        language, amount=amount(event.amount_rial, language)
    ),
    log.DisputeMarked: _disputed,
    log.OfficePaymentAccepted: _paid,
    log.FineAccepted: _fined,
    log.CorrectionAccepted: _corrected,
    log.WindowMarked: lambda event, language: _WINDOW.fill(language, window=str(event.window)),
    registry.RegistryClaimRefused: _claim_refused,
    **dict.fromkeys(KINDS, _in_force),
}
