"""A tracking code is given once, though every drawing brings another: however often a claim is said or read."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from uuid import UUID

import pytest

from consumers.requests.domain.life.state import RequestState
from consumers.requests.domain.loads.loads import NOTHING
from consumers.requests.handlers import RequestsHandler
from consumers.runner.records import Record
from schemas.log_requests import RequestOpened
from tests.kit.on_sql.requests import AGENCY_SOURCE, SetClock, SetEnds, claim_record
from tests.kit.values.builders import small_province
from tests.kit.values.clocks import trusting_watch
from tests.kit.values.requests_world import CAP_RIAL, DECLINED, REQUEST, SUBMITTED
from tests.memory.positions import BusSession
from tests.memory.requests import request_stores
from tests.memory.tables import BusDatabase, OfficeRow
from tests.memory.telemetry import MemoryTelemetry


class Desk:
    """A requests worker over the database in memory; each drawing of its randomness brings the next number."""

    def __init__(self) -> None:
        self.tables = BusDatabase(lambda: 0.0)
        for entry in small_province():
            self.tables.versions.rows[entry.revision] = entry
            self.tables.registry_head.rows[1] = entry.revision
        for code in ("office-1", "office-2"):
            self.tables.offices.rows[code] = OfficeRow(NOTHING, CAP_RIAL)
        self._session = BusSession(self.tables)
        self._drawn = count(1)
        self.restart()

    def restart(self) -> None:
        """Put another worker in its place."""
        self._handler = RequestsHandler(
            lambda request_id, attempt: bytes(16),
            self._bits,
            SetClock(),
            trusting_watch(),
            MemoryTelemetry(),
            SetEnds(),
        )

    def handle(self, *records: Record, dies: bool = False) -> None:
        """Handle one batch; a worker that dies before its commit leaves nothing behind."""
        with suppress(ZeroDivisionError), self._session.transaction() as transaction:
            self._handler.handle(request_stores(transaction, self.tables), records)
            if dies:
                raise ZeroDivisionError

    def codes(self) -> Iterator[str | None]:
        """Yield the code of every opening in the log, and that of the row."""
        for _, row in sorted(self.tables.outbox.rows.items()):
            if row.message.envelope.type == RequestOpened.type_name():
                yield RequestOpened.model_validate_json(row.message.body).tracking_code
        yield RequestState.model_validate_json(self.tables.requests.rows[REQUEST].document).tracking_code

    def _bits(self, _: UUID) -> bytes:
        return next(self._drawn).to_bytes(8, "big")


FIRST, SECOND = "2222-2222-2222-2223", "2222-2222-2222-2224"
SUBMISSION = claim_record(AGENCY_SOURCE, SUBMITTED, event_id="first")


@pytest.mark.parametrize("restarts", [False, True])
def test_the_same_claim_again_and_the_same_request_under_another_id_draw_no_second_one(restarts: bool) -> None:
    desk = Desk()
    for record in (SUBMISSION, SUBMISSION, claim_record(AGENCY_SOURCE, SUBMITTED, event_id="again")):
        desk.handle(record)
        if restarts:
            desk.restart()
    assert list(desk.codes()) == [FIRST, FIRST]


def test_of_a_batch_that_was_not_committed_nobody_ever_sees_the_code() -> None:
    desk = Desk()
    desk.handle(SUBMISSION, dies=True)
    desk.handle(SUBMISSION)
    assert list(desk.codes()) == [SECOND, SECOND]


def test_who_is_routed_again_keeps_it() -> None:
    desk = Desk()
    desk.handle(SUBMISSION)
    held = RequestState.model_validate_json(desk.tables.requests.rows[REQUEST].document).holder()
    desk.handle(claim_record(f"/offices/{held}", DECLINED))
    assert list(desk.codes()) == [FIRST, FIRST]
