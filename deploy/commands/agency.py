"""`pishkhan agency`: an executive organization's side, from the terminal, and what its own client needs."""

from enum import StrEnum
from typing import Annotated

import typer

from connectors.words.language import Language, Phrase
from consumers.registry.lookup import newest_service
from consumers.requests.inbox import waiting_of
from deploy.agencies import client_properties
from deploy.commands.agency_terms import confirm, pause, publish_service, resume, veto, withdraw_service
from deploy.commands.options import DataOption, IdOption, LanguageOption, ReasonOption, RequestArgument, WaitOption
from deploy.edge import say_lines
from deploy.problem import Misused
from deploy.settings import load_settings
from deploy.terminal.fields import form_of
from deploy.terminal.speaking import ANSWER_SECONDS, Terminal, claim_of, id_for
from deploy.terminal.waiting import take_back, waiting_table
from schemas.intake_agency import AgencyAnswered, Answer, Origin, RequestCancelled, RequestSubmitted
from schemas.speakers import agency_source

_DOCUMENT_WITH_MORE = Phrase(
    "--document را با پاسخ `more` بدهید، و فقط با آن: می‌گوید کدام مدرک لازم است.",
    "Give --document with the answer `more`, and only then: it says which document is wanted.",
)

_HELP = """Play an agency: requests of its citizens, offices' questions, its services and its agreements.

Every command but `credentials` and `waiting` says one thing to the bus and prints the answer. What
has to wait for another party says for whom and until when.

[bold]Examples[/bold]

  pishkhan agency electricity submit electricity.bill-copy --city bojnord --field subscription-number=123456789
    --field page-count=2

  pishkhan agency electricity answer 019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071 approved --lang fa

  pishkhan agency electricity credentials > electricity.properties
"""


class Reply(StrEnum):
    """Answers as they are typed."""

    APPROVED = "approved"
    REJECTED = "rejected"
    MORE = "more"


_ANSWERS = {Reply.APPROVED: Answer.APPROVED, Reply.REJECTED: Answer.REJECTED, Reply.MORE: Answer.MORE_NEEDED}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    agency = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
    agency.callback(help=_HELP)(_named)
    agency.command("submit")(submit)
    agency.command("cancel")(cancel)
    agency.command("answer")(answer)
    agency.command("waiting")(waiting)
    agency.command("withdraw-claim")(withdraw_claim)
    agency.command("publish-service")(publish_service)
    agency.command("withdraw-service")(withdraw_service)
    agency.command("confirm")(confirm)
    agency.command("veto")(veto)
    agency.command("pause")(pause)
    agency.command("resume")(resume)
    agency.command("credentials")(credentials)
    app.add_typer(agency, name="agency")


def _named(
    context: typer.Context,
    agency: Annotated[str, typer.Argument(metavar="AGENCY", help="The agency's code.")],
) -> None:
    context.obj = agency


def submit(
    context: typer.Context,
    service: Annotated[str, typer.Argument(help="Code of the service.")],
    city: Annotated[str, typer.Option(help="Code of the city where the citizen wants to be served.")],
    office: Annotated[str | None, typer.Option(help="The office that the citizen chose.")] = None,
    field: Annotated[list[str] | None, typer.Option(help="A field of the form, as CODE=VALUE; repeat it.")] = None,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Submit a request; the answer says which office has it. Amounts in the form are rial.

    [bold]Example[/bold]

      pishkhan agency electricity submit electricity.bill-copy --city bojnord --field page-count=2
    """
    request_id = id_for(_source(context), event_id, "request_id")
    with Terminal(data, language) as terminal:
        with terminal.before_saying() as view:
            known = newest_service(view.registry, service)
        claim = claim_of(
            RequestSubmitted,
            request_id=request_id,
            service=service,
            origin=Origin.AGENCY if office is None else Origin.CITIZEN_CHOICE,
            city=city,
            office=office,
            citizen_ref=id_for(_source(context), event_id, "citizen_ref"),
            form=form_of(field or [], known),
        )
        terminal.say(_source(context), claim, request_id, wait_seconds, event_id)


def cancel(
    context: typer.Context,
    request: RequestArgument,
    reason: ReasonOption,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Cancel a request that is not complete; what was collected is due back to the citizen.

    [bold]Example[/bold]

      pishkhan agency electricity cancel 019ab3c4-5d6e --reason 'the citizen asked for it'
    """
    with Terminal(data, language) as terminal:
        request_id = terminal.request_id(request, agency=context.obj)
        claim = claim_of(RequestCancelled, request_id=request_id, reason=reason)
        terminal.say(_source(context), claim, request_id, wait_seconds, event_id)


def answer(
    context: typer.Context,
    request: RequestArgument,
    reply: Annotated[Reply, typer.Argument(help="The answer.")],
    document: Annotated[str | None, typer.Option(help="The document wanted, when more is needed.")] = None,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Answer an office's question about a request.

    [bold]Examples[/bold]

      pishkhan agency electricity answer 019ab3c4-5d6e approved

      pishkhan agency electricity answer 019ab3c4-5d6e more --document 'the deed'
    """
    if (reply is Reply.MORE) != (document is not None):
        raise Misused(_DOCUMENT_WITH_MORE)
    with Terminal(data, language) as terminal:
        request_id = terminal.request_id(request, agency=context.obj)
        claim = claim_of(AgencyAnswered, request_id=request_id, answer=_ANSWERS[reply], document_wanted=document)
        terminal.say(_source(context), claim, request_id, wait_seconds, event_id)


def waiting(context: typer.Context, language: LanguageOption = Language.EN, data: DataOption = None) -> None:
    """Show what the agency has said that waits: for whom, and until when.

    [bold]Example[/bold]

      pishkhan agency electricity waiting --lang fa
    """
    with Terminal(data, language) as terminal:
        with terminal.reading() as view:
            claims = waiting_of(view.inbox, _source(context))
        table = waiting_table(claims, terminal.clock.business, f"pishkhan agency {context.obj}", language)
        terminal.console.print(table, soft_wrap=False)


def withdraw_claim(
    context: typer.Context,
    claim: Annotated[str, typer.Argument(metavar="CLAIM_ID", help="What waits, as `waiting` shows it.")],
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Take back what the agency said and what waits: it is never carried out.

    [bold]Example[/bold]

      pishkhan agency electricity withdraw-claim 019ab3c4-7a01
    """
    with Terminal(data, language) as terminal:
        take_back(terminal, _source(context), claim, wait_seconds, event_id)


def credentials(context: typer.Context, data: DataOption = None) -> None:
    """Print what the agency's own Kafka client needs, as librdkafka's properties. It holds the password.

    [bold]Example[/bold]

      pishkhan agency electricity credentials > electricity.properties
    """
    say_lines(client_properties(load_settings(data), context.obj))


def _source(context: typer.Context) -> str:
    return agency_source(context.obj)
