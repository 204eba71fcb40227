"""`pishkhan audit`: what administrators did, and what they were refused."""

from dataclasses import asdict
from typing import Annotated

import typer

from connectors.words import audit as words
from connectors.words.language import Language
from deploy.commands.options import DataOption, JsonOption, LanguageOption
from deploy.commands.parked import LimitOption
from deploy.edge import Grid, Screen, say_json
from deploy.terminal.moments import utc_moment
from deploy.use_cases import opened
from producers.access.audit import AuditFilter, AuditOutcome

WhoOption = Annotated[str | None, typer.Option(help="Only what this person or party did.")]
KeyOption = Annotated[str | None, typer.Option(help="Only what was done with this key.")]
ActOption = Annotated[str | None, typer.Option(help="Only this act, such as 'key issue'.")]
AboutOption = Annotated[str | None, typer.Option(help="Only what was about exactly this.")]
OutcomeOption = Annotated[AuditOutcome | None, typer.Option(help="Only what ended so.")]
SinceOption = Annotated[str | None, typer.Option("--from", help="Only from then on (ISO 8601; UTC).")]
UntilOption = Annotated[str | None, typer.Option("--to", help="Only before then.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit")(audit)


def audit(
    limit: LimitOption = 50,
    by: WhoOption = None,
    key: KeyOption = None,
    act: ActOption = None,
    about: AboutOption = None,
    outcome: OutcomeOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Show what administrators did, the newest first: keys, decisions on what waits, repairs, replays, loads.

    An act that was refused is there, too. Rows are only ever added. What takes long has a row when it begins and one
    when it has ended.

    [bold]Examples[/bold]

      pishkhan audit --limit 20

      pishkhan audit --act 'key revoke' --from 2026-11-25T06:00

      pishkhan audit --outcome refused --json
    """
    since_moment = None if since is None else utc_moment("--from", since)
    until_moment = None if until is None else utc_moment("--to", until)
    wanted = AuditFilter(by, key, act, about, outcome, since_moment, until_moment)
    with opened(data) as view:
        lines, count = view.audit.page(wanted, limit), view.audit.count(wanted)
    if as_json:
        for line in lines:
            say_json({**asdict(line), "at": line.at.isoformat()})
        return
    table = Grid(*(heading.of(language) for heading in words.HEADINGS))
    for line in lines:
        table.add_row(*words.cells(line, language))
    screen = Screen()
    screen.print(table if lines else words.NOTHING.of(language))
    if len(lines) < count:
        screen.print(words.shown_words(len(lines), count, language), highlight=False, soft_wrap=True)
