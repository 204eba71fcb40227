"""Which day is played, and what is in it: the generated requests, and a slice of a real log beside them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from connectors.words.language import EMPTY, Phrase
from consumers.jalali import jalali_day
from deploy.demo.plan import DAY_SECONDS, PlannedArrival, plan_day
from deploy.demo.plan import Province as Planned
from deploy.operations.replay.mapping import Dropped, ReplayCase, request_of
from deploy.operations.replay.reading import Replay
from deploy.provinces.loader import Province
from schemas.policy import CalendarScope
from schemas.speakers import agency_source

#: Why rows of a real log are not played, in words.
_DROPPED: Mapping[Dropped, Phrase] = {
    Dropped.LEFT_OUT: Phrase("هیچ خدمتی در اینجا مانند دسته آن‌ها نیست", "no service here is like their category"),
    Dropped.UNKNOWN_CATEGORY: Phrase("نگاشت دسته آن‌ها را نمی‌شناسد", "the mapping does not know their category"),
    Dropped.NO_PLACE: Phrase("جایی را نام نمی‌برند", "they name no place"),
    Dropped.UNKNOWN_PLACE: Phrase("نگاشت جای آن‌ها را نمی‌شناسد", "the mapping does not know their place"),
    Dropped.UNREADABLE: Phrase("شناسه یا زمان ندارند", "they lack an id or a time"),
    Dropped.REPEATED: Phrase("همان شناسه پیش‌تر آمده است", "the same id was there before"),
}
_ANNOUNCED = Phrase(
    "اکنون اجرا می‌شود: {province} در {day}، شش ساعت در {seconds} ثانیه، با {requests} درخواست ساختگی{beside}.",
    "About to be played: {province} on {day}, six hours in {seconds} s, with {requests} generated requests{beside}.",
)
_BESIDE = Phrase(
    "، و در کنارشان پرکارترین روز یک گزارش واقعی، که نخست خوانده می‌شود",
    ", and beside them the busiest day of a real log, which is read first",
)
_REAL_DAY = Phrase(
    "در کنار روز ساختگی، روزی از یک گزارش واقعی: {origin}.", "Beside the generated day, a day of a real log: {origin}."
)
_PLAYED = Phrase(
    "  {played} سطر از {rows} سطر به صورت درخواست خدمت‌های اینجا اجرا می‌شود",
    "  {played} of {rows} rows are played as requests for services here",
)
_OTHER_DAYS = Phrase(
    "  {rows} سطر از روزهای دیگر است، یا پس از بسته‌شدن دفترها آمده",
    "  {rows} are of other days, or came after the offices close",
)
_LEFT_OUT = Phrase("  {rows} سطر کنار گذاشته شد: {why}", "  {rows} are left out: {why}")
#: Python's numbers of Thursday and Friday: the weekend.
WEEKEND = frozenset({3, 4})


@dataclass(frozen=True, slots=True)
class DayOrder:
    """What is to be played: the seed, the arrivals, which services wait for their agency, and what to tell people."""

    seed: int
    arrivals: tuple[PlannedArrival, ...]
    answered_services: frozenset[str]
    told: tuple[Phrase, ...]


def announcement(province: Province, day: date, requests: int, seconds: float, *, replay: bool) -> Phrase:
    """Say what is about to be played, before anything that takes time."""
    year, month, number = jalali_day(day)
    return _ANNOUNCED.filled(
        province=Phrase(province.names.fa, province.names.en),
        day=f"{year}/{month:02}/{number:02} ({day})",
        seconds=f"{seconds:.0f}",
        requests=requests,
        beside=_BESIDE if replay else EMPTY,
    )


def last_working_day(province: Province, today: date) -> date:
    """Return the last working day before `today`, so that business time goes on, and never back, afterwards."""
    closed = {
        holiday.on
        for calendar in province.calendars
        if calendar.scope is CalendarScope.PROVINCE
        for holiday in calendar.holidays
    }
    day = today - timedelta(days=1)
    while day.weekday() in WEEKEND or day in closed:
        day -= timedelta(days=1)
    return day


def day_order(province: Province, seed: int, requests: int, replay: Replay | None, opens: time) -> DayOrder:
    """Return a day that begins at `opens`: `requests` generated ones, and beside them the busiest day of `replay`."""
    newest = {service.code: service for service in province.services}
    planned = Planned(
        territory=province.territories[-1],
        services=tuple(newest.values()),
        agreements=tuple({signed.agreement.code: signed.agreement for signed in province.agreements}.values()),
        offices=tuple({office.code: office for office in province.offices}.values()),
    )
    arrivals = plan_day(planned, seed, requests)
    real = [] if replay is None else replayed_arrivals(replay, opens)
    return DayOrder(
        seed=seed,
        arrivals=tuple(sorted([*arrivals, *real], key=lambda arrival: arrival.at_seconds)),
        answered_services=frozenset(code for code, service in newest.items() if service.needs_agency_answer),
        told=() if replay is None else tuple(_told(replay, len(real))),
    )


def replayed_arrivals(replay: Replay, opens: time) -> list[PlannedArrival]:
    """Return the busiest day of a real log at its own times of day.

    What came before `opens` comes at once; what came after the day's end is left out.
    """
    by_day: dict[date, list[ReplayCase]] = {}
    for case in replay.cases:
        by_day.setdefault(case.opened_at.date(), []).append(case)
    busiest = max(by_day.values(), key=len, default=[])
    return [
        PlannedArrival(
            at_seconds, agency_source(replay.mapping.services[case.service].agency), request_of(case, replay.mapping)
        )
        for case in busiest
        if (at_seconds := _seconds_after(opens, case.opened_at)) <= DAY_SECONDS
    ]


def _seconds_after(opens: time, moment: datetime) -> float:
    return max(0.0, (moment - datetime.combine(moment.date(), opens)).total_seconds())


def _told(replay: Replay, played: int) -> Iterator[Phrase]:
    yield _REAL_DAY.filled(origin=replay.mapping.origin)
    yield _PLAYED.filled(played=played, rows=replay.rows)
    yield _OTHER_DAYS.filled(rows=len(replay.cases) - played)
    for reason, rows in replay.dropped_by_reason().items():
        yield _LEFT_OUT.filled(rows=rows, why=_DROPPED[reason])
