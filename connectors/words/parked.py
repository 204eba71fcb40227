"""What waits, what ends its wait and what operators decided on it, in both languages."""

from collections.abc import Iterator, Mapping, Sequence

from connectors.words.calendar import operators_moment
from connectors.words.language import Language, Phrase
from consumers.parked import DecisionLine, ParkedDetails, ParkedLine
from consumers.parking import NEVER, DecisionOutcome, OperatorAction, ParkReason

#: Of an event's envelope, what says which one it is. Its body may be a citizen's.
SHOWN_HEADERS = ("ce_type", "ce_source", "ce_id", "ce_time", "ce_sequence")

NOTHING_PARKED = Phrase("چیزی در انتظار نیست.", "Nothing is parked.")
REASONS: Mapping[ParkReason, Phrase] = {
    ParkReason.PREDECESSOR: Phrase("رویداد پیشین", "predecessor"),
    ParkReason.REGISTRY: Phrase("فهرست خدمات", "registry"),
    ParkReason.BEHIND: Phrase("پشت سر دیگری", "behind"),
    ParkReason.GAP: Phrase("شکاف در دفتر وقایع", "gap"),
    ParkReason.FAILED: Phrase("خطای برنامه", "failed"),
}
ACTIONS: Mapping[OperatorAction, Phrase] = {
    OperatorAction.REDRIVE: Phrase("آزمون دوباره", "redrive"),
    OperatorAction.SKIP: Phrase("چشم‌پوشی", "skip"),
}
#: What became of a decision, in words that end with when.
OUTCOMES: Mapping[DecisionOutcome, Phrase] = {
    DecisionOutcome.DONE: Phrase("اعمال شد یا با دلیل رد شد، در", "applied or refused at"),
    DecisionOutcome.SKIPPED: Phrase("برای همیشه کنار گذاشته شد، در", "given up for good at"),
    DecisionOutcome.KEPT: Phrase("آزموده شد و هنوز در انتظار است، در", "tried, and still parked, at"),
    DecisionOutcome.REPLACED: Phrase("تصمیمی دیگر جای آن را گرفت، در", "replaced by a later decision at"),
}
HEADINGS = (
    Phrase("شناسه", "id"),
    Phrase("در انتظار", "waits"),
    Phrase("کلید و شرح", "key and detail"),
    Phrase("تا", "until (UTC)"),
)
_BY = Phrase("{action}، به تصمیم {by}", "{action} by {by}")
_A_PERSON = Phrase("تصمیم یک نفر", "a person decides")
_BEFORE_IT = Phrase("رویدادهای پیش از آن", "the events before it")
_ONCE, _TIMES = Phrase("یک بار خطا", "failed once"), Phrase("{count} بار خطا", "failed {count} times")
_EVENT, _WHICH = Phrase("رویداد", "event"), Phrase("{id} از {consumer}، کلید {key}", "{id} of {consumer}, key {key}")
_WAITS, _WAITED = Phrase("در انتظار", "waits"), Phrase("در انتظار بود", "waited")
_UNTIL, _FROM = Phrase("تا", "until"), Phrase("از", "from")
_SINCE = Phrase("از زمان", "since")
_WHEN = Phrase("{parked} (کارگزار پیام آن را در {appended} گرفت)", "{parked} (the broker had it at {appended})")
_NOW, _HAS_LEFT = Phrase("اکنون", "now"), Phrase("دیگر در انتظار نیست", "it has left the park")
_DECIDED = Phrase("{when}  {action}، به تصمیم {by}: {why} ({end})", "{when}  {action} by {by}: {why} ({end})")
_TO_DO = Phrase("کارگر هنوز انجام نداده است", "for a worker to do")
_REPLACES = Phrase(
    "{id}: این تصمیم جای {action} را می‌گیرد که {by} خواسته بود: {why}",
    "{id}: this replaces {action} by {by}: {why}",
)
_NOTED = Phrase(
    "{count} رویداد: {action}؛ کارگر آن را انجام می‌دهد. نتیجه: `pishkhan parked show شناسه`",
    "{count} events: {action}, for the worker to do; `pishkhan parked show ID` says what became of it",
)
_SHOWN = Phrase(
    "{shown} تا از {count} نشان داده شد، از قدیمی‌ترین؛ بیشتر: --limit",
    "{shown} of {count} are shown, the oldest; --limit shows more",
)
_MISSING = Phrase("دیگر در انتظار نیستند یا هرگز نبوده‌اند: {ids}.", "Not parked any more, or never were: {ids}.")


def cells(line: ParkedLine, language: Language) -> tuple[str | tuple[str, ...], ...]:
    """Return one row of the table, in the order of `HEADINGS`; a tuple is several lines of one cell."""
    until = _until(line, language)
    if line.operator_action is not None:
        action = ACTIONS[OperatorAction(line.operator_action)]
        until.append(_BY.fill(language, action=action, by=line.decided_by or ""))
    reason = REASONS[ParkReason(line.reason)].of(language)
    return str(line.id), (line.consumer, reason), (line.key, line.detail), tuple(until)


def shown_words(shown: int, count: int, language: Language) -> str:
    """Say that not everything that waits is shown."""
    return _SHOWN.fill(language, shown=shown, count=count)


def details(found: ParkedDetails, language: Language) -> Iterator[tuple[str, str]]:
    """Yield what is known of an event, by name: of itself while it is parked, then of the newest decision on it."""
    if found.line is None:
        return facts_of_decision(found.decisions[-1], language)
    return facts(found.line, found.headers, language)


def facts(line: ParkedLine, headers: Mapping[str, str], language: Language) -> Iterator[tuple[str, str]]:
    """Yield what is known of an event that is parked, by name."""
    yield _EVENT.of(language), _WHICH.fill(language, id=str(line.id), consumer=line.consumer, key=line.key)
    yield _WAITS.of(language), f"{REASONS[ParkReason(line.reason)].of(language)}: {line.detail}"
    yield _UNTIL.of(language), ", ".join(_until(line, language))
    parked, appended = (operators_moment(moment, language) for moment in (line.parked_at, line.appended_at))
    yield _SINCE.of(language), _WHEN.fill(language, parked=parked, appended=appended)
    yield _FROM.of(language), f"{line.topic} {line.partition}/{line.position}"
    yield from ((header, headers[header]) for header in SHOWN_HEADERS if header in headers)


def facts_of_decision(decision: DecisionLine, language: Language) -> Iterator[tuple[str, str]]:
    """Yield what is known of an event that has left the park, by name."""
    which = _WHICH.fill(language, id=str(decision.parked_id), consumer=decision.consumer, key=decision.key)
    yield _EVENT.of(language), which
    yield _WAITED.of(language), f"{REASONS[ParkReason(decision.reason)].of(language)}: {decision.detail}"
    yield _NOW.of(language), _HAS_LEFT.of(language)
    yield _FROM.of(language), f"{decision.topic} {decision.partition}/{decision.position}"
    said = (("ce_type", decision.type), ("ce_source", decision.source), ("ce_id", decision.event_id))
    yield from ((header, value) for header, value in said if value is not None)


def decision_words(decision: DecisionLine, language: Language) -> str:
    """Say who decided what when and why, and what became of it."""
    end = _TO_DO.of(language)
    if decision.outcome is not None and decision.ended_at is not None:
        outcome = OUTCOMES[DecisionOutcome(decision.outcome)].of(language)
        end = f"{outcome} {operators_moment(decision.ended_at, language)}"
    action = ACTIONS[OperatorAction(decision.action)]
    when = operators_moment(decision.decided_at, language)
    return _DECIDED.fill(language, when=when, action=action, by=decision.decided_by, why=decision.why, end=end)


def noted_lines(
    found: Sequence[int], action: OperatorAction, replaced: Sequence[DecisionLine], language: Language
) -> Iterator[str]:
    """Yield what was noted, and whose decisions that replaces."""
    for one in replaced:
        before = ACTIONS[OperatorAction(one.action)]
        yield _REPLACES.fill(language, id=str(one.parked_id), action=before, by=one.decided_by, why=one.why)
    yield _NOTED.fill(language, count=len(found), action=ACTIONS[action])


def missing_words(ids: Sequence[int], language: Language) -> str:
    """Say which events are not there to be decided on."""
    return _MISSING.fill(language, ids=", ".join(map(str, ids)))


def _until(line: ParkedLine, language: Language) -> list[str]:
    """Say what ends the wait of one event, and how often the code failed on it."""
    if line.reason == ParkReason.FAILED:
        end = _A_PERSON.of(language) if line.next_try_at is None else operators_moment(line.next_try_at, language)
        return [end, _ONCE.of(language) if line.tries == 1 else _TIMES.fill(language, count=line.tries)]
    return [operators_moment(line.expires_at, language) if line.expires_at < NEVER else _BEFORE_IT.of(language)]
