"""What was set aside of the outbox, and what was decided, in both languages."""

from collections.abc import Sequence

from connectors.words.language import Language, Phrase
from producers.set_aside import AsideLine, OutboxAction

NOTHING = Phrase("چیزی کنار گذاشته نشده است.", "Nothing is set aside.")
HEADINGS = (
    Phrase("شناسه", "id"),
    Phrase("از زمان (UTC)", "since (UTC)"),
    Phrase("رویداد", "event"),
    Phrase("کلید", "key"),
    Phrase("علت", "cause"),
    Phrase("پشت سر", "behind"),
    Phrase("تصمیم", "decision"),
)
ACTIONS = {
    OutboxAction.RETRY: Phrase("آزمون دوباره", "retry"),
    OutboxAction.GIVE_UP: Phrase("چشم‌پوشی", "give up"),
}
_DECIDED = Phrase("{action}، به تصمیم {by}: {why}", "{action} by {by}: {why}")
_A_PERSON = Phrase("تصمیم یک نفر", "a person decides")
_NOTED = Phrase(
    "{ids}: {action}. انتشاردهنده ظرف چند ثانیه انجام می‌دهد.", "{ids}: {action}; the relay does it within seconds"
)
_NOT_WAITING = Phrase("این شناسه‌ها در انتظار تصمیم نیستند: {ids}.", "These do not wait for a decision: {ids}.")
_NUMBERED = Phrase(
    "این‌ها یا در انتظار تصمیم نیستند، یا شماره‌دارند و نمی‌توان از آن‌ها گذشت: {ids}. علت را برطرف کنید و retry بزنید.",
    "These do not wait for a decision, or are numbered and cannot be given up, because their readers would wait for "
    "ever: {ids}. Remove the cause, then `pishkhan outbox retry`.",
)


def cells(line: AsideLine, behind: int, language: Language) -> tuple[str, ...]:
    """Return one row of the table, in the order of `HEADINGS`."""
    kind = line.type.removeprefix("ir.pishkhan.")
    decision = _A_PERSON.of(language)
    if line.action is not None:
        action = ACTIONS[OutboxAction(line.action)]
        decision = _DECIDED.fill(language, action=action, by=line.decided_by or "", why=line.why or "")
    when = f"{line.set_aside_at:%Y-%m-%d %H:%M:%S}"
    return str(line.id), when, f"{kind} ({line.topic})", line.key, line.cause, str(behind), decision


def noted_words(ids: Sequence[int], action: OutboxAction, language: Language) -> str:
    """Say that a decision is noted."""
    return _NOTED.fill(language, ids=_list(ids), action=ACTIONS[action])


def not_noted_words(ids: Sequence[int], action: OutboxAction, language: Language) -> str:
    """Say of which rows it is not, and what to do."""
    phrase = _NUMBERED if action is OutboxAction.GIVE_UP else _NOT_WAITING
    return phrase.fill(language, ids=_list(ids))


def _list(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids))
