"""The directorate's acts on money: payments, refunds, corrections, fines, disputes and the end of a window."""

from typing import Annotated
from uuid import UUID

import typer

from connectors.words.language import Language, Phrase
from deploy.commands.options import (
    DataOption,
    IdOption,
    LanguageOption,
    MinutesOption,
    OfficeArgument,
    ReasonOption,
    RequestArgument,
    WaitOption,
    YesOption,
)
from deploy.exits import end_with
from deploy.problem import Misused
from deploy.terminal.money import agree_to
from deploy.terminal.speaking import ANSWER_SECONDS, Terminal, claim_of, id_for
from schemas.intake_directorate import (
    CorrectionOrdered,
    DisputeOpened,
    DisputeResolved,
    FineImposed,
    FineLifted,
    OfficePaid,
    RefundOrdered,
    WindowCloseRequested,
)
from schemas.speakers import DIRECTORATE

_FINE_ID = Phrase("شناسه جریمه: {fine}", "the fine's id: {fine}")
_NO_FINE = Phrase(
    "{text} شناسه جریمه نیست؛ آن را چنان بنویسید که `directorate fine` نشان داد.",
    "{text} is no fine's id; copy it from what `directorate fine` printed.",
)

AmountOption = Annotated[int, typer.Option("--amount", min=1, help="Rial.")]


def pay(
    office: OfficeArgument,
    amount_rial: AmountOption,
    reference: Annotated[str, typer.Option(help="The bank's reference; it counts once for an office.")],
    yes: YesOption = False,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Record what an office paid into the settlement account; it may take on as much more.

    [bold]Example[/bold]

      pishkhan directorate pay urban-001 --amount 1500000 --reference 1405-4711 --yes
    """
    with Terminal(data, language) as terminal:
        claim = claim_of(OfficePaid, office=office, amount_rial=amount_rial, reference=reference)
        agree_to(terminal, amount_rial, yes=yes)
        end_with(terminal.act(DIRECTORATE, claim, wait_seconds, event_id))


def refund(
    request: RequestArgument,
    amount_rial: AmountOption,
    reason: ReasonOption,
    yes: YesOption = False,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Order that a completed request's fee goes back, up to what was posted; the office then returns it.

    [bold]Example[/bold]

      pishkhan directorate refund 019ab3c4-5d6e --amount 30000 --reason 'charged twice'
    """
    with Terminal(data, language) as terminal:
        request_id = terminal.request_id(request)
        claim = claim_of(RefundOrdered, request_id=request_id, amount_rial=amount_rial, reason=reason)
        agree_to(terminal, amount_rial, yes=yes)
        terminal.say(DIRECTORATE, claim, request_id, wait_seconds, event_id)


def correct(
    debit: Annotated[str, typer.Option(help="The account that is debited, as `pishkhan ledger balances` shows it.")],
    credit: Annotated[str, typer.Option(help="The account that is credited.")],
    amount_rial: AmountOption,
    minutes: MinutesOption,
    reason: ReasonOption,
    yes: YesOption = False,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Order one transfer between two accounts of the ledger, by a decision on record.

    Nothing makes a repeated correction known as one but its event id: give --id where a script says it.

    [bold]Example[/bold]

      pishkhan directorate correct --debit directorate --credit office:urban-001 --amount 50000 --minutes 1405/88
      --reason 'fee of a wrong service'
    """
    with Terminal(data, language) as terminal:
        claim = claim_of(
            CorrectionOrdered,
            debit_account=debit,
            credit_account=credit,
            amount_rial=amount_rial,
            minutes_number=minutes,
            reason=reason,
        )
        agree_to(terminal, amount_rial, yes=yes)
        end_with(terminal.act(DIRECTORATE, claim, wait_seconds, event_id))


def fine(
    office: OfficeArgument,
    amount_rial: AmountOption,
    minutes: MinutesOption,
    yes: YesOption = False,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Fine an office by a decision of the working group; prints the fine's id, by which it can be lifted.

    [bold]Example[/bold]

      pishkhan directorate fine urban-001 --amount 5000000 --minutes 1405/91
    """
    with Terminal(data, language) as terminal:
        fine_id = id_for(DIRECTORATE, event_id, "fine_id")
        claim = claim_of(FineImposed, fine_id=fine_id, office=office, amount_rial=amount_rial, minutes_number=minutes)
        agree_to(terminal, amount_rial, yes=yes)
        terminal.console.print(_FINE_ID.fill(language, fine=str(fine_id)))
        end_with(terminal.act(DIRECTORATE, claim, wait_seconds, event_id))


def lift_fine(
    fine_id: Annotated[str, typer.Argument(metavar="FINE_ID", help="As `directorate fine` printed it.")],
    office: Annotated[str, typer.Option(help="The office that was fined.")],
    amount_rial: AmountOption,
    minutes: MinutesOption,
    yes: YesOption = False,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Lift a fine after an appeal; office and amount must be those that were imposed.

    [bold]Example[/bold]

      pishkhan directorate lift-fine 0199f3c2-8000-7000-8000-000000000006 --office urban-001 --amount 5000000
      --minutes 1405/97
    """
    try:
        lifted = UUID(fine_id.strip())
    except ValueError:
        raise Misused(_NO_FINE.filled(text=fine_id)) from None
    with Terminal(data, language) as terminal:
        claim = claim_of(FineLifted, fine_id=lifted, office=office, amount_rial=amount_rial, minutes_number=minutes)
        agree_to(terminal, amount_rial, yes=yes)
        end_with(terminal.act(DIRECTORATE, claim, wait_seconds, event_id))


def dispute(
    request: RequestArgument,
    reason: ReasonOption,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Dispute what was posted for a request: it stays out of settlement runs until the dispute is resolved.

    [bold]Example[/bold]

      pishkhan directorate dispute 019ab3c4-5d6e --reason 'the agency says that it was not served'
    """
    with Terminal(data, language) as terminal:
        request_id = terminal.request_id(request)
        claim = claim_of(DisputeOpened, request_id=request_id, reason=reason)
        terminal.say(DIRECTORATE, claim, request_id, wait_seconds, event_id)


def resolve(
    request: RequestArgument,
    outcome: Annotated[str, typer.Option(help="How it ended; no personal data.")],
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Resolve a dispute. If money moves by it, say so with `refund` or `correct` as well.

    [bold]Example[/bold]

      pishkhan directorate resolve 019ab3c4-5d6e --outcome 'served; the receipt was shown'
    """
    with Terminal(data, language) as terminal:
        request_id = terminal.request_id(request)
        claim = claim_of(DisputeResolved, request_id=request_id, outcome=outcome)
        terminal.say(DIRECTORATE, claim, request_id, wait_seconds, event_id)


def close_window(
    window: Annotated[int, typer.Argument(min=1, help="Number of the open settlement window.")],
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Close the open settlement window, by its number: said again, it closes no other one.

    [bold]Example[/bold]

      pishkhan directorate close-window 7
    """
    with Terminal(data, language) as terminal:
        end_with(terminal.act(DIRECTORATE, claim_of(WindowCloseRequested, window=window), wait_seconds, event_id))
