"""A fair share of each turn: what one topic brings, however much or large, delays the others by a moment at most.

Every agency has a topic of its own, so a share of a topic is a share of a speaker. A topic that is alone takes whole
turns; when another one had records lately, each gets so many records and bytes of a turn, the rest in the next ones.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from consumers.runner.records import Record


@dataclass(frozen=True, slots=True)
class Share:
    """What one topic gets of a turn when it is not alone.

    `lately_seconds` of real time after its last record a topic counts as silent. `step` records are looked at together,
    so a share may be exceeded by so many.
    """

    records: int = 200
    bytes: int = 256 * 1024
    lately_seconds: float = 10.0
    step: int = 25


@dataclass(slots=True)
class TurnShares:
    """Counts what each topic has had of the turn."""

    share: Share = field(default_factory=Share)
    monotonic: Callable[[], float] = time.monotonic
    _records: Counter[str] = field(default_factory=Counter)
    _bytes: Counter[str] = field(default_factory=Counter)
    _spoke_at: dict[str, float] = field(default_factory=dict)

    @property
    def contended(self) -> bool:
        """Whether more than one topic has brought records lately."""
        silent = self.monotonic() - self.share.lately_seconds
        self._spoke_at = {topic: at for topic, at in self._spoke_at.items() if at > silent}
        return len(self._spoke_at) > 1

    def begin(self) -> None:
        """Begin a turn: every topic has its whole share."""
        self._records.clear()
        self._bytes.clear()

    def charge(self, records: Iterable[Record]) -> frozenset[str]:
        """Count `records` against their topics; return the topics that have had their share of a contended turn."""
        now = self.monotonic()
        for record in records:
            self._records[record.topic] += 1
            self._bytes[record.topic] += len(record.value or b"")
            self._spoke_at[record.topic] = now
        if not self.contended:
            return frozenset()
        share = self.share
        return frozenset(
            topic
            for topic, count in self._records.items()
            if count >= share.records or self._bytes[topic] >= share.bytes
        )
