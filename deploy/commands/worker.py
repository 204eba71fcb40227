"""`pishkhan worker NAME`: one worker in this process, until it gets a signal to stop."""

import os
import signal
import sys
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from deploy.bootstrap import run_worker
from deploy.mistakes import PREFIX
from deploy.problem import Misused
from deploy.settings import Settings, given_settings, load_settings
from deploy.workers.table import WORKERS, worker_names, worker_row

NAMES = "\n\n".join(f"  [bold]{row.name}[/bold]  {row.purpose}" for row in WORKERS)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("worker", help=f"{worker.__doc__}\n\n[bold]Workers[/bold]\n\n{NAMES}")(worker)


def worker(
    name: Annotated[str, typer.Argument(help=", ".join(worker_names()))],
    data: Annotated[Path | None, typer.Option("--data", help="Folder of a running `pishkhan up`.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of metrics and health, instead of the table's.")] = None,
) -> None:
    """Run one worker until SIGTERM or Ctrl-C; it finishes its batch first. Run as many of each as you like.

    It takes its settings from the environment (PISHKHAN_*), or from the data folder of a running `pishkhan up`. It logs
    in with its own account (PISHKHAN_ACCOUNTS__REQUESTS__KAFKA_USER, __KAFKA_PASSWORD, __DATABASE_URL) and keeps no
    other's credentials; without one it uses those that all share.

    [bold]Examples[/bold]

      pishkhan worker requests

      pishkhan worker requests --port 9502      # a second one on the same machine
    """
    try:
        row = worker_row(name)
    except KeyError as error:
        raise Misused(str(error.args[0])) from None
    settings = _own_settings(row.name, data)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run_worker(row.name, settings, settings.metrics_port + row.port_offset if port is None else port, stop)


def _own_settings(name: str, data: Path | None) -> Settings:
    """Return what worker `name` may know. A process that has read more than that begins anew without it."""
    if os.environ.get(f"{PREFIX}ACCOUNT") == name:
        return given_settings()
    settings = load_settings(data)
    if name in settings.accounts:
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], settings.worker_environment(name))
    return settings.for_worker(name)
