"""What the bus says of one case, in Persian: the details of refusals and waits, which its logs hold in English.

Each row is a sentence of the domain with the places that vary, `{1:day}` for a day; those of the registry have a table
of their own, and so have problems of fields. Tests hold them against the code. What is not here is told in English,
with the words of commands in place of the names of events.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache

from connectors.words.calendar import day_words
from connectors.words.claims import in_commands
from connectors.words.field_problems import FIELD_PROBLEMS
from connectors.words.language import Language, Phrase, in_both
from connectors.words.registry_details import REGISTRY_DETAILS
from connectors.words.vocabulary import EXCLUSIONS

#: English as the domain says it, and Persian. A place that varies has a number in braces, in both.
_PERSIAN: Mapping[str, str] = {
    # Acts of the directorate.
    "office: no such office is licensed; correct the code": "office: دفتری با این کد مجوز ندارد؛ کد را درست کنید",
    "reference: this office's payment under it counts already; correct the reference": (
        "reference: پرداخت این دفتر با این شماره پیش‌تر ثبت شده است؛ شماره را درست کنید"
    ),
    "fine_id: was {0} before; give a new fine an id of its own": (
        "fine_id: پیش‌تر به کار رفته است ({0})؛ به جریمه تازه شناسه خودش را بدهید"
    ),
    "fine_id: no fine of this office and amount was imposed under it; lift exactly what was imposed": (
        "fine_id: جریمه‌ای با این شناسه برای این دفتر و این مبلغ ثبت نشده است؛ همان را که ثبت شده بردارید"
    ),
    "credit_account: must be another account than the debited one": "credit_account: باید حساب دیگری باشد",
    "{0}: is no account that may be corrected; see the chart of accounts": (
        "{0}: حسابی نیست که اصلاح شود؛ فهرست حساب‌ها را ببینید"
    ),
    "window: {0} is not the open one; close the open window": "window: دوره {0} باز نیست؛ دوره باز را ببندید",
    # Who may say what.
    "the request belongs to another agency; only its owner may say this": (
        "درخواست از آن دستگاه دیگری است؛ فقط صاحبش می‌تواند این را بگوید"
    ),
    "the request is not with this office; only the office that has it may say this": (
        "درخواست نزد این دفتر نیست؛ فقط دفتری که آن را دارد می‌تواند این را بگوید"
    ),
    "no office has the request now": "درخواست اکنون نزد هیچ دفتری نیست",
    "no office has the request, so none has asked": "درخواست نزد هیچ دفتری نیست، پس کسی نپرسیده است",
    "the request has ended": "درخواست پایان یافته است",
    "request_id: is known already; give every request an id of its own": (
        "request_id: پیش‌تر به کار رفته است؛ به هر درخواست شناسه خودش را بدهید"
    ),
    # At the desk.
    "pos_reference: is missing; a card payment has one": "pos_reference: نیست؛ پرداخت با کارت شماره پیگیری دارد",
    "the office has accepted the request already": "دفتر پیش‌تر درخواست را پذیرفته است",
    "work has begun already": "کار پیش‌تر آغاز شده است",
    "the fee was collected before": "وجه پیش‌تر دریافت شده است",
    "the fee has no line that the office collects": "در این تعرفه دفتر چیزی دریافت نمی‌کند",
    "the agency was asked already; ask again when it has answered": (
        "پیش‌تر از دستگاه پرسیده شده است؛ پس از پاسخش دوباره بپرسید"
    ),
    "{0} rial that were taken after requests had ended are still to be given back to citizens; give them back first, "
    "then accept again, or decline": (
        "{0} ریال که پس از پایان درخواست‌ها دریافت شده هنوز باید به شهروندان برگردد؛ نخست آن را برگردانید، "
        "سپس دوباره بپذیرید یا نپذیرید"
    ),
    "{0} rial would be owed on top of {1} already reserved, beyond the cap of {2}; pay in what is owed, then accept "
    "again, or decline": (
        "{0} ریال بدهی بر {1} رزروشده افزوده می‌شد و از سقف {2} می‌گذشت؛ بدهی را واریز کنید و دوباره بپذیرید، یا نپذیرید"
    ),
    "amount_rial: is {0}, the fee to collect is {1} rial": "amount_rial: {0} است؛ باید {1} ریال دریافت شود",
    "method: must be {0} by the tariff": "method: بر پایه تعرفه باید {0} باشد",
    "amount_rial: is {0}, of what was collected {1} rial can go back": (
        "amount_rial: {0} است؛ از آنچه دریافت شده {1} ریال می‌تواند برگردد"
    ),
    "said too early; money goes back when the request has ended: cancelled by its agency ({0}), rejected, expired, or "
    "completed and a refund is ordered": (
        "زود است؛ پول وقتی برمی‌گردد که درخواست پایان یافته باشد: دستگاه آن را لغو کند ({0})، رد شود، مهلتش بگذرد، "
        "یا انجام شود و بازگشت وجه دستور داده شود"
    ),
    "method: what the agency's gateway took in is not with the office; ask the agency": (
        "method: آنچه درگاه دستگاه گرفته نزد دفتر نیست؛ از دستگاه بخواهید"
    ),
    "receipt_number: what was taken under it is recorded already; give it back, and say so with FeeReturned": (
        "receipt_number: دریافت با این شماره پیش‌تر ثبت شده است؛ آن را برگردانید و با return بگویید"
    ),
    "the request has {0} receipts already; give back what was taken, and ask the directorate": (
        "درخواست {0} رسید دارد؛ آنچه گرفته شده را برگردانید و از اداره کل بپرسید"
    ),
    "amount_rial: with {0} more than {1} rial would have been taken after the end of this request; correct the "
    "amount": ("amount_rial: با {0} بیش از {1} ریال پس از پایان درخواست گرفته می‌شد؛ مبلغ را درست کنید"),
    # A refusal that is not in its request's own order.
    "request {0}: {1}": "درخواست {0}: {1}",
    # Routing.
    "no office within reach of {0} can take {1} now": "هیچ دفتری در دسترس {0} اکنون نمی‌تواند {1} را بگیرد",
    **{
        f"office {{0}}: {code.value}{of}": f"دفتر {{0}}: {phrase.fa}{persian}"
        for code, phrase in EXCLUSIONS.items()
        for of, persian in (("", ""), (" (agreement {1})", " (تفاهم‌نامه {1})"))
    },
    # Too early, and what waits.
    "{0} must come first; the agency says it": "نخست باید «{0}» بیاید؛ دستگاه آن را می‌گوید",
    "{0} must come first; the office says it": "نخست باید «{0}» بیاید؛ دفتر آن را می‌گوید",
    "{0} must come first; the directorate says it": "نخست باید «{0}» بیاید؛ اداره کل آن را می‌گوید",
    "{0} must come first; it waits for the registry itself": (
        "نخست باید «{0}» بیاید، که خود در انتظار فهرست خدمات است"
    ),
    "{0} must come first; it was said before and waits itself": (
        "نخست باید «{0}» بیاید، که گفته شده و خود در انتظار است"
    ),
    "said too early; accept the request first: {0}": "زود است؛ نخست درخواست را بپذیرید: {0}",
    "said too early; collect the fee first: {0}": "زود است؛ نخست وجه را دریافت کنید: {0}",
    "said too early; begin the work first: {0}": "زود است؛ نخست کار را آغاز کنید: {0}",
    "said too early; ask the agency first: {0}": "زود است؛ نخست از دستگاه بپرسید: {0}",
    "said too early; no dispute is open; say DisputeOpened first": "زود است؛ اختلافی باز نیست",
    "claim_id: nothing that you have said of this request waits under it; it was decided on, or never said": (
        "claim_id: چیزی از گفته‌های شما درباره این درخواست با این شناسه در انتظار نیست؛ بررسی شده، یا گفته نشده است"
    ),
    "who said it has taken it back": "گوینده آن را پس گرفت",
    "service: is not known yet; it waits for the registry": "service: هنوز شناخته نیست؛ در انتظار فهرست خدمات است",
    "an earlier claim of this request failed": "گفته پیشین این درخواست به خطا خورده است",
    "the code failed on it: {0}": "برنامه بر آن به خطا خورد: {0}",
    "{0}; it did not come in time, say this again when it has come": "{0}؛ به هنگام نیامد، پس از آمدنش دوباره بگویید",
    "{0}, and {1} claims on this topic wait already; send it anew, with a new id, when fewer do": (
        "{0}، و {1} گفته از همین گوینده در انتظار است؛ وقتی کمتر شد با شناسه‌ای تازه دوباره بفرستید"
    ),
    "{0}, and claims of {1} MiB on this topic wait already; send it anew, with a new id, when fewer do": (
        "{0}، و {1} مگابایت گفته از همین گوینده در انتظار است؛ وقتی کمتر شد با شناسه‌ای تازه دوباره بفرستید"
    ),
    # Refunds and disputes.
    "amount_rial: is {0}, of what the citizen paid {1} rial can still be refunded": (
        "amount_rial: {0} است؛ از آنچه شهروند پرداخته {1} ریال هنوز می‌تواند برگردد"
    ),
    "a dispute is open already": "اختلاف پیش‌تر باز شده است",
    # Submissions.
    "service: no such service is published; publish it with ServicePublished, or correct the code": (
        "service: چنین خدمتی منتشر نشده است؛ آن را منتشر یا کد را درست کنید"
    ),
    "no routing policy is in force; publish one with PolicyChanged": "خط‌مشی تخصیصی در کار نیست؛ یکی منتشر کنید",
    "service: belongs to another agency; only its owner may submit": (
        "service: از آن دستگاه دیگری است؛ فقط صاحبش می‌تواند ثبت کند"
    ),
    "origin: a desk may submit walk-ins for itself only": "origin: پیشخوان فقط مراجعه به خودش را ثبت می‌کند",
    "office: is missing; name the office that was chosen": "office: نیست؛ دفتر برگزیده را بنویسید",
    "the agency cancelled it before it was routed": "دستگاه پیش از تخصیص آن را لغو کرد",
    "who submitted it took it back before it was routed": "ثبت‌کننده پیش از تخصیص آن را پس گرفت",
    "service {0}: no version of it is in force": "service: نسخه‌ای از {0} در کار نیست",
    "service {0} belongs to {1}": "خدمت {0} از آن {1} است",
    "service {0} is {1}, not live": "خدمت {0} در حال ارائه نیست ({1})",
    "city {0} is in no territory in force": "شهر {0} در تقسیمات کشوری جاری نیست",
    "office {0} is not in force": "دفتری با کد {0} در کار نیست",
    "agreement {0}, appendix entry {1}: paused by {2}": "تفاهم‌نامه {0}، ردیف {1}: {2} آن را متوقف کرده است",
    "agreement {0} on {1} is {2}, not active": "تفاهم‌نامه {0} درباره {1} فعال نیست ({2})",
    "agreement {0} on {1} is not in force ({2})": "تفاهم‌نامه {0} درباره {1} در کار نیست ({2})",
    "no agreement with {0} names service {1}": "هیچ تفاهم‌نامه‌ای با {0} خدمت {1} را نام نمی‌برد",
    # Forms and tariffs.
    "form.{0}: is required; fill it in": "form.{0}: لازم است؛ پرش کنید",
    "form.{0}: is required; choose at least one": "form.{0}: لازم است؛ دست‌کم یکی را برگزینید",
    "form.{0}: is required and personal; send it in the encrypted part": (
        "form.{0}: لازم و شخصی است؛ در بخش رمزشده بفرستید"
    ),
    "form.{0}: is personal and must not travel in clear; send it in the encrypted part": (
        "form.{0}: شخصی است و نباید آشکار فرستاده شود؛ در بخش رمزشده بفرستید"
    ),
    "form.{0}: is not a field of this service's form; leave it out": "form.{0}: در فرم این خدمت نیست؛ برداریدش",
    "form.{0}: must be a whole number": "form.{0}: باید عدد صحیح باشد",
    "form.{0}: must be text": "form.{0}: باید متن باشد",
    "form.{0}: must be a date or time such as {1}": "form.{0}: باید تاریخ یا زمان باشد، مانند {1}",
    "form.{0}: must be one of the listed values": "form.{0}: باید یکی از مقدارهای فهرست باشد",
    "form.{0}: must be a list of listed values": "form.{0}: باید فهرستی از مقدارهای فهرست باشد",
    "form.{0}: must be a subscription number of 1 to 20 digits": "form.{0}: باید شماره اشتراک ۱ تا ۲۰ رقمی باشد",
    "form.{0}: must be a bill's or a payment's id of 1 to 30 digits": (
        "form.{0}: باید شناسه قبض یا پرداخت ۱ تا ۳۰ رقمی باشد"
    ),
    "form.{0}: must be a consignment number: 4 to 24 digits, or as in {1}": (
        "form.{0}: باید شماره مرسوله باشد: ۴ تا ۲۴ رقم، یا مانند {1}"
    ),
    "form.{0}: lies above the last bracket of the tariff; ask the agency": (
        "form.{0}: بالاتر از آخرین پله تعرفه است؛ از دستگاه بپرسید"
    ),
    "form.{0}: is missing; the tariff counts on it": "form.{0}: نیست؛ تعرفه به آن نیاز دارد",
    "form.{0}: must be a whole number, zero or more; the tariff counts on it": (
        "form.{0}: باید عدد صحیح صفر یا بیشتر باشد؛ تعرفه به آن نیاز دارد"
    ),
    "form.{0}: must be text of 1 to {1} digits, as printed on the bill": (
        "form.{0}: باید متنی با ۱ تا {1} رقم باشد، چنان که روی قبض است"
    ),
}
_BRACES = re.compile(r"\{\d\}")
_PLACE = re.compile(r"\\\{\d\\\}")


def detail_words(detail: str, language: Language) -> str:
    """Return what the bus says of a case as its speaker reads it; codes, amounts and commands stay as they are."""
    if language is Language.EN:
        return in_commands(detail, language)
    for pattern, persian in _patterns():
        if found := pattern.fullmatch(detail):
            return persian.format(*map(_Place, found.groups()))
    return in_commands(detail, language)


def detail_phrase(detail: str) -> Phrase:
    """Return what the bus says of a case in both languages."""
    return in_both(lambda language: detail_words(detail, language))


def field_phrase(field: str, problem: str) -> Phrase:
    """Return what is wrong with a field in both languages: `field: problem`."""
    return in_both(lambda language: f"{field}: {detail_words(problem, language)}")


class _Place(str):
    """What stands in a place: a sentence of its own, the name of an event, a code; a day where the row says so."""

    __slots__ = ()

    def __format__(self, kind: str) -> str:
        return day_words(date.fromisoformat(self), Language.FA) if kind == "day" else detail_words(self, Language.FA)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    # Those with the most text of their own first: an exact sentence goes before one that could swallow it.
    everything = {**FIELD_PROBLEMS, **REGISTRY_DETAILS, **_PERSIAN}
    rows = sorted(everything.items(), key=lambda row: len(_BRACES.sub("", row[0])), reverse=True)
    return tuple((re.compile(_PLACE.sub("(.+?)", re.escape(english)), re.DOTALL), persian) for english, persian in rows)
