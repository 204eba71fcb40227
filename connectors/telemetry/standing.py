"""A worker's state: what it waits for and since when, and which partitions it has halted. It travels as JSON."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Halt:
    """One partition that stands still; the moment is real time."""

    topic: str
    partition: int
    cause: str
    since: datetime
    #: Where in it and why, in one line for people; empty from a worker of an earlier version.
    why: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Without a cause the worker is ready. `since` is the real moment from which on it waits for the same thing."""

    cause: str | None = None
    since: datetime | None = None
    halts: tuple[Halt, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "ready": self.cause is None,
            "cause": self.cause,
            "since": None if self.since is None else self.since.isoformat(timespec="seconds"),
            "halted": [
                {
                    "topic": halt.topic,
                    "partition": halt.partition,
                    "cause": halt.cause,
                    "since": halt.since.isoformat(timespec="seconds"),
                    "why": halt.why,
                }
                for halt in self.halts
            ],
        }

    @classmethod
    def from_json(cls, said: Any) -> Self:
        """Return what `as_json` was called on. Raises `ValueError`, `KeyError` or `TypeError` for anything else."""
        halts = tuple(
            Halt(
                str(one["topic"]),
                int(one["partition"]),
                str(one["cause"]),
                datetime.fromisoformat(one["since"]),
                str(one.get("why", "")),
            )
            for one in said["halted"]
        )
        since = None if said["since"] is None else datetime.fromisoformat(said["since"])
        return cls(said["cause"], since, halts)
