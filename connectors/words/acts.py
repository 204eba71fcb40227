"""What each act is for, in one line: for the page of acts and for the HTTP interface's own description."""

from collections.abc import Mapping

from connectors.words.language import Phrase
from producers.acts import Act
from schemas.speakers import SpeakerKind

#: Who says it, as people call the party.
SPEAKERS: Mapping[SpeakerKind, Phrase] = {
    SpeakerKind.AGENCY: Phrase("دستگاه", "agency"),
    SpeakerKind.OFFICE: Phrase("دفتر", "office"),
    SpeakerKind.DIRECTORATE: Phrase("اداره کل", "directorate"),
}
_TAKE_BACK = Phrase("پس گرفتن گفته‌ای که هنوز در انتظار است", "Take back something said that still waits")
_PURPOSES: Mapping[str, Phrase] = {
    # Agencies.
    "publish-service": Phrase("انتشار نسخه بعدی یک خدمت", "Publish the next version of a service"),
    "withdraw-service": Phrase(
        "برچیدن یک خدمت از روزی معین؛ درخواست‌های در جریان تمام می‌شود",
        "Withdraw a service from a day on; requests that are open keep their terms",
    ),
    "submit-request": Phrase("ثبت درخواست یک شهروند", "Submit a citizen's request"),
    "cancel-request": Phrase("لغو درخواستی که انجام نشده است", "Cancel a request that is not completed"),
    "answer-request": Phrase("پاسخ به پرسش دفتر درباره یک درخواست", "Answer an office's question about a request"),
    "confirm-agreement": Phrase(
        "تأیید نسخه امضاشده تفاهم‌نامه: در روز خود اجرا می‌شود",
        "Confirm a signed version of an agreement: it becomes active on its day",
    ),
    "veto-agreement": Phrase(
        "رد نسخه‌ای از تفاهم‌نامه: اجرا نمی‌شود", "Veto a version of an agreement: it does not become active"
    ),
    "pause-agreement": Phrase(
        "توقف فوری خدمت‌های یک تفاهم‌نامه", "Pause services of an agreement at once; all of them when none is named"
    ),
    "resume-agreement": Phrase(
        "پایان توقف خدمت‌های یک تفاهم‌نامه", "Lift the pause of an agreement's services; of all when none is named"
    ),
    # Offices.
    "submit-walk-in": Phrase(
        "ثبت درخواست شهروندی که پشت پیشخوان است", "Submit the request of a citizen who is at the desk"
    ),
    "accept-request": Phrase(
        "پذیرفتن درخواستی که به دفتر سپرده شده", "Take on a request that was routed to the office"
    ),
    "decline-request": Phrase(
        "پس‌دادن درخواست: به دفتری دیگر سپرده می‌شود", "Send a request back: it is routed to another office"
    ),
    "collect-fee": Phrase("ثبت دریافت کل کارمزد از شهروند", "Record that the citizen paid the whole fee"),
    "return-fee": Phrase("ثبت پولی که به شهروند برگشت", "Record money that went back to the citizen"),
    "start-service": Phrase("آغاز کار یک درخواست", "Begin the work on a request"),
    "await-agency": Phrase("پرسیدن از دستگاه و انتظار پاسخ", "Ask the agency, and wait for its answer"),
    "deliver-service": Phrase(
        "تحویل به شهروند: درخواست انجام شده است", "The citizen has what was asked for: the request is complete"
    ),
    # The directorate.
    "license-office": Phrase("صدور پروانه دفتری تازه", "License a new office"),
    "change-office": Phrase("نسخه بعدی یک دفتر", "Put the next version of an office"),
    "suspend-office": Phrase(
        "تعلیق پروانه یک دفتر با مصوبه کارگروه", "Suspend an office's licence by a decision of the working group"
    ),
    "change-agreement": Phrase(
        "نسخه بعدی یک تفاهم‌نامه؛ امضاشده با تأیید دستگاه اجرا می‌شود",
        "Put a version of an agreement; a signed one becomes active when its agency confirms it",
    ),
    "change-policy": Phrase("نسخه بعدی خط‌مشی تخصیص و زمان", "Put the next version of the routing and time policy"),
    "change-calendar": Phrase("نسخه بعدی یک تقویم کاری", "Put the next version of a working calendar"),
    "change-territory": Phrase(
        "نسخه بعدی شهرستان‌ها و شهرها", "Put the next version of the province's counties and cities"
    ),
    "record-payment": Phrase(
        "ثبت پرداخت یک دفتر به حساب تسویه", "Record what an office paid into the settlement account"
    ),
    "refund-request": Phrase(
        "بازگشت کارمزد درخواستی انجام‌شده، حداکثر تا مبلغ ثبت‌شده",
        "Refund a completed request's fee, up to what was posted",
    ),
    "order-correction": Phrase(
        "یک جابه‌جایی اصلاحی میان دو حساب دفتر کل", "Order one correcting transfer between two ledger accounts"
    ),
    "impose-fine": Phrase(
        "جریمه یک دفتر با مصوبه کارگروه", "Impose a fine on an office by a decision of the working group"
    ),
    "lift-fine": Phrase("برداشتن جریمه پس از اعتراض", "Lift a fine after an appeal"),
    "open-dispute": Phrase(
        "اختلاف بر سهم‌های یک درخواست: تا پایان آن تسویه نمی‌شود",
        "Dispute a request's posted legs: they stay out of settlement runs until it is resolved",
    ),
    "resolve-dispute": Phrase(
        "پایان اختلاف؛ پول با بازگشت یا اصلاحی جدا جابه‌جا می‌شود",
        "Resolve a dispute; money moves by a refund or a correction of its own",
    ),
    "close-window": Phrase("بستن دوره تسویه جاری با شماره آن", "Close the open settlement window, by its number"),
    # Everybody, each of its own.
    "withdraw-claim": _TAKE_BACK,
}


def purpose(act: Act) -> Phrase:
    """Return what an act is for, in one line without a full stop."""
    return _PURPOSES[act.name]
