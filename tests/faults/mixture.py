"""Blows of all kinds at moments of chance, up to two of them before the first is healed."""

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from deploy.faults.crew import Crew, Member
from deploy.faults.fault import Trial
from tests.faults.stages import OwnBus, own
from tests.faults.strikes import kill_kafka, quit_postgres, start_kafka, start_postgres

STEPS = 16
#: A worker's lease is ten seconds long: who is woken may find that he owns all he had, or nothing.
APART_SECONDS = (0.2, 6.0)
BROKEN_MAX = 2


@dataclass(frozen=True, slots=True)
class Blow:
    """One thing that can be broken, how that is done, and how it is healed."""

    thing: str
    how: str
    strike: Callable[[], object]
    heal: Callable[[], object]


def mixture(trial: Trial) -> None:
    """Break and heal at moments of chance; at the end all is healed, and everything that was said must come through."""
    bus = own(trial)
    broken: list[Blow] = []
    with trial.load():
        for _ in range(STEPS):
            trial.pause(trial.chance.uniform(*APART_SECONDS))
            if len(broken) == BROKEN_MAX or (broken and trial.chance.random() < 0.4):
                _heal(trial, broken.pop(trial.chance.randrange(len(broken))))
            else:
                things = {blow.thing for blow in broken}
                blow = trial.chance.choice([one for one in _blows(bus) if one.thing not in things])
                blow.strike()
                trial.struck()
                trial.note(f"{blow.thing}: {blow.how}")
                broken.append(blow)
        healed_at = time.monotonic()
        for blow in broken:
            _heal(trial, blow)
        trial.recovered(healed_at)


def _heal(trial: Trial, blow: Blow) -> None:
    blow.heal()
    trial.note(f"{blow.thing} is healed")


def _blows(bus: OwnBus) -> Iterator[Blow]:
    """Yield everything that could be done to what is there."""
    for member in bus.crew.living():
        yield Blow(member.name, "kill -9", partial(_kill, member), partial(bus.crew.start, member.kind))
        yield Blow(member.name, "frozen", partial(member.signal, signal.SIGSTOP), partial(_wake, bus.crew, member))
    yield Blow(
        "PostgreSQL", "as after a crash", partial(quit_postgres, bus.postgres), partial(start_postgres, bus.postgres)
    )
    for kafka in bus.kafka.brokers:
        yield Blow(f"broker {kafka.node_id}", "kill -9", partial(kill_kafka, kafka), partial(start_kafka, kafka))


def _kill(member: Member) -> None:
    member.process.kill()
    member.process.wait()


def _wake(crew: Crew, member: Member) -> None:
    """Wake a frozen worker; one that has ended, for whatever reason, is replaced."""
    if member.lives():
        member.signal(signal.SIGCONT)
    else:
        crew.start(member.kind)
