"""How long to wait after the n-th failure in a row: doubles, is bounded, and is jittered so that workers spread out."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Waits grow from `first_seconds` to `last_seconds`; `chance` returns numbers in [0, 1)."""

    chance: Callable[[], float]
    first_seconds: float = 0.05
    last_seconds: float = 5.0
    failures: int = 0

    def next_seconds(self) -> float:
        """Count one more failure and return how long to wait: between half and all of the doubled time."""
        whole = min(self.last_seconds, self.first_seconds * float(1 << min(self.failures, 30)))
        self.failures += 1
        return whole * (0.5 + self.chance() / 2)

    def reset(self) -> None:
        """Forget the failures: something worked."""
        self.failures = 0
