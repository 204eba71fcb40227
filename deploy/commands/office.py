"""`pishkhan office`: a counter office's side, from the terminal."""

import sys
import time
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Group, RenderableType
from rich.live import Live

from connectors.ids import new_id
from connectors.words.language import Language, Phrase
from connectors.words.money import amount
from connectors.words.outcomes import tracking
from consumers.registry.domain.known import EntryKind
from consumers.registry.lookup import CodeUnknown, check_known
from consumers.requests.inbox import desk_fee, inbox_of, owed_rial, tracking_code
from deploy.commands.options import DataOption, LanguageOption
from deploy.exits import ExitCode, end_with
from deploy.problem import Problem
from deploy.terminal.inbox import inbox_table, owed_lines, return_command
from deploy.terminal.speaking import ANSWER_SECONDS, Terminal, claim_of
from deploy.terminal.waiting import take_back, waiting_table
from schemas.decode import SomeEvent
from schemas.intake_office import (
    AgencyAwaited,
    DeclineReason,
    FeeCollected,
    FeeReturned,
    PaymentMethod,
    RequestAccepted,
    RequestDeclined,
    ServiceDelivered,
    ServiceStarted,
)
from schemas.speakers import office_source

REFRESH_SECONDS = 0.5
_STILL_OWED = Phrase("هنوز به شهروند بدهکارید: {amount}؛ {command}", "still to give back: {amount}; {command}")

RequestArgument = Annotated[
    str, typer.Argument(metavar="REQUEST_ID", help="The request's id, or its beginning, as the inbox shows it.")
]
OperatorOption = Annotated[str, typer.Option("--operator", help="Code of the operator at the desk.")]
WaitOption = Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait for the answer.")]
ReceiptOption = Annotated[str | None, typer.Option("--receipt", help="Number of the receipt; a new one by default.")]

_HELP = """Play a counter office: see what it has, and report what happens to it.

Every command says one thing to the bus and prints the answer. A step that comes too
early is refused with the command to use first. What has to wait for another party says for whom and until when.

[bold]Examples[/bold]

  pishkhan office urban-001 inbox

  pishkhan office urban-001 accept 019ab3c4-5d6e --lang fa
"""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    office = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
    office.callback(help=_HELP)(_named)
    for name, command in (
        ("inbox", show_inbox),
        ("accept", accept),
        ("decline", decline),
        ("collect", collect),
        ("return", give_back),
        ("start", start),
        ("await", ask),
        ("deliver", deliver),
        ("withdraw-claim", withdraw_claim),
    ):
        office.command(name)(command)
    app.add_typer(office, name="office")


def _named(
    context: typer.Context,
    office: Annotated[str, typer.Argument(metavar="OFFICE_ID", help="The office's code.")],
) -> None:
    context.obj = office


def show_inbox(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Print once instead of staying live.")] = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Show the office's requests, and what it has to give back to citizens, live until Ctrl-C.

    [bold]Examples[/bold]

      pishkhan office urban-001 inbox

      pishkhan office urban-001 inbox --once --lang fa
    """
    with Terminal(data, language) as terminal:
        _check_office(terminal, context.obj)
        if once or not sys.stdout.isatty():
            terminal.console.print(_inbox(terminal, context.obj), soft_wrap=False)
            return
        with Live(_inbox(terminal, context.obj), console=terminal.console, auto_refresh=False, screen=True) as live:
            while True:
                time.sleep(REFRESH_SECONDS)
                live.update(_inbox(terminal, context.obj), refresh=True)


def accept(
    context: typer.Context,
    request: RequestArgument,
    operator: OperatorOption = "operator-1",
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Take a routed request on; the answer says what to collect, and the tracking code to tell the citizen.

    [bold]Example[/bold]

      pishkhan office urban-001 accept 019ab3c4-5d6e
    """
    with Terminal(data, language) as terminal:
        request_id = terminal.request_id(request, office=context.obj)
        with terminal.before_saying() as view:
            code = tracking_code(view.inbox, request_id)
        claim = claim_of(RequestAccepted, request_id=request_id, operator=operator)
        end = terminal.said(_source(context), claim, request_id, wait_seconds)
        if end is not ExitCode.REFUSED and code is not None:
            terminal.console.print(tracking(code, language))
        end_with(end)


def decline(
    context: typer.Context,
    request: RequestArgument,
    reason: Annotated[DeclineReason, typer.Option(help="Why.")] = DeclineReason.OTHER,
    operator: OperatorOption = "operator-1",
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Send a routed request back; it goes to another office.

    [bold]Example[/bold]

      pishkhan office urban-001 decline 019ab3c4-5d6e --reason equipment_broken
    """
    with Terminal(data, language) as terminal:
        _say(terminal, context, request, wait_seconds, RequestDeclined, reason=reason, operator=operator)


def collect(
    context: typer.Context,
    request: RequestArgument,
    receipt: ReceiptOption = None,
    amount_rial: Annotated[int | None, typer.Option("--amount", min=1, help="Rial; the whole fee by default.")] = None,
    pos_reference: Annotated[str | None, typer.Option("--pos", help="Reference of a card payment.")] = None,
    operator: OperatorOption = "operator-1",
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Record that the citizen paid the fee, in cash, or by card with --pos. Amounts are rial.

    [bold]Examples[/bold]

      pishkhan office urban-001 collect 019ab3c4-5d6e

      pishkhan office urban-001 collect 019ab3c4-5d6e --pos 004711
    """
    with Terminal(data, language) as terminal:
        request_id = terminal.request_id(request, office=context.obj)
        with terminal.before_saying() as view:
            fee = desk_fee(view.inbox, request_id)
        if amount_rial is None:
            if fee is None:
                first = f"pishkhan office {context.obj} accept {request}"
                raise Problem(f"What to collect for {request} is not known; accept it first: {first}")
            if fee.amount_rial == 0:
                raise Problem(f"The office collects nothing for {request}.")
            amount_rial = fee.amount_rial
        terminal.console.print(amount(amount_rial, language), style="bold")
        if fee is not None and fee.by_card and pos_reference is None:
            raise Problem("The tariff says that this fee is paid by card: give --pos REFERENCE.")
        claim = claim_of(
            FeeCollected,
            request_id=request_id,
            amount_rial=amount_rial,
            method=PaymentMethod.CASH if pos_reference is None else PaymentMethod.POS,
            receipt_number=receipt or _new_receipt(),
            pos_reference=pos_reference,
            operator=operator,
        )
        terminal.say(_source(context), claim, request_id, wait_seconds)


def give_back(
    context: typer.Context,
    request: RequestArgument,
    amount_rial: Annotated[
        int | None, typer.Option("--amount", min=1, help="Rial; all that is owed by default.")
    ] = None,
    receipt: ReceiptOption = None,
    operator: OperatorOption = "operator-1",
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Record money that went back to the citizen. Amounts are rial.

    [bold]Example[/bold]

      pishkhan office urban-001 return 019ab3c4-5d6e --amount 30000
    """
    with Terminal(data, language) as terminal:
        request_id = terminal.request_id(request, office=context.obj)
        amount_rial = amount_rial or _owed_rial(terminal, request_id)
        if not amount_rial:
            raise Problem(f"Nothing is owed to the citizen of {request}; see the inbox, or give --amount.")
        claim = claim_of(
            FeeReturned,
            request_id=request_id,
            amount_rial=amount_rial,
            receipt_number=receipt or _new_receipt(),
            operator=operator,
        )
        terminal.console.print(amount(amount_rial, language), style="bold")
        terminal.say(_source(context), claim, request_id, wait_seconds)
        _tell_rest(terminal, context.obj, request_id)


def start(
    context: typer.Context,
    request: RequestArgument,
    operator: OperatorOption = "operator-1",
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Begin the work.

    [bold]Example[/bold]

      pishkhan office urban-001 start 019ab3c4-5d6e
    """
    with Terminal(data, language) as terminal:
        _say(terminal, context, request, wait_seconds, ServiceStarted, operator=operator)


def ask(
    context: typer.Context,
    request: RequestArgument,
    question: Annotated[str | None, typer.Option(help="What the office asks; no personal data.")] = None,
    operator: OperatorOption = "operator-1",
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Ask the agency, and wait for its answer.

    [bold]Example[/bold]

      pishkhan office urban-001 await 019ab3c4-5d6e --question 'Which of the two meters is it?'
    """
    with Terminal(data, language) as terminal:
        _say(terminal, context, request, wait_seconds, AgencyAwaited, question=question, operator=operator)


def deliver(
    context: typer.Context,
    request: RequestArgument,
    operator: OperatorOption = "operator-1",
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """The citizen has what was asked for: the request is complete.

    [bold]Example[/bold]

      pishkhan office urban-001 deliver 019ab3c4-5d6e
    """
    with Terminal(data, language) as terminal:
        _say(terminal, context, request, wait_seconds, ServiceDelivered, operator=operator)


def _say(
    terminal: Terminal,
    context: typer.Context,
    request: str,
    wait_seconds: float,
    model: type[SomeEvent],
    **fields: object,
) -> None:
    """Publish the office's claim `model` on one of its requests, and print the answer; ends the command."""
    request_id = terminal.request_id(request, office=context.obj)
    terminal.say(_source(context), claim_of(model, request_id=request_id, **fields), request_id, wait_seconds)


def _owed_rial(terminal: Terminal, request_id: UUID) -> int:
    """Return what the office has to give back to the citizen of one request, in rial."""
    with terminal.before_saying() as view:
        return owed_rial(view.inbox, request_id)


def _tell_rest(terminal: Terminal, office: str, request_id: UUID) -> None:
    """Say what is still to give back, and how."""
    left_rial = _owed_rial(terminal, request_id)
    if left_rial:
        left, command = amount(left_rial, terminal.language), return_command(office, str(request_id), left_rial)
        terminal.console.print(_STILL_OWED.fill(terminal.language, amount=left, command=command))


def withdraw_claim(
    context: typer.Context,
    claim: Annotated[str, typer.Argument(metavar="CLAIM_ID", help="What waits, as the inbox shows it.")],
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Take back what you said and what waits: it is never carried out.

    [bold]Example[/bold]

      pishkhan office urban-001 withdraw-claim 019ab3c4-7a01
    """
    with Terminal(data, language) as terminal:
        take_back(terminal, _source(context), claim, wait_seconds)


def _source(context: typer.Context) -> str:
    return office_source(context.obj)


def _new_receipt() -> str:
    """Return a receipt number for desks that keep none of their own: the last digits of a new id."""
    return f"R-{new_id().hex[-10:]}"


def _check_office(terminal: Terminal, office: str) -> None:
    """Raise `Problem`, naming offices with a code like it, when the registry has no such office."""
    try:
        with terminal.reading() as view:
            check_known(view.registry, EntryKind.OFFICE, office)
    except CodeUnknown as unknown:
        near = ", ".join(unknown.near)
        known = f"offices are called {near}" if near else "none is known yet, load a province first"
        raise Problem(f"No office is called {office}; {known}.") from None


def _inbox(terminal: Terminal, office: str) -> Group:
    """Return what the office has to do, and below it what it has to give back and what it has said that waits."""
    with terminal.reading() as view:
        inbox = inbox_of(view.inbox, office, office_source(office))
    parts: list[RenderableType] = [inbox_table(inbox, terminal.clock.now(), terminal.language)]
    if inbox.owed:
        parts.append(owed_lines(inbox, terminal.language))
    if inbox.waiting:
        business, command = terminal.clock.business, f"pishkhan office {office}"
        parts.append(waiting_table(inbox.waiting, business, command, terminal.language))
    return Group(*parts)
