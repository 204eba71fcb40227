"""What administrators did, as people see it, in both languages. An act is called as its command is."""

from collections.abc import Iterator, Mapping

from connectors.words.calendar import operators_moment
from connectors.words.language import Language, Phrase
from producers.access.audit import AuditLine, AuditOutcome

OUTCOMES: Mapping[AuditOutcome, Phrase] = {
    AuditOutcome.BEGUN: Phrase("آغاز شد", "begun"),
    AuditOutcome.DONE: Phrase("انجام شد", "done"),
    AuditOutcome.REFUSED: Phrase("رد شد", "refused"),
    AuditOutcome.FAILED: Phrase("ناکام ماند", "failed"),
}
HEADINGS = (
    Phrase("زمان", "when (UTC)"),
    Phrase("چه کسی", "who"),
    Phrase("چه کرد", "what"),
    Phrase("درباره", "about"),
    Phrase("نتیجه", "outcome"),
)
NOTHING = Phrase("چنین کاری ثبت نشده است.", "Nothing of that kind is on record.")
_SHOWN = Phrase(
    "{shown} تا از {count} نشان داده شد، از تازه‌ترین؛ بیشتر: --limit",
    "{shown} of {count} are shown, the newest; --limit shows more",
)
_BY_KEY = Phrase("{actor}، کلید {key}", "{actor}, key {key}")


def cells(line: AuditLine, language: Language) -> Iterator[str | tuple[str, ...]]:
    """Yield one row of the table, in the order of `HEADINGS`."""
    yield operators_moment(line.at, language)
    yield line.actor if line.key_id is None else _BY_KEY.fill(language, actor=line.actor, key=line.key_id)
    yield line.act
    yield line.about
    # A newer build may know more ends.
    phrases = {outcome.value: phrase for outcome, phrase in OUTCOMES.items()}
    outcome = phrases[line.outcome].of(language) if line.outcome in phrases else line.outcome
    yield (outcome, line.detail) if line.detail else outcome


def shown_words(shown: int, count: int, language: Language) -> str:
    """Say that not every row is shown."""
    return _SHOWN.fill(language, shown=shown, count=count)
