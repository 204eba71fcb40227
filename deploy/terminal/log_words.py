"""What becomes of another place's log, in both languages: what is mapped, what is dropped, and when it is played."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from connectors.words.calendar import operators_moment
from connectors.words.language import Language, Phrase, figures, listed
from deploy.edge import Grid
from deploy.operations.replay.mapping import Dropped, services_by_use, weekday_moves
from deploy.operations.replay.reading import Replay

#: More lines about one reason than a person reads at once.
LINES_SHOWN = 8
_REASONS: Mapping[Dropped, Phrase] = {
    Dropped.LEFT_OUT: Phrase("کنار گذاشته", "left out"),
    Dropped.UNKNOWN_CATEGORY: Phrase("رده ناشناخته", "unknown category"),
    Dropped.NO_PLACE: Phrase("بی محل", "no place"),
    Dropped.UNKNOWN_PLACE: Phrase("محل ناشناخته", "unknown place"),
    Dropped.UNREADABLE: Phrase("بی شناسه یا زمان خوانا", "no readable id or time"),
    Dropped.REPEATED: Phrase("تکراری", "repeated"),
    Dropped.BROKEN_ROW: Phrase("سطر ناقص", "broken row"),
}
_DAYS: Mapping[str, Phrase] = {
    "Monday": Phrase("دوشنبه", "Monday"),
    "Tuesday": Phrase("سه‌شنبه", "Tuesday"),
    "Wednesday": Phrase("چهارشنبه", "Wednesday"),
    "Thursday": Phrase("پنجشنبه", "Thursday"),
    "Friday": Phrase("جمعه", "Friday"),
    "Saturday": Phrase("شنبه", "Saturday"),
    "Sunday": Phrase("یکشنبه", "Sunday"),
}
_COUNTS = Phrase(
    "{rows} سطر خوانده شد: {cases} درخواست می‌شود و {dropped} نمی‌شود.",
    "{rows} rows read: {cases} become requests, {dropped} do not.",
)
_NO_IDS = Phrase(
    "گزارش شناسه ندارد: شناسه هر سطر از متن آن ساخته می‌شود.", "The log has no ids: each row's is made of what it says."
)
_ONE_PLACE = Phrase(
    "گزارش محل ندارد: همه درخواست‌ها برای {place} است.", "The log has no places: every request is for {place}."
)
_MOVES = Phrase("روزها {days} روز جابه‌جا می‌شود: {moves}.", "Days move by {days}: {moves}.")
_MOVE = Phrase("{source} ← {target}", "{source} → {target}")
_DAY = Phrase("{source} روزِ گزارش در {target} پخش می‌شود.", "{source} of the log's day is played as {target}.")
_TIMING = Phrase(
    "نخستین درخواست {first} و آخرین {last} به وقت سامانه، {pace}.",
    "First request at {first}, last at {last} of the bus, {pace}.",
)
_MOMENT = Phrase("{moment}", "{moment} UTC")
_OWN_PACE = Phrase("با آهنگ خود گزارش", "at the log's own pace")
_PACE = Phrase(
    "{speed} برابر تندتر از گزارش؛ روزهای هفته فقط با سرعت ۱ می‌مانند",
    "{speed} times as fast as the log; days of the week are kept only at speed 1",
)
_MAPPED, _REQUESTS = Phrase("نگاشته به", "mapped to"), Phrase("درخواست", "requests")
_BECAUSE, _WHAT, _ROWS = Phrase("دلیل حذف", "dropped because"), Phrase("چه", "what"), Phrase("سطر", "rows")
_MORE = Phrase("{count} مورد دیگر", "{count} more")


def account_lines(replay: Replay, language: Language) -> Iterator[str]:
    """Yield how many rows become requests, and what is made up or moved for them."""
    mapping = replay.mapping
    yield f"{mapping.name}: {mapping.origin}"
    dropped = sum(replay.dropped.values())
    yield _COUNTS.fill(language, rows=replay.rows, cases=len(replay.cases), dropped=dropped)
    if mapping.columns.id is None:
        yield _NO_IDS.of(language)
    if mapping.place is not None:
        yield _ONE_PLACE.fill(language, place=mapping.place)
    if mapping.shift_days:
        moves = [
            _MOVE.fill(language, source=_DAYS[source], target=_DAYS[target])
            for source, target in weekday_moves(mapping)
        ]
        yield _MOVES.fill(language, days=mapping.shift_days, moves=listed(moves, language))
    if mapping.day is not None:
        spans = (f"{begins:%H:%M}–{ends:%H:%M}" for begins, ends in (mapping.day.source, mapping.day.target))
        yield _DAY.fill(language, source=next(spans), target=next(spans))


def mapped_table(replay: Replay, language: Language) -> Grid:
    """Return how many requests each service gets."""
    table = Grid(_MAPPED.of(language), _REQUESTS.of(language))
    for service, requests in services_by_use(replay.cases).items():
        table.add_row(service, figures(requests, language))
    return table


def dropped_table(replay: Replay, language: Language) -> Grid:
    """Return how many rows were dropped for each reason, with the most frequent categories or places of it."""
    table = Grid(*(heading.of(language) for heading in (_BECAUSE, _WHAT, _ROWS)))
    for reason, rows in replay.dropped_by_reason().items():
        table.add_row(_REASONS[reason].of(language), "", figures(rows, language), style="bold")
        about = [(what, count) for (found, what), count in replay.dropped.most_common() if found is reason and what]
        for what, count in about[:LINES_SHOWN]:
            why = replay.mapping.left_out.get(what)
            table.add_row("", what if why is None else f"{what}: {why}", figures(count, language))
        if len(about) > LINES_SHOWN:
            rest = sum(count for _, count in about[LINES_SHOWN:])
            table.add_row("", _MORE.fill(language, count=len(about) - LINES_SHOWN), figures(rest, language))
    return table


def timing(times: Sequence[datetime], speed: float, language: Language) -> str:
    """Return when the first and the last request come, and how fast."""
    first, last = (
        _MOMENT.fill(language, moment=operators_moment(moment, language)) for moment in (times[0], times[-1])
    )
    pace = _OWN_PACE.of(language) if speed == 1 else _PACE.fill(language, speed=f"{speed:g}")
    return _TIMING.fill(language, first=first, last=last, pace=pace)
