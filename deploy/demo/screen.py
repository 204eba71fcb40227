"""What the terminal shows while a day runs, and the summary when it is over. Pure: figures in, renderables out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from connectors.words.calendar import local_moment
from connectors.words.language import Language
from connectors.words.outcomes import stage
from connectors.words.vocabulary import REFUSALS
from deploy.demo.report import Report
from deploy.demo.steering import Steering
from deploy.edge import Grid

#: So many requests that were left to a person are named.
NAMED_MAX = 3
_UNDER_WAY = "under way"
#: What the summary says of routed requests, by state.
_ENDS = {
    "completed": "completed",
    "rejected": "rejected by their agency",
    "cancelled": "cancelled",
    "expired": "expired",
    "escalated": "left to a person because no office took them in time",
    "routed": "waiting for their office",
    "accepted": _UNDER_WAY,
    "fee_collected": _UNDER_WAY,
    "started": _UNDER_WAY,
    "agency_awaited": _UNDER_WAY,
}


@dataclass(frozen=True, slots=True)
class Glance:
    """One look at the running day. Amounts are rial; `unpublished` is what the relay has still to publish."""

    now: datetime
    planned: int
    submitted: int
    states: Mapping[str, int]
    held_rial: int
    posted_rial: int
    voided_rial: int
    sum_rial: int
    unpublished: int
    latest: Sequence[str]


def screen(glance: Glance) -> RenderableType:
    """Return the live view: requests by state, the ledger, the pipes, and the latest decisions in words."""
    percent = 100 * glance.submitted // max(glance.planned, 1)
    now, asked = local_moment(glance.now, Language.EN), f"{glance.submitted:,} of {glance.planned:,} requests"
    title = f"Pishkhan · {now} Tehran · {asked} ({percent} %)"
    requests = _figures(
        "requests · درخواست‌ها",
        {stage(name, Language.EN): f"{count:,}" for name, count in sorted(glance.states.items())},
    )
    ledger = _figures(
        "ledger, rial · دفتر کل",
        {
            "held": f"{glance.held_rial:,}",
            "posted": f"{glance.posted_rial:,}",
            "voided": f"{glance.voided_rial:,}",
            "Σ of all accounts": f"{glance.sum_rial:,}",
        },
    )
    pipes = _figures("waiting · در صف", {"outbox": f"{glance.unpublished:,}"})
    latest = Panel(Text("\n".join(glance.latest) or "…", overflow="ellipsis", no_wrap=True), title="latest decisions")
    return Panel(Group(Columns([requests, ledger, pipes]), latest), title=title, border_style="cyan")


def line(glance: Glance) -> str:
    """Return a glance in one line, for logs and pipes."""
    states = ", ".join(f"{count:,} {stage(name, Language.EN)}" for name, count in sorted(glance.states.items()))
    now = local_moment(glance.now, Language.EN)
    return f"{now}  {states or 'no requests yet'}; {glance.posted_rial:,} rial posted"


def summary(report: Report, states: Mapping[str, int], faults: Sequence[str]) -> RenderableType:
    """Return the day in words and numbers: `states` counts the requests at its end, `faults` is what does not agree."""
    requests, ledger = report.requests, report.ledger
    words = Text.assemble(
        f"{report.offices.urban} urban and {report.offices.rural} rural offices, {report.services.urban} services at "
        f"urban and {report.services.rural} at rural offices, under {report.agreements} agreements.\n",
        f"{requests.submitted:,} requests were submitted: {requests.routed:,} routed, {requests.refused:,} refused "
        f"with a reason, {requests.parked:,} parked.\n",
        _refused(report),
        f"At the end of the day: {_ends(states)}.\n",
        _left_to_a_person(report),
        f"{ledger.held_rial:,} rial were held = {ledger.posted_rial:,} posted + {ledger.voided_rial:,} voided + "
        f"{ledger.still_held_rial:,} still held; all accounts add up to {ledger.sum_rial:,}.\n",
        _steered(report.steering),
        f"Engines took {report.seconds.engines:.1f} s, the province {report.seconds.load:.1f} s, the day "
        f"{report.seconds.run:.1f} s.",
    )
    verdict = Text("The books agree.", style="green") if not faults else Text("\n".join(faults), style="bold red")
    return Panel(Group(words, verdict), title="The day · روز کاری", border_style="green")


def look_next(steps: Sequence[tuple[str, str]]) -> Text:
    """Return where to look next: each command with what it shows. Print it softly wrapped, so that it can be copied."""
    text = Text()
    for command, purpose in steps:
        text.append(f"\n{purpose}\n").append(f"  {command}\n", style="bold")
    return text


def _refused(report: Report) -> str:
    """Return why requests were refused, the most first; nothing when none was."""
    reasons = (f"{count:,} {REFUSALS[reason].en} ({reason.value})" for reason, count in report.refusals.items())
    return f"Refused were: {', '.join(reasons)}.\n" if report.refusals else ""


def _left_to_a_person(report: Report) -> str:
    """Name the requests that no office took in time; nothing when there is none."""
    named, more = report.with_person[:NAMED_MAX], len(report.with_person) - NAMED_MAX
    rest = f" and {more:,} more (`pishkhan requests list --with-person`)" if more > 0 else ""
    return f"Left to a person: {', '.join(named)}{rest}.\n" if named else ""


def _steered(steering: Steering) -> str:
    """Return how far people go, how long they wait, and how evenly income falls."""
    far = "; ".join(
        f"{words} {_km(one.mean_m)} km on average (half {_km(one.median_m)} at most, 95 % {_km(one.p95_m)})"
        for words, one in (("of agencies' requests", steering.agency), ("of chosen offices", steering.chosen))
    )
    return (
        f"Distances: {far}. 95 % are accepted within {steering.wait_p95_seconds // 60} minutes; the Gini coefficient "
        f"of income over expectation is {steering.income_gini:.3f}.\n"
    )


def _km(metres: int) -> str:
    return f"{metres / 1000:.1f}"


def _ends(states: Mapping[str, int]) -> str:
    """Return where the routed requests are, the most first."""
    counts: Counter[str] = Counter()
    for name, count in states.items():
        if name in _ENDS:
            counts[_ENDS[name]] += count
    return ", ".join(f"{count:,} {words}" for words, count in counts.most_common()) or "none"


def _figures(title: str, rows: Mapping[str, str]) -> RenderableType:
    table = Grid.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    for name, value in rows.items():
        table.add_row(name, value)
    return Panel(table, title=title)
