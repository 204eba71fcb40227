"""Every time-out of a request is an event of its own, with an id of its own."""

from datetime import timedelta
from uuid import UUID

from consumers.intake import Claim, IntakeReader, read_claim
from consumers.parking import Room
from consumers.requests.cases import Case, Decided, known_case
from consumers.requests.fold import Fold
from consumers.requests.horizon import Horizon
from schemas.log_requests import OfficeTimedOut, RequestClosed, RequestEscalated
from tests.kit.on_sql.requests import AGENCY_SOURCE, SetClock, claim_record, submission
from tests.kit.values.builders import MOMENT, small_province
from tests.kit.values.requests_world import make_world

REQUEST = UUID(int=1)


def swept(case: Case | None) -> tuple[Case, list[Decided]]:
    """Return the request after its next deadline (none: after it was submitted), and what was decided."""
    due = MOMENT if case is None else case.state.due_at
    assert due is not None, "something is due"
    now = due + timedelta(seconds=1) if case else due
    cases = {} if case is None else {REQUEST: known_case(case.state)}
    clock, world = SetClock(now), make_world(small_province())
    fold = Fold(world, cases, {}, now, clock.business, lambda _: {}, lambda _: Room(100, 10**9))
    if case is None:
        claim = read_claim(claim_record(AGENCY_SOURCE, submission(REQUEST)), IntakeReader.REQUESTS)
        assert isinstance(claim, Claim)
        fold.take(claim)
    else:
        fold.examine(fold.cases[REQUEST], {}, Horizon(now, now))
    return fold.cases[REQUEST], fold.decided


def test_each_time_out_has_an_id_of_its_own_and_so_has_all_that_follows_from_it() -> None:
    case, log = swept(None)
    while case.state.due_at is not None:
        case, decided = swept(case)
        log = [*log, *decided]
    types = [one.event_type for one in log]
    assert types.count(OfficeTimedOut.type_name()) >= 2
    assert RequestEscalated.type_name() in types
    assert types[-1] == RequestClosed.type_name()
    assert len({one.event_id for one in log}) == len(log)
    assert [one.sequence for one in log] == list(range(1, len(log) + 1))


def test_the_same_time_out_that_is_decided_again_has_the_same_id() -> None:
    """As after a transaction that was undone: whoever reads the log knows it for the same."""
    case, _ = swept(None)
    (_, first), (_, again) = swept(case), swept(case)
    assert [one.event_id for one in first] == [one.event_id for one in again]
