"""Two workers accept for one office at once: what is reserved never exceeds the cap, the rest is refused in words."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from consumers.runner.errors import Contention
from consumers.runner.records import Record
from schemas.intake_agency import Origin
from schemas.log_requests import ClaimRefusal, OfficeAccepted
from tests.kit.on_sql.requests import RequestsBus, claim_record, desk_steps, submission

DESK = "/offices/office-1"
#: What one acceptance of the certificate reserves.
EXPOSURE_RIAL = 9_000
ROOM_FOR = 25


@pytest.fixture
def tight(owner: Engine) -> None:
    """Leave the office room for a certain number of acceptances."""
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE office_position SET cap_rial = :cap WHERE office = 'office-1'"),
            {"cap": EXPOSURE_RIAL * ROOM_FOR + EXPOSURE_RIAL - 1},
        )


@pytest.mark.usefixtures("tight")
def test_two_workers_never_reserve_beyond_the_cap(bus: RequestsBus) -> None:
    asked = [submission(origin=Origin.WALK_IN, office="office-1") for _ in range(60)]
    bus.say(DESK, *asked)
    accepts = [claim_record(DESK, desk_steps(one.request_id)[0]) for one in asked]
    workers = [RequestsBus(bus.engine, bus.clock) for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, workers, [accepts[::2], accepts[1::2]]))
    accepted = {one.event.request_id for one in bus.log() if isinstance(one.event, OfficeAccepted)}
    refused = bus.refusals()
    assert len(accepted) == ROOM_FOR
    assert len(refused) == 60 - ROOM_FOR
    assert {one.reason for one in refused} == {ClaimRefusal.CAP_EXHAUSTED}
    assert accepted.isdisjoint(one.request_id for one in refused)
    assert bus.positions() == (60, ROOM_FOR * EXPOSURE_RIAL)
    assert "9000 rial would be owed on top of 225000 already reserved" in refused[-1].detail
    assert revisions_are_one_order(bus)


def work(worker: RequestsBus, records: list[Record]) -> None:
    """Handle `records` three at a time, as the runner does: again after contention."""
    for start in range(0, len(records), 3):
        while True:
            try:
                worker.handle(*records[start : start + 3])
                break
            except Contention:
                continue


def revisions_are_one_order(bus: RequestsBus) -> bool:
    """Say whether every place in the order of loads was taken once."""
    places = [(one.load_revision, one.load_index) for one in bus.log() if one.load_revision is not None]
    return len(places) == len(set(places))


def test_a_refused_acceptance_leaves_the_request_with_the_office(bus: RequestsBus, tight: None) -> None:
    asked = [submission(origin=Origin.WALK_IN, office="office-1") for _ in range(ROOM_FOR + 1)]
    bus.say(DESK, *asked, *(desk_steps(one.request_id)[0] for one in asked))
    last: UUID = asked[-1].request_id
    assert bus.names(last) == ["RequestOpened", "RequestRouted", "ClaimRefused"]
    assert bus.state(last).holder() == "office-1"
