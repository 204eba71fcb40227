"""Much at once: workers that come and go, and a backlog that waits for them."""

import time
from collections.abc import Callable
from itertools import islice

from deploy.faults.crew import KINDS
from deploy.faults.fault import Trial
from deploy.faults.look import Look
from deploy.faults.visits import VisitKind, claims_of
from deploy.faults.waiting import until

STEADY_SECONDS = 40.0
STORM_SECONDS = 300.0
BEAT_SECONDS = 2.0
WARM_UP_SECONDS = 5.0
RATIO_WANTED = 0.5
#: So many records may be on their way before the load waits for the bus.
ON_THE_WAY = 3_000
VISITS_AT_ONCE = 30
PAUSE_SECONDS = 0.02

BACKLOG_VISITS = 20_000
VISITS_PER_BATCH = 1_000
BACKLOG_SECONDS = 300.0
#: A worker may grow by so much in the second half of a backlog: buffers fill, and are filled again.
GROWTH = 1.15
GROWTH_MB = 10.0

_PAST = "SELECT coalesce(sum(next_position), 0)::bigint FROM consumer_offset WHERE consumer = %s"


def storm(trial: Trial) -> None:
    """Let a worker join or leave every two seconds for five minutes; the bus is given as much as it takes."""
    storm_of(trial, STEADY_SECONDS, STORM_SECONDS)


def storm_of(trial: Trial, steady_seconds: float, storm_seconds: float) -> None:
    """Compare the throughput of a storm of `storm_seconds` with that of the quiet before it."""
    look = Look(trial.bus.settings)

    def may_go_on() -> bool:
        return sum(look.lag().values()) < ON_THE_WAY

    try:
        with trial.load(visits_at_once=VISITS_AT_ONCE, pause_seconds=PAUSE_SECONDS, may_go_on=may_go_on):
            trial.pause(WARM_UP_SECONDS)
            steady = _settled_per_second(trial, lambda: trial.pause(steady_seconds))
            stormy = _settled_per_second(trial, lambda: _come_and_go(trial, storm_seconds))
            struck_at = time.monotonic()
            trial.bus.crew.complete()
            trial.recovered(struck_at)
    finally:
        look.close()
    ratio = stormy / steady
    trial.figures.append(
        f"{stormy:,.0f} events settled per second in the storm, {steady:,.0f} before it: a ratio of {ratio:.2f}"
    )
    if ratio < RATIO_WANTED:
        trial.complain(f"the storm's throughput is {ratio:.2f} of the steady one, less than {RATIO_WANTED}")


def _settled_per_second(trial: Trial, meanwhile: Callable[[], None]) -> float:
    began, before = time.monotonic(), trial.bus.look.count(_PAST, "settlement")
    meanwhile()
    return (trial.bus.look.count(_PAST, "settlement") - before) / (time.monotonic() - began)


def _come_and_go(trial: Trial, seconds: float) -> None:
    """Every beat a worker of some kind joins, or one that is not the only one of its kind leaves."""
    crew, ends_at = trial.bus.crew, time.monotonic() + seconds
    while time.monotonic() < ends_at:
        kind = trial.chance.choice(KINDS)
        of_kind = crew.living(kind)
        if len(of_kind) == 1:
            crew.start(kind)
            trial.note(f"a {kind} joins")
        else:
            crew.let_go(trial.chance.choice(of_kind))
            trial.note(f"a {kind} leaves")
        trial.struck()
        trial.pause(BEAT_SECONDS)


def backlog(trial: Trial) -> None:
    """Let a hundred thousand claims pile up while nobody works; then watch the workers' memory while they catch up."""
    backlog_of(trial, BACKLOG_VISITS)


def backlog_of(trial: Trial, visits: int) -> None:
    """Pile up so many visits of five claims each, and let the crew work them off."""
    crew, look = trial.bus.crew, trial.bus.look
    crew.dismiss()
    trial.note("nobody works")
    said = 0
    stream = (trial.visits.visit(VisitKind.CASH) for _ in range(visits))
    while batch := claims_of(list(islice(stream, VISITS_PER_BATCH))):
        trial.say(batch, past_the_outbox=True)
        said += len(batch)
    trial.note(f"{said} claims wait")
    before = look.count(_PAST, "requests")
    crew.complete()
    struck_at = trial.struck()
    sizes: dict[str, float] = {}
    half_way: dict[str, float] = {}

    def worked_off() -> bool:
        past = look.count(_PAST, "requests") - before
        for member in crew.living():
            sizes[member.kind] = max(sizes.get(member.kind, 0.0), member.resident_mb())
        if 2 * past < said:
            half_way.update(sizes)
        return past >= said and not look.lag()

    until(worked_off, f"{said} claims to be worked off", BACKLOG_SECONDS)
    trial.recovered(struck_at)
    trial.figures.append(f"{said / trial.recoveries[-1]:,.0f} claims per second were worked off")
    trial.figures.append("largest memory: " + ", ".join(f"{kind} {size:.0f} MB" for kind, size in sizes.items()))
    for kind, size in sizes.items():
        if size > half_way.get(kind, size) * GROWTH + GROWTH_MB:
            trial.complain(f"{kind} grew from {half_way[kind]:.0f} MB half way to {size:.0f} MB at the end")
