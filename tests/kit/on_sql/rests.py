"""Real time, as far as the park goes by it: a test lets rests end, and counts how often a park is asked."""

from collections import Counter
from typing import Any

from sqlalchemy import Engine, text


def lengthen_rests(engine: Engine) -> None:
    """Let no rest be over before a test says so, however slow the machine is."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE parked_event SET next_try_at = next_try_at + interval '1 hour'"))


def end_rests(engine: Engine) -> None:
    """Let every rest be over."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE parked_event SET next_try_at = now() WHERE next_try_at IS NOT NULL"))


def tries(engine: Engine) -> list[tuple[str, str, int, bool]]:
    """Return key, reason, tries and whether there will be another by itself, of everything that waits, in order."""
    query = text("SELECT key, reason, tries, next_try_at IS NOT NULL FROM parked_event ORDER BY id")
    with engine.begin() as connection:
        return [(key, reason, count, again) for key, reason, count, again in connection.execute(query)]


class CountedPark:
    """A park that counts the calls to it, by name."""

    def __init__(self, park: Any) -> None:
        self._park = park
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._park, name)
