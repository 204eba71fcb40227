"""`pishkhan dead-letters`: events that can never be applied."""

import typer

from connectors.words.dead_letters import reason_words
from connectors.words.language import Language
from consumers.letters import letter_page
from deploy.commands.options import DataOption, LanguageOption
from deploy.commands.parked import ConsumerOption, LimitOption
from deploy.edge import Grid, Screen
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
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Show what was put aside, the newest first, and below it what each reason means."""
    with opened(data) as view:
        page = letter_page(view.letters, limit, consumer)
    table = Grid("when", "consumer", "topic", "position", "source", "reason", "field", "detail")
    for row in page.lines:
        place = f"{row.partition}/{row.position}"
        when = f"{row.recorded_at:%Y-%m-%d %H:%M:%S}"
        cells = (when, row.consumer, row.topic, place, row.source or "", row.reason, row.field, row.detail)
        table.add_row(*cells)
    screen = Screen()
    screen.print(table if page.lines else "There are no dead letters.")
    for reason in page.reasons:
        screen.print(f"{reason}: {reason_words(reason).of(language)}")
    for one in page.let_go:
        screen.print(f"Of {one.topic} {one.letters} were let go, {one.for_room} of them for want of room.")
