"""`pishkhan dead-letters`: events that can never be applied."""

from collections.abc import Sequence
from dataclasses import asdict

import typer

from connectors.words.dead_letters import reason_words
from connectors.words.language import Language
from consumers.letters import LetterLine, letter_page
from deploy.commands.options import DataOption, JsonOption, LanguageOption
from deploy.commands.parked import ConsumerOption, LimitOption
from deploy.edge import Grid, Screen, say_json
from deploy.use_cases import opened


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    dead_letters = typer.Typer(
        help="Events that can never be applied, with field and reason.\n\n"
        "[bold]Example[/bold]\n\n"
        "pishkhan dead-letters list --limit 20"
    )
    dead_letters.command("list")(list_dead_letters)
    # Keeps it a group while it has only one command.
    dead_letters.callback()(lambda: None)
    app.add_typer(dead_letters, name="dead-letters")


def list_dead_letters(
    limit: LimitOption = 50,
    consumer: ConsumerOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Show what was put aside, the newest first, and below it what each reason means.

    `ce_id` is the id that the sender gave the event, where it could be read.

    [bold]Examples[/bold]

      pishkhan dead-letters list --limit 20

      pishkhan dead-letters list --consumer requests --json
    """
    with opened(data) as view:
        page = letter_page(view.letters, limit, consumer)
    if as_json:
        for row in page.lines:
            say_json(_as_json(row))
        return
    screen = Screen()
    screen.print(letters_table(page.lines) if page.lines else "There are no dead letters.")
    for reason in page.reasons:
        screen.print(f"{reason}: {reason_words(reason).of(language)}")
    for one in page.let_go:
        screen.print(f"Of {one.topic} {one.letters} were let go, {one.for_room} of them for want of room.")


def letters_table(rows: Sequence[LetterLine]) -> Grid:
    """Return a row for each dead letter."""
    table = Grid("when", "ce_id", "consumer", "topic", "position", "source", "reason", "field", "detail")
    for row in rows:
        place, when = f"{row.partition}/{row.position}", f"{row.recorded_at:%Y-%m-%d %H:%M:%S}"
        about = (row.source or "", row.reason, row.field, row.detail)
        table.add_row(when, row.event_id or "", row.consumer, row.topic, place, *about)
    return table


def _as_json(row: LetterLine) -> dict[str, object]:
    body = asdict(row)
    return {"ce_id": body.pop("event_id"), **body, "recorded_at": row.recorded_at.isoformat()}
