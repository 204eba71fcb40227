"""What the bus answers, in the words of the person who asked: rial and toman, Jalali days, no codes of events."""

from collections.abc import Callable, Mapping

from connectors.words.calendar import jalali_moment
from connectors.words.language import EMPTY, Language, Phrase
from connectors.words.money import amount
from consumers.requests.domain.life.outcome import Awaited
from schemas import log_requests as log
from schemas.base import Event
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
_REFUSED = Phrase("رد شد ({reason}): {detail}{nearest}", "refused ({reason}): {detail}{nearest}")
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
_DELIVERED = Phrase("تحویل شهروند شد", "the citizen is served")
_COMPLETED = Phrase("درخواست انجام شد", "the request is complete")
_CLOSED = Phrase("پایان یافت ({reason}){back}", "ended ({reason}){back}")
_CLAIM_REFUSED = Phrase("پذیرفته نشد ({reason}): {detail}", "not accepted ({reason}): {detail}")
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


def _opened(event: log.RequestOpened, language: Language) -> str:
    request = str(event.request_id)
    if event.tracking_code is None:
        return _OPENED.fill(language, request=request)
    return _OPENED_WITH_CODE.fill(language, request=request, tracking=tracking(event.tracking_code, language))


def _routed(event: log.RequestRouted, language: Language) -> str:
    return _ROUTED.fill(language, office=event.decision.office, until=jalali_moment(event.accept_by, language))


def _refused(event: log.RequestRefused, language: Language) -> str:
    nearest = _NEAREST.fill(language, office=event.nearest_office) if event.nearest_office else EMPTY
    return _REFUSED.fill(language, reason=event.reason, detail=event.detail, nearest=nearest)


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
    return _REPLIED.fill(language, answer=event.answer, wanted=wanted)


def _closed(event: log.RequestClosed, language: Language) -> str:
    back = _GIVE_BACK.fill(language, amount=amount(event.collected_rial, language)) if event.collected_rial else EMPTY
    return _CLOSED.fill(language, reason=event.reason, back=back)


def _claim_refused(event: log.ClaimRefused, language: Language) -> str:
    return _CLAIM_REFUSED.fill(language, reason=event.reason, detail=event.detail)


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
}
