"""`pishkhan`: one declared list of commands; only the module of the command that is run is imported."""

# Before all that takes time to read: from here on a signal ends us in one line.
from deploy.early import interrupted  # isort: skip

import errno
import gc
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import pairwise

import typer
from typer.models import CommandInfo

from connectors.words.endings import INTERRUPTED, OUTPUT_LOST
from connectors.words.language import Language, Phrase
from deploy.edge import OutputLost, Screen, flush_outputs, give_up_outputs, open_outputs
from deploy.exits import EXITS, ExitCode, help_line
from deploy.problem import Problem
from deploy.terminal.plain import PlainCommand, PlainGroup
from deploy.terminal.usage import usage_words

HELP = """Event bus between executive organizations and the counter offices that serve citizens for them.

[bold]Start here[/bold]

[bold]pishkhan demo[/bold] plays a province's working day on the real engines and sums it up.

[bold]pishkhan up[/bold] runs the bus itself, until Ctrl-C.

[bold]pishkhan doctor[/bold] says what is wrong, with the remedy.

Every command explains itself: [bold]pishkhan COMMAND --help[/bold]. Settings are environment variables that begin with
PISHKHAN_, such as PISHKHAN_LOG_LEVEL=debug.
"""

_EXITS = "Exit codes of all commands: " + ", ".join(f"{row.code.value} {row.short}" for row in EXITS) + "."


@dataclass(frozen=True)
class CommandRow:
    """One command, the module that registers it (`register(app)`), and how it may end.

    `ends` are its exit codes beside those of every command (`deploy.exits.ALWAYS`). A group's are those of each command
    below it, save of those that `but` names with their own.
    """

    name: str
    module: str
    ends: tuple[ExitCode, ...] = ()
    but: Mapping[str, tuple[ExitCode, ...]] = field(default_factory=dict)

    def ends_of(self, below: str | None) -> tuple[ExitCode, ...]:
        """Return the exit codes of the command itself, or of the one `below` it."""
        return self.ends if below is None else self.but.get(below, self.ends)


#: Who looks into the broker or the database may find that they do not answer.
_LOOKS = (ExitCode.UNKNOWN,)
#: Who compares finds it so, or otherwise, or cannot know.
_COMPARES = (ExitCode.UNKNOWN, ExitCode.DIFFERS)
#: Who notes an operator's decision may come too late for what it is on.
_DECIDES = (ExitCode.REFUSED, ExitCode.UNKNOWN)
#: Who speaks to the bus as a party and awaits the answer.
_SPEAKS = (ExitCode.REFUSED, ExitCode.WAITS, ExitCode.UNANSWERED, ExitCode.UNKNOWN)
_NO_OTHER: tuple[ExitCode, ...] = ()

COMMANDS: tuple[CommandRow, ...] = (
    # Running the bus.
    CommandRow(
        "demo",
        "deploy.commands.demo",
        (ExitCode.REFUSED, ExitCode.UNANSWERED, ExitCode.DIFFERS),
    ),
    CommandRow("up", "deploy.commands.up"),
    CommandRow("worker", "deploy.commands.worker"),
    CommandRow("doctor", "deploy.commands.doctor", (ExitCode.DIFFERS,)),
    # Putting events in, and looking after those that got stuck.
    CommandRow("publish", "deploy.commands.publish", _SPEAKS),
    CommandRow("outcomes", "deploy.commands.outcomes", _SPEAKS),
    CommandRow("replay-log", "deploy.commands.replay_log", _LOOKS),
    CommandRow("parked", "deploy.commands.parked", _DECIDES, {"list": _LOOKS, "show": _LOOKS}),
    CommandRow("outbox", "deploy.commands.outbox", _DECIDES, {"list": _LOOKS}),
    CommandRow("replay", "deploy.commands.replay", _LOOKS),
    CommandRow("dead-letters", "deploy.commands.dead_letters", _LOOKS),
    # Who may open the doors, and who did what.
    CommandRow("key", "deploy.commands.key", _DECIDES, {"list": _LOOKS}),
    CommandRow("audit", "deploy.commands.audit", _LOOKS),
    # Citizens, who are kept apart.
    CommandRow("vault", "deploy.commands.vault", _LOOKS),
    CommandRow("citizen", "deploy.commands.citizen", _DECIDES),
    # What parties say.
    CommandRow("office", "deploy.commands.office", _SPEAKS, {"inbox": _LOOKS, "show": _LOOKS}),
    CommandRow("agency", "deploy.commands.agency", _SPEAKS, {"waiting": _LOOKS, "credentials": _NO_OTHER}),
    CommandRow("directorate", "deploy.commands.directorate", _SPEAKS, {"waiting": _LOOKS}),
    # What concerns a party.
    CommandRow("feed", "deploy.commands.feed", _LOOKS),
    # What the bus knows.
    CommandRow(
        "province",
        "deploy.commands.province",
        (ExitCode.REFUSED, ExitCode.UNANSWERED, ExitCode.UNKNOWN, ExitCode.DIFFERS),
        {"check": (ExitCode.DIFFERS,)},
    ),
    CommandRow("registry", "deploy.commands.registry", _LOOKS),
    # What there is to ask for.
    CommandRow("services", "deploy.commands.services", _LOOKS),
    CommandRow("cities", "deploy.commands.cities", _LOOKS),
    CommandRow("offices", "deploy.commands.offices", _LOOKS),
    CommandRow("agencies", "deploy.commands.agencies", _LOOKS),
    CommandRow("reasons", "deploy.commands.reasons", _NO_OTHER),
    # What was decided, and why.
    CommandRow("requests", "deploy.commands.requests", _LOOKS),
    CommandRow("explain", "deploy.commands.explain", _COMPARES),
    CommandRow("ledger", "deploy.commands.ledger", _LOOKS, {"verify": _COMPARES}),
    CommandRow("reconcile", "deploy.commands.reconcile", _COMPARES),
    CommandRow("repair", "deploy.commands.repair", _LOOKS, {"pass": _DECIDES, "chain": _COMPARES}),
    # What it survives.
    CommandRow("faults", "deploy.commands.faults", _COMPARES),
    # What outsiders get.
    CommandRow("schemas", "deploy.commands.schemas", _NO_OTHER, {"release": (ExitCode.REFUSED,)}),
)


def build(name: str | None) -> typer.Typer:
    """The application: with the one command called `name`, or with all of them when there is no such command."""
    app = typer.Typer(
        name="pishkhan",
        cls=PlainGroup,
        help=HELP,
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    # A callback makes it a group also when only one command is registered.
    app.callback(epilog=_EXITS)(lambda: None)
    rows = [row for row in COMMANDS if row.name == name] or COMMANDS
    for row in rows:
        import_module(row.module).register(app)
    for row, below, command in registered(app):
        command.cls = PlainCommand
        command.epilog = help_line(row.ends_of(below))
    for group in app.registered_groups:
        group.cls = PlainGroup
        group.epilog = help_line(next(row for row in COMMANDS if row.name == group.name).ends)
    return app


def registered(app: typer.Typer) -> Iterator[tuple[CommandRow, str | None, CommandInfo]]:
    """Yield every command of the application with its row; for one of a group also its name below the row's."""
    rows = {row.name: row for row in COMMANDS}
    yield from ((rows[str(command.name)], None, command) for command in app.registered_commands)
    for group in app.registered_groups:
        assert group.typer_instance is not None, "a group has commands"
        for command in group.typer_instance.registered_commands:
            # typer names a command after its function, unless it is told another name.
            yield rows[str(group.name)], command.name or getattr(command.callback, "__name__", ""), command


def asked_language(words: Sequence[str], environment: Mapping[str, str]) -> Language:
    """Return the language of `--lang` or PISHKHAN_LANG, for what is told where no command has read it."""
    given = [environment.get("PISHKHAN_LANG", "")]
    given += [after for before, after in pairwise(words) if before == "--lang"]
    given += [word.removeprefix("--lang=") for word in words if word.startswith("--lang=")]
    return Language.FA if given[-1] == Language.FA.value else Language.EN


def main() -> None:
    """Entry point. A problem is told in words and ends as it says; anything else is a bug and shows its trace."""
    open_outputs()
    try:
        try:
            _run(next((argument for argument in sys.argv[1:] if not argument.startswith("-")), None))
        finally:
            flush_outputs()
    except OutputLost as lost:
        give_up_outputs()
        # Whoever closed a pipe knows it; a full disk is told where it still can be.
        if lost.errno != errno.EPIPE:
            _tell(OUTPUT_LOST.filled(why=str(lost.strerror)))
        sys.exit(ExitCode.PROBLEM)


def _run(name: str | None) -> None:
    # Modules and models stay; while they are made the collector would go through all of them again and again.
    gc.disable()
    try:
        application = build(name)
        gc.freeze()
        gc.enable()
        interrupted()
        ended = application(prog_name="pishkhan", standalone_mode=False)
        code = ExitCode.DONE if ended is None else ExitCode(ended)
        # That is what typer makes of Ctrl-C.
        if code is ExitCode.INTERRUPTED:
            _tell(INTERRUPTED)
        sys.exit(code)
    except typer.Abort:
        sys.exit(ExitCode.PROBLEM)
    except typer.TyperException as error:
        if any(words := usage_words(error)):
            _tell(words)
        sys.exit(ExitCode.USAGE)
    except Problem as problem:
        _tell(problem.words)
        sys.exit(problem.ends)
    except KeyboardInterrupt:
        _tell(INTERRUPTED)
        sys.exit(ExitCode.INTERRUPTED)


def _tell(words: Phrase) -> None:
    """Say what is wrong, a line each, where it can be said."""
    told = words.of(asked_language(sys.argv, os.environ))
    try:
        Screen(stderr=True).print_lines(told.split("\n"), style="red")
    except OutputLost:
        # The exit code says it.
        give_up_outputs()


if __name__ == "__main__":
    main()
