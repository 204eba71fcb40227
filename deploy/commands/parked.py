"""`pishkhan parked`: what waits, and what an operator wants done with it."""

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from connectors.database.parking.operator import ParkOperator
from connectors.words.language import Language
from consumers.parking import OperatorAction, ParkReason
from deploy.commands.database import worker_connection
from deploy.commands.options import DataOption, LanguageOption
from deploy.edge import Grid, Screen
from deploy.exits import ExitCode
from deploy.problem import Misused, Problem
from deploy.terminal.parked_words import (
    NOTHING_PARKED,
    decision_words,
    facts,
    facts_of_decision,
    missing_words,
    noted_lines,
    parked_table,
    shown_words,
)

LimitOption = Annotated[int, typer.Option(help="Show so many at most.")]
ConsumerOption = Annotated[str | None, typer.Option(help="Only of this consumer, such as requests.")]
ReasonOption = Annotated[ParkReason | None, typer.Option(help="Only what waits for this reason.")]
IdArgument = Annotated[int, typer.Argument(help="An id of `pishkhan parked list`, or of an event that has left.")]
IdsArgument = Annotated[list[int] | None, typer.Argument(help="Ids as `pishkhan parked list` shows them.")]
FailedOption = Annotated[
    bool, typer.Option("--failed", help="Instead of ids: everything that failed, of all consumers or of --consumer.")
]
WhyOption = Annotated[str, typer.Option(help="The reason; it stays on record.")]
ByOption = Annotated[str, typer.Option(help="Who decides.", default_factory=getpass.getuser, show_default="your login")]


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
    """Show what waits, the longest first, and until when."""
    with worker_connection(data) as connection:
        operator = ParkOperator(connection)
        lines, count = operator.oldest(limit, consumer, reason), operator.count(consumer, reason)
    console = Screen()
    console.print(parked_table(lines, language) if lines else NOTHING_PARKED.of(language))
    if len(lines) < count:
        console.print(shown_words(len(lines), count, language), highlight=False, soft_wrap=True)


def show(parked_id: IdArgument, language: LanguageOption = Language.EN, data: DataOption = None) -> None:
    """Show one event without its body, and every decision on it: who, when, why, and what became of it."""
    with worker_connection(data) as connection:
        operator = ParkOperator(connection)
        line, decisions = operator.find(parked_id), operator.decisions(parked_id)
        headers = operator.headers(parked_id)
    if line is None and not decisions:
        raise Problem(f"No event {parked_id} is parked, and nobody has decided on one. See `pishkhan parked list`.")
    known = facts_of_decision(decisions[-1], language) if line is None else facts(line, headers, language)
    table = Grid(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in known:
        table.add_row(name, value)
    console = Screen()
    console.print(table)
    for decision in decisions:
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
    """Try events again: their consumer applies them as if they came now, in their order."""
    _decide(_Chosen(ids or [], failed, consumer), OperatorAction.REDRIVE, by, why, language, data)


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
    """
    _decide(_Chosen(ids or [], failed, consumer), OperatorAction.SKIP, by, why, language, data)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which events a person means: these ids, or all that failed, of one consumer or of all. Raises `Misused`."""

    ids: Sequence[int]
    failed: bool
    consumer: str | None

    def __post_init__(self) -> None:
        if bool(self.ids) == self.failed:
            raise Misused(
                "Say which events: ids as `pishkhan parked list` shows them, or --failed for all that failed."
            )
        if self.consumer is not None and not self.failed:
            raise Misused("--consumer belongs to --failed; ids are of one consumer each.")


def _decide(chosen: _Chosen, action: OperatorAction, by: str, why: str, language: Language, data: DataOption) -> None:
    with worker_connection(data) as connection:
        operator = ParkOperator(connection)
        if chosen.failed:
            found = operator.decide_on_failed(chosen.consumer, action, by, why)
        else:
            found = operator.decide(chosen.ids, action, by, why)
        replaced = operator.replaced(found)
    console = Screen(soft_wrap=True, highlight=False)
    for line in noted_lines(found, action, replaced, language):
        console.print(line)
    missing = sorted(set(chosen.ids) - set(found))
    if missing:
        raise Problem(missing_words(missing, language), ExitCode.REFUSED)
