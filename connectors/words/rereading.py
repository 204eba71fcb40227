"""The result of reading records again, in both languages: numbers by consumer, and what they mean."""

from collections.abc import Iterator, Mapping, Sequence

from connectors.words.calendar import operators_moment
from connectors.words.language import Language, Phrase, figures
from consumers.runner.outcomes import Outcome
from consumers.runner.rereading import Reread, RereadRequest

#: The columns that count outcomes.
_OUTCOMES: Mapping[Outcome, Phrase] = {
    Outcome.DUPLICATE: Phrase("پیش‌تر انجام شده", "done before"),
    Outcome.HANDLED: Phrase("اکنون اعمال شد", "applied now"),
    Outcome.REFUSED: Phrase("رد شد", "refused"),
    Outcome.PARKED: Phrase("در انتظار", "parked"),
    Outcome.DEAD_LETTERED: Phrase("ناخوانا", "dead letters"),
}
_CONSUMER, _RECORDS = Phrase("مصرف‌کننده", "consumer"), Phrase("رکورد", "records")
_OTHERS, _TO_COME = Phrase("از آنِ دیگران", "others'"), Phrase("در پیش", "to come")
_TIME = Phrase("آنچه کارگزار پیام از {start} تا {end} گرفته است:", "What the broker got from {start} until {end}:")
_MOMENT, _NOW = Phrase("{moment}", "{moment} UTC"), Phrase("اکنون", "now")
_WOULD = Phrase(
    "{count} رویداد گرفته می‌شد که پیش‌تر گرفته نشده بود.", "{count} events would be taken in that were not before."
)
_WOULD_NOT = Phrase("چیزی تغییر نمی‌کرد.", "Nothing would change.")
_TRIED = Phrase(
    "هر دسته آزموده و برگردانده شد؛ پس آنچه در انتظار رویدادی پیشین است، «در انتظار» شمرده شده است.",
    "Each batch was tried and undone, so what waits for an earlier one counts as parked.",
)
_DONE = Phrase("{count} رویداد گرفته شد که پیش‌تر گرفته نشده بود.", "{count} events were taken in that were not before.")
_NOTHING = Phrase("چیزی تغییر نکرد.", "Nothing has changed.")
_LEFT = Phrase(
    "آنچه در پیش است به کارگرها واگذاشته شد که به نوبت می‌خوانند.",
    "What is to come was left to the workers, who read it in its turn.",
)


def headings(language: Language) -> tuple[str, ...]:
    """Return the headings of the table, one for each cell of `cells`."""
    return tuple(one.of(language) for one in (_CONSUMER, _RECORDS, *_OUTCOMES.values(), _OTHERS, _TO_COME))


def cells(one: Reread, language: Language) -> tuple[str, ...]:
    """Return what became of one consumer's records, in numbers."""
    counts = [one.tally.outcomes[outcome] for outcome in _OUTCOMES]
    numbers = (one.tally.records, *counts, one.tally.passed_over, one.to_come)
    return one.consumer, *(figures(number, language) for number in numbers)


def time_words(wanted: RereadRequest, language: Language) -> str:
    """Say of which time the records are."""
    start, end = (
        _NOW.of(language) if moment is None else _MOMENT.fill(language, moment=operators_moment(moment, language))
        for moment in (wanted.start, wanted.end)
    )
    return _TIME.fill(language, start=start, end=end)


def came_to(results: Sequence[Reread], language: Language, *, dry_run: bool) -> Iterator[str]:
    """Yield what has changed, or would."""
    new = sum(one.tally.outcomes.total() - one.tally.outcomes[Outcome.DUPLICATE] for one in results)
    some, none = (_WOULD, _WOULD_NOT) if dry_run else (_DONE, _NOTHING)
    yield (some if new else none).fill(language, count=new)
    if dry_run:
        yield _TRIED.of(language)
    if any(one.to_come for one in results):
        yield _LEFT.of(language)
