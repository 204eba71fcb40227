"""`pishkhan office OFFICE inbox` and `show`: what a counter office has to do, and what the work on it needs."""

import sys
import time
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.live import Live

from connectors.words.language import Language, Phrase
from consumers.registry.domain.known import EntryKind
from consumers.requests.desk import DeskItem, desk_items
from consumers.requests.domain.life.state import RequestState
from consumers.requests.inbox import inbox_of
from deploy.commands.options import DataOption, LanguageOption
from deploy.problem import Problem
from deploy.terminal.desk import office_named
from deploy.terminal.inbox import inbox_table, item_lines, owed_lines
from deploy.terminal.speaking import Terminal
from deploy.terminal.waiting import waiting_table
from deploy.use_cases import View
from schemas.speakers import office_source

REFRESH_SECONDS = 0.5
_NOT_HERE = Phrase(
    "درخواست {request} نزد دفتر {office} نیست؛ `pishkhan {command}` آنچه را دارد نشان می‌دهد.",
    "Request {request} is not with office {office}; `pishkhan {command}` shows what it has.",
)

RequestArgument = Annotated[
    str, typer.Argument(metavar="REQUEST_ID", help="The request's id, or its beginning, as the inbox shows it.")
]


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
        office_named(terminal, context.obj)
        if once or not sys.stdout.isatty():
            terminal.console.print(_inbox(terminal, context.obj), soft_wrap=False)
            return
        with Live(_inbox(terminal, context.obj), console=terminal.console, auto_refresh=False, screen=True) as live:
            while True:
                time.sleep(REFRESH_SECONDS)
                live.update(_inbox(terminal, context.obj), refresh=True)


def show(
    context: typer.Context,
    request: RequestArgument,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Show all that the work on one request needs: service, form, fee and who pays how, deadline, what comes next.

    [bold]Example[/bold]

      pishkhan office urban-001 show 019ab3c4-5d6e --lang fa
    """
    with Terminal(data, language) as terminal:
        request_id = terminal.request_id(request, office=context.obj)
        with terminal.reading() as view:
            state = view.inbox.state(request_id)
            if state is None or state.submission is None or state.office != context.obj:
                command = f"office {context.obj} inbox"
                raise Problem(_NOT_HERE.filled(request=request, office=context.obj, command=command))
            [item] = _items(view, [state])
        terminal.console.print_lines(item_lines(context.obj, item, request, language))


def _items(view: View, states: Sequence[RequestState]) -> list[DeskItem]:
    """Return what a desk must know of requests, with the versions that they keep."""
    services = {(EntryKind.SERVICE, state.asked().service) for state in states if state.submission is not None}
    agreements = {(EntryKind.AGREEMENT, state.agreement) for state in states if state.agreement is not None}
    return desk_items(states, view.registry.known([*services, *agreements], ()))


def _inbox(terminal: Terminal, office: str) -> Group:
    """Return what the office has to do, and below it what it has to give back and what it has said that waits."""
    with terminal.reading() as view:
        inbox = inbox_of(view.inbox, office, office_source(office))
        items = _items(view, inbox.at_desk)
    parts: list[RenderableType] = [inbox_table(office, items, terminal.clock.now(), terminal.language)]
    if inbox.owed:
        parts.append(owed_lines(inbox, terminal.language))
    if inbox.waiting:
        business, command = terminal.clock.business, f"pishkhan office {office}"
        parts.append(waiting_table(inbox.waiting, business, command, terminal.language))
    return Group(*parts)
