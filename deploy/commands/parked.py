"""`pishkhan parked`: what waits, and what an operator wants done with it."""

import getpass
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from connectors.database.parked import ParkOperator
from consumers.parking import NEVER, OperatorAction
from deploy.commands.database import worker_connection
from deploy.commands.options import DataOption
from deploy.problem import Problem

LimitOption = Annotated[int, typer.Option(help="Show so many at most.")]
ConsumerOption = Annotated[str | None, typer.Option(help="Only of this consumer, such as requests.")]
IdsArgument = Annotated[list[int], typer.Argument(help="Ids as `pishkhan parked list` shows them.")]
WhyOption = Annotated[str, typer.Option(help="The reason; it stays on record.")]
ByOption = Annotated[str, typer.Option(help="Who decides.", default_factory=getpass.getuser)]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    parked = typer.Typer(
        help="Events that wait: for a predecessor, for the registry, or for a person.\n\n"
        "[bold]Examples[/bold]\n\n"
        "pishkhan parked list --consumer requests\n\n"
        "pishkhan parked redrive 17 18 --why 'the service is published now'"
    )
    parked.command("list")(list_parked)
    parked.command("redrive")(redrive)
    parked.command("skip")(skip)
    app.add_typer(parked, name="parked")


def list_parked(limit: LimitOption = 50, consumer: ConsumerOption = None, data: DataOption = None) -> None:
    """Show what waits, the longest first."""
    with worker_connection(data) as connection:
        lines = ParkOperator(connection).oldest(limit, consumer)
    table = Table("id", "waits", box=box.SIMPLE_HEAD, pad_edge=False)
    # A request's id is there to be copied, so it stays on one line of a terminal of 80 columns.
    table.add_column("key and detail", min_width=36, overflow="fold")
    table.add_column("until", overflow="fold")
    for line in lines:
        until = "a person decides" if line.expires_at >= NEVER else f"{line.expires_at:%Y-%m-%d %H:%M}"
        decided = f"\n{line.operator_action} by {line.operator_by}" if line.operator_action else ""
        cells = (str(line.id), f"{line.consumer}\n{line.reason}", f"{line.key}\n{line.detail}", until + decided)
        table.add_row(*map(escape, cells))
    Console().print(table if lines else "Nothing is parked.")


def redrive(ids: IdsArgument, why: WhyOption, by: ByOption, data: DataOption = None) -> None:
    """Try events again: their consumer applies them as if they came now, in their order."""
    _decide(ids, OperatorAction.REDRIVE, by, why, data)


def skip(ids: IdsArgument, why: WhyOption, by: ByOption, data: DataOption = None) -> None:
    """Give events up: they are never applied, and those behind them go on."""
    _decide(ids, OperatorAction.SKIP, by, why, data)


def _decide(ids: list[int], action: OperatorAction, by: str, why: str, data: DataOption) -> None:
    with worker_connection(data) as connection:
        found = ParkOperator(connection).decide(ids, action, by, why)
    missing = sorted(set(ids) - set(found))
    Console().print(f"{len(found)} events: {action.value}, for the worker to do", highlight=False)
    if missing:
        raise Problem(f"Not parked any more, or never were: {', '.join(map(str, missing))}.")
