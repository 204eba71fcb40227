"""When a thing was said decides a deadline, whenever it is read."""

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from consumers.intake import Claim, IntakeReader, read_claim
from consumers.parking import Room
from consumers.requests.cases import Case, known_case
from consumers.requests.domain.life.state import RequestStage, RequestState
from consumers.requests.fold import Fold
from consumers.requests.horizon import Horizon
from schemas.base import Event
from schemas.log_requests import OfficeTimedOut, RequestClosed
from tests.kit.on_sql.requests import AGENCY_SOURCE, SetClock, claim_record, desk_steps, submission
from tests.kit.values.builders import MOMENT, small_province
from tests.kit.values.requests_world import make_world

REQUEST = UUID(int=1)
#: Seconds before and after a deadline; the policy lets nobody say that he spoke more than an hour before he was heard.
OFFSETS = st.integers(-3_000, 86_400)


def fold_of(case: Case | None, now: datetime) -> Fold:
    clock = SetClock(now)
    cases = {} if case is None else {REQUEST: known_case(case.state)}
    return Fold(
        make_world(small_province()),
        cases,
        {},
        clock.now(),
        clock.business,
        lambda agency: {},
        lambda topic: Room(100, 10**9),
    )


def said(source: str, event: Event, appended_at: datetime, time: datetime | None = None) -> Claim:
    claim = read_claim(claim_record(source, event, appended_at=appended_at, time=time), IntakeReader.REQUESTS)
    assert isinstance(claim, Claim)
    return claim


def routed() -> Case:
    fold = fold_of(None, MOMENT)
    fold.take(said(AGENCY_SOURCE, submission(REQUEST), MOMENT))
    case = fold.cases[REQUEST]
    assert case.state.stage is RequestStage.ROUTED
    return case


def accepted(case: Case) -> Case:
    fold = fold_of(case, MOMENT)
    fold.take(said(f"/offices/{case.state.holder()}", desk_steps(REQUEST)[0], MOMENT))
    assert fold.cases[REQUEST].state.stage is RequestStage.ACCEPTED
    return fold.cases[REQUEST]


def names(fold: Fold) -> list[str]:
    return [one.event_type for one in fold.decided]


def deadline(state: RequestState) -> datetime:
    assert state.due_at is not None
    return state.due_at


@given(OFFSETS, st.integers(0, 10 * 86_400))
def test_an_acceptance_counts_by_when_it_was_said_however_late_it_is_read(offset: int, late: int) -> None:
    case = routed()
    due = deadline(case.state)
    appended_at = due + timedelta(seconds=offset)
    fold = fold_of(case, max(appended_at, due) + timedelta(seconds=late))
    fold.take(said(f"/offices/{case.state.holder()}", desk_steps(REQUEST)[0], appended_at))
    after = fold.cases[REQUEST].state
    if offset <= 0:
        assert (after.stage, after.office) == (RequestStage.ACCEPTED, case.state.office)
    else:
        assert after.stage is not RequestStage.ACCEPTED
        assert names(fold)[0] == OfficeTimedOut.type_name(), "the deadline fires first"
        assert case.state.office in after.tried


@given(st.integers(1, 86_400))
def test_nobody_says_that_he_spoke_earlier_than_the_policy_lets_him(offset: int) -> None:
    """The builders' policy: an hour."""
    case = routed()
    due = deadline(case.state)
    appended_at = due + timedelta(seconds=offset)
    fold = fold_of(case, appended_at)
    word = said(f"/offices/{case.state.holder()}", desk_steps(REQUEST)[0], appended_at, due - timedelta(seconds=1))
    fold.take(word)
    in_time = offset <= 3_600
    assert (fold.cases[REQUEST].state.stage is RequestStage.ACCEPTED) == in_time


@given(st.integers(1, 86_400))
def test_what_is_done_after_a_request_expired_is_refused_and_it_expires_at_its_own_time(offset: int) -> None:
    case = accepted(routed())
    due = deadline(case.state)
    fold = fold_of(case, due + timedelta(days=3))
    fold.take(said(f"/offices/{case.state.holder()}", desk_steps(REQUEST)[1], due + timedelta(seconds=offset)))
    assert fold.cases[REQUEST].state.stage is RequestStage.EXPIRED
    assert fold.decided[0].event_type == RequestClosed.type_name()
    assert fold.decided[0].time == due


@given(st.integers(-3_600, 3_600), st.integers(0, 3_600))
def test_a_sweep_fires_a_deadline_when_intake_is_read_past_it_or_was_held_for_long_enough(read: int, held: int) -> None:
    case = routed()
    due = deadline(case.state)
    fold = fold_of(case, due + timedelta(seconds=held))
    floor = fold.now - timedelta(minutes=10)
    horizon = Horizon(due + timedelta(seconds=read), floor)
    fold.examine(fold.cases[REQUEST], {}, horizon)
    fires, unread = read >= 0 or held >= 600, read < 0
    assert (OfficeTimedOut.type_name() in names(fold)) == fires
    assert bool(fold.unread) == (fires and unread)
    if fires:
        event = OfficeTimedOut.model_validate_json(fold.decided[0].body)
        assert event.intake_unread == ("pishkhan.intake.offices" if unread else None), "on record"


def test_while_nobody_knows_the_time_no_claim_lets_a_deadline_fire() -> None:
    case = routed()
    due = deadline(case.state)
    fold = fold_of(case, due + timedelta(days=1))
    fold.times = False
    fold.take(said(f"/offices/{case.state.holder()}", desk_steps(REQUEST)[0], due + timedelta(hours=3)))
    assert fold.cases[REQUEST].state.stage is RequestStage.ACCEPTED
