"""`pishkhan ledger`: the whole ledger for whoever wants to add it up, its balances, its proof, and statements."""

import csv
import errno
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.table import Column

from connectors.visible import csv_cell, json_text
from connectors.words.language import Language
from connectors.words.statement import statement_lines
from consumers.settlement.books import LedgerEntry, entries
from consumers.settlement.statement import statement_of
from deploy.commands.ledger_reading import watched
from deploy.commands.ledger_verify import verify
from deploy.commands.options import DataOption, LanguageOption
from deploy.edge import Grid, OutputLost, Screen, give_up_outputs, say_lines
from deploy.problem import Problem
from deploy.use_cases import calmly_opened


class Format(StrEnum):
    """How entries are written."""

    NDJSON = "ndjson"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    ledger = typer.Typer(
        help="The ledger: every entry, balances, proof, and statements.\n\n"
        "[bold]Examples[/bold]\n\n"
        "pishkhan ledger export --format csv --output ledger.csv\n\n"
        "pishkhan ledger verify",
        no_args_is_help=True,
    )
    ledger.command("export")(export)
    ledger.command("balances")(balances)
    ledger.command("verify")(verify)
    ledger.command("statement")(statement)
    app.add_typer(ledger, name="ledger")


def export(
    format_: Annotated[Format, typer.Option("--format", help="One JSON object per line, or CSV with a header.")] = (
        Format.NDJSON
    ),
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of the terminal.")] = None,
    data: DataOption = None,
) -> None:
    """Write every transfer as two lines: its debit, positive, and its credit, negative; all of them add up to zero.

    Lines hold transaction_id, event_id, request_id, kind, account, amount_rial and time (UTC). They are streamed:
    memory does not grow with the ledger. NDJSON is exact. CSV is for spreadsheets: amounts are numbers, and text that
    a spreadsheet would run as a formula has an apostrophe in front.

    [bold]Examples[/bold]

      pishkhan ledger export > ledger.ndjson

      pishkhan ledger export --format csv --output ledger.csv
    """
    write = {Format.NDJSON: _write_ndjson, Format.CSV: _write_csv}[format_]
    try:
        with _target(output) as stream, calmly_opened(data) as view, watched(view.ledger) as watch:
            write(stream, entries(watch(view.ledger.all_rows())))
    except (BrokenPipeError, OutputLost) as lost:
        if lost.errno != errno.EPIPE:
            raise
        # Whoever read has seen enough, as `head` has; flushing the rest at exit must not complain.
        give_up_outputs()


def balances(
    prefix: Annotated[str, typer.Argument(help="Only accounts that begin so, such as office: or bank:.")] = "",
    data: DataOption = None,
) -> None:
    """Show every account's debits, credits and balance in rial, summed over the rows themselves.

    A positive balance is owed by the account's holder, a negative one is owed to it.

    [bold]Examples[/bold]

      pishkhan ledger balances

      pishkhan ledger balances office:
    """
    with calmly_opened(data) as view:
        found, disputed = view.ledger.balances(prefix), view.ledger.disputed()
    table = Grid("account", *(_number_column(name) for name in ("debits", "credits", "balance, rial")))
    for line in found:
        amounts = (line.debits_rial, line.credits_rial, line.balance_rial)
        table.add_row(line.account, *(f"{amount:,}" for amount in amounts))
    console = Screen()
    console.print(table if found else "No account begins so." if prefix else "The ledger is empty.")
    if found:
        console.print(f"Σ {sum(line.balance_rial for line in found):,} rial", highlight=False)
    if disputed.requests:
        console.print(
            f"{disputed.requests} requests are in dispute; {disputed.posted_rial:,} rial posted for them stay out of "
            "settlement runs.",
            highlight=False,
        )


def statement(
    account: Annotated[str, typer.Argument(help="An account, as `pishkhan ledger balances` shows them.")],
    window: Annotated[int, typer.Option(min=1, help="The settlement window's number.")],
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Show one account's window: opening, movements by kind, closing; and what is owed to citizens in all.

    [bold]Examples[/bold]

      pishkhan ledger statement bank:bank-melli --window 1

      pishkhan ledger statement office:urban-001:drawer --window 1 --lang fa
    """
    with calmly_opened(data) as view:
        found = statement_of(view.statement, account, window)
    if found is None:
        raise Problem(f"{account} has no entry up to window {window}. `pishkhan ledger balances` lists accounts.")
    say_lines(statement_lines(found, language))


@contextmanager
def _target(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        # Here, and not at exit, where nobody could tell a reader that has seen enough from a fault.
        sys.stdout.flush()
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as stream:
            yield stream
    except OSError as error:
        raise Problem(f"{output} cannot be written: {error.strerror}.") from error


def _write_ndjson(stream: TextIO, sides: Iterable[LedgerEntry]) -> None:
    for entry in sides:
        stream.write(json_text(dict(zip(entry._fields, _texts(entry), strict=True))) + "\n")


def _write_csv(stream: TextIO, sides: Iterable[LedgerEntry]) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(LedgerEntry._fields)
    writer.writerows(map(csv_cell, _texts(entry)) for entry in sides)


def _texts(entry: LedgerEntry) -> tuple[str | int | None, ...]:
    return (
        str(entry.transaction_id),
        entry.event_id,
        None if entry.request_id is None else str(entry.request_id),
        entry.kind,
        entry.account,
        entry.amount_rial,
        entry.time.isoformat().replace("+00:00", "Z"),
    )


def _number_column(name: str) -> Column:
    return Column(name, justify="right")
