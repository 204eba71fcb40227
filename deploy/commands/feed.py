"""`pishkhan feed`: what concerns one party, in the order of its numbers."""

import time
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import orjson
import typer

from connectors.words import feeds as words
from connectors.words.calendar import local_moment
from connectors.words.language import Language, in_figures
from consumers.delivery.entries import Entry, entry_json
from consumers.delivery.feeds import PAGE_MAX, FeedPage, feed_page
from consumers.delivery.handlers import TOPICS
from consumers.delivery.rebuilding import rebuild
from consumers.runner.errors import BrokerUnavailable
from deploy.commands.options import DataOption, JsonOption, LanguageOption
from deploy.edge import Screen, say_json
from deploy.problem import Misused, Unreachable
from deploy.settings import load_settings
from deploy.terminal.directory import listing
from deploy.use_cases import logs_of, opened
from schemas.feed import DIRECTORATE_FEED, agency_feed, office_feed

PAGE = 50
#: A person who follows looks again so often, in seconds of real time.
LOOKS_EVERY = 1.0


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    feed = typer.Typer(
        help="What concerns one agency, one office or the directorate, in one numbered order.\n\n"
        "[bold]Example[/bold]\n\n"
        "pishkhan feed show --agency electricity --after 120"
    )
    feed.command("show")(show)
    feed.command("rebuild")(rebuild_feeds)
    app.add_typer(feed, name="feed")


def show(
    agency: Annotated[str | None, typer.Option(help="The feed of this agency.")] = None,
    office: Annotated[str | None, typer.Option(help="The feed of this office.")] = None,
    directorate: Annotated[bool, typer.Option("--directorate", help="The feed of the directorate.")] = False,
    after: Annotated[int, typer.Option(min=0, help="What follows this number.")] = 0,
    most: Annotated[int, typer.Option(min=1, max=PAGE_MAX, help="So many at most.")] = PAGE,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until Ctrl-C, as entries come.")] = False,
    as_json: JsonOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Show a feed from a number on: the same entries, under the same numbers, as over HTTP and on the agency's topic.

    There is no citizen's data in a feed.

    [bold]Examples[/bold]

      pishkhan feed show --agency electricity --after 120

      pishkhan feed show --office bojnurd-01 --follow

      pishkhan feed show --directorate --after 5000 --most 200 --json
    """
    name = _feed_of(agency, office, directorate)

    def page(after: int) -> FeedPage:
        with opened(data) as view:
            return feed_page(view.feeds, name, after, most)

    tell = _as_lines if as_json else _as_table(language)
    first = page(after)
    tell(first.entries)
    if follow:
        _follow(page, first.after, tell)
    elif not as_json and not first.entries:
        Screen().print(words.EMPTY_FEED.fill(language, after=str(after)))
    elif not as_json and first.more:
        Screen().print(words.MORE.fill(language, after=str(first.after), newest=str(first.newest)))


def rebuild_feeds(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    as_json: JsonOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Derive what is told from the logs again; every entry keeps its number. Works beside a running bus.

    For contents that were harmed, and after a release that tells more. What was told from a log that is not kept as
    long as feeds are stays as it is.

    [bold]Examples[/bold]

      pishkhan feed rebuild --dry-run

      pishkhan feed rebuild
    """
    try:
        with logs_of(load_settings(data)) as logs, opened(data) as view:
            done = rebuild(logs.records(TOPICS), view.feed_rebuild, change=not dry_run)
    except BrokerUnavailable as error:
        raise Unreachable(f"The broker does not answer: {error}. Is `pishkhan up` running?") from error
    if as_json:
        say_json(done._asdict())
    else:
        Screen().print((words.WOULD_REBUILD if dry_run else words.REBUILT).fill(language, **done._asdict()))


def _feed_of(agency: str | None, office: str | None, directorate: bool) -> str:
    named = [agency_feed(agency)] if agency is not None else []
    named += [office_feed(office)] if office is not None else []
    named += [DIRECTORATE_FEED] if directorate else []
    if len(named) != 1:
        raise Misused("Say whose feed: one of --agency CODE, --office CODE and --directorate.")
    return named[0]


def _follow(page: Callable[[int], FeedPage], after: int, tell: Callable[[Iterable[Entry]], None]) -> None:
    while True:
        found = page(after)
        tell(found.entries)
        after = found.after
        if not found.more:
            time.sleep(LOOKS_EVERY)


def _as_lines(entries: Iterable[Entry]) -> None:
    for entry in entries:
        say_json(orjson.loads(entry_json(entry)))


def _as_table(language: Language) -> Callable[[Iterable[Entry]], None]:
    def tell(entries: Iterable[Entry]) -> None:
        table = listing(words.HEADINGS, language)
        for entry in entries:
            when, event = local_moment(entry.time, language), words.event_phrase(entry.type).of(language)
            number = in_figures(str(entry.number), language)
            table.add_row(number, when, event, entry.subject or "", _told(orjson.loads(entry.data)))
        if table.row_count:
            Screen().print(table)

    return tell


def _told(told: dict[str, Any]) -> str:
    """Return the fields as they are named in JSON: whoever reads a feed by hand writes a program next."""
    return ", ".join(f"{name}={value}" for name, value in told.items())
