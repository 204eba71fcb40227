"""A speaker's claims that wait: for whom, since when, until when, and how to take them back."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise

from connectors.words.calendar import local_moment
from connectors.words.claims import claim_name
from connectors.words.language import Language, Phrase
from connectors.words.outcomes import waits_for
from consumers.parking import NEVER
from consumers.requests.inbox import WaitingClaim, waiting_beginning
from deploy.edge import Grid
from deploy.problem import Problem
from deploy.terminal.request_ids import SHORT_LENGTH, short_ids
from deploy.terminal.speaking import Terminal, claim_of, command_of
from schemas.intake_agency import ClaimWithdrawn
from schemas.speakers import SpeakerKind, sender_of

_HEADINGS = (
    Phrase("درخواست", "request"),
    Phrase("گفته", "said"),
    Phrase("در انتظار", "waits for"),
    Phrase("از", "since"),
    Phrase("تا", "until"),
    Phrase("شناسه گفته", "claim"),
)
_TITLE = Phrase("گفته شده و در انتظار", "said, and waits")
#: The year and its slash, as in the inbox.
_YEAR_LENGTH = 5


def waiting_table(
    claims: Sequence[WaitingClaim], business: Callable[[datetime], datetime], command: str, language: Language
) -> Grid:
    """Return the table of `claims`; `business` turns real time into business time. It fits 80 columns."""
    title = f"{_TITLE.of(language)} · {len(claims)}"
    table = Grid(title=title, caption=f"{command} withdraw-claim …", box=None, pad_edge=False)
    request, said, awaited, since, until, claim = (heading.of(language) for heading in _HEADINGS)
    table.add_column(request, no_wrap=True)
    table.add_column(said)
    table.add_column(awaited)
    table.add_column(since)
    table.add_column(until)
    table.add_column(claim, overflow="fold")
    requests = short_ids({one.request_id for one in claims})
    names = _short([one.claim_id for one in claims])
    for one in claims:
        table.add_row(
            requests[one.request_id],
            claim_name(one.type_name, language),
            waits_for(one.awaited, language),
            _moment(business(one.since), language),
            _moment(one.until, language),
            names[one.claim_id],
        )
    return table


def take_back(terminal: Terminal, source: str, typed: str, wait_seconds: float, event_id: str | None = None) -> None:
    """Take back what waits under an id, or the beginning of one, and print the answer. Raises `Problem`."""
    with terminal.reading() as view:
        found = waiting_beginning(view.inbox, source, typed)
    if len(found) != 1:
        raise Problem(_unclear(typed, [one.claim_id for one in found], source))
    [claim] = found
    withdrawn = claim_of(ClaimWithdrawn, request_id=claim.request_id, claim_id=claim.claim_id)
    terminal.say(source, withdrawn, claim.request_id, wait_seconds, event_id)


def _unclear(typed: str, found: Sequence[str], source: str) -> str:
    if found:
        return f"Several that wait begin with {typed}: {', '.join(found[:5])}. Type more of the id."
    sender = sender_of(source)
    assert sender is not None, "commands speak for parties alone"
    shown = f"{command_of(source)} {'inbox --once' if sender.kind is SpeakerKind.OFFICE else 'waiting'}"
    return (
        f"Nothing that {sender.code} has said waits under {typed}: it was decided on, or was never said. "
        f"`{shown}` shows what waits."
    )


def _short(texts: Sequence[str]) -> dict[str, str]:
    """Return so much of the beginning of each text that none of the others begins with it."""
    ordered = sorted(set(texts))
    shared = [0, *(_shared(one, other) for one, other in pairwise(ordered)), 0]
    return {
        text: text[: max(SHORT_LENGTH, shared[place] + 1, shared[place + 1] + 1)] for place, text in enumerate(ordered)
    }


def _shared(one: str, other: str) -> int:
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _moment(moment: datetime, language: Language) -> str:
    return "" if moment >= NEVER else local_moment(moment, language)[_YEAR_LENGTH:]
