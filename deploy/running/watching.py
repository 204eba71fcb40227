"""What changes while the bus runs, in lines for whoever started it: who waits for what, and when all are ready."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.telemetry.standing import Halt, Standing
from connectors.words import running as words
from connectors.words.language import Phrase
from connectors.words.remedies import NO_ANSWER

#: Moments of waiting are ordinary, as after the start of a worker.
WORTH_SAYING = timedelta(seconds=3)


@dataclass(slots=True)
class Watch:
    """Compares each look at the workers with the one before; moments are real time."""

    _silent_since: dict[str, datetime] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict)
    _told_halts: set[tuple[str, Halt]] = field(default_factory=set)
    _trouble_since: datetime | None = None

    def look(self, standings: Mapping[str, Standing | None], now: datetime) -> list[Phrase]:
        """Return what is new, a line each, of workers that stand so; none is for one that does not answer."""
        waits = self._waits(standings, now)
        lines: list[Phrase] = []
        for cause in dict.fromkeys(cause for cause, _ in waits.values()):
            names = [name for name, (each, _) in waits.items() if each == cause]
            if any(self._told.get(name) != cause for name in names):
                since = min(waits[name][1] for name in names)
                lines.append(words.not_ready_since(names, since, cause))
                self._trouble_since = min(since, self._trouble_since or since)
        if not waits and self._trouble_since is not None and all(map(_is_ready, standings.values())):
            lines.append(words.ready_again((now - self._trouble_since).total_seconds()))
            self._trouble_since = None
        self._told = {name: cause for name, (cause, _) in waits.items()}
        return lines + self._new_halts(standings)

    def _waits(self, standings: Mapping[str, Standing | None], now: datetime) -> dict[str, tuple[str, datetime]]:
        """Return what each worker waits for that is worth saying, and since when."""
        waits: dict[str, tuple[str, datetime]] = {}
        for name, standing in standings.items():
            if standing is None:
                waits[name] = NO_ANSWER, self._silent_since.setdefault(name, now)
                continue
            self._silent_since.pop(name, None)
            if standing.cause is not None:
                waits[name] = standing.cause, standing.since or now
        return {name: (cause, since) for name, (cause, since) in waits.items() if now - since >= WORTH_SAYING}

    def _new_halts(self, standings: Mapping[str, Standing | None]) -> list[Phrase]:
        """Say every halt once; one that is tried in vain stands since the same moment."""
        there = {(name, halt) for name, standing in standings.items() if standing for halt in standing.halts}
        new = sorted(there - self._told_halts, key=lambda each: (each[0], each[1].topic, each[1].partition))
        self._told_halts |= there
        return [words.halted(name, f"{halt.topic}/{halt.partition}", halt.cause, halt.why) for name, halt in new]


def _is_ready(standing: Standing | None) -> bool:
    return standing is not None and standing.cause is None
