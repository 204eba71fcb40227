"""Why a claim was refused, in both languages: the meaning of each code, beside the detail that names the case."""

from collections.abc import Mapping

from connectors.words.language import Phrase
from connectors.words.vocabulary import REFUSALS
from schemas.log_registry import RegistryRefusal
from schemas.log_requests import ClaimRefusal, RefusalReason

CLAIM_REFUSALS: Mapping[ClaimRefusal, Phrase] = {
    ClaimRefusal.NOT_THE_AGENCY: Phrase("این درخواست از آن دستگاه دیگری است", "the request is another agency's"),
    ClaimRefusal.NOT_THE_OFFICE: Phrase("این درخواست نزد این دفتر نیست", "the request is not with this office"),
    ClaimRefusal.ALREADY_SUBMITTED: Phrase("این درخواست پیش‌تر ثبت شده است", "the request was submitted before"),
    ClaimRefusal.STATE_FORBIDS: Phrase("در این مرحله شدنی نیست", "not possible at this stage"),
    ClaimRefusal.REQUEST_ENDED: Phrase("درخواست پایان یافته است", "the request has ended"),
    ClaimRefusal.PREDECESSOR_NEVER_CAME: Phrase(
        "گام پیش از آن به هنگام نرسید", "the step before it did not come in time"
    ),
    ClaimRefusal.TOO_EARLY: Phrase("گام دیگری باید پیش از آن گفته شود", "another step must be said first"),
    ClaimRefusal.WITHDRAWN: Phrase("گوینده آن را پس گرفت", "who said it took it back"),
    ClaimRefusal.NOTHING_WAITS: Phrase("چیزی زیر این شناسه در انتظار نیست", "nothing waits under that id"),
    ClaimRefusal.TOO_MANY_WAIT: Phrase("گفته‌های بسیاری در انتظار است", "too many claims wait already"),
    ClaimRefusal.AMOUNT_DIFFERS: Phrase("مبلغ با آنچه باید باشد یکی نیست", "the amount is not what is due"),
    ClaimRefusal.METHOD_DIFFERS: Phrase("روش پرداخت با آنچه باید باشد یکی نیست", "it is to be paid in another way"),
    ClaimRefusal.NOTHING_TO_COLLECT: Phrase("چیزی برای دریافت نیست", "there is nothing to collect"),
    ClaimRefusal.CAP_EXHAUSTED: Phrase("سقف مالی دفتر پر است", "the office's money cap is used up"),
    ClaimRefusal.NOTHING_TO_RETURN: Phrase("چیزی برای بازپرداخت نیست", "there is nothing to return"),
    ClaimRefusal.MORE_THAN_POSTED: Phrase("بیش از مبلغ ثبت‌شده است", "it is more than was posted"),
    ClaimRefusal.UNKNOWN_OFFICE: Phrase("چنین دفتری نیست", "there is no such office"),
    ClaimRefusal.WINDOW_NOT_OPEN: Phrase("این دوره تسویه باز نیست", "that settlement window is not open"),
    ClaimRefusal.ALREADY_IMPOSED: Phrase("این جریمه پیش‌تر ثبت شده است", "the fine is imposed, or lifted, already"),
    ClaimRefusal.ALREADY_PAID: Phrase("این پرداخت پیش‌تر ثبت شده است", "the payment counts already"),
    ClaimRefusal.UNKNOWN_FINE: Phrase("چنین جریمه‌ای نیست", "there is no such fine"),
    ClaimRefusal.UNKNOWN_ACCOUNT: Phrase("چنین حسابی نیست", "there is no such account"),
}
REGISTRY_REFUSALS: Mapping[RegistryRefusal, Phrase] = {
    RegistryRefusal.NOT_OWNER: Phrase("از آن دستگاه دیگری است", "it belongs to another agency"),
    RegistryRefusal.VERSION_NOT_NEXT: Phrase("شماره نسخه باید نسخه بعدی باشد", "the version must be the next one"),
    RegistryRefusal.UNKNOWN_SUBJECT: Phrase("چنین چیزی شناخته نیست", "nothing is known under that code"),
    RegistryRefusal.ALREADY_KNOWN: Phrase("این کد پیش‌تر به کار رفته است", "that code is in use already"),
    RegistryRefusal.VALIDITY_ENDS_BEFORE_START: Phrase("پایان اعتبار پیش از آغاز آن است", "it ends before it begins"),
    RegistryRefusal.STATE_FORBIDS: Phrase("وضعیت کنونی آن را نمی‌پذیرد", "its present state does not allow that"),
    RegistryRefusal.REFERS_TO_UNKNOWN: Phrase("به چیزی ارجاع می‌دهد که شناخته نیست", "it refers to something unknown"),
    RegistryRefusal.SPLIT_NOT_WHOLE: Phrase("سهم‌ها روی هم کل نمی‌شود", "the shares do not make a whole"),
    RegistryRefusal.FEE_RULE_AMBIGUOUS: Phrase("قاعده کارمزد یکتا نیست", "the fee rule is not one rule"),
    RegistryRefusal.RINGS_NOT_GROWING: Phrase("حلقه‌های فاصله رو به افزایش نیست", "the rings of distance do not grow"),
}


def refusal_phrase(reason: ClaimRefusal | RefusalReason | RegistryRefusal) -> Phrase:
    """Return what the code of a refusal means, of a request, a claim, or a claim on the registry."""
    # Not one table: members of two enums that have the same text are equal.
    match reason:
        case ClaimRefusal():
            return CLAIM_REFUSALS[reason]
        case RegistryRefusal():
            return REGISTRY_REFUSALS[reason]
        case RefusalReason():
            return REFUSALS[reason]
