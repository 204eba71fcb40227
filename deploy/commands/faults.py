"""`pishkhan faults`: the faults that break nobody's engines, on a staging set-up of one's own."""

import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import getdoc
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.engine import make_url

from connectors.ids import new_id
from consumers.runner.errors import BrokerUnavailable, DatabaseUnavailable
from deploy.commands.options import DataOption
from deploy.edge import Screen
from deploy.exits import ExitCode
from deploy.faults.bus import TrialBus
from deploy.faults.fault import Fault
from deploy.faults.guest import Host, announcement, visit
from deploy.faults.harness import Harness
from deploy.faults.report import conclude, hush, series
from deploy.faults.table import FAULTS
from deploy.interrupts import interrupted_by_signals
from deploy.problem import Misused, Problem, Unreachable
from deploy.settings import Settings, load_settings
from producers.ports import OutboxUnavailable

ONLY_NAMED = " (hundreds of thousands of claims: played only when it is named)"
NAMES = "\n\n".join(f"  [bold]{fault.name}[/bold]  {fault.does}{ONLY_NAMED if fault.heavy else ''}" for fault in FAULTS)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("faults", help=f"{getdoc(faults)}\n\n[bold]Faults[/bold]\n\n{NAMES}")(faults)


def faults(
    kafka: Annotated[
        str | None, typer.Option(help="The brokers (HOST:PORT,...), instead of those of the data.")
    ] = None,
    database: Annotated[str | None, typer.Option(help="The database (URL), as the workers' role.")] = None,
    fault: Annotated[list[str] | None, typer.Option(help="Only this fault; may be given several times.")] = None,
    runs: Annotated[int, typer.Option(min=1, help="So many runs of each, with the seeds 1, 2, ...")] = 1,
    seed: Annotated[int | None, typer.Option(help="One run of each, with this seed: to play a failure again.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    data: DataOption = None,
) -> None:
    """Try faults on a bus of your own, never in production, and count what was lost and what was doubled.

    A load that keeps a journal publishes visits of citizens to agencies of its own and plays their offices, while
    workers of its own are killed and frozen at chosen places, or words are said that nobody should say. When all is
    quiet again, every claim that was acknowledged must have had its effect once, in the tables, the log and the ledger.

    It says what it will publish, what stays, and who works there, and asks before it begins. Broker and database are
    never harmed, and no worker but its own. Whatever was lost, doubled or
    otherwise wrong tells its seed and the command that plays it again.

    Everything else is the bus's own and taken from the environment or from --data: PISHKHAN_KAFKA_SECURITY, _USER and
    _PASSWORD, PISHKHAN_ROUTING_SECRET, PISHKHAN_CLOCK_START. Its tables must be those of this version.

    [bold]Examples[/bold]

      pishkhan faults --fault kill

      pishkhan faults --kafka broker-1:9092 --database postgresql+psycopg://worker:...@db/pishkhan --runs 3 --yes
    """
    hush()
    console = Screen(highlight=False)
    settings = load_settings(data, kafka_bootstrap=kafka, database_url=database)
    with _in_words():
        host = visit(settings)
        chosen = _chosen(fault, host)
        seeds = [seed] if seed is not None else list(range(1, runs + 1))
        for line in announcement(host, chosen, len(seeds)):
            console.print(line, soft_wrap=True)
        _ask(yes)
        passed = _play(console, settings, host, [(one, number) for one in chosen for number in seeds], data)
    if not passed:
        raise typer.Exit(ExitCode.DIFFERS)


def _chosen(names: list[str] | None, host: Host) -> list[Fault]:
    """Return the faults to be played: those named, or all that mean something here and are not heavy.

    Raises `Problem` for a name that is no fault's, or whose fault means nothing here.
    """
    possible = {one.name: one for one in host.faults()}
    known = {one.name for one in FAULTS}
    for name in names or ():
        if name not in known:
            raise Misused(f"No fault is called {name!r}; there are {', '.join(one.name for one in FAULTS)}.")
        if name not in possible:
            there = ", ".join(sorted(host.workers))
            raise Problem(f"{name} means nothing while other workers are there ({there}): stop them first.")
    return [one for one in possible.values() if (one.name in names if names else not one.heavy)]


def _ask(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise Problem("Nothing was done: nobody is here to be asked. Say --yes if all of this may be done there.")
    typer.confirm("Do this?", abort=True)


def _play(console: Screen, settings: Settings, host: Host, runs: list[tuple[Fault, int]], data: Path | None) -> bool:
    folder = Path(tempfile.mkdtemp(prefix="pishkhan-faults-"))
    with interrupted_by_signals():
        bus = TrialBus(settings, folder, shared=True, others=frozenset(host.workers))
        try:
            with console.status("the trial's province is taken in"):
                bus.prepare()
            # Ids of their own: the same seed may have been played on this bus before.
            harness = Harness(bus, folder / "journals", salt=new_id().hex)
            with series(console, len(runs)) as play:
                outcomes = [play(harness, fault, seed) for fault, seed in runs]
        finally:
            bus.close()
    passed = conclude(console, FAULTS, outcomes, lambda name, seed: _again(settings, data, name, seed))
    if passed:
        shutil.rmtree(folder)
    else:
        console.print(f"Journals and the workers' logs are in {folder}", soft_wrap=True)
    return passed


def _again(settings: Settings, data: Path | None, name: str, seed: int) -> str:
    words = ["pishkhan", "faults", "--fault", name, "--seed", str(seed), "--kafka", settings.kafka_bootstrap]
    words += ["--database", make_url(settings.worker_database_url()).render_as_string(hide_password=True)]
    return shlex.join([*words, *(() if data is None else ("--data", str(data)))])


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except BrokerUnavailable as error:
        raise Unreachable(f"The broker does not answer ({error}). Try `pishkhan doctor`.") from None
    except (DatabaseUnavailable, OutboxUnavailable) as error:
        raise Unreachable(f"The database does not answer ({error}). Try `pishkhan doctor`.") from None
