"""`pishkhan requests`: which requests there are, by where they stand."""

from datetime import date, datetime, time, timedelta
from typing import Annotated

import typer

from connectors.files.days import typed_day
from connectors.files.problem import Wrong
from connectors.words.calendar import TEHRAN, local_moment
from connectors.words.language import Language, Phrase
from connectors.words.money import rial
from connectors.words.outcomes import stage
from connectors.words.refusals import refusal_phrase
from consumers.requests.domain.life.state import RequestStage
from consumers.requests.listing import PAGE_MAX, Listed, Wanted, page_of
from deploy.commands.options import DataOption, JsonOption, LanguageOption
from deploy.edge import Screen, say_json
from deploy.problem import Misused
from deploy.settings import load_settings
from deploy.terminal.directory import listing
from deploy.terminal.request_ids import request_id_of, short_ids
from deploy.use_cases import opened
from schemas.log_requests import RefusalReason

PAGE = 50
#: The year and its slash: a list is of days of one year, and the whole time is in --json.
_YEAR_LENGTH = 5
_HEADINGS = (
    Phrase("درخواست", "request"),
    Phrase("ثبت", "opened"),
    Phrase("خدمت", "service"),
    Phrase("دفتر", "office"),
    Phrase("وضعیت", "state"),
    Phrase("مهلت", "until"),
)
_REFUSED = Phrase("رد شد {reason}", "refused {reason}")
_OWES = Phrase("{state}؛ {amount} به شهروند بدهکار", "{state}; {amount} owed to the citizen")
_NONE = Phrase("چنین درخواستی نیست.", "There are no such requests.")
_MORE = Phrase("کهنه‌تر از این‌ها: --older-than {request}", "Older ones: --older-than {request}")


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    requests = typer.Typer(help="Which requests there are.\n\n[bold]Example[/bold]\n\npishkhan requests list --late")
    requests.command("list")(list_requests)
    # Keeps it a group while it has only one command.
    requests.callback()(lambda: None)
    app.add_typer(requests, name="requests")


def list_requests(
    states: Annotated[
        list[RequestStage] | None, typer.Option("--state", help="In this state; may be repeated.")
    ] = None,
    late: Annotated[bool, typer.Option("--late", help="Whose next deadline has passed.")] = False,
    with_person: Annotated[bool, typer.Option("--with-person", help="Left to a person at the directorate.")] = False,
    reason: Annotated[RefusalReason | None, typer.Option(help="Refused for this reason.")] = None,
    office: Annotated[str | None, typer.Option(help="With this office, or with it last.")] = None,
    agency: Annotated[str | None, typer.Option(help="Of this agency.")] = None,
    service: Annotated[str | None, typer.Option(help="For this service.")] = None,
    day: Annotated[str | None, typer.Option(help="Opened on this day in Iran: 2026-11-25 or 1405/09/04.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=PAGE_MAX, help="So many on a page.")] = PAGE,
    older_than: Annotated[str | None, typer.Option(metavar="REQUEST_ID", help="The page after this request.")] = None,
    as_json: JsonOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """List the requests that were opened, the newest first: what, where it stands, until when; page by page.

    What is given together must hold together. The list is as new as the figures, moments behind the log.

    [bold]Examples[/bold]

      pishkhan requests list --late --agency electricity

      pishkhan requests list --reason no_eligible_office --day 1405/09/04 --json

      pishkhan requests list --with-person --lang fa
    """
    stages = {*(states or ()), *({RequestStage.ESCALATED} if with_person else ())}
    opened_from, opened_to = (None, None) if day is None else _bounds(day)
    now = load_settings(data).clock.now()
    wanted = Wanted(frozenset(stages), agency, office, service, reason, now if late else None, opened_from, opened_to)
    last = None if older_than is None else request_id_of(older_than, lambda: opened(data))
    with opened(data) as view:
        page = page_of(view.listing, wanted, limit, last)
    if as_json:
        for one in page.requests:
            say_json(_as_json(one))
        return
    screen = Screen()
    if not page.requests:
        screen.print(_NONE.of(language))
        return
    table = listing(_HEADINGS, language)
    names = short_ids([one.request_id for one in page.requests])
    for one in page.requests:
        table.add_row(*_cells(one, names[one.request_id], language))
    screen.print(table)
    for code in sorted({one.reason for one in page.requests if one.reason is not None}):
        screen.print(f"{code.value}: {refusal_phrase(code).of(language)}")
    if page.more:
        screen.print(_MORE.fill(language, request=names[page.requests[-1].request_id]))


def _bounds(day: str) -> tuple[datetime, datetime]:
    """Return the beginning and the end of a day in Iran that a person typed, in either calendar."""
    found = typed_day(day)
    if isinstance(found, Wrong):
        raise Misused(f"--day {day}: is no day; write 2026-11-25, or 1405/09/04 of the Jalali calendar.")
    return _midnight(found), _midnight(found + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), TEHRAN)


def _cells(one: Listed, name: str, language: Language) -> tuple[str, ...]:
    opened_at = local_moment(one.opened_at, language)[_YEAR_LENGTH:]
    until = "" if one.due_at is None else local_moment(one.due_at, language)[_YEAR_LENGTH:]
    return name, opened_at, one.service, one.office or "", _state(one, language), until


def _state(one: Listed, language: Language) -> str:
    if one.reason is not None:
        return _REFUSED.fill(language, reason=one.reason.value)
    said = stage(one.stage.value, language)
    return _OWES.fill(language, state=said, amount=rial(one.owed_rial, language)) if one.owed_rial else said


def _as_json(one: Listed) -> dict[str, object]:
    return {
        "request_id": str(one.request_id),
        "opened_at": one.opened_at.isoformat(),
        "agency": one.agency,
        "service": one.service,
        "city": one.city,
        "office": one.office,
        "state": one.stage.value,
        "reason": None if one.reason is None else one.reason.value,
        "due_at": None if one.due_at is None else one.due_at.isoformat(),
        "owed_rial": one.owed_rial,
    }
