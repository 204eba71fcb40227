"""What a feed tells, in both languages: a phrase for every event that anybody is told of."""

from collections.abc import Mapping

from connectors.words.language import Phrase
from schemas import late_cash, log_letters, log_registry, log_requests, log_settlement
from schemas.base import Event

EVENTS: Mapping[type[Event], Phrase] = {
    log_requests.RequestOpened: Phrase("درخواست ثبت شد", "request opened"),
    log_requests.RequestRouted: Phrase("به دفتر سپرده شد", "routed to an office"),
    log_requests.RequestRefused: Phrase("رد شد", "refused"),
    log_requests.OfficeAccepted: Phrase("دفتر پذیرفت", "accepted by the office"),
    log_requests.OfficeDeclined: Phrase("دفتر نپذیرفت", "declined by the office"),
    log_requests.OfficeTimedOut: Phrase("مهلت پذیرش گذشت", "not accepted in time"),
    log_requests.RequestEscalated: Phrase("به کارشناس سپرده شد", "left to a person"),
    log_requests.OfficeCollectedFee: Phrase("وجه دریافت شد", "fee collected"),
    log_requests.OfficeReturnedFee: Phrase("وجه برگردانده شد", "fee returned"),
    late_cash.LateCashTaken: Phrase("وجه پس از پایان گرفته شد", "cash taken after the end"),
    log_requests.OfficeStarted: Phrase("کار آغاز شد", "work began"),
    log_requests.AgencyAsked: Phrase("از دستگاه پرسیده شد", "the agency is asked"),
    log_requests.AgencyReplied: Phrase("دستگاه پاسخ داد", "the agency answered"),
    log_requests.OfficeDelivered: Phrase("تحویل شهروند شد", "the citizen is served"),
    log_requests.RequestCompleted: Phrase("درخواست انجام شد", "request complete"),
    log_requests.RequestClosed: Phrase("درخواست بی‌انجام پایان یافت", "request ended without completion"),
    log_requests.RefundAccepted: Phrase("بازگشت وجه پذیرفته شد", "refund accepted"),
    log_requests.DisputeMarked: Phrase("اختلاف بر سر سهم‌ها", "shares in dispute, or no longer"),
    log_requests.ClaimRefused: Phrase("گفته پذیرفته نشد", "claim not accepted"),
    log_requests.ClaimTakenBack: Phrase("گفته پس گرفته شد", "claim taken back"),
    log_registry.RegistryClaimRefused: Phrase("گفته در فهرست پذیرفته نشد", "claim not accepted by the registry"),
    log_letters.ClaimSetAside: Phrase("کنار گذاشته شد", "set aside, never to be applied"),
    log_requests.OfficePaymentAccepted: Phrase("پرداخت دفتر پذیرفته شد", "the office's payment is accepted"),
    log_requests.FineAccepted: Phrase("جریمه یا رفع آن", "fine, or its lifting"),
    log_requests.CorrectionAccepted: Phrase("جابه‌جایی اصلاحی پذیرفته شد", "correcting transfer accepted"),
    log_settlement.OfficePaymentRecorded: Phrase("پرداخت در دفتر کل نشست", "payment in the ledger"),
    log_settlement.FineRecorded: Phrase("جریمه در دفتر کل نشست", "fine in the ledger"),
    log_settlement.CorrectionRecorded: Phrase("جابه‌جایی در دفتر کل نشست", "correction in the ledger"),
    log_settlement.WindowClosed: Phrase("دوره تسویه بسته شد", "settlement window closed"),
    log_settlement.StatementIssued: Phrase("صورت‌حساب دوره", "statement of a window"),
    log_registry.ServiceVersioned: Phrase("نسخه تازه خدمت", "new version of a service"),
    log_registry.AgreementVersioned: Phrase("نسخه تازه تفاهم‌نامه", "new version of an agreement"),
    log_registry.OfficeVersioned: Phrase("نسخه تازه دفتر", "new version of an office"),
    log_registry.PolicyVersioned: Phrase("نسخه تازه خط‌مشی", "new version of the policy"),
    log_registry.CalendarVersioned: Phrase("نسخه تازه تقویم", "new version of a calendar"),
    log_registry.TerritoryVersioned: Phrase("نسخه تازه تقسیمات کشوری", "new version of the territory"),
}
_BY_TYPE = {event.type_name(): phrase for event, phrase in EVENTS.items()}

EMPTY_FEED = Phrase("در این خوراک پس از شماره {after} چیزی نیست.", "This feed has nothing after number {after}.")
MORE = Phrase("ادامه: --after {after} (تازه‌ترین: {newest})", "More: --after {after} (the newest is {newest})")
HEADINGS = (
    Phrase("شماره", "number"),
    Phrase("زمان", "when"),
    Phrase("رویداد", "event"),
    Phrase("درباره", "about"),
    Phrase("شرح", "what is told"),
)
WOULD_REBUILD = Phrase(
    "از {entries} مدخل، {found} مدخل رویدادش را در سیاهه دارد؛ {changed} مدخل عوض می‌شود. چیزی نوشته نشد.",
    "Of {entries} entries {found} have their event in a log; {changed} would change. Nothing was written.",
)
REBUILT = Phrase(
    "از {entries} مدخل، {found} مدخل رویدادش را در سیاهه دارد؛ {changed} مدخل با همان شماره از نو نوشته شد.",
    "Of {entries} entries {found} have their event in a log; {changed} were written anew, under the same numbers.",
)


def event_phrase(event_type: str) -> Phrase:
    """Return what an event of a feed is; one of a newer release is told by its name."""
    return _BY_TYPE.get(event_type) or Phrase(event_type, event_type)
