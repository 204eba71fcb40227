"""`pishkhan demo`: the bus, a province and a working day of traffic, with a summary of its books."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from functools import partial
from pathlib import Path
from threading import Event as Signal
from typing import Annotated

import typer
from rich.live import Live
from rich.progress import Progress

from connectors.words.calendar import local_moment
from connectors.words.catalogue import name
from connectors.words.details import detail_phrase
from connectors.words.language import Language, Phrase
from consumers.jalali import STANDARD_TIME
from deploy.commands.options import LanguageOption
from deploy.commands.up import console_voice
from deploy.demo.order import announcement, day_order, last_working_day
from deploy.demo.pace import slow_words
from deploy.demo.picture import save_picture
from deploy.demo.plan import DAY_SECONDS
from deploy.demo.play import Playback
from deploy.demo.report import Seconds
from deploy.demo.screen import Glance, line, look_next, screen, summary
from deploy.edge import Screen
from deploy.exits import ExitCode
from deploy.interrupts import aside, raise_if_interrupted
from deploy.operations.replay.reading import Replay, load_mapping, read_log
from deploy.problem import Problem
from deploy.provinces.loader import Province, read_province
from deploy.provinces.loading import load_province
from deploy.running.demonstration import mark, refuse_strange, used_by
from deploy.running.up import RunningBus, UpOptions, running_bus
from deploy.settings import default_data_directory, given_settings
from deploy.terminal.hints import hint

OPENS = clock_time(7, 30)
#: Business time between the start of the clock and the opening: engines start in it and the province is loaded.
NIGHT = timedelta(hours=1, minutes=30)
#: Where nobody sees a live view, one line in so many glances.
GLANCES_PER_LINE = 10
FAULTS_SHOWN = 10
_DISAGREE = Phrase("حساب‌ها نمی‌خواند: {faults}", "The books do not agree: {faults}")
_MORE_THAN_A_DEMONSTRATION = Phrase(
    "{folder} شاید بیش از یک نمایش داشته باشد، چون {used} آن را به کار برده است. چیزی پاک نشد. برای پاک کردن آنچه آنجا "
    "شده: --fresh؛ برای نگه داشتنش پوشه دیگری برگزینید: --data ANOTHER",
    "{folder} may hold more than a demonstration, for it has been used by {used}. Nothing was deleted. To delete what "
    "was done there: --fresh; to keep it, choose another folder: --data ANOTHER",
)
_DELETE = Phrase(
    "{folder} شاید بیش از یک نمایش داشته باشد، چون {used} آن را به کار برده است. آن و هرچه آنجا شده پاک شود؟",
    "{folder} may hold more than a demonstration, for it has been used by {used}. Delete it, and all that was done "
    "there?",
)
_LOADING = Phrase("بارگذاری {province}", "loading {province}")
_LOADED = Phrase(
    "{names}: بازبینی {revision} ثبت ({seconds} ثانیه)", "{names}: registry revision {revision} ({seconds} s)"
)
_REFUSED = Phrase(
    "دفتر ثبت {count} گفته استان را نپذیرفت: {detail}", "The registry refused {count} claims of the province: {detail}"
)
_OPEN = Phrase("دفترها {at} باز می‌شوند، {seconds} ثانیه دیگر", "the offices open at {at}, in {seconds} s")
_START_AGAIN = Phrase(
    "همین گذرگاه را دوباره به کار اندازید؛ سپس در پایانه دیگری:", "start this bus again; then, in another terminal:"
)
_WHY_THIS_OFFICE = Phrase("چرا این دفتر، با محاسبه دوباره", "why this office, recomputed")
_EVERY_ENTRY = Phrase("همه ردیف‌ها، تا خودتان جمع بزنید", "every entry, to add up yourself")
_IN_ORDER = Phrase("همه‌چیز درست است؟", "is everything as it should be?")
NORTH_KHORASAN = Path(__file__).parent.parent / "provinces" / "north_khorasan"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder for this demonstration; it is emptied first.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Delete without asking what was done on the last one since.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Write the summary for machines to this file.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed plays the same day.")] = 1405,
    requests: Annotated[int, typer.Option(min=1, max=200_000, help="How many generated requests the day has.")] = 3_000,
    seconds: Annotated[float, typer.Option(min=5, help="Real seconds that the six hours of the day take.")] = 60.0,
    replay: Annotated[bool, typer.Option(help="Play a day of a real request log beside the generated one.")] = True,
    province: Annotated[Path, typer.Option(help="Folder of the province.")] = NORTH_KHORASAN,
    picture: Annotated[Path | None, typer.Option(help="Save a busy moment and the summary as SVG.")] = None,
    language: LanguageOption = Language.EN,
) -> None:
    """Play a working day of a province: engines, topics, tables, offices, requests, money, figures.

    It is `pishkhan up` with a province and traffic, on a clock that runs a day in about a minute; nothing in it takes
    another way than real traffic. Its data stay for a look afterwards, until the next demonstration.

    Only a demonstration that nobody runs is ever deleted: a folder in use, by `pishkhan up` or another demonstration,
    is refused, and so is one that holds anything else. Once a bus was run on a demonstration's folder, or a command
    said something to it, you are asked first; where nobody can be asked, say --fresh.

    [bold]Examples[/bold]

      pishkhan demo

      pishkhan demo --seed 7 --requests 10000 --report summary.json

      pishkhan demo --data ANOTHER      # leaves the last one, and whoever runs it, alone
    """
    console = Screen()
    directory = data or default_data_directory() / "demo"
    # What is wrong with the settings is said at once, and not after the province was read.
    given_settings(directory)
    refuse_strange(directory)
    provided = read_province(province)
    day = last_working_day(provided, datetime.now(STANDARD_TIME).date())
    opens_at = datetime.combine(day, OPENS, STANDARD_TIME).astimezone(UTC)
    wanted = UpOptions(
        data_directory=directory,
        clock_start=opens_at - NIGHT,
        clock_factor=DAY_SECONDS / seconds,
        begin_anew=partial(_begin_anew, fresh, language=language),
    )
    console.print_lines([announcement(provided, day, requests, seconds, replay=replay).of(language)])
    order = day_order(provided, seed, requests, replay_of(province) if replay else None, OPENS)
    told_of_log = [each.of(language) for each in order.told]
    console.print_lines(told_of_log)
    stop = Signal()
    with running_bus(wanted, console_voice(console, language)) as bus:
        bus.wait_until_ready()
        load_seconds = _load(console, bus, provided, language)
        stage = Playback(bus.settings, stop, language)
        try:
            _wait_for_the_morning(console, bus, opens_at, language)
            started = time.monotonic()
            busy = _Busy()
            with _live(console, language) as show:
                # Aside: the broker's client is not to be interrupted within a call.
                last = aside(lambda: stage.play(order, lambda glance: show(busy.seen(glance))), stop)
            took = (bus.engines_seconds, load_seconds, time.monotonic() - started)
            books, disagreements = stage.books(Seconds(*(round(one, 2) for one in took)), expected_rial(provided))
            example = stage.example()
        finally:
            stop.set()
            aside(stage.close, stop)
    if books.requests.submitted != len(order.arrivals):
        disagreements.append(f"{len(order.arrivals)} requests were played, {books.requests.submitted} are known")
    faults = [*books.faults(), *disagreements][:FAULTS_SHOWN]
    told = summary(books, last.states, faults, language)
    console.print(told)
    if slow := slow_words(stage.late_seconds, seconds, last.states.get("escalated", 0)):
        console.print_lines([slow.of(language)], style="yellow")
    # Softly wrapped: a command that is broken into lines cannot be copied.
    console.print(look_next(_next_steps(directory, example), language), soft_wrap=True)
    if picture is not None:
        save_picture(picture, "make demo", *told_of_log, screen(busy.glance or last, language), told)
    if report is not None:
        report.write_text(json.dumps(books.as_json(), indent=2) + "\n", encoding="utf-8")
    if faults:
        raise Problem(_DISAGREE.filled(faults="; ".join(faults)), ExitCode.DIFFERS)


class _Busy:
    """Remembers the moment of a day that makes its best picture: more than half of the requests are in."""

    def __init__(self) -> None:
        self.glance: Glance | None = None

    def seen(self, glance: Glance) -> Glance:
        """Take one look at the day, and give it back."""
        if self.glance is None and 5 * glance.submitted >= 3 * glance.planned:
            self.glance = glance
        return glance


def _begin_anew(fresh: bool, directory: Path, language: Language = Language.EN) -> None:
    """Let a folder that this process holds be emptied, and mark it. Raises Problem when it holds what must stay."""
    refuse_strange(directory)
    used = used_by(directory)
    if used is not None and not fresh:
        if not sys.stdin.isatty():
            raise Problem(_MORE_THAN_A_DEMONSTRATION.filled(folder=str(directory), used=used))
        typer.confirm(_DELETE.fill(language, folder=str(directory), used=used), abort=True)
    mark(directory)


def expected_rial(province: Province) -> dict[str, int]:
    """Return what every office expects to earn in a month."""
    return {office.code: office.expected_monthly_income_rial for office in province.offices}


def replay_of(province: Path) -> Replay | None:
    """Return the real log that a province's folder carries; none when it has none."""
    for mapping in sorted((province / "replay").glob("*.yaml")):
        for log in sorted(mapping.parent.glob(f"{mapping.stem}*.csv.gz")):
            return read_log(log, load_mapping(mapping))
    return None


def _load(console: Screen, bus: RunningBus, province: Province, language: Language) -> float:
    """Load the province with a bar; return the seconds it took. Raises Problem when the registry refuses a part."""
    started = time.monotonic()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(_LOADING.fill(language, province=name(province.names, language)), total=None)

        def report(decided: int, published: int) -> None:
            progress.update(task, completed=decided, total=published)

        loading = load_province(bus.settings, province, report)
    if loading.refused:
        first = loading.refused[0]
        told = _REFUSED.filled(count=len(loading.refused), detail=detail_phrase(first.detail))
        raise Problem(told, ExitCode.REFUSED)
    seconds = time.monotonic() - started
    names = f"{province.names.en} · {province.names.fa}"
    console.print(_LOADED.fill(language, names=names, revision=str(loading.revision), seconds=f"{seconds:.1f}"))
    return seconds


def _wait_for_the_morning(console: Screen, bus: RunningBus, opens_at: datetime, language: Language) -> None:
    left = (opens_at - bus.settings.clock.now()).total_seconds() / bus.settings.clock_factor
    if left > 0:
        console.print(_OPEN.fill(language, at=local_moment(opens_at, language), seconds=f"{left:.0f}"))
        # A signal that was lost on the way is noticed before the day begins.
        raise_if_interrupted()
        time.sleep(left)


@contextmanager
def _live(console: Screen, language: Language) -> Iterator[Callable[[Glance], None]]:
    """Show a view that changes, on a terminal; elsewhere print a line now and then."""
    if console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            yield lambda glance: live.update(screen(glance, language), refresh=True)
        return
    seen = 0

    def show(glance: Glance) -> None:
        nonlocal seen
        if seen % GLANCES_PER_LINE == 0:
            console.print(line(glance, language), highlight=False, soft_wrap=True)
        seen += 1

    yield show


def _next_steps(directory: Path, example: str | None) -> list[tuple[str, Phrase]]:
    data = ("--data", directory)
    steps = [(hint("up", *data), _START_AGAIN)]
    if example is not None:
        steps.append((hint("explain", example, *data, "--verify"), _WHY_THIS_OFFICE))
    return [
        *steps,
        (hint("ledger", "export", *data, "--format", "csv"), _EVERY_ENTRY),
        (hint("doctor", *data), _IN_ORDER),
    ]
