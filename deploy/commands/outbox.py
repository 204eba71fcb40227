"""`pishkhan outbox`: events that no broker takes, and what an operator wants done with them."""

from collections.abc import Sequence
from typing import Annotated

import typer

from connectors.words.language import Language
from connectors.words.outbox import HEADINGS, NOTHING, cells, not_noted_words, noted_words
from deploy.commands.options import DataOption, LanguageOption
from deploy.commands.parked import ByOption, WhyOption
from deploy.edge import Grid, Screen
from deploy.exits import ExitCode
from deploy.operations.administering import administered
from deploy.problem import Problem
from deploy.use_cases import opened
from producers.access.audit import AdminAct
from producers.set_aside import OutboxAction, decide, set_aside_rows

IdsArgument = Annotated[list[int], typer.Argument(help="Ids as `pishkhan outbox list` shows them.")]
DecidedOption = Annotated[bool, typer.Option("--decided", help="Show instead what was decided on: by whom and why.")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    outbox = typer.Typer(
        help="Events that can never be published as they are: too large for their topic, or refused by the broker.\n\n"
        "Such an event waits for a person, and later events of its key in that topic wait behind it. All others go "
        "on.\n\n"
        "[bold]Examples[/bold]\n\n"
        "pishkhan outbox list\n\n"
        "pishkhan outbox retry 3 --why 'the topic takes larger events again'\n\n"
        "pishkhan outbox give-up 4 --why 'it is published again, in two parts'",
        no_args_is_help=True,
        rich_markup_mode="rich",
    )
    outbox.command("list")(list_set_aside)
    outbox.command("retry")(retry)
    outbox.command("give-up")(give_up)
    app.add_typer(outbox, name="outbox")


def list_set_aside(
    decided: DecidedOption = False, language: LanguageOption = Language.EN, data: DataOption = None
) -> None:
    """Show what was set aside, why, and how many events wait behind it.

    [bold]Examples[/bold]

      pishkhan outbox list

      pishkhan outbox list --decided
    """
    with opened(data) as view:
        rows = set_aside_rows(view.aside, decided=decided)
    table = Grid(*(heading.of(language) for heading in HEADINGS))
    for row in rows:
        table.add_row(*cells(row.line, row.behind, language))
    Screen().print(table if rows else NOTHING.of(language))


def retry(
    ids: IdsArgument, why: WhyOption, by: ByOption, language: LanguageOption = Language.EN, data: DataOption = None
) -> None:
    """Let the relay try events again, and what waits behind them. What is refused again is set aside again.

    [bold]Example[/bold]

      pishkhan outbox retry 3 --why 'the topic takes larger events again'
    """
    _decide(ids, OutboxAction.RETRY, by, why, language, data)


def give_up(
    ids: IdsArgument, why: WhyOption, by: ByOption, language: LanguageOption = Language.EN, data: DataOption = None
) -> None:
    """Never publish events; what waits behind them goes on. Numbered ones cannot be: their readers would wait.

    [bold]Example[/bold]

      pishkhan outbox give-up 4 --why 'it is published again, in two parts'
    """
    _decide(ids, OutboxAction.GIVE_UP, by, why, language, data)


_ACTS = {OutboxAction.RETRY: AdminAct.OUTBOX_RETRY, OutboxAction.GIVE_UP: AdminAct.OUTBOX_GIVE_UP}


def _decide(ids: Sequence[int], action: OutboxAction, by: str, why: str, language: Language, data: DataOption) -> None:
    with administered(data, _ACTS[action], f"rows {' '.join(map(str, ids))}", by) as (view, deed):
        decided = decide(view.aside, ids, action, by, why)
        deed.decided(decided.found, decided.missing)
    if decided.found:
        Screen(soft_wrap=True, highlight=False).print(noted_words(decided.found, action, language))
    if decided.missing:
        raise Problem(not_noted_words(decided.missing, action, language), ExitCode.REFUSED)
