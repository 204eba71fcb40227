"""`pishkhan up`: engines and workers, supervised, until Ctrl-C."""

import sys
import time
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from deploy.commands.options import DataOption
from deploy.edge import Screen
from deploy.running.up import RunningBus, UpOptions, Voice, running_bus
from deploy.running.watching import Watch
from deploy.workers.table import WORKERS

LOOK_EVERY_SECONDS = 2.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("up")(up)


def up(
    data: DataOption = None,
    kafka: Annotated[
        str | None, typer.Option(help="Use this broker (HOST:PORT,...) instead of the embedded one.")
    ] = None,
    database: Annotated[str | None, typer.Option(help="Use this database (URL) instead of the embedded one.")] = None,
    monitor: Annotated[bool, typer.Option("--monitor", help="Start Prometheus too, when it is installed.")] = False,
) -> None:
    """Run the bus: engines, topics, tables and all workers, until Ctrl-C.

    The data stays in the folder; the next `up` goes on where this one stopped. An engine or a worker that dies is
    started again. It says who waits for what and since when, and when all is well again.

    [bold]Examples[/bold]

      pishkhan up

      pishkhan up --data /srv/pishkhan --monitor

      PISHKHAN_KAFKA_PASSWORD=... pishkhan up --kafka broker-1:9092 --database postgresql+psycopg://worker:...@db/pishkhan
    """
    console = Screen()
    wanted = UpOptions(data_directory=data, kafka=kafka, database=database, monitor=monitor)
    try:
        with running_bus(wanted, console_voice(console)) as bus:
            bus.wait_until_ready()
            _say_where(console, bus)
            _say_what_changes(console, bus)
    except KeyboardInterrupt:
        console.print("stopped")


def console_voice(console: Screen) -> Voice:
    """Lines on the console, and a bar while the broker's jars are fetched for the first time."""
    progress = Progress(
        TextColumn("fetching the broker"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
    )
    task = progress.add_task("jars", total=None)

    def jars(ready: int, total: int) -> None:
        progress.update(task, completed=ready, total=total)
        if ready < total and not progress.live.is_started:
            progress.start()
        elif ready == total and progress.live.is_started:
            progress.stop()

    return Voice(line=lambda text: console.print(text, highlight=False, soft_wrap=True), jars=jars)


def _say_where(console: Screen, bus: RunningBus) -> None:
    settings = bus.settings
    lines = [
        "The bus runs. Stop it with Ctrl-C.",
        f"  broker     {settings.kafka_bootstrap} ({settings.kafka_security.value})",
        f"  data       {settings.data_directory} (logs in {settings.data_directory / 'logs'})",
    ]
    lines += [f"  {row.name:<10} http://127.0.0.1:{settings.metrics_port + row.port_offset}/metrics" for row in WORKERS]
    # The folder is named, so that the command is right whatever the person's own settings are.
    lines.append(f"What is wrong, if something is: {sys.argv[0]} doctor --data {settings.data_directory}")
    console.print_lines(lines)


def _say_what_changes(console: Screen, bus: RunningBus) -> None:
    """Look at the workers until Ctrl-C, and say what is new."""
    watch = Watch()
    while True:
        time.sleep(LOOK_EVERY_SECONDS)
        standings, now = bus.standings(), datetime.now(UTC)
        for line in watch.look(standings, now):
            console.print(f"{now:%H:%M:%S} UTC  {line}", highlight=False, soft_wrap=True)
