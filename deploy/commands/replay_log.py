"""`pishkhan replay-log`: a real service-request log of another place, published as requests of this province."""

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from connectors.words.endings import REPLAY_INTERRUPTED
from connectors.words.language import Language, Phrase
from consumers.registry.lookup import owners_of
from consumers.runner.errors import Contention, DatabaseUnavailable
from deploy.commands.options import DataOption, LanguageOption
from deploy.commands.registry import read_moment
from deploy.edge import Screen
from deploy.operations.replay.mapping import (
    LogMapping,
    ReplayCase,
    replay_id,
    request_of,
    services_by_use,
)
from deploy.operations.replay.reading import Replay, business_times, load_mapping, read_log
from deploy.problem import Interrupted, Problem, Unreachable
from deploy.running.demonstration import note_use
from deploy.settings import Settings, load_settings
from deploy.terminal.log_words import account_lines, dropped_table, mapped_table, timing
from deploy.use_cases import Bus
from producers.claims import message_from_event
from producers.ports import OutboxUnavailable
from schemas.speakers import agency_source

#: So many requests go into one transaction of the outbox.
CASES_AT_ONCE = 500
_PUBLISHED = Phrase("{count} درخواست منتشر شد.", "{count} requests published.")
#: Real seconds between two looks at the clock.
LOOK_SECONDS = 0.2


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay-log")(replay_log)


def replay_log(
    file: Annotated[Path, typer.Argument(help="CSV of the log, plain or gzipped.")],
    mapping: Annotated[Path, typer.Option(help="YAML that says what the log's columns, categories and places become.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many requests.")] = None,
    speed: Annotated[float, typer.Option(min=0.001, help="Times as fast as the log, on the bus's own clock.")] = 1.0,
    start: Annotated[
        str | None, typer.Option(help="Business time from which on the log's first day is laid; now by default.")
    ] = None,
    at_once: Annotated[bool, typer.Option("--at-once", help="Publish everything now, without keeping time.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of the log.")] = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Publish a real log as requests, at its own arrival times, each by the agency whose service it asks for.

    The log's days are moved so that its weekend falls on Thursday and Friday; what was mapped and what was dropped is
    told by category and reason. Ids follow from the log's own, so a second replay of the same log changes nothing. For
    a log without ids leave `columns.id` out of the mapping: they are made of what rows say. For one without places name
    one city in `place`. A Jalali log says `calendar: jalali`.

    [bold]Examples[/bold]

      pishkhan replay-log boston_311_2011.csv.gz --mapping boston_311_2011.yaml --dry-run

      pishkhan replay-log boston_311_2011.csv.gz --mapping boston_311_2011.yaml --limit 5000 --at-once
    """
    console = Screen()
    replay = read_log(file, load_mapping(mapping, language), limit, language)
    console.print_lines(account_lines(replay, language))
    console.print(mapped_table(replay, language))
    if replay.dropped:
        console.print(dropped_table(replay, language))
    if dry_run or not replay.cases:
        return
    settings = load_settings(data)
    note_use(settings.data_directory)
    try:
        with Bus(settings, "pishkhan replay-log") as bus:
            _check_services(bus, replay.mapping, replay.cases)
            begins = settings.clock.now() if start is None else read_moment(start)
            times = business_times(replay.cases, begins, speed)
            if at_once:
                times = [min(moment, begins) for moment in times]
            else:
                console.print_lines([timing(times, speed, language)])
            _publish(settings, bus, replay, times)
    except (DatabaseUnavailable, Contention, OutboxUnavailable) as error:
        raise Unreachable(
            f"The database does not answer: {error}. Replay the log again; nothing is said twice."
        ) from error
    console.print_lines([_PUBLISHED.fill(language, count=len(replay.cases))])


def _publish(settings: Settings, bus: Bus, replay: Replay, times: Sequence[datetime]) -> None:
    """Publish each case when its time has come on the bus's clock; a late start catches up at once."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Screen(stderr=True), transient=True) as progress:
        task = progress.add_task("replaying", total=len(replay.cases))
        done = 0
        try:
            while done < len(replay.cases):
                now = settings.clock.now()
                due = done
                while due < len(times) and due - done < CASES_AT_ONCE and times[due] <= now:
                    due += 1
                if due == done:
                    _wait(progress, task, (times[done] - now).total_seconds() / settings.clock.factor)
                    continue
                messages = [
                    message_from_event(
                        agency_source(replay.mapping.services[case.service].agency),
                        request_of(case, replay.mapping),
                        str(replay_id(replay.mapping, case, "submitted")),
                        moment,
                    )
                    for case, moment in zip(replay.cases[done:due], times[done:due], strict=True)
                ]
                with bus.open_outbox() as outbox:
                    outbox.add(messages)
                done = due
                progress.update(task, completed=done)
        except KeyboardInterrupt:
            raise Interrupted(REPLAY_INTERRUPTED.filled(count=done, total=len(replay.cases))) from None


def _wait(progress: Progress, task: TaskID, seconds: float) -> None:
    progress.update(task, description=f"replaying (next in {max(seconds, 0):.0f} s)")
    time.sleep(min(max(seconds, 0.01), LOOK_SECONDS))


def _check_services(bus: Bus, mapping: LogMapping, cases: Sequence[ReplayCase]) -> None:
    """Every service that is used must be known and belong to the agency that the mapping names."""
    used = services_by_use(cases)
    with bus.reading() as view:
        owners = owners_of(view.registry, used)
    for code in used:
        agency = mapping.services[code].agency
        if code not in owners:
            raise Problem(f"The registry knows no service {code}. Load a province that has it, or correct the mapping.")
        if owners[code] != agency:
            raise Problem(f"Service {code} belongs to {owners[code]}, not to {agency}; correct the mapping's services.")
