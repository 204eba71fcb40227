"""`pishkhan parked`: what waits, and what an operator wants done with it."""

import getpass
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from connectors.database.park_operator import DecisionLine, ParkedLine, ParkOperator
from consumers.parking import NEVER, DecisionOutcome, OperatorAction, ParkReason
from deploy.commands.database import worker_connection
from deploy.commands.options import DataOption
from deploy.problem import Problem

LimitOption = Annotated[int, typer.Option(help="Show so many at most.")]
ConsumerOption = Annotated[str | None, typer.Option(help="Only of this consumer, such as requests.")]
ReasonOption = Annotated[ParkReason | None, typer.Option(help="Only what waits for this reason.")]
IdArgument = Annotated[int, typer.Argument(help="An id of `pishkhan parked list`, or of an event that has left.")]
IdsArgument = Annotated[list[int] | None, typer.Argument(help="Ids as `pishkhan parked list` shows them.")]
FailedOption = Annotated[
    bool, typer.Option("--failed", help="Instead of ids: everything that failed, of all consumers or of --consumer.")
]
WhyOption = Annotated[str, typer.Option(help="The reason; it stays on record.")]
ByOption = Annotated[str, typer.Option(help="Who decides.", default_factory=getpass.getuser)]

#: What became of a decision, in words that end with when.
OUTCOMES: dict[DecisionOutcome, str] = {
    DecisionOutcome.DONE: "applied or refused at",
    DecisionOutcome.SKIPPED: "given up for good at",
    DecisionOutcome.KEPT: "tried, and still parked, at",
    DecisionOutcome.REPLACED: "decided anew at",
}
#: Of an event's envelope, what says which one it is. Its body may be a citizen's.
SHOWN_HEADERS = ("ce_type", "ce_source", "ce_id", "ce_time", "ce_sequence")


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
        "pishkhan parked redrive --failed --consumer requests --why 'repaired in 1.4.2'"
    )
    parked.command("list")(list_parked)
    parked.command("show")(show)
    parked.command("redrive")(redrive)
    parked.command("skip")(skip)
    app.add_typer(parked, name="parked")


def list_parked(
    limit: LimitOption = 50, consumer: ConsumerOption = None, reason: ReasonOption = None, data: DataOption = None
) -> None:
    """Show what waits, the longest first, and until when."""
    with worker_connection(data) as connection:
        lines = ParkOperator(connection).oldest(limit, consumer, reason)
    table = Table("id", "waits", box=box.SIMPLE_HEAD, pad_edge=False)
    # A request's id is there to be copied, so it stays on one line of a terminal of 80 columns.
    table.add_column("key and detail", min_width=36, overflow="fold")
    table.add_column("until", overflow="fold")
    for line in lines:
        decided = f"\n{line.operator_action} by {line.decided_by}" if line.operator_action else ""
        cells = (str(line.id), f"{line.consumer}\n{line.reason}", f"{line.key}\n{line.detail}", until(line) + decided)
        table.add_row(*map(escape, cells))
    Console().print(table if lines else "Nothing is parked.")


def show(parked_id: IdArgument, data: DataOption = None) -> None:
    """Show one event without its body, and every decision on it: who, when, why, and what became of it."""
    with worker_connection(data) as connection:
        operator = ParkOperator(connection)
        line, decisions = operator.find(parked_id), operator.decisions(parked_id)
        headers = operator.headers(parked_id)
    if line is None and not decisions:
        raise Problem(f"No event {parked_id} is parked, and nobody has decided on one. See `pishkhan parked list`.")
    facts = _facts(line, headers) if line is not None else _facts_of_decision(decisions[-1])
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(name, escape(value))
    console = Console()
    console.print(table)
    for decision in decisions:
        words = f"{_moment(decision.decided_at)}  {decision.action} by {decision.decided_by}: {decision.why}"
        console.print(f"{words} ({_ended(decision)})", markup=False, highlight=False, soft_wrap=True)


def redrive(
    why: WhyOption,
    by: ByOption,
    ids: IdsArgument = None,
    failed: FailedOption = False,
    consumer: ConsumerOption = None,
    data: DataOption = None,
) -> None:
    """Try events again: their consumer applies them as if they came now, in their order."""
    _decide(ids or [], failed, consumer, OperatorAction.REDRIVE, by, why, data)


def skip(
    why: WhyOption,
    by: ByOption,
    ids: IdsArgument = None,
    failed: FailedOption = False,
    consumer: ConsumerOption = None,
    data: DataOption = None,
) -> None:
    """Give events up: they are never applied, and those behind them go on."""
    _decide(ids or [], failed, consumer, OperatorAction.SKIP, by, why, data)


def until(line: ParkedLine) -> str:
    """Say what ends the wait of one event."""
    if line.reason == ParkReason.FAILED:
        if line.next_try_at is None:
            return f"a person decides\nfailed {_times(line.tries)}"
        return f"{_moment(line.next_try_at)}\nfailed {_times(line.tries)}"
    if line.expires_at < NEVER:
        return f"{line.expires_at:%Y-%m-%d %H:%M}"
    return "the events before it"


def _decide(
    ids: list[int], failed: bool, consumer: str | None, action: OperatorAction, by: str, why: str, data: DataOption
) -> None:
    if bool(ids) == failed:
        raise Problem("Say which events: ids as `pishkhan parked list` shows them, or --failed for all that failed.")
    if consumer is not None and not failed:
        raise Problem("--consumer belongs to --failed; ids are of one consumer each.")
    with worker_connection(data) as connection:
        operator = ParkOperator(connection)
        if failed:
            found = operator.decide_on_failed(consumer, action, by, why)
        else:
            found = operator.decide(ids, action, by, why)
        replaced = operator.replaced(found)
    missing = sorted(set(ids) - set(found))
    console = Console(soft_wrap=True, highlight=False, markup=False)
    for one in replaced:
        console.print(f"{one.parked_id}: this replaces {one.action} by {one.decided_by}: {one.why}")
    console.print(f"{len(found)} events: {action.value}, for the worker to do")
    if missing:
        raise Problem(f"Not parked any more, or never were: {', '.join(map(str, missing))}.")


def _facts(line: ParkedLine, headers: dict[str, str]) -> Iterable[tuple[str, str]]:
    yield "event", f"{line.id} of {line.consumer}, key {line.key}"
    yield "waits", f"{line.reason}: {line.detail}"
    yield "until", until(line).replace("\n", ", ")
    yield "since", f"{_moment(line.parked_at)} (the broker had it at {_moment(line.appended_at)})"
    yield "from", f"{line.topic} {line.partition}/{line.position}"
    yield from ((name, headers[name]) for name in SHOWN_HEADERS if name in headers)


def _facts_of_decision(decision: DecisionLine) -> Iterable[tuple[str, str]]:
    yield "event", f"{decision.parked_id} of {decision.consumer}, key {decision.key}"
    yield "waited", f"{decision.reason}: {decision.detail}"
    yield "now", "it has left the park"
    yield "from", f"{decision.topic} {decision.partition}/{decision.position}"
    said = (("ce_type", decision.type), ("ce_source", decision.source), ("ce_id", decision.event_id))
    yield from ((name, value) for name, value in said if value is not None)


def _ended(decision: DecisionLine) -> str:
    if decision.outcome is None or decision.ended_at is None:
        return "for a worker to do"
    return f"{OUTCOMES[DecisionOutcome(decision.outcome)]} {_moment(decision.ended_at)}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _times(tries: int) -> str:
    return "once" if tries == 1 else f"{tries} times"
