"""An office's requests as a table: what to do next, until when, and what to collect."""

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table

from connectors.database.requests import InboxRow
from consumers.requests.domain.state import RequestState, Stage
from deploy.terminal.words import amount, stage
from deploy.words import Language, jalali_moment

_HEADINGS = {
    Language.FA: ("درخواست", "خدمت", "وضعیت", "از", "مهلت", "دریافتی دفتر"),
    Language.EN: ("request", "service", "stage", "since", "until", "to collect"),
}


def inbox_table(office: str, rows: Sequence[InboxRow], now: datetime, language: Language) -> Table:
    """Return the table of `rows`, the most urgent first; what is overdue at `now` is red."""
    title = f"کارتابل دفتر {office}" if language is Language.FA else f"inbox of office {office}"
    caption = jalali_moment(now, language)
    table = Table(title=f"{title} · {len(rows)}", caption=caption, expand=False)
    for place, heading in enumerate(_HEADINGS[language]):
        # The id is there to be copied, so it stays on one line.
        table.add_column(heading, overflow="fold", no_wrap=place == 0)
    for row in rows:
        state = row.state
        due = state.due_at
        table.add_row(
            str(state.request_id),
            state.asked().service,
            stage(state.stage.value, language),
            jalali_moment(row.updated_at, language),
            "" if due is None else jalali_moment(due, language),
            _to_collect(state, language),
            style="red" if due is not None and due <= now else None,
        )
    return table


def _to_collect(state: RequestState, language: Language) -> str:
    """Return what the office still has to collect; nothing before acceptance, when no fee is computed."""
    if state.stage is not Stage.ACCEPTED or state.fee is None or state.fee.office_collects_rial == 0:
        return ""
    return amount(state.fee.office_collects_rial, language)
