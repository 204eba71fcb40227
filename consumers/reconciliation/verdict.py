"""What a reconciliation said when it came to its end, as it is kept."""

from datetime import datetime
from typing import NamedTuple


class KeptVerdict(NamedTuple):
    """One reconciliation that came to its end: how many records it read and what it found."""

    said_at: datetime
    records: int
    differences: int
    harmless: int
    exit_code: int
