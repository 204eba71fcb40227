"""An office's requests as a table: what to do next, until when, and what to collect. It fits 80 columns."""

from datetime import datetime

from rich.console import Group
from rich.text import Text

from connectors.words.calendar import local_moment
from connectors.words.language import Language, Phrase
from connectors.words.money import amount
from connectors.words.outcomes import owed_reason, stage
from consumers.requests.domain.life.state import RequestStage, RequestState
from consumers.requests.inbox import Inbox
from deploy.edge import Grid
from deploy.terminal.request_ids import short_ids

_HEADINGS = (
    Phrase("درخواست", "request"),
    Phrase("خدمت", "service"),
    Phrase("وضعیت", "stage"),
    Phrase("مهلت", "until"),
    Phrase("دریافتی دفتر", "to collect"),
)
_TITLE = Phrase("کارتابل دفتر {office}", "inbox of office {office}")
_TO_GIVE_BACK = Phrase("به شهروندان برگردانید: {amount}", "to give back to citizens: {amount}")
#: Codes of services have no spaces to break at; without a width of its own their column is the first to be squeezed.
_SERVICE_WIDTH = 24
#: The year and its slash: who must act within hours knows the year.
_YEAR_LENGTH = 5


def owed_lines(inbox: Inbox, language: Language) -> Group:
    """Return what the office has to give back to citizens: each request, how much, why, and the command for it."""
    total = amount(inbox.owed_rial, language)
    lines = [Text(_TO_GIVE_BACK.fill(language, amount=total), style="bold")]
    names = short_ids([state.request_id for state in inbox.owed])
    for state in inbox.owed:
        name, reason = names[state.request_id], owed_reason(state.stage.value, language)
        what = f"{name}  {state.asked().service}  {reason}  {amount(state.owed_rial, language)}"
        lines.append(Text(what if state.tracking_code is None else f"{what}  {state.tracking_code}"))
        lines.append(Text(f"    {return_command(inbox.office, name, state.owed_rial)}"))
    return Group(*lines)


def return_command(office: str, request: str, owed_rial: int) -> str:
    """Return the command by which the office says that it has given the money back."""
    return f"pishkhan office {office} return {request} --amount {owed_rial}"


def inbox_table(inbox: Inbox, now: datetime, language: Language) -> Grid:
    """Return the table of what is at the desk, the most urgent first; what is overdue at `now` is red.

    Ids are shortened as far as they stay apart: the commands take them so.
    """
    title, states = _TITLE.fill(language, office=inbox.office), inbox.at_desk
    caption = local_moment(now, language)
    table = Grid(title=f"{title} · {len(states)}", caption=caption, box=None, pad_edge=False)
    request, service, stage_heading, until, to_collect = (heading.of(language) for heading in _HEADINGS)
    table.add_column(request, no_wrap=True)
    table.add_column(service, overflow="fold", width=_SERVICE_WIDTH)
    table.add_column(stage_heading)
    table.add_column(until, no_wrap=True)
    table.add_column(to_collect)
    names = short_ids([state.request_id for state in states])
    for state in states:
        due = state.due_at
        table.add_row(
            names[state.request_id],
            _service(state),
            stage(state.stage.value, language),
            "" if due is None else local_moment(due, language)[_YEAR_LENGTH:],
            _to_collect(state, language),
            style="red" if due is not None and due <= now else None,
        )
    return table


def _service(state: RequestState) -> str | tuple[str, str]:
    """Return the service, and below it the citizen's tracking code, which needs no column of its own there."""
    service = state.asked().service
    return service if state.tracking_code is None else (service, state.tracking_code)


def _to_collect(state: RequestState, language: Language) -> str:
    """Return what the office still has to collect; nothing before acceptance, when no fee is computed."""
    if state.stage is not RequestStage.ACCEPTED or state.fee is None or state.fee.office_collects_rial == 0:
        return ""
    return amount(state.fee.office_collects_rial, language)
