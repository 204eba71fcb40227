"""Time is data: one scaled clock gives business time to every worker; leases and time-outs use real time.

Workers apply it to the database's time. Commands of a person, which do no timed act, apply it to the machine's.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime


def real_now() -> datetime:
    """Return the machine's time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """Business time that started at `start` when real time was `real_start`, and runs `factor` times as fast.

    With the defaults of `same_as_real`, business time is real time.
    """

    start: datetime
    factor: float
    real_start: datetime
    real: Callable[[], datetime] = field(default=real_now)

    def __post_init__(self) -> None:
        if self.factor <= 0:
            raise ValueError("factor: must be more than 0; business time does not run backwards")
        if self.start.tzinfo is None or self.real_start.tzinfo is None:
            raise ValueError("start: needs a time zone; end it with Z for UTC")

    @classmethod
    def same_as_real(cls) -> "ScaledClock":
        """Return the clock whose business time is real time."""
        now = real_now()
        return cls(start=now, factor=1.0, real_start=now)

    def now(self) -> datetime:
        """Return the business time of this moment, in UTC."""
        return self.business(self.real())

    def at(self, database: datetime) -> datetime:
        """Return the business time of this moment, at which the database's clock shows `database`."""
        return self.business(database)

    def business(self, real: datetime) -> datetime:
        """Return the business time of a real moment, such as the broker's append time."""
        elapsed = real - self.real_start
        # Multiplying is slow, every event is asked about, and outside of demos the factor is 1.
        return self.start + (elapsed if self.factor == 1.0 else elapsed * self.factor)
