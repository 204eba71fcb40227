"""`pishkhan directorate`: what the operator of the bus decides, from the terminal."""

from collections.abc import Callable
from typing import Annotated

import typer

from connectors.words.calendar import both_calendars
from connectors.words.language import Language, Phrase
from consumers.requests.inbox import waiting_of
from deploy.commands.directorate_money import (
    close_window,
    correct,
    dispute,
    fine,
    lift_fine,
    pay,
    refund,
    resolve,
)
from deploy.commands.options import (
    BeginsOption,
    DataOption,
    FileArgument,
    IdOption,
    LanguageOption,
    MinutesOption,
    OfficeArgument,
    ReasonOption,
    WaitOption,
)
from deploy.exits import end_with
from deploy.terminal.putting import put_from_file
from deploy.terminal.speaking import ANSWER_SECONDS, Terminal, claim_of, command_of
from deploy.terminal.waiting import take_back, waiting_table
from deploy.terminal.when import begins_at
from producers.acts import act_of
from schemas.intake_directorate import OfficeSuspended
from schemas.speakers import DIRECTORATE, SpeakerKind

_SUSPENDS = Phrase("پروانه {office} از {moment} تعلیق می‌شود", "the licence of {office} is suspended from {moment}")

_HELP = """Act as the directorate: offices, agreements, policy, calendars, territory; payments, refunds, fines, windows.

Every command but `waiting` says one thing to the bus and prints what the bus decided: taken, as which version; refused,
and why; or waiting, for what. The same can be said over HTTP: docs/acts.md has both names of each act. Files hold one
version of one thing, or a list, in YAML or JSON with the fields of the thing's schema, as in a province's policy.yaml;
`pishkhan registry show KIND CODE --draft` writes one. A version without a number is the next one; without `valid_from`
it holds from now on; days may be Jalali (`valid_from_jalali: 1406-01-01`).

[bold]Examples[/bold]

  pishkhan registry show office urban-001 --draft > office.yaml

  pishkhan directorate change-office office.yaml --lang fa

  pishkhan directorate pay urban-001 --amount 1500000 --reference 1405-4711
"""


#: What is put from a file: the act, which is the command's name, and what its help says.
_PUTS = {
    "license-office": """\
License a new office, as a file describes it.

[bold]Example[/bold]

  pishkhan directorate license-office ./urban-051.yaml""",
    "change-office": """\
Put the next version of an office: its place, hours, capacity, operators, limits, agreements.

[bold]Examples[/bold]

  pishkhan registry show office urban-001 --draft > office.yaml

  pishkhan directorate change-office office.yaml""",
    "change-agreement": """\
Put a version of an agreement. A signed one becomes active on its day, when its agency confirms it.

First it is shown what changes for whom. `province load` does the same for all that a folder's tables state.

[bold]Examples[/bold]

  pishkhan registry show agreement mou-electricity --draft > agreement.yaml

  pishkhan directorate change-agreement agreement.yaml""",
    "change-policy": """\
Put the next version of the routing and time policy, as in a province's policy.yaml.

[bold]Example[/bold]

  pishkhan directorate change-policy deploy/provinces/north_khorasan/policy.yaml""",
    "change-calendar": """\
Put the next version of a working calendar, as in a province's calendars.yaml.

A record without `holidays` has those of a holidays.csv beside the file.

[bold]Example[/bold]

  pishkhan directorate change-calendar deploy/provinces/north_khorasan/calendars.yaml""",
    "change-territory": """\
Put the next version of the province's counties and cities, the whole of it.

[bold]Examples[/bold]

  pishkhan registry show territory north-khorasan --draft > territory.yaml

  pishkhan directorate change-territory territory.yaml""",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    directorate = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
    directorate.callback(help=_HELP)(lambda: None)
    puts = {name: _putting(name, told) for name, told in _PUTS.items()}
    for name, command in (
        ("license-office", puts["license-office"]),
        ("change-office", puts["change-office"]),
        ("suspend-office", suspend_office),
        ("change-agreement", puts["change-agreement"]),
        ("change-policy", puts["change-policy"]),
        ("change-calendar", puts["change-calendar"]),
        ("change-territory", puts["change-territory"]),
        ("pay", pay),
        ("refund", refund),
        ("correct", correct),
        ("fine", fine),
        ("lift-fine", lift_fine),
        ("dispute", dispute),
        ("resolve", resolve),
        ("close-window", close_window),
        ("waiting", waiting),
        ("withdraw-claim", withdraw_claim),
    ):
        directorate.command(name)(command)
    app.add_typer(directorate, name="directorate")


def _putting(name: str, told: str) -> Callable[..., None]:
    """Return the command that puts versions from a file by the act of this name; `told` is its help."""

    def put(
        file: FileArgument,
        event_id: IdOption = None,
        language: LanguageOption = Language.EN,
        wait_seconds: WaitOption = ANSWER_SECONDS,
        data: DataOption = None,
    ) -> None:
        with Terminal(data, language) as terminal:
            act = act_of(SpeakerKind.DIRECTORATE, name)
            end_with(put_from_file(terminal, act, DIRECTORATE, file, wait_seconds, event_id))

    put.__doc__ = told
    return put


def suspend_office(
    office: OfficeArgument,
    minutes: MinutesOption,
    reason: ReasonOption,
    begins: BeginsOption = None,
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Suspend an office's licence from a day on, by a decision of the working group.

    [bold]Example[/bold]

      pishkhan directorate suspend-office urban-001 --from 1406-01-01 --minutes 1405/12/3 --reason 'no receipts given'
    """
    with Terminal(data, language) as terminal:
        valid_from = begins_at(terminal, begins, event_id)
        claim = claim_of(
            OfficeSuspended, office=office, valid_from=valid_from.isoformat(), minutes_number=minutes, reason=reason
        )
        terminal.console.print(_SUSPENDS.fill(language, office=office, moment=both_calendars(valid_from)))
        end_with(terminal.act(DIRECTORATE, claim, wait_seconds, event_id))


def waiting(language: LanguageOption = Language.EN, data: DataOption = None) -> None:
    """Show what the directorate has said of requests that waits: for whom, and until when.

    [bold]Example[/bold]

      pishkhan directorate waiting --lang fa
    """
    with Terminal(data, language) as terminal:
        with terminal.reading() as view:
            claims = waiting_of(view.inbox, DIRECTORATE)
        table = waiting_table(claims, terminal.clock.business, command_of(DIRECTORATE), language)
        terminal.console.print(table, soft_wrap=False)


def withdraw_claim(
    claim: Annotated[str, typer.Argument(metavar="CLAIM_ID", help="What waits, as `waiting` shows it.")],
    event_id: IdOption = None,
    language: LanguageOption = Language.EN,
    wait_seconds: WaitOption = ANSWER_SECONDS,
    data: DataOption = None,
) -> None:
    """Take back what the directorate said of a request and what waits: it is never carried out.

    [bold]Example[/bold]

      pishkhan directorate withdraw-claim 019ab3c4-7a01
    """
    with Terminal(data, language) as terminal:
        take_back(terminal, DIRECTORATE, claim, wait_seconds, event_id)
