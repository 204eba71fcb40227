"""What events in the outbox wait for, and what ends their wait, in both languages."""

from collections.abc import Mapping
from datetime import datetime

from connectors.words.calendar import since_words
from connectors.words.language import EMPTY, Language, Phrase
from producers.delivery import Delay, Delivery

#: What becomes of the events, by what keeps them.
DELAYS: Mapping[Delay, Phrase] = {
    Delay.BROKER_AWAY: Phrase(
        "{waiting} رویداد به ترتیب در صندوق خروجی نگه داشته شده است: کارگزار پیام پاسخ نمی‌دهد{since}. "
        "با بازگشت آن خودبه‌خود منتشر می‌شود؛ دوباره نفرستید.",
        "{waiting} event(s) are kept in the outbox, in their order: the broker does not answer{since}. "
        "They are published by themselves when it is back; nothing need be sent again.",
    ),
    Delay.RELAY_AWAY: Phrase(
        "{waiting} رویداد به ترتیب در صندوق خروجی نگه داشته شده است: رله‌ای در کار نیست{since}. "
        "با اجرای `pishkhan worker relay` خودبه‌خود منتشر می‌شود؛ دوباره نفرستید.",
        "{waiting} event(s) are kept in the outbox, in their order: no relay is at work{since}. They are published by "
        "themselves when one is (`pishkhan up`, or `pishkhan worker relay`); nothing need be sent again.",
    ),
    Delay.BUSY: Phrase(
        "{waiting} رویداد به ترتیب در صندوق خروجی نگه داشته شده است: کارگزار پیام هنوز آن را تأیید نکرده است. "
        "به‌زودی خودبه‌خود منتشر می‌شود؛ دوباره نفرستید.",
        "{waiting} event(s) are kept in the outbox, in their order: the broker has not acknowledged them yet. "
        "They are published by themselves soon; nothing need be sent again.",
    ),
}
_SINCE = Phrase(" (از {since})", " {since}")


def delivery_words(found: Delivery, language: Language, now: datetime) -> str:
    """Say what becomes of the events, and what ends their wait; `now` is real time."""
    since = EMPTY.of(language)
    if found.since is not None:
        since = _SINCE.fill(language, since=since_words(found.since, now, language))
    return DELAYS[found.delay].fill(language, waiting=found.waiting, since=since)
