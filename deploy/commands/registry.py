"""`pishkhan registry`: what the bus knew, at any time and any revision."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
import yaml
from rich.syntax import Syntax

from connectors.files.days import typed_moment
from connectors.files.problem import Wrong
from connectors.words.calendar import TEHRAN, both_calendars
from consumers.codes import CodeUnknown
from consumers.registry.domain.known import EntryKind
from consumers.registry.lookup import version_at, versions_of
from deploy.commands.options import DataOption, JsonOption
from deploy.edge import Grid, Screen, say_json, say_lines
from deploy.problem import Misused, Problem
from deploy.settings import load_settings
from deploy.terminal.records import draft_of
from deploy.use_cases import opened

KindArgument = Annotated[EntryKind, typer.Argument(help="What kind of thing.")]
CodeArgument = Annotated[str, typer.Argument(help="Its code, such as mou-electricity.")]
AtOption = Annotated[
    str | None,
    typer.Option("--at", help="Business time, such as 2026-11-25 (that day's start in Iran) or with a time."),
]
RevisionOption = Annotated[int | None, typer.Option(help="As it was known at this revision of the registry.")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    registry = typer.Typer(help="Versions of everything known.", no_args_is_help=True)
    registry.command("show")(show)
    registry.command("history")(history)
    app.add_typer(registry, name="registry")


def show(
    kind: KindArgument,
    code: CodeArgument,
    at: AtOption = None,
    revision: RevisionOption = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="As a YAML file to be changed and put as the next version.")
    ] = False,
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Show the version of something that holds at a time, as it was known at a revision: both are now by default.

    --draft leaves out the version's number and its beginning, so that the file, when changed, is the next one, for
    `pishkhan directorate change-office` and its like.

    [bold]Examples[/bold]

      pishkhan registry show agreement mou-electricity

      pishkhan registry show office urban-001 --draft > office.yaml

      pishkhan registry show territory north-khorasan --at 2020-01-01
    """
    moment = load_settings(data).clock.now() if at is None else read_moment(at)
    with opened(data) as view:
        found = version_at(view.registry, kind, code, moment, revision)
    if found is None:
        known = "" if revision is None else f" at revision {revision}"
        raise Problem(
            f"No version of {kind} {code} holds at {both_calendars(moment)}{known}. See `pishkhan registry history`."
        )
    value = found.value
    if as_json:
        say_json(value.model_dump(mode="json", exclude_none=True))
        return
    if draft:
        say_lines(_yaml(draft_of(value)).splitlines())
        return
    console = Screen()
    console.print(
        f"{kind} {code}, version {value.version}: in force from {both_calendars(value.valid_from)}; "
        f"accepted {both_calendars(found.entry.accepted_at)} as revision {found.entry.revision}",
        highlight=False,
        soft_wrap=True,
    )
    text = _yaml(value.model_dump(mode="json", exclude_none=True))
    console.print(Syntax(text, "yaml", background_color="default"))


def history(kind: KindArgument, code: CodeArgument, data: DataOption = None) -> None:
    """List every version of something, oldest first.

    [bold]Example[/bold]

      pishkhan registry history office urban-001
    """
    try:
        with opened(data) as view:
            versions = versions_of(view.registry, kind, code)
    except CodeUnknown as unknown:
        like = f" Known are, for instance, {', '.join(unknown.near)}." if unknown.near else ""
        raise Problem(f"No {kind} is called {code}.{like}") from None
    table = Grid("version", "revision", "in force from", "accepted", "state")
    for one in versions:
        cells = (
            str(one.value.version),
            str(one.entry.revision),
            both_calendars(one.value.valid_from),
            both_calendars(one.entry.accepted_at),
        )
        table.add_row(*cells, one.state or "")
    Screen().print(table)


def _yaml(fields: dict[str, Any]) -> str:
    return yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=100)


def read_moment(text: str) -> datetime:
    """Return the instant that a person means; without a zone it is Iran's time. Raises `Misused`."""
    moment = typed_moment(text, TEHRAN)
    if isinstance(moment, Wrong):
        raise Misused(f"--at {text} is not a time; write 2026-11-25, 1405-09-04T14:30 or 2026-11-25T11:00Z.")
    return moment.astimezone(UTC)
