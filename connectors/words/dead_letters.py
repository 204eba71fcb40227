"""Why an event can never be applied, in both languages: what its publisher is shown beside the field."""

from collections.abc import Mapping

from connectors.words.language import Phrase
from consumers.runner.outcomes import DeadLetterReason

REASONS: Mapping[DeadLetterReason, Phrase] = {
    DeadLetterReason.MALFORMED: Phrase(
        "سرآیند، نوع محتوا یا بدنه خوانده نمی‌شود یا با طرح رویداد نمی‌خواند",
        "a header, the content type or the body cannot be read or does not fit its schema",
    ),
    DeadLetterReason.UNKNOWN_TYPE: Phrase(
        "رویدادی با این نام، یا این نسخه اصلی، شناخته نیست", "no event of this name and major version is known"
    ),
    DeadLetterReason.WRONG_TOPIC: Phrase(
        "این رویداد روی این تاپیک گفته نمی‌شود", "this event may not be published on this topic"
    ),
    DeadLetterReason.FORGED_SOURCE: Phrase(
        "فرستنده صاحب این تاپیک نیست", "the source is not the one that the topic belongs to"
    ),
    DeadLetterReason.MISADDRESSED: Phrase(
        "موضوع یا کلید پیام با آنچه بدنه درباره آن است یکی نیست",
        "the subject is not what the body is about, or the key is not the subject",
    ),
    DeadLetterReason.TOO_LARGE: Phrase(
        "بدنه یا فهرستی در آن بزرگ‌تر از اندازه مجاز است", "the body, or a list in it, is larger than allowed"
    ),
    DeadLetterReason.NATIONAL_ID: Phrase(
        "متن آزاد شماره‌ای دارد که کد ملی معتبر است", "free text holds a number that is a valid national id"
    ),
    DeadLetterReason.IDENTITY_CONFLICT: Phrase(
        "همین شناسه پیش‌تر با نوع، موضوع یا بدنه دیگری آمده است",
        "the same id came before with another type, subject or body",
    ),
    DeadLetterReason.UNPACKS_TOO_LARGE: Phrase(
        "دسته پیام پس از بازشدن بزرگ‌تر از اندازه مجاز است", "the batch unpacks to more than allowed"
    ),
    DeadLetterReason.PASSED: Phrase("بهره‌بردار از آن گذشت", "an operator passed it"),
    DeadLetterReason.CONNECTION_LOST: Phrase(
        "پایگاه داده هنگام پردازش آن قطع می‌شد", "the database closed the connection at it"
    ),
}


def reason_words(reason: str) -> Phrase:
    """Return what a kept reason means; one of a newer release is told by its name."""
    try:
        return REASONS[DeadLetterReason(reason)]
    except ValueError:
        return Phrase(reason, reason)
