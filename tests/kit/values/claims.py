"""Claims for tests: what intake would read, without a broker."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from consumers.intake import Claim, IntakeReader, read_claim
from consumers.runner.records import Record
from schemas.envelope import Envelope, to_headers

APPENDED = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
REQUEST = UUID("0197a1b2-0000-7000-8000-000000000001")
SUBMISSION: dict[str, Any] = {
    "request_id": str(REQUEST),
    "service": "water.bill",
    "origin": "agency",
    "city": "bojnurd",
}


def intake_record(
    event_id: str,
    body: Mapping[str, Any] = SUBMISSION,
    *,
    agency: str = "water",
    position: int = 0,
    type_name: str = "RequestSubmitted",
    subject: str | None = str(REQUEST),
) -> Record:
    """Return one claim, a submission unless told otherwise, as it lies on the agency's topic."""
    envelope = Envelope(event_id, f"/agencies/{agency}", f"ir.pishkhan.{type_name}.v1", subject)
    value = json.dumps(body).encode()
    topic = f"pishkhan.intake.{agency}"
    return Record(topic, 0, position, str(REQUEST).encode(), tuple(to_headers(envelope)), value, APPENDED)


def claim(
    event_id: str,
    body: Mapping[str, Any] = SUBMISSION,
    *,
    agency: str = "water",
    type_name: str = "RequestSubmitted",
    subject: str | None = str(REQUEST),
) -> Claim:
    """Return the claim that such a record is."""
    record = intake_record(event_id, body, agency=agency, type_name=type_name, subject=subject)
    found = read_claim(record, IntakeReader.REQUESTS)
    assert isinstance(found, Claim)
    return found
