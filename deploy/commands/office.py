"""`pishkhan office`: a counter office's side, from the terminal."""

from typing import Annotated
from uuid import UUID

import typer

from connectors.words.language import Language, Phrase
from connectors.words.money import amount
from connectors.words.outcomes import tracking
from consumers.registry.lookup import newest_service
from consumers.requests.inbox import desk_fee, owed_rial, tracking_code
from deploy.commands.office_inbox import RequestArgument, show, show_inbox
from deploy.commands.options import DataOption, IdOption, LanguageOption, WaitOption
from deploy.exits import ExitCode, end_with
from deploy.problem import Problem
from deploy.terminal.desk import office_named, operator_of
from deploy.terminal.fields import form_of
from deploy.terminal.inbox import return_command
from deploy.terminal.speaking import ANSWER_SECONDS, Terminal, claim_of, id_for
from deploy.terminal.waiting import take_back
from schemas.decode import SomeEvent
from schemas.intake_agency import Origin, RequestSubmitted
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

_STILL_OWED = Phrase("هنوز به شهروند بدهکارید: {amount}؛ {command}", "still to give back: {amount}; {command}")
_NOT_KNOWN = Phrase(
    "برای {request} دانسته نیست چه دریافت شود؛ نخست بپذیریدش: {first}",
    "What to collect for {request} is not known; accept it first: {first}",
)
_NOTHING = Phrase("برای {request} چیزی در دفتر دریافت نمی‌شود.", "The office collects nothing for {request}.")
_BY_CARD = Phrase(
    "بر پایه تعرفه این وجه با کارت پرداخت می‌شود: --pos REFERENCE را بدهید.",
    "The tariff says that this fee is paid by card: give --pos REFERENCE.",
)
_NOTHING_OWED = Phrase(
    "به شهروند {request} بدهی نیست؛ کارتابل را ببینید، یا --amount بدهید.",
    "Nothing is owed to the citizen of {request}; see the inbox, or give --amount.",
)

OperatorOption = Annotated[
    str | None, typer.Option("--operator", help="Code of the operator at the desk; the office's first one by default.")
]
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
        ("show", show),
        ("submit", submit),
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


def submit(
    context: typer.Context,
    service: Annotated[str, typer.Argument(help="Code of the service.")],
    city: Annotated[str | None, typer.Option(help="Code of the citizen's city; the office's own by default.")] = None,
    field: Annotated[list[str] | None, typer.Option(help="A field of the form, as CODE=VALUE; repeat it.")] = None,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Submit a request of a citizen who is at the desk; the office must be open. Amounts in the form are rial.

    [bold]Example[/bold]

      pishkhan office urban-001 submit electricity.bill-copy --field subscription-number=123456789 --field page-count=2
    """
    request_id = id_for(_source(context), event_id, "request_id")
    with Terminal(data, language) as terminal:
        own = office_named(terminal, context.obj)
        with terminal.before_saying() as view:
            known = newest_service(view.registry, service)
        claim = claim_of(
            RequestSubmitted,
            request_id=request_id,
            service=service,
            origin=Origin.WALK_IN,
            city=city or own.city,
            office=context.obj,
            citizen_ref=id_for(_source(context), event_id, "citizen_ref"),
            form=form_of(field or [], known),
        )
        terminal.say(_source(context), claim, request_id, wait_seconds, event_id)


def accept(
    context: typer.Context,
    request: RequestArgument,
    operator: OperatorOption = None,
    event_id: IdOption = None,
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
        claim = claim_of(RequestAccepted, request_id=request_id, operator=operator_of(terminal, context.obj, operator))
        end = terminal.said(_source(context), claim, request_id, wait_seconds, event_id)
        if end is not ExitCode.REFUSED and code is not None:
            terminal.console.print(tracking(code, language))
        end_with(end)


def decline(
    context: typer.Context,
    request: RequestArgument,
    reason: Annotated[DeclineReason, typer.Option(help="Why.")] = DeclineReason.OTHER,
    operator: OperatorOption = None,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Send a routed request back; it goes to another office.

    [bold]Example[/bold]

      pishkhan office urban-001 decline 019ab3c4-5d6e --reason equipment_broken
    """
    with Terminal(data, language) as terminal:
        _say(terminal, context, request, (wait_seconds, event_id), RequestDeclined, operator, reason=reason)


def collect(
    context: typer.Context,
    request: RequestArgument,
    receipt: ReceiptOption = None,
    amount_rial: Annotated[int | None, typer.Option("--amount", min=1, help="Rial; the whole fee by default.")] = None,
    pos_reference: Annotated[str | None, typer.Option("--pos", help="Reference of a card payment.")] = None,
    operator: OperatorOption = None,
    event_id: IdOption = None,
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
                raise Problem(_NOT_KNOWN.filled(request=request, first=first))
            if fee.office_collects_rial == 0:
                raise Problem(_NOTHING.filled(request=request))
            amount_rial = fee.office_collects_rial
        terminal.console.print(amount(amount_rial, language), style="bold")
        if fee is not None and fee.by_card and pos_reference is None:
            raise Problem(_BY_CARD)
        claim = claim_of(
            FeeCollected,
            request_id=request_id,
            amount_rial=amount_rial,
            method=PaymentMethod.CASH if pos_reference is None else PaymentMethod.POS,
            receipt_number=receipt or _receipt(context, event_id),
            pos_reference=pos_reference,
            operator=operator_of(terminal, context.obj, operator),
        )
        terminal.say(_source(context), claim, request_id, wait_seconds, event_id)


def give_back(
    context: typer.Context,
    request: RequestArgument,
    amount_rial: Annotated[
        int | None, typer.Option("--amount", min=1, help="Rial; all that is owed by default.")
    ] = None,
    receipt: ReceiptOption = None,
    operator: OperatorOption = None,
    event_id: IdOption = None,
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
            raise Problem(_NOTHING_OWED.filled(request=request))
        claim = claim_of(
            FeeReturned,
            request_id=request_id,
            amount_rial=amount_rial,
            receipt_number=receipt or _receipt(context, event_id),
            operator=operator_of(terminal, context.obj, operator),
        )
        terminal.console.print(amount(amount_rial, language), style="bold")
        terminal.say(_source(context), claim, request_id, wait_seconds, event_id)
        _tell_rest(terminal, context.obj, request_id)


def start(
    context: typer.Context,
    request: RequestArgument,
    operator: OperatorOption = None,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Begin the work.

    [bold]Example[/bold]

      pishkhan office urban-001 start 019ab3c4-5d6e
    """
    with Terminal(data, language) as terminal:
        _say(terminal, context, request, (wait_seconds, event_id), ServiceStarted, operator)


def ask(
    context: typer.Context,
    request: RequestArgument,
    question: Annotated[str | None, typer.Option(help="What the office asks; no personal data.")] = None,
    operator: OperatorOption = None,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Ask the agency, and wait for its answer.

    [bold]Example[/bold]

      pishkhan office urban-001 await 019ab3c4-5d6e --question 'Which of the two meters is it?'
    """
    with Terminal(data, language) as terminal:
        _say(terminal, context, request, (wait_seconds, event_id), AgencyAwaited, operator, question=question)


def deliver(
    context: typer.Context,
    request: RequestArgument,
    operator: OperatorOption = None,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """The citizen has what was asked for: the request is complete.

    [bold]Example[/bold]

      pishkhan office urban-001 deliver 019ab3c4-5d6e
    """
    with Terminal(data, language) as terminal:
        _say(terminal, context, request, (wait_seconds, event_id), ServiceDelivered, operator)


def _say(
    terminal: Terminal,
    context: typer.Context,
    request: str,
    awaited: tuple[float, str | None],
    model: type[SomeEvent],
    operator: str | None,
    **fields: object,
) -> None:
    """Publish the office's claim `model` on one of its requests, and print the answer; ends the command."""
    request_id = terminal.request_id(request, office=context.obj)
    claim = claim_of(model, request_id=request_id, operator=operator_of(terminal, context.obj, operator), **fields)
    terminal.say(_source(context), claim, request_id, *awaited)


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
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Take back what you said and what waits: it is never carried out.

    [bold]Example[/bold]

      pishkhan office urban-001 withdraw-claim 019ab3c4-7a01
    """
    with Terminal(data, language) as terminal:
        take_back(terminal, _source(context), claim, wait_seconds, event_id)


def _source(context: typer.Context) -> str:
    return office_source(context.obj)


def _receipt(context: typer.Context, event_id: str | None) -> str:
    """Return a receipt number for desks that keep none of their own: the last digits of a new id."""
    return f"R-{id_for(_source(context), event_id, 'receipt').hex[-10:]}"
