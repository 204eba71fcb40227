"""Workers of ours that are killed and frozen where it hurts."""

import signal
from functools import partial

from connectors.failpoints import Failpoint, FailpointAct
from deploy.faults.crew import Member, as_struck
from deploy.faults.fault import Trial
from deploy.faults.waiting import until

#: Where a consumer is killed; the relay has its own places.
CONSUMER_POINTS = (
    Failpoint.BEFORE_COMPARE_AND_SET,
    Failpoint.AFTER_COMPARE_AND_SET,
    Failpoint.INSIDE_COPY,
    Failpoint.BEFORE_COMMIT,
    Failpoint.AFTER_COMMIT,
)
RELAY_POINTS = (Failpoint.RELAY_SENT, Failpoint.RELAY_ACKNOWLEDGED, Failpoint.RELAY_MARKED)
CONSUMERS = ("registry", "requests", "settlement")
FROZEN_POINTS = (Failpoint.BEFORE_COMPARE_AND_SET, Failpoint.AFTER_COMPARE_AND_SET, Failpoint.INSIDE_COPY)
#: A lease is ten seconds long, and is looked at every three.
TAKEN_OVER_SECONDS = 60.0
FENCED_SECONDS = 60.0

_FREE = (
    "SELECT count(*) FROM consumer_offset WHERE consumer = %s AND (owner IS NULL OR lease_until < clock_timestamp())"
)


def kill_at_failpoints(trial: Trial) -> None:
    """Kill one worker of every kind, each at a failpoint of the seed's choice, under load."""
    points = {kind: trial.chance.choice(CONSUMER_POINTS) for kind in CONSUMERS}
    points["relay"] = trial.chance.choice(RELAY_POINTS)
    with trial.load():
        _strike_all(trial, within_reach(points, trial.bus.others), FailpointAct.KILL)


def kill_the_relay(trial: Trial) -> None:
    """Kill the relay around the acknowledgement of a batch: before it, between it and the mark, or after the mark."""
    with trial.load():
        _strike_all(trial, {"relay": trial.chance.choice(RELAY_POINTS)}, FailpointAct.KILL)


def freeze(trial: Trial) -> None:
    """Freeze one consumer of every kind, each at another failpoint; wake them when others have taken over."""
    first = trial.chance.randrange(len(FROZEN_POINTS))
    points = {kind: FROZEN_POINTS[(first + place) % len(FROZEN_POINTS)] for place, kind in enumerate(CONSUMERS)}
    with trial.load():
        victims = _strike_all(trial, within_reach(points, trial.bus.others), FailpointAct.STOP)
        for victim in victims:
            everything = f"every partition of {victim.kind} to have a living owner"
            until(partial(_owned, trial, victim.kind), everything, TAKEN_OVER_SECONDS)
        for victim in victims:
            victim.signal(signal.SIGCONT)
        trial.note("all are awake again")
        for victim in victims:
            _wait_until_fenced(victim)
        trial.note("all have found that they own nothing any more")


def within_reach(points: dict[str, Failpoint], others: frozenset[str]) -> dict[str, Failpoint]:
    """Return the points to which our workers come, where `others` are the kinds of workers that share the work."""
    reached = dict(points)
    if "relay" in others:
        # One relay has all shards; ours stands by.
        reached.pop("relay", None)
    if "registry" in others and reached.get("registry") is Failpoint.INSIDE_COPY:
        # Licences come to few partitions, which may be another's; other records come to all, and nothing is written.
        reached["registry"] = Failpoint.AFTER_COMPARE_AND_SET
    return reached


def _strike_all(trial: Trial, points: dict[str, Failpoint], act: FailpointAct) -> list[Member]:
    """Let an armed worker of each kind take everything over; as each is struck, start another in its place."""
    victims = []
    for kind, point in points.items():
        # The registry writes seldom: it would not come to its COPY for the third time in a minute.
        armed = trial.armed(point, act, 2 if (kind, point) == ("registry", Failpoint.INSIDE_COPY) else 6)
        trial.note(f"{kind} is armed: {armed}")
        victims.append(trial.bus.crew.replace(kind, armed))
    struck_at = 0.0
    for victim in as_struck(victims):
        struck_at = trial.struck()
        trial.note(f"{victim.name} has come to its failpoint")
        trial.bus.crew.start(victim.kind)
    trial.recovered(struck_at)
    return victims


def _owned(trial: Trial, kind: str) -> bool:
    return not trial.bus.look.count(_FREE, kind)


def _wait_until_fenced(victim: Member) -> None:
    """Block until the woken worker says that its batch was rolled back. Raises `TrialFailed`."""
    assert victim.armed is not None, "a victim was armed"
    cause = "fenced" if victim.armed.point is Failpoint.BEFORE_COMPARE_AND_SET else "database_unavailable"
    until(lambda: victim.says(f'"cause": "{cause}"'), f"{victim.name} to be rolled back as {cause}", FENCED_SECONDS)
