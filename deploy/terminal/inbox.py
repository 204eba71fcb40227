"""An office's requests as a table that fits 80 columns, and one of them with all that the work on it needs."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group
from rich.text import Text

from connectors.words.calendar import local_moment
from connectors.words.catalogue import name as name_of
from connectors.words.catalogue import paid_words
from connectors.words.language import Language, Phrase
from connectors.words.money import amount
from connectors.words.outcomes import owed_reason, stage, tracking
from consumers.requests.desk import DeskItem
from consumers.requests.domain.life.state import RequestStage
from consumers.requests.inbox import Inbox
from deploy.edge import Grid
from deploy.terminal.request_ids import short_ids
from schemas.intake_agency import FormEntry

_HEADINGS = (
    Phrase("درخواست", "request"),
    Phrase("خدمت", "service"),
    Phrase("وضعیت", "stage"),
    Phrase("مهلت", "until"),
    Phrase("دریافتی دفتر", "to collect"),
)
_TITLE = Phrase("کارتابل دفتر {office}", "inbox of office {office}")
_TO_GIVE_BACK = Phrase("به شهروندان برگردانید: {amount}", "to give back to citizens: {amount}")
_BY_CARD = Phrase("{amount}، با کارت", "{amount}, by card")
_HEAD = Phrase("درخواست {request}: {service}", "request {request}: {service}")
_FIELD = Phrase("{name} ({code})", "{name} ({code})")
_STANDS = Phrase("وضعیت: {stage}", "stage: {stage}")
_UNTIL = Phrase("مهلت: {moment}", "until: {moment}")
_WANTED = Phrase("مدرک لازم: {document}", "wanted: {document}")
_ENCRYPTED = Phrase("در بخش رمزشده", "in the encrypted part")
_NO_FEE = Phrase("کارمزد دانسته نیست", "the fee is not known")
_FEE = Phrase("کارمزد:", "fee:")
_FEE_TO_COME = Phrase("کارمزد پس از پذیرش:", "fee, once you accept:")
_FEE_LINE = Phrase("{name}: {amount}؛ {paid}", "{name}: {amount}; {paid}")
_COLLECT = Phrase("دریافت کنید: {amount}، نقد", "collect {amount}, in cash")
_COLLECT_BY_CARD = Phrase("دریافت کنید: {amount}، با کارت", "collect {amount}, by card")
_NOTHING = Phrase("دفتر چیزی دریافت نمی‌کند", "the office collects nothing")
_COLLECTED = Phrase("دریافت شده: {amount}", "collected: {amount}")
_RETURNED = Phrase("به شهروند برگشته: {amount}", "given back: {amount}")
_OWED = Phrase("به شهروند برگردانید: {amount}", "give back to the citizen: {amount}")
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


def inbox_table(office: str, items: Sequence[DeskItem], now: datetime, language: Language) -> Grid:
    """Return the table of what is at the desk, in the order of `items`; what is overdue at `now` is red.

    Ids are shortened as far as they stay apart: the commands take them so.
    """
    title, states = _TITLE.fill(language, office=office), [item.state for item in items]
    caption = local_moment(now, language)
    table = Grid(title=f"{title} · {len(states)}", caption=caption, box=None, pad_edge=False)
    request, service, stage_heading, until, to_collect = (heading.of(language) for heading in _HEADINGS)
    table.add_column(request, no_wrap=True)
    table.add_column(service, overflow="fold", width=_SERVICE_WIDTH)
    table.add_column(stage_heading)
    table.add_column(until, no_wrap=True)
    table.add_column(to_collect)
    names = short_ids([state.request_id for state in states])
    for item in items:
        state, due = item.state, item.state.due_at
        table.add_row(
            names[state.request_id],
            _service(item, language),
            stage(state.stage.value, language),
            "" if due is None else local_moment(due, language)[_YEAR_LENGTH:],
            _to_collect(item, language),
            style="red" if due is not None and due <= now else None,
        )
    return table


def item_lines(office: str, item: DeskItem, name: str, language: Language) -> list[str]:
    """Return all that the work on one request needs: service, form, fee and who pays how, deadline, what comes next.

    `name` is so much of its id as tells it from the others.
    """
    state = item.state
    lines = [_HEAD.fill(language, request=str(state.request_id), service=_names(item, language))]
    if item.service is not None:
        lines.append(name_of(item.service.description, language))
    lines.append(_STANDS.fill(language, stage=stage(state.stage.value, language)))
    if state.due_at is not None:
        lines.append(_UNTIL.fill(language, moment=local_moment(state.due_at, language)))
    if state.document_wanted is not None:
        lines.append(_WANTED.fill(language, document=state.document_wanted))
    if state.tracking_code is not None:
        lines.append(tracking(state.tracking_code, language))
    lines += [f"  {line}" for line in _form_lines(item, language)]
    lines += _fee_lines(item, language)
    if state.owed_rial:
        lines.append(_OWED.fill(language, amount=amount(state.owed_rial, language)))
    for command in _next(office, item, name):
        lines.append(f"  {command}")
    return lines


def _form_lines(item: DeskItem, language: Language) -> list[str]:
    lines = []
    for attribute, code, value in item.form:
        said = code if attribute is None else _FIELD.fill(language, name=name_of(attribute.names, language), code=code)
        shown = _ENCRYPTED.of(language) if value is None else _value(value)
        lines.append(f"{said}: {shown}")
    return lines


def _value(value: FormEntry) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _fee_lines(item: DeskItem, language: Language) -> list[str]:
    if item.fee is None:
        return [_NO_FEE.of(language)]
    lines = [
        _FEE_LINE.fill(
            language,
            name=line.code if tariff is None else name_of(tariff.names, language),
            amount=amount(line.amount_rial, language),
            paid=paid_words(line.payer, line.collector, language),
        )
        for tariff, line in item.lines
    ]
    head = (_FEE if item.accepted else _FEE_TO_COME).of(language)
    collects = (_COLLECT_BY_CARD if item.by_card else _COLLECT).fill(
        language, amount=amount(item.to_collect_rial, language)
    )
    if not item.to_collect_rial:
        taken_rial = item.state.collected_rial
        collects = (
            _COLLECTED.fill(language, amount=amount(taken_rial, language)) if taken_rial else _NOTHING.of(language)
        )
    back = item.state.returned_rial
    returned = [_RETURNED.fill(language, amount=amount(back, language))] if back else []
    return [head, *(f"  {line}" for line in lines), collects, *returned]


def _next(office: str, item: DeskItem, name: str) -> list[str]:
    """Return the commands by which the office goes on with a request."""
    desk = f"pishkhan office {office}"
    match item.state.stage:
        case RequestStage.ROUTED:
            return [f"{desk} accept {name}", f"{desk} decline {name}"]
        case RequestStage.ACCEPTED if item.to_collect_rial:
            return [f"{desk} collect {name}{' --pos …' if item.by_card else ''}"]
        case RequestStage.ACCEPTED | RequestStage.FEE_COLLECTED:
            return [f"{desk} start {name}"]
        case RequestStage.STARTED if item.state.needs_answer and not item.state.approved:
            return [f"{desk} await {name}"]
        case RequestStage.STARTED if item.state.document_wanted is not None and not item.state.approved:
            # The agency wants a document: it is sent with the next question, or the office does without an answer.
            return [f"{desk} await {name}", f"{desk} deliver {name}"]
        case RequestStage.STARTED:
            return [f"{desk} deliver {name}"]
        case _:
            return [f"{desk} return {name}"] if item.state.owed_rial else []


def _names(item: DeskItem, language: Language) -> str:
    code = item.state.asked().service
    return (
        code if item.service is None else _FIELD.fill(language, name=name_of(item.service.names, language), code=code)
    )


def _service(item: DeskItem, language: Language) -> tuple[str, ...]:
    """Return the service's name, its code, and the citizen's tracking code, which needs no column of its own there."""
    code = item.state.asked().service
    named = (code,) if item.service is None else (name_of(item.service.names, language), code)
    return named if item.state.tracking_code is None else (*named, item.state.tracking_code)


def _to_collect(item: DeskItem, language: Language) -> str:
    """Return what the office has still to collect, or will have to when it accepts, and how."""
    if item.state.stage not in (RequestStage.ROUTED, RequestStage.ACCEPTED) or not item.to_collect_rial:
        return ""
    said = amount(item.to_collect_rial, language)
    return _BY_CARD.fill(language, amount=said) if item.by_card else said
