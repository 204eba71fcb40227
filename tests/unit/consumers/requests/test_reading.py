"""Claims read ahead are the claims of the same records, and nothing is kept for ever."""

import pytest

from consumers.intake import Claim, Unreadable
from consumers.requests import reading
from consumers.requests.reading import ClaimReader
from tests.kit.on_sql.requests import AGENCY_SOURCE, claim_record, submission


def test_what_was_read_ahead_is_handed_out_once() -> None:
    record = claim_record(AGENCY_SOURCE, submission())
    reader = ClaimReader()
    reader.prepare([record])
    first, second = reader.read(record), reader.read(record)
    assert isinstance(first, Claim)
    assert first == second
    assert first is not second
    assert first.record is record


def test_a_record_that_was_not_read_ahead_is_read_on_the_spot() -> None:
    forged = claim_record("/agencies/other", submission(), topic="pishkhan.intake.civil-registry")
    assert isinstance(ClaimReader().read(forged), Unreadable)


def test_what_nobody_asks_for_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "AHEAD_MAX", 5)
    reader = ClaimReader()
    records = [claim_record(AGENCY_SOURCE, submission(), position=position) for position in range(20)]
    for record in records:
        reader.prepare([record])
        assert reader.held <= 6
    assert all(isinstance(reader.read(record), Claim) for record in records)
    assert reader.held == 0
