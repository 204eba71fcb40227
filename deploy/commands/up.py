"""`pishkhan up`: engines and workers, supervised, until Ctrl-C."""

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from connectors.words import running as words
from connectors.words.language import Language, Phrase
from deploy.commands.options import DataOption, LanguageOption
from deploy.edge import OutputLost, Screen
from deploy.interrupts import Terminated, raise_if_interrupted
from deploy.running.up import RunningBus, UpOptions, Voice, running_bus
from deploy.running.watching import Watch
from deploy.terminal.hints import hint
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
    http_host: Annotated[
        str | None, typer.Option(help="Where the doors for machines listen; loopback when it is not given.")
    ] = None,
    tls_cert: Annotated[str | None, typer.Option(help="Their certificate, in PEM: they speak HTTPS then.")] = None,
    tls_key: Annotated[str | None, typer.Option(help="The certificate's private key, in PEM.")] = None,
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Plain HTTP on an address that others reach: keys can be read."),
    ] = False,
    language: LanguageOption = Language.EN,
) -> None:
    """Run the bus: engines, topics, tables and all workers, until Ctrl-C.

    The data stays in the folder; the next `up` goes on where this one stopped. An engine or a worker that dies is
    started again. It says who waits for what and since when, and when all is well again.

    [bold]Examples[/bold]

      pishkhan up

      pishkhan up --data /srv/pishkhan --monitor

      pishkhan up --http-host 0.0.0.0 --tls-cert /etc/ssl/bus.pem --tls-key /etc/ssl/bus.key

      PISHKHAN_KAFKA_PASSWORD=... pishkhan up --kafka broker-1:9092 --database postgresql+psycopg://worker:...@db/pishkhan
    """
    console = Screen()
    doors = {
        "http_host": http_host,
        "http_certificate": tls_cert,
        "http_certificate_key": tls_key,
        "http_insecure": "true" if insecure else None,
    }
    wanted = UpOptions(data_directory=data, kafka=kafka, database=database, monitor=monitor, doors=doors)
    voice = console_voice(console, language)
    runs = False
    try:
        with running_bus(wanted, voice) as bus:
            bus.wait_until_ready()
            runs = True
            _say_where(voice, bus)
            _say_what_changes(voice, bus)
    except Terminated:
        # Whoever ends a service has what was asked for, once it ran.
        if not runs:
            raise
        voice.line(words.STOPPED)


def console_voice(console: Screen, language: Language) -> Voice:
    """Lines on the console in a language, and a bar while the broker's jars are fetched for the first time.

    A bus goes on, and stops in order, when nobody can hear of it any more: its output is a pipe that was closed, say.
    """
    progress = Progress(
        TextColumn(words.FETCHING.of(language)), BarColumn(), MofNCompleteColumn(), console=console, transient=True
    )
    task = progress.add_task("jars", total=None)

    def line(told: Phrase) -> None:
        with suppress(OutputLost):
            console.print(told.of(language), highlight=False, soft_wrap=True)

    def jars(ready: int, total: int) -> None:
        progress.update(task, completed=ready, total=total)
        if ready < total and not progress.live.is_started:
            progress.start()
        elif ready == total and progress.live.is_started:
            progress.stop()

    return Voice(line=line, jars=jars)


def _say_where(voice: Voice, bus: RunningBus) -> None:
    settings = bus.settings
    folder = settings.data_directory
    pages = {row.name: f"http://127.0.0.1:{settings.metrics_port + row.port_offset}/metrics" for row in WORKERS}
    # The folder is named, so that the command is right whatever the person's own settings are.
    doctor = hint("doctor", "--data", folder)
    place, security = settings.kafka_bootstrap, settings.kafka_security.value
    for line in words.runs(place, security, str(folder), str(folder / "logs"), settings.gateway_address, pages, doctor):
        voice.line(line)


def _say_what_changes(voice: Voice, bus: RunningBus) -> None:
    """Look at the workers until Ctrl-C, and say what is new."""
    watch = Watch()
    while True:
        raise_if_interrupted()
        time.sleep(LOOK_EVERY_SECONDS)
        standings, now = bus.standings(), datetime.now(UTC)
        for line in watch.look(standings, now):
            voice.line(words.at(now, line))
