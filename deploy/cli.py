"""`pishkhan`: one declared list of commands; only the module of the command that is run is imported."""

import sys
from dataclasses import dataclass
from importlib import import_module

import typer

from deploy.problem import Problem
from deploy.terminal.edge import Screen

HELP = """Event bus between executive organizations and the counter offices that serve citizens for them.

[bold]Start here[/bold]

[bold]pishkhan demo[/bold] plays a province's working day on the real engines and sums it up.

[bold]pishkhan up[/bold] runs the bus itself, until Ctrl-C.

[bold]pishkhan doctor[/bold] says what is wrong, with the remedy.

Every command explains itself: [bold]pishkhan COMMAND --help[/bold]. Settings are environment variables that begin with
PISHKHAN_, such as PISHKHAN_LOG_LEVEL=debug.
"""


@dataclass(frozen=True)
class CommandRow:
    """One command and the module that registers it: `register(app)`."""

    name: str
    module: str


COMMANDS: tuple[CommandRow, ...] = (
    # Running the bus.
    CommandRow("demo", "deploy.commands.demo"),
    CommandRow("up", "deploy.commands.up"),
    CommandRow("worker", "deploy.commands.worker"),
    CommandRow("doctor", "deploy.commands.doctor"),
    # Putting events in, and looking after those that got stuck.
    CommandRow("publish", "deploy.commands.publish"),
    CommandRow("replay-log", "deploy.commands.replay_log"),
    CommandRow("parked", "deploy.commands.parked"),
    CommandRow("outbox", "deploy.commands.outbox"),
    CommandRow("replay", "deploy.commands.replay"),
    CommandRow("dead-letters", "deploy.commands.dead_letters"),
    # Playing either side.
    CommandRow("office", "deploy.commands.office"),
    CommandRow("agency", "deploy.commands.agency"),
    # What the bus knows.
    CommandRow("province", "deploy.commands.province"),
    CommandRow("registry", "deploy.commands.registry"),
    # What was decided, and why.
    CommandRow("explain", "deploy.commands.explain"),
    CommandRow("ledger", "deploy.commands.ledger"),
    CommandRow("reconcile", "deploy.commands.reconcile"),
    CommandRow("repair", "deploy.commands.repair"),
    # What it survives.
    CommandRow("faults", "deploy.commands.faults"),
    # What outsiders get.
    CommandRow("schemas", "deploy.commands.schemas"),
)


def build(name: str | None) -> typer.Typer:
    """The application: with the one command called `name`, or with all of them when there is no such command."""
    app = typer.Typer(
        name="pishkhan", help=HELP, no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False
    )
    # A callback makes it a group also when only one command is registered.
    app.callback()(lambda: None)
    rows = [row for row in COMMANDS if row.name == name] or COMMANDS
    for row in rows:
        import_module(row.module).register(app)
    return app


def main() -> None:
    """Entry point. Problems are told in words with exit code 1; anything else is a bug and shows its trace."""
    name = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), None)
    try:
        build(name)()
    except Problem as problem:
        Screen(stderr=True).print_lines(str(problem).split("\n"), style="red")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
