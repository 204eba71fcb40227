"""`pishkhan ledger verify`: everything recomputed from the rows, and, where they are not sound, from the log."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.progress import Progress

from consumers.runner.errors import BrokerUnavailable
from consumers.settlement.books import audit
from consumers.settlement.domain.audit import Break
from consumers.settlement.domain.chain import Row
from consumers.settlement.domain.differences import RowDifference, RowDifferenceKind
from consumers.settlement.verification import Books, PartitionVerdict, RequestsLog, Watch, name_differences
from deploy.commands.ledger_reading import watched
from deploy.commands.options import DataOption
from deploy.edge import Screen
from deploy.exits import ExitCode
from deploy.problem import Problem
from deploy.settings import Settings, load_settings
from deploy.use_cases import calmly_opened, logs_of

REPAIR_CHAIN = "`pishkhan repair chain` makes it again from the rows if they are those of the log, in its order"
SOUND = "The ledger is sound: Σ, running sums, hash chains, windows' anchors and exposure agree with the rows."


def verify(
    limit: Annotated[int, typer.Option(min=1, help="Name so many differing rows of each partition.")] = 20,
    data: DataOption = None,
) -> None:
    """Recompute everything from the rows: Σ, running sums, hash chains, windows' anchors, and offices' exposure.

    Where the rows of a partition do not make the chain that was kept, its part of the requests' log is folded again
    from the last sound window's end, and every row that differs is named: partition, number, transaction, and what it
    is against what the log says, the first one first. Only that needs the broker.

    [bold]Examples[/bold]

      pishkhan ledger verify

      pishkhan ledger verify --limit 100
    """
    console = Screen(highlight=False, soft_wrap=True)
    with calmly_opened(data) as view, watched(view.ledger) as watch:
        found = audit(view.ledger, watch)
        summary = found.summary
        console.print(
            f"{found.rows:,} transfers; held {summary.held_rial:,} = posted {summary.posted_rial:,} + voided "
            f"{summary.voided_rial:,} + still held {summary.still_held_rial:,} rial; Σ {summary.sum_rial:,}"
        )
        if not found.sound:
            named = list(_named(found.breaks, view.books, load_settings(data), limit))
            told = "\n".join(["The ledger is not sound:", *(f"  {line}" for line in (*found.findings, *named))])
            raise Problem(told, ExitCode.DIFFERS)
    console.print(SOUND)


def _named(breaks: Sequence[Break], books: Books, settings: Settings, limit: int) -> Iterator[str]:
    """Yield what differs, row by row, in every partition whose chain is broken."""
    if not breaks:
        return
    try:
        with logs_of(settings) as logs, folding_bar() as watch:
            for verdict in name_differences(breaks, books, RequestsLog(logs), limit, watch):
                yield from verdict_lines(verdict)
    except BrokerUnavailable as error:
        yield f"which rows differ cannot be said: that takes the log, and the broker does not answer ({error})"


def verdict_lines(verdict: PartitionVerdict) -> Iterator[str]:
    """Yield what is told of one partition: how many rows differ, and the first ones, each with what the log says."""
    where = f"the end of window {verdict.since_window}" if verdict.since_window else "the first row"
    counts = ", ".join(f"{verdict.rows[kind]:,} {kind.value}" for kind in RowDifferenceKind if verdict.rows.get(kind))
    yield (
        f"partition {verdict.partition}, its log folded again from {where}: "
        + (f"{sum(verdict.rows.values()):,} rows differ ({counts})" if counts else "every row is as the log makes it")
    )
    if verdict.lost:
        yield (
            f"  partition {verdict.partition}: nothing is kept of its chain: the row with settlement's position was "
            "lost; " + ("find out why the rows differ" if counts else REPAIR_CHAIN)
        )
    elif not verdict.proven and not counts:
        where = f"  partition {verdict.partition}"
        yield f"{where}: the kept chain was changed, or is that of another order; {REPAIR_CHAIN}"
    elif not verdict.proven:
        yield (
            f"  partition {verdict.partition}: the log does not make the kept chain either: it is not, or not in this "
            "order, what was settled, or the kept chain was changed; see `pishkhan reconcile`"
        )
    elif not counts:
        yield f"  partition {verdict.partition}: and they make the kept chain; what differs is kept of its windows"
    for one in verdict.first:
        yield f"  {difference_line(one)}"
    shown = sum(one.rows for one in verdict.first)
    if (more := sum(verdict.rows.values()) - shown) > 0:
        yield f"  … and {more:,} more; --limit shows more of them"


def difference_line(one: RowDifference) -> str:
    """Return one differing row: partition, number, transaction, and every field as it is and as the log says."""
    row = one.row
    named = f"partition {row.partition}, row {row.number}, transaction {row.transaction_id}"
    if one.kind is RowDifferenceKind.MISSING:
        return f"{named}: is missing; the log says {_brief(row)}"
    if one.kind is RowDifferenceKind.EXTRA:
        return f"{named}: is {_brief(row)}; the log has no such row"
    fields = "; ".join(f"{name} is {_shown(is_)}, the log says {_shown(says)}" for name, is_, says in one.fields())
    if one.rows > 1:
        return f"{named}, and {one.rows - 1:,} after it: {fields}, and so on by the same distance"
    return f"{named}: {fields}"


def _brief(row: Row) -> str:
    return f"{row.kind} of {row.amount_rial:,} rial, {row.debit_account} to {row.credit_account}, event {row.event_id}"


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "nothing" if value is None else str(value)


@contextmanager
def folding_bar() -> Iterator[Watch]:
    """Give what shows how far a partition's log is folded: a bar on the error stream, only to people."""
    console = Screen(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("folding the log", total=None)

        def watch(partition: int, done: int, total: int) -> None:
            progress.update(task, description=f"folding partition {partition}", completed=done, total=total)

        yield watch
