"""The table of faults that break nothing of anybody's: our own workers, and our own words."""

from deploy.faults.fault import Fault
from deploy.faults.strikes.crowds import backlog, storm
from deploy.faults.strikes.words import disorder, poison
from deploy.faults.strikes.workers import freeze, kill_at_failpoints, kill_the_relay

FAULTS: tuple[Fault, ...] = (
    # Four workers a run: a hundred kills.
    Fault("kill", "kill -9 of one worker of each kind at a failpoint", 25, kill_at_failpoints),
    # Three workers a run, each at another of the three places.
    Fault(
        "zombie",
        "freeze workers before the compare-and-set, after it and inside COPY; wake them when others have taken over",
        20,
        freeze,
        promises="the woken workers are fenced",
    ),
    Fault(
        "relay",
        "kill -9 of the relay before the acknowledgement, between it and the mark, after it",
        15,
        kill_the_relay,
        alone=True,
    ),
    Fault(
        "disorder",
        "every claim three times, the parties in disorder; other words under used ids",
        5,
        disorder,
        promises="every conflict of type, subject or body is quarantined",
    ),
    Fault(
        "poison",
        "unreadable records and schemas of other versions",
        3,
        poison,
        promises="each is dead-lettered with its reason; nothing waits 5 s behind them",
    ),
    Fault(
        "storm",
        "a worker joins or leaves every 2 s for 5 minutes",
        1,
        storm,
        promises="at least half of the steady throughput",
        alone=True,
        heavy=True,
    ),
    Fault(
        "backlog",
        "100,000 claims pile up while nobody works",
        1,
        backlog,
        promises="the workers' memory stays flat",
        alone=True,
        heavy=True,
    ),
)
