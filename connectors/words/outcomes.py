"""What the bus answers, in the words of the person who asked: rial and toman, Jalali days, no codes of events."""

from collections.abc import Callable

from connectors.words.plain import Language, in_words, jalali_moment, rial
from consumers.requests.domain.life.outcome import Awaited
from schemas import log_requests as log
from schemas.base import Event
from schemas.late_cash import LateCashTaken

FA, EN = Language.FA, Language.EN

#: Every stage of a request, as people call it.
STAGES: dict[str, tuple[str, str]] = {
    "awaited": ("در انتظار ثبت", "not submitted yet"),
    "parked": ("در انتظار فهرست خدمات", "waits for the registry"),
    "routed": ("تخصیص یافته", "routed"),
    "escalated": ("ارجاع به کارشناس", "with a person"),
    "accepted": ("پذیرفته شده", "accepted"),
    "fee_collected": ("وجه دریافت شده", "fee collected"),
    "started": ("در دست انجام", "under way"),
    "agency_awaited": ("در انتظار دستگاه", "awaits the agency"),
    "completed": ("انجام شده", "completed"),
    "refused": ("رد شده پیش از تخصیص", "refused"),
    "cancelled": ("لغو شده", "cancelled"),
    "rejected": ("رد شده از سوی دستگاه", "rejected"),
    "expired": ("منقضی شده", "expired"),
}


#: Whose word a claim waits for; of one that waits for nobody's, an operator decides.
WAITS_FOR: dict[Awaited | None, tuple[str, str]] = {
    Awaited.AGENCY: ("دستگاه", "the agency"),
    Awaited.OFFICE: ("دفتر", "the office"),
    Awaited.DIRECTORATE: ("اداره کل", "the directorate"),
    Awaited.REGISTRY: ("فهرست خدمات", "the registry"),
    Awaited.OWN: ("گفته پیشین خودش", "its own earlier word"),
    None: ("کارشناس", "an operator"),
}


def waits_for(awaited: Awaited | None, language: Language) -> str:
    """Return whose word a claim waits for."""
    return WAITS_FOR[awaited][language is EN]


def stage(name: str, language: Language) -> str:
    """Return the name of a request's stage."""
    return STAGES[name][language is EN]


def amount(amount_rial: int, language: Language) -> str:
    """Return an amount in rial, and in words and toman beside it."""
    return f"{rial(amount_rial, language)} ({in_words(amount_rial, language)})"


def owed_reason(stage_name: str, language: Language) -> str:
    """Return why the office has money to give back: how the request ended, or that its fee is refunded."""
    if stage_name == "completed":
        return "کارمزد برگشت خورده" if language is FA else "fee refunded"
    return stage(stage_name, language)


def tracking(code: str, language: Language) -> str:
    """Return the words in which a citizen is told the tracking code."""
    return f"کد رهگیری شهروند: {code}" if language is FA else f"the citizen's tracking code: {code}"


def told(event: Event, language: Language) -> str:
    """Return what `event` means to the person whose claim led to it."""
    teller = _TELLERS.get(type(event))
    if teller is None:
        return type(event).__name__
    return teller(event)[language is EN]


Told = tuple[str, str]


def _opened(event: log.RequestOpened) -> Told:
    persian, english = f"درخواست {event.request_id} ثبت شد", f"request {event.request_id} is opened"
    if event.tracking_code is None:
        return persian, english
    code_fa, code_en = tracking(event.tracking_code, FA), tracking(event.tracking_code, EN)
    return f"{persian}؛ {code_fa}", f"{english}; {code_en}"


def _routed(event: log.RequestRouted) -> Told:
    office = event.decision.office
    return (
        f"به دفتر {office} سپرده شد؛ مهلت پذیرش: {jalali_moment(event.accept_by, FA)}",
        f"routed to office {office}, which must accept by {jalali_moment(event.accept_by, EN)}",
    )


def _refused(event: log.RequestRefused) -> Told:
    nearest_fa = f"؛ نزدیک‌ترین دفتر ممکن: {event.nearest_office}" if event.nearest_office else ""
    nearest_en = f"; the nearest office that could: {event.nearest_office}" if event.nearest_office else ""
    reason = event.reason.value
    return f"رد شد ({reason}): {event.detail}{nearest_fa}", f"refused ({reason}): {event.detail}{nearest_en}"


def _accepted(event: log.OfficeAccepted) -> Told:
    due = event.fee.office_collects_rial
    if due == 0:
        return "پذیرفته شد؛ وجهی در دفتر دریافت نمی‌شود", "accepted; the office collects nothing"
    return f"پذیرفته شد؛ دریافت کنید: {amount(due, FA)}", f"accepted; collect {amount(due, EN)}"


def _declined(event: log.OfficeDeclined) -> Told:
    return f"دفتر {event.office} نپذیرفت", f"office {event.office} declined"


def _escalated(event: log.RequestEscalated) -> Told:
    return (
        f"پس از {event.attempts} نوبت، کارشناس اداره کل باید دفتری بیابد",
        f"after {event.attempts} attempts a person at the directorate must find an office",
    )


def _collected(event: log.OfficeCollectedFee) -> Told:
    return (
        f"دریافت شد: {amount(event.amount_rial, FA)}، رسید {event.receipt_number}",
        f"collected {amount(event.amount_rial, EN)}, receipt {event.receipt_number}",
    )


def _returned(event: log.OfficeReturnedFee) -> Told:
    return f"بازپرداخت شد: {amount(event.amount_rial, FA)}", f"returned {amount(event.amount_rial, EN)}"


def _taken_late(event: LateCashTaken) -> Told:
    taken_fa, taken_en = amount(event.amount_rial, FA), amount(event.amount_rial, EN)
    back_en = f"{taken_en} are recorded and owed back to the citizen"
    return (
        f"درخواست پایان یافته بود؛ {taken_fa} ثبت شد و باید به شهروند برگردد. تا آن زمان دفتر درخواستی نمی‌پذیرد",
        f"the request had ended: {back_en}; until they are given back the office accepts nothing more",
    )


def _replied(event: log.AgencyReplied) -> Told:
    wanted_fa = f"؛ مدرک لازم: {event.document_wanted}" if event.document_wanted else ""
    wanted_en = f"; wanted: {event.document_wanted}" if event.document_wanted else ""
    return f"پاسخ دستگاه: {event.answer.value}{wanted_fa}", f"the agency's answer: {event.answer.value}{wanted_en}"


def _closed(event: log.RequestClosed) -> Told:
    back = event.collected_rial
    back_fa = f"؛ به شهروند برگردانید: {amount(back, FA)}" if back else ""
    back_en = f"; give back {amount(back, EN)}" if back else ""
    return f"پایان یافت ({event.reason.value}){back_fa}", f"ended ({event.reason.value}){back_en}"


def _claim_refused(event: log.ClaimRefused) -> Told:
    return (
        f"پذیرفته نشد ({event.reason.value}): {event.detail}",
        f"not accepted ({event.reason.value}): {event.detail}",
    )


def _taken_back(event: log.ClaimTakenBack) -> Told:
    return f"پس گرفته شد: {event.claim_id}", f"taken back: {event.claim_id}"


_TELLERS: dict[type[Event], Callable[..., Told]] = {
    log.RequestOpened: _opened,
    log.RequestRouted: _routed,
    log.RequestRefused: _refused,
    log.OfficeAccepted: _accepted,
    log.OfficeDeclined: _declined,
    log.RequestEscalated: _escalated,
    log.OfficeCollectedFee: _collected,
    log.OfficeReturnedFee: _returned,
    LateCashTaken: _taken_late,
    log.OfficeStarted: lambda event: ("کار آغاز شد", "work began"),
    log.AgencyAsked: lambda event: ("از دستگاه پرسیده شد", "the agency is asked"),
    log.AgencyReplied: _replied,
    log.OfficeDelivered: lambda event: ("تحویل شهروند شد", "the citizen is served"),
    log.RequestCompleted: lambda event: ("درخواست انجام شد", "the request is complete"),
    log.RequestClosed: _closed,
    log.ClaimRefused: _claim_refused,
    log.ClaimTakenBack: _taken_back,
}
