"""How many claims of one topic may wait, and of how many bytes."""

from datetime import UTC, datetime

from consumers.parking import WAITING_BYTES_LIMIT, WAITING_LIMIT, Room
from consumers.runner.records import Record

WHOLE = Room(WAITING_LIMIT, WAITING_BYTES_LIMIT)


def record(size: int) -> Record:
    return Record("pishkhan.intake.water", 0, 1, b"k", (), b"x" * size, datetime(2026, 11, 25, 8, 0, tzinfo=UTC))


def test_the_last_claim_that_fits_has_room_and_the_next_is_told_what_is_lacking_and_what_to_do() -> None:
    assert WHOLE.less(record(10)) == Room(WAITING_LIMIT - 1, WAITING_BYTES_LIMIT - 10)
    assert Room(1, 10).less(record(10)).lack is None
    claims, size = Room(0, 10).less(record(1)).lack, Room(5, 10).less(record(11)).lack
    assert claims is not None
    assert size is not None
    assert f"{WAITING_LIMIT} claims on this topic wait already; send it anew, with a new id" in claims
    assert "64 MiB on this topic wait already; send it anew, with a new id" in size
