"""What is said of a file of events while its lines are published, and of what became of each."""

from connectors.words.details import detail_words
from connectors.words.language import EMPTY, Language, Phrase

PUBLISHING = Phrase("انتشار", "publishing")
LINE = Phrase("سطر {line}، {event_id}: {what}", "line {line}, {event_id}: {what}")
KEPT = Phrase(
    "نگه داشته شده‌اند: پایگاه داده پس از گرفتنشان قطع شد.", "They are kept: the database went away after it had them."
)
KEPT_BUT_AWAY_NOW = Phrase(
    "نگه داشته شده‌اند: پایگاه داده پس از گرفتنشان قطع شد ({error}).",
    "They are kept: the database went away after it had them ({error}).",
)
AWAY = Phrase(
    "پایگاه داده پاسخ نمی‌دهد ({error}). {count} رویداد منتشر شد و از سطر {line} به بعد پذیرفته نشد. پس از بازگشت آن "
    "همین پرونده را دوباره منتشر کنید: آنچه رسیده شناسه‌اش را دارد و کنار گذاشته می‌شود.",
    "The database does not answer ({error}). {count} events are published, those from line {line} on are not accepted. "
    "Publish the file again when it is back: what went through keeps its id and is skipped.",
)
UNREADABLE = Phrase("{file} خوانده نمی‌شود: {why}.", "{file} cannot be read: {why}.")
_PROBLEM = Phrase("سطر {line}: {field}: {problem}", "line {line}: {field}: {problem}")
_COUNTS = Phrase("{kept} منتشر شد{before}، {refused} رد شد", "{kept} published{before}, {refused} refused")
_BEFORE = Phrase("، {again} تای آن پیش از این", ", {again} of them before now")


def line_problem(line: int, field: str, problem: str, language: Language) -> str:
    """Return why one line may not be published."""
    return _PROBLEM.fill(language, line=str(line), field=field, problem=detail_words(problem, language))


def counts(kept: int, again: int, refused: int, language: Language) -> str:
    """Return how many lines are published, how many of those were before, and how many are not."""
    before = EMPTY if not again else _BEFORE.filled(again=again)
    return _COUNTS.fill(language, kept=kept, before=before, refused=refused)
