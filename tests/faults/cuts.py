"""A worker that is cut off: its connections are neither closed nor refused, there is only nobody on the other side."""

import signal
import time
from collections.abc import Callable
from contextlib import closing

import psycopg

from connectors.failpoints import FailpointAct
from consumers.runner.outcomes import Setback
from deploy.engines.postgres import OWNER_ROLE
from deploy.faults.crew import Member, as_struck
from deploy.faults.fault import Trial
from deploy.faults.strikes.workers import CONSUMER_POINTS, RELAY_POINTS
from deploy.faults.waiting import TrialFailed, until
from tests.faults.stages import cable, own

CUT_SECONDS = 60.0
#: A connection on which nobody answers is given up after thirty seconds; and there is one after the other.
NOTICED_SECONDS = 50.0
AT_WORK_SECONDS = 60.0
ACKNOWLEDGED_SECONDS = 0.5

_SEEN = """
SELECT count(*) FROM worker WHERE consumer = %s AND worker_id LIKE %s
    AND seen_at > clock_timestamp() - make_interval(secs => 5)
"""
_WAITS_FOR_A_LOCK = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE %s AND wait_event_type = 'Lock'"


def cut_off(kind: str) -> Callable[[Trial], None]:
    """Return the strike that cuts the only worker of `kind` off for a minute, while another one takes over."""

    def strike(trial: Trial) -> None:
        while_it_speaks = trial.chance.choice((True, False))
        with trial.load():
            cut = _cut_while_it_speaks if while_it_speaks else _cut_while_it_listens
            victim = cut(trial, kind)
            struck_at = trial.struck()
            try:
                _others_take_over(trial, victim, struck_at)
            finally:
                cable(trial).plug()
            trial.note(f"{victim.name} is connected again")
            until(lambda: _gives_signs(trial, victim), f"{victim.name} to be at work again", AT_WORK_SECONDS)
            trial.note(f"{victim.name} is at work again")
            trial.bus.look.wait_until_through()
            trial.bus.crew.let_go(victim)

    return strike


def _cut_while_it_speaks(trial: Trial, kind: str) -> Member:
    """Cut it off in the middle of a batch: what it says next is never acknowledged."""
    armed = trial.armed(trial.chance.choice(RELAY_POINTS if kind == "relay" else CONSUMER_POINTS), FailpointAct.STOP)
    trial.note(f"{kind} is armed: {armed}")
    trial.bus.crew.dismiss(kind)
    [victim] = as_struck([trial.bus.crew.start(kind, armed, cable(trial).inside)])
    cable(trial).pull()
    victim.signal(signal.SIGCONT)
    trial.note(f"{victim.name} is cut off at {armed.point}")
    return victim


def _cut_while_it_listens(trial: Trial, kind: str) -> Member:
    """Cut it off while it waits for an answer: nothing of its own is on the way, so nothing tells it."""
    trial.bus.crew.dismiss(kind)
    victim = trial.bus.crew.start(kind, wrap=cable(trial).inside)
    until(lambda: _gives_signs(trial, victim), f"{victim.name} to be at work", AT_WORK_SECONDS)
    trial.pause(trial.chance.uniform(0.5, 2.0))
    with closing(psycopg.connect(own(trial).postgres.url(OWNER_ROLE, driver=""))) as owner:
        # Every worker gives a sign of life every few seconds, and this one's has to wait.
        owner.execute("LOCK TABLE worker IN SHARE MODE")
        waits = f"{victim.name} to wait for an answer"
        until(lambda: trial.bus.look.count(_WAITS_FOR_A_LOCK, _like(victim)), waits, AT_WORK_SECONDS)
        # Until the network itself has acknowledged the question: then nothing is on its way that could be missed.
        trial.pause(ACKNOWLEDGED_SECONDS)
        cable(trial).pull()
    trial.note(f"{victim.name} is cut off while it waits for an answer")
    return victim


def _others_take_over(trial: Trial, victim: Member, struck_at: float) -> None:
    """Let another worker do the work meanwhile, and the one that is cut off notice it, all within the minute."""
    trial.bus.crew.start(victim.kind)
    trial.recovered(struck_at)
    causes = (Setback.DATABASE_UNAVAILABLE, Setback.BROKER_UNAVAILABLE)
    try:
        until(
            lambda: any(victim.says(f'"cause": "{cause}"') for cause in causes),
            f"{victim.name} to notice that it is cut off",
            _left(struck_at, NOTICED_SECONDS),
        )
        trial.note(f"{victim.name} has noticed")
    except TrialFailed as failure:
        trial.complain(str(failure))
    trial.pause(_left(struck_at, CUT_SECONDS))


def _gives_signs(trial: Trial, member: Member) -> bool:
    return bool(trial.bus.look.count(_SEEN, member.kind, _like(member)))


def _like(member: Member) -> str:
    """Return the pattern of a worker's own name: it holds its process number."""
    return f"{member.kind}-%-{member.process.pid}-%"


def _left(since: float, seconds: float) -> float:
    """Return how much is left of `seconds` that began at `since`."""
    return max(0.0, since + seconds - time.monotonic())
