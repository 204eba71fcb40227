"""One run of one fault: load, blow, healing, quiet, and every invariant."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import monotonic

from consumers.runner.errors import BrokerUnavailable, DatabaseUnavailable
from deploy.engines.errors import EngineFailed
from deploy.faults.bus import TrialBus
from deploy.faults.fault import Fault, Trial
from deploy.faults.invariants import SHOWN, Findings, examine
from deploy.faults.journal import Journal
from deploy.faults.visits import Visits
from deploy.faults.waiting import TrialFailed, until, until_answered
from deploy.faults.watcher import Watcher
from producers.ports import LogUnavailable

LICENSED_SECONDS = 60.0
EXAMINE_SECONDS = 60.0

_LICENSED = "SELECT count(*) FROM registry_version WHERE kind = 'office' AND code = %s"


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What one run came to. It passed when `problems` is empty. `said` counts claims that were acknowledged."""

    fault: str
    seed: int
    said: int
    blows: int
    lost: int
    doubled: int
    problems: tuple[str, ...]
    schedule: tuple[str, ...]
    figures: tuple[str, ...]
    recoveries: tuple[float, ...]
    looks: int
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether nothing at all was wrong."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Harness:
    """Plays trials on one bus. `salt` tells series apart that are played on the same bus."""

    bus: TrialBus
    journals: Path
    salt: str = ""

    def play(self, fault: Fault, seed: int, tell: Callable[[str], None] = lambda stage: None) -> TrialOutcome:
        """Play one run. Never raises for what a fault can do: what does not come to its end is a problem of the run."""
        began = monotonic()
        name, title = f"{fault.name}-{seed}", f"{fault.name}, seed {seed}"
        self.journals.mkdir(parents=True, exist_ok=True)
        journal = Journal(self.journals / f"{name}.ndjson")
        visits = Visits(name, f"{self.salt}|{name}", self.bus.settings.clock.now())
        trial = Trial(self.bus, Random(name), visits, journal)
        watcher = Watcher(self.bus.settings)
        findings = Findings()
        with closing(journal), _noted(trial):
            tell(f"{title}: preparing")
            self._prepare(trial)
            with watcher:
                with _noted(trial):
                    tell(f"{title}: {fault.does}")
                    fault.strike(trial)
                tell(f"{title}: waiting until all is quiet")
                self.bus.crew.complete()
                with _noted(trial):
                    trial.wait_until_quiet()
            tell(f"{title}: counting")
            entries = journal.entries()
            findings = until_answered(lambda: examine(self.bus, entries), "the books to answer", EXAMINE_SECONDS)
        problems = [*trial.problems, *watcher.problems, *findings.problems]
        said = sum(entry.acknowledged for entry in journal.entries())
        return TrialOutcome(
            fault.name,
            seed,
            said,
            trial.blows,
            findings.lost,
            findings.doubled,
            tuple(_shortened(problems)),
            tuple(trial.schedule),
            tuple(trial.figures),
            tuple(trial.recoveries),
            watcher.looks,
            monotonic() - began,
        )

    def _prepare(self, trial: Trial) -> None:
        """A whole crew, and an office with a tight cap that the registry knows."""
        self.bus.crew.complete()
        trial.say(trial.visits.tight_licence())
        office = trial.visits.tight_office
        until(lambda: self.bus.look.count(_LICENSED, office), f"the licence of {office}", LICENSED_SECONDS)


@contextmanager
def _noted(trial: Trial) -> Iterator[None]:
    """Note what did not come to its end, and go on: the books say more."""
    try:
        yield
    except (TrialFailed, EngineFailed, LogUnavailable, BrokerUnavailable, DatabaseUnavailable) as failure:
        trial.complain(str(failure))


def _shortened(problems: list[str]) -> list[str]:
    unique = list(dict.fromkeys(problems))
    rest = len(unique) - SHOWN
    return unique if rest <= 0 else [*unique[:SHOWN], f"… and {rest} more"]
