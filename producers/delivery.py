"""Why events are still in the outbox: values only."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Delay(Enum):
    """Why events have not left the outbox."""

    BROKER_AWAY = "broker away"
    RELAY_AWAY = "relay away"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How many events are still in the outbox, why, and since when (real time) that is so, as far as it is known."""

    waiting: int
    delay: Delay
    since: datetime | None = None
