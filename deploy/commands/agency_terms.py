"""What an agency says of its services and its agreements, from the terminal."""

from typing import Annotated

import typer

from connectors.words.calendar import both_calendars
from connectors.words.language import Language, Phrase
from consumers.codes import CodeUnknown
from consumers.registry.domain.known import EntryKind
from consumers.registry.lookup import versions_of
from deploy.commands.options import (
    BeginsOption,
    DataOption,
    FileArgument,
    IdOption,
    LanguageOption,
    ReasonOption,
    WaitOption,
)
from deploy.exits import end_with
from deploy.problem import Problem
from deploy.terminal.putting import put_from_file
from deploy.terminal.speaking import ANSWER_SECONDS, Terminal, claim_of
from deploy.terminal.when import begins_at
from producers.acts import act_of
from producers.changes import is_proposed
from schemas.base import Event
from schemas.intake_agency import AgreementConfirmed, AgreementPaused, AgreementVetoed, ServiceWithdrawn
from schemas.speakers import SpeakerKind, agency_source

_WITHDRAWS = Phrase("خدمت {service} از {moment} برچیده می‌شود", "{service} is withdrawn from {moment}")
_NO_AGREEMENT = Phrase(
    "تفاهم‌نامه‌ای با کد {code} نیست؛ مانند آن: {near}", "No agreement is called {code}; there are {near}."
)
_NO_PROPOSAL = Phrase(
    "نسخه‌ای از {code} در انتظار تأیید نیست؛ `pishkhan registry history agreement {code}` همه را نشان می‌دهد.",
    "No version of {code} waits for its agency; `pishkhan registry history agreement {code}` shows all.",
)

AgreementArgument = Annotated[str, typer.Argument(metavar="AGREEMENT", help="The agreement's code.")]
VersionOption = Annotated[
    int | None, typer.Option("--version", min=1, help="Version that is meant; by default the newest that was put.")
]
ServicesOption = Annotated[
    list[str] | None, typer.Option("--service", help="Code of a service; repeat it. All of them by default.")
]


def publish_service(
    context: typer.Context,
    file: FileArgument,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Publish the next version of a service, as a file describes it; requests that are open keep their version.

    A version without a number is the next one; without `valid_from` it holds from now on.

    [bold]Examples[/bold]

      pishkhan registry show service electricity.bill-copy --draft > service.yaml

      pishkhan agency electricity publish-service service.yaml
    """
    with Terminal(data, language) as terminal:
        act = act_of(SpeakerKind.AGENCY, "publish-service")
        source = agency_source(context.obj)
        end_with(put_from_file(terminal, act, source, file, wait_seconds, event_id, agency=context.obj))


def withdraw_service(
    context: typer.Context,
    service: Annotated[str, typer.Argument(help="Code of the service.")],
    reason: ReasonOption,
    begins: BeginsOption = None,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Withdraw a service from a day on; requests that are open by then are served under the old terms.

    [bold]Example[/bold]

      pishkhan agency electricity withdraw-service electricity.bill-copy --from 1406-01-01 --reason 'it is online now'
    """
    with Terminal(data, language) as terminal:
        valid_from = begins_at(terminal, begins, event_id)
        claim = claim_of(ServiceWithdrawn, service=service, valid_from=valid_from.isoformat(), reason=reason)
        terminal.console.print(_WITHDRAWS.fill(language, service=service, moment=both_calendars(valid_from)))
        _say(terminal, context, claim, wait_seconds, event_id)


def confirm(
    context: typer.Context,
    agreement: AgreementArgument,
    version: VersionOption = None,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Confirm a signed version of an agreement: it becomes active on its day.

    [bold]Example[/bold]

      pishkhan agency electricity confirm mou-electricity --version 3
    """
    with Terminal(data, language) as terminal:
        number = version or _proposed(terminal, agreement)
        claim = claim_of(AgreementConfirmed, agreement=agreement, version=number)
        _say(terminal, context, claim, wait_seconds, event_id)


def veto(
    context: typer.Context,
    agreement: AgreementArgument,
    reason: ReasonOption,
    version: VersionOption = None,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Veto a version of an agreement: it does not become active, and goes back to being a draft.

    [bold]Example[/bold]

      pishkhan agency electricity veto mou-electricity --version 3 --reason 'the split is not as negotiated'
    """
    with Terminal(data, language) as terminal:
        number = version or _proposed(terminal, agreement)
        claim = claim_of(AgreementVetoed, agreement=agreement, version=number, reason=reason)
        _say(terminal, context, claim, wait_seconds, event_id)


def pause(
    context: typer.Context,
    agreement: AgreementArgument,
    reason: ReasonOption,
    service: ServicesOption = None,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Pause services of an agreement at once: nobody gets a new request for them until the pause is lifted.

    [bold]Example[/bold]

      pishkhan agency electricity pause mou-electricity --service electricity.bill-copy --reason 'our system is down'
    """
    _pause(data, language, context, agreement, service, reason, wait_seconds, event_id, paused=True)


def resume(
    context: typer.Context,
    agreement: AgreementArgument,
    reason: ReasonOption,
    service: ServicesOption = None,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Lift the pause of an agreement's services.

    [bold]Example[/bold]

      pishkhan agency electricity resume mou-electricity --reason 'our system is back'
    """
    _pause(data, language, context, agreement, service, reason, wait_seconds, event_id, paused=False)


def _pause(
    data: DataOption,
    language: Language,
    context: typer.Context,
    agreement: str,
    services: list[str] | None,
    reason: str,
    wait_seconds: float,
    event_id: str | None,
    *,
    paused: bool,
) -> None:
    with Terminal(data, language) as terminal:
        claim = claim_of(AgreementPaused, agreement=agreement, services=services or [], paused=paused, reason=reason)
        _say(terminal, context, claim, wait_seconds, event_id)


def _say(terminal: Terminal, context: typer.Context, claim: Event, wait_seconds: float, event_id: str | None) -> None:
    end_with(terminal.act(agency_source(context.obj), claim, wait_seconds, event_id))


def _proposed(terminal: Terminal, code: str) -> int:
    """Return the number of the newest version that was put and is not in force. Raises `Problem`."""
    try:
        with terminal.before_saying() as view:
            versions = [one.value for one in versions_of(view.registry, EntryKind.AGREEMENT, code)]
    except CodeUnknown as unknown:
        raise Problem(_NO_AGREEMENT.filled(code=code, near=", ".join(unknown.near) or "-")) from None
    proposals = [one for one in versions if is_proposed(one)]
    if not proposals:
        raise Problem(_NO_PROPOSAL.filled(code=code))
    return proposals[-1].version
