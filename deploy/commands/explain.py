"""`pishkhan explain`: why a request went to its office, in words, and whether that can be recomputed from the logs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from connectors.words.explanation import explanation_lines, verification_lines
from connectors.words.language import Language
from connectors.words.standing import standing_lines
from consumers.logs import Progress as Report
from consumers.requests.account import Account, AccountImpossible, Accounts
from consumers.requests.domain.review.standing import standings
from consumers.requests.domain.review.verify import VerificationResult
from consumers.runner.errors import BrokerUnavailable
from deploy.commands.options import DataOption
from deploy.edge import Screen, say_json, say_lines
from deploy.exits import ExitCode, end_with
from deploy.problem import Unreachable
from deploy.settings import load_settings
from deploy.terminal.request_ids import request_id_of
from deploy.use_cases import logs_of, opened

LANGUAGE_HELP = "Language of the answer."
ALL_HELP = "Name the offices behind every count (reads all logs)."
OFFICE_HELP = "Why not this office? Say where it stood in each decision (reads all logs)."
VERIFY_HELP = "Decide again from the logs, loads included, and say whether it is the same (reads all logs)."
JSON_HELP = "Answer as one JSON object, for machines."
#: How what was found ends the command.
_CODES = {
    VerificationResult.SAME: ExitCode.DONE,
    VerificationResult.DIFFERENT: ExitCode.DIFFERS,
    VerificationResult.NOT_RECOMPUTED: ExitCode.UNKNOWN,
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain_request)


def explain_request(
    request: Annotated[str, typer.Argument(metavar="REQUEST_ID", help="The request's id, or its beginning.")],
    language: Annotated[Language, typer.Option("--lang", help=LANGUAGE_HELP)] = Language.EN,
    all_offices: Annotated[bool, typer.Option("--all", help=ALL_HELP)] = False,
    verified: Annotated[bool, typer.Option("--verify", help=VERIFY_HELP)] = False,
    office: Annotated[str | None, typer.Option(help=OFFICE_HELP)] = None,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
    data: DataOption = None,
) -> None:
    """Tell why a request went to its office, or why nobody got it.

    Who was looked at, who was excluded and why, the draw with its sums, the agreement and every version behind it.
    With --verify it is done (0) only when there are decisions and each was made again and is the same.

    [bold]Examples[/bold]

      pishkhan explain 019ab3c4-5d6e

      pishkhan explain 019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071 --lang fa --all --verify

      pishkhan explain 019ab3c4-5d6e --office urban-001
    """
    settings = load_settings(data)
    request_id = request_id_of(request, lambda: opened(data))
    secret = settings.routing_secret.get_secret_value().encode() or None
    try:
        with logs_of(settings) as logs, _bar() as bar:
            accounts = Accounts(logs, secret, lambda what: _task(bar, what))
            account = accounts.give(request_id, lists=all_offices or office is not None, verified=verified)
    except BrokerUnavailable as error:
        raise Unreachable(f"The broker does not answer ({error}). Is the bus running? Try `pishkhan doctor`.") from None
    except AccountImpossible as error:
        raise Unreachable(str(error)) from None
    _show(account, office, language, as_json=as_json)
    end_with(_CODES[account.finding])


def _show(account: Account, office: str | None, language: Language, *, as_json: bool) -> None:
    found = () if office is None else standings(account.explanation, office)
    if as_json:
        told = account.explanation.model_dump(mode="json")
        if account.verified:
            told["verification"] = [one.model_dump(mode="json") for one in account.verifications]
        if office is not None:
            told["standings"] = [one.model_dump(mode="json") for one in found]
        say_json(told)
        return
    lines = explanation_lines(account.explanation, language) if office is None else []
    if office is not None:
        lines += standing_lines(found, office, language)
    if account.verified or account.verifications:
        lines += verification_lines(account.verifications, language)
    say_lines(lines)


@contextmanager
def _bar() -> Iterator[Progress]:
    """Show bars on the error stream, only to people."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Screen(stderr=True), transient=True) as bar:
        yield bar


def _task(bar: Progress, what: str) -> Report:
    task = bar.add_task(f"reading {what}", total=None)

    def report(read: int, total: int) -> None:
        bar.update(task, completed=read, total=total)

    return report
