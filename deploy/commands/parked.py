"""`pishkhan parked`: what waits, and what an operator wants done with it."""

from typing import Annotated

import typer

from connectors.words.language import Language
from connectors.words.parked import (
    NOTHING_PARKED,
    decision_words,
    details,
    missing_words,
    noted_lines,
    shown_words,
)
from consumers.parked import ChoiceInvalid, Chosen, decide, parked_details, parked_page
from consumers.parking import OperatorAction, ParkReason
from deploy.commands.options import DataOption, LanguageOption
from deploy.edge import Grid, Screen
from deploy.exits import ExitCode
from deploy.operations.administering import administered, this_user
from deploy.problem import Misused, Problem
from deploy.terminal.parked import parked_table
from deploy.use_cases import opened
from producers.access.audit import AdminAct

LimitOption = Annotated[int, typer.Option(help="Show so many at most.")]
ConsumerOption = Annotated[str | None, typer.Option(help="Only of this consumer, such as requests.")]
ReasonOption = Annotated[ParkReason | None, typer.Option(help="Only what waits for this reason.")]
IdArgument = Annotated[int, typer.Argument(help="An id of `pishkhan parked list`, or of an event that has left.")]
IdsArgument = Annotated[list[int] | None, typer.Argument(help="Ids as `pishkhan parked list` shows them.")]
FailedOption = Annotated[
    bool, typer.Option("--failed", help="Instead of ids: everything that failed, of all consumers or of --consumer.")
]
WhyOption = Annotated[str, typer.Option(help="The reason; it stays on record.")]
ByOption = Annotated[str, typer.Option(help="Who decides.", default_factory=this_user, show_default="your login")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    parked = typer.Typer(
        help="Events that wait: for a predecessor, for the registry, for their next try, or for a person.\n\n"
        "An event on which the code failed is tried again by itself after 5 s, 30 s, 5 min and 30 min; then a person "
        "decides. Later events of its key wait behind it.\n\n"
        "[bold]Examples[/bold]\n\n"
        "pishkhan parked list --reason failed\n\n"
        "pishkhan parked show 17\n\n"
        "pishkhan parked redrive 17 18 --why 'the service is published now'\n\n"
        "pishkhan parked redrive --failed --consumer requests --why 'repaired in 1.4.2'\n\n"
        "pishkhan parked skip 17 --why 'sent by mistake, the agency has sent another'",
        no_args_is_help=True,
        rich_markup_mode="rich",
    )
    parked.command("list")(list_parked)
    parked.command("show")(show)
    parked.command("redrive")(redrive)
    parked.command("skip")(skip)
    app.add_typer(parked, name="parked")


def list_parked(
    limit: LimitOption = 50,
    consumer: ConsumerOption = None,
    reason: ReasonOption = None,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Show what waits, the longest first, and until when.

    [bold]Example[/bold]

      pishkhan parked list --reason failed
    """
    with opened(data) as view:
        page = parked_page(view.park, limit, consumer, reason)
    console = Screen()
    console.print(parked_table(page.lines, language) if page.lines else NOTHING_PARKED.of(language))
    if len(page.lines) < page.count:
        console.print(shown_words(len(page.lines), page.count, language), highlight=False, soft_wrap=True)


def show(parked_id: IdArgument, language: LanguageOption = Language.EN, data: DataOption = None) -> None:
    """Show one event without its body, and every decision on it: who, when, why, and what became of it.

    [bold]Example[/bold]

      pishkhan parked show 17
    """
    with opened(data) as view:
        found = parked_details(view.park, parked_id)
    if found is None:
        raise Problem(f"No event {parked_id} is parked, and nobody has decided on one. See `pishkhan parked list`.")
    table = Grid(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in details(found, language):
        table.add_row(name, value)
    console = Screen()
    console.print(table)
    for decision in found.decisions:
        console.print(decision_words(decision, language), highlight=False, soft_wrap=True)


def redrive(
    why: WhyOption,
    by: ByOption,
    ids: IdsArgument = None,
    failed: FailedOption = False,
    consumer: ConsumerOption = None,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Try events again: their consumer applies them as if they came now, in their order.

    [bold]Examples[/bold]

      pishkhan parked redrive 17 18 --why 'the service is published now'

      pishkhan parked redrive --failed --consumer requests --why 'repaired in 1.4.2'
    """
    _decide(_chosen(ids or [], consumer, failed=failed), OperatorAction.REDRIVE, by, why, language, data)


def skip(
    why: WhyOption,
    by: ByOption,
    ids: IdsArgument = None,
    failed: FailedOption = False,
    consumer: ConsumerOption = None,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Give events up: they are never applied, and those behind them go on. Sent again they are repetitions.

    A submission that waits for the registry is decided instead, without what it waits for: its request must end.

    [bold]Example[/bold]

      pishkhan parked skip 17 --why 'sent by mistake, the agency has sent another'
    """
    _decide(_chosen(ids or [], consumer, failed=failed), OperatorAction.SKIP, by, why, language, data)


def _chosen(ids: list[int], consumer: str | None, *, failed: bool) -> Chosen:
    try:
        return Chosen(ids, failed, consumer)
    except ChoiceInvalid:
        if ids and not failed:
            raise Misused("--consumer belongs to --failed; ids are of one consumer each.") from None
        raise Misused(
            "Say which events: ids as `pishkhan parked list` shows them, or --failed for all that failed."
        ) from None


_ACTS = {OperatorAction.REDRIVE: AdminAct.PARKED_REDRIVE, OperatorAction.SKIP: AdminAct.PARKED_SKIP}


def _decide(chosen: Chosen, action: OperatorAction, by: str, why: str, language: Language, data: DataOption) -> None:
    of = "" if chosen.consumer is None else f" of {chosen.consumer}"
    about = f"all that failed{of}" if chosen.failed else f"events {' '.join(map(str, chosen.ids))}"
    with administered(data, _ACTS[action], about, by) as (view, deed):
        decided = decide(view.park, chosen, action, by, why)
        deed.decided(decided.found, decided.missing)
    console = Screen(soft_wrap=True, highlight=False)
    for line in noted_lines(decided.found, action, decided.replaced, language):
        console.print(line)
    if decided.missing:
        raise Problem(missing_words(decided.missing, language), ExitCode.REFUSED)
