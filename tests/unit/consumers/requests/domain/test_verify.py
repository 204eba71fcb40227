"""Recomputing decisions from the logs: the same when nothing was touched, and the very field when something was."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from consumers.requests.domain.life.state import Signal, Speaker
from consumers.requests.domain.loads.history import LoadsIncomplete
from consumers.requests.domain.loads.loads import Load, Loads
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.review.verify import Verification, VerificationResult, decisions_of, verify
from schemas import log_settlement as settlement
from schemas.decode import Received
from schemas.intake_agency import Origin
from schemas.intake_office import RequestAccepted
from schemas.log_requests import RefusalReason, RequestOpened, RequestRefused, RequestRouted, Sample
from tests.kit.values import builders
from tests.kit.values.builders import MOMENT
from tests.kit.values.journal import (
    BY_AGENCY,
    OFFICES,
    SECRET,
    Journal,
    Logged,
    Said,
    decline,
    ident,
    journal,
    office_of,
    submission,
)


def verified(bus: Journal, number: int, secret: bytes | None = SECRET) -> list[Verification]:
    history = bus.history(ident(number))
    decided = decisions_of(history)
    loads = bus.loads([one.place for one in decided])
    opened = history[0].event
    assert isinstance(opened, RequestOpened)
    return [verify(opened, one, bus.view, loads.loads(n), secret) for n, one in enumerate(decided)]


def test_decisions_of_one_batch_are_the_same_again_own_increments_included() -> None:
    bus = journal()
    bus.batch(*(submission(n) for n in range(12)))
    for number in range(12):
        (found,) = verified(bus, number)
        assert found.finding is VerificationResult.SAME, found
    # The later ones saw the earlier ones: some sampled office was not empty.
    last = bus.history(ident(11))[1].event
    assert isinstance(last, RequestRouted)
    assert any(sample.in_flight > 0 for sample in last.decision.samples)


def test_decisions_that_saw_stale_loads_are_the_same_again() -> None:
    bus = journal()
    bus.batch(*(submission(n) for n in range(4)))
    bus.batch(*(submission(n) for n in range(4, 8)))
    bus.batch(*(submission(n) for n in range(8, 12)), revision_seen=1)
    assert {found.finding for n in range(12) for found in verified(bus, n)} == {VerificationResult.SAME}


def test_refusals_for_want_of_capacity_are_the_same_again() -> None:
    bus = journal()
    bus.batch(*(submission(n) for n in range(40)))
    refused = [n for n in range(40) if isinstance(bus.history(ident(n))[1].event, RequestRefused)]
    assert len(refused) == 40 - sum(office.daily_capacity for office in OFFICES)
    assert {found.finding for n in refused for found in verified(bus, n)} == {VerificationResult.SAME}


def test_later_attempts_are_the_same_again_and_every_later_load_counts() -> None:
    bus = journal()
    bus.batch(submission(1), submission(2))
    bus.batch(decline(1, office_of(bus, 1)))
    accepted = RequestAccepted(request_id=ident(2), operator="op-1")
    bus.batch(Said(ident(2), accepted, Speaker(office=office_of(bus, 2)), MOMENT + timedelta(hours=2)))
    posted = settlement.FeePosted(
        transaction_id=ident(9),
        window=1,
        request_id=ident(2),
        office=office_of(bus, 2),
        amount_rial=30_000,
        legs=(),
        office_income_rial=21_000,
        released_rial=0,
    )
    bus.settle(ident(2), posted)
    overdue = Said(ident(1), Signal.ACCEPTANCE_OVERDUE, Speaker(), MOMENT + timedelta(hours=6))
    bus.batch(overdue, submission(3))
    found = verified(bus, 1)
    assert [one.attempt for one in found] == [1, 2, 3]
    assert {one.finding for one in [*found, *verified(bus, 3)]} == {VerificationResult.SAME}


def test_rings_are_the_same_again_and_a_changed_one_is_named() -> None:
    rings = {"rings_m": (5_000,), "ring_free_per_mille": 500}
    offices = [builders.office("near", daily_capacity=4), builders.office("far", latitude=37.6)]
    base: list[builders.Registrable] = [builders.territory(), builders.policy(**rings), builders.service()]
    bus = Journal(RegistryView.empty().with_entries(builders.entries([*base, builders.agreement(), *offices])))
    for number in range(6):
        bus.batch(submission(number))
        assert [found.finding for found in verified(bus, number)] == [VerificationResult.SAME]
    routed = [bus.history(ident(number))[1].event for number in range(6)]
    rings_m = [one.decision.ring_m for one in routed if isinstance(one, RequestRouted)]
    assert rings_m[:3] == [5_000, 5_000, 5_000]
    assert 60_000 in rings_m[3:]
    (found,) = tampered(bus, 1, ring_m=60_000, ring_candidates=2)
    assert {one.field for one in found.differences} == {"decision.ring_m", "decision.ring_candidates"}


@pytest.mark.parametrize("origin", [Origin.WALK_IN, Origin.CITIZEN_CHOICE])
def test_chosen_offices_are_the_same_again(origin: Origin) -> None:
    bus = journal()
    speaker = Speaker(office="office-2") if origin is Origin.WALK_IN else BY_AGENCY
    bus.batch(submission(1, speaker, origin=origin, office="office-2"))
    bus.batch(decline(1, "office-2"))
    assert [one.finding for one in verified(bus, 1)] == [VerificationResult.SAME, VerificationResult.SAME]


@pytest.mark.parametrize(
    ("speaker", "changes", "reason"),
    [
        (BY_AGENCY, {"service": "unheard-of"}, RefusalReason.UNKNOWN_SERVICE),
        (Speaker(agency="water"), {}, RefusalReason.NOT_OWNER),
        (Speaker(office="office-1"), {"office": "office-1"}, RefusalReason.NOT_OWNER),
        (BY_AGENCY, {"city": "atlantis"}, RefusalReason.UNKNOWN_PLACE),
        (BY_AGENCY, {"service": "unheard-of", "form": {"unasked": 1}}, RefusalReason.UNKNOWN_SERVICE),
        (Speaker(agency="water"), {"form": {"unasked": 1}}, RefusalReason.NOT_OWNER),
        (BY_AGENCY, {"city": "faruj"}, RefusalReason.NO_ELIGIBLE_OFFICE),
        (Speaker(office="gone"), {"office": "gone", "origin": Origin.WALK_IN}, RefusalReason.UNKNOWN_OFFICE),
    ],
)
def test_refusals_are_the_same_again(speaker: Speaker, changes: dict[str, Any], reason: RefusalReason) -> None:
    bus = journal()
    bus.batch(submission(1, speaker, **changes), submission(2))
    refused = bus.history(ident(1))[1].event
    assert isinstance(refused, RequestRefused)
    assert refused.reason is reason
    assert [found.finding for found in verified(bus, 1)] == [VerificationResult.SAME]


def test_the_registry_of_that_time_decides_not_todays() -> None:
    bus = journal()
    bus.batch(submission(1))
    things = [builders.office(code, version=2, accessions=()) for code in ("office-0", "office-1", "office-2")]
    bus.view = bus.view.with_entries(builders.entries(things, bus.view.revision + 1))
    bus.batch(submission(2))
    assert [found.finding for n in (1, 2) for found in verified(bus, n)] == [
        VerificationResult.SAME,
        VerificationResult.SAME,
    ]


def tampered(bus: Journal, number: int, **changes: Any) -> list[Verification]:
    """Return what verification finds when fields of a logged decision were changed afterwards."""
    logs = []
    for one in bus.logs:
        event = one.received.event
        if isinstance(event, RequestRouted) and event.request_id == ident(number):
            decision = event.decision.model_copy(update=changes)
            changed = event.model_copy(update={"decision": decision})
            one = Logged(one.topic, one.partition, one.received.__class__(one.received.envelope, changed))
        logs.append(one)
    bus.logs = logs
    return verified(bus, number)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"office": "office-4"}, "decision.office"),
        ({"candidates": 4}, "decision.candidates"),
        ({"seed": "0" * 32}, "decision.seed"),
        ({"agreement_version": 2}, "decision.agreement_version"),
        ({"policy_version": 2}, "decision.policy_version"),
    ],
)
def test_a_changed_field_is_named(changes: dict[str, Any], field: str) -> None:
    bus = journal()
    bus.batch(*(submission(n) for n in range(6)))
    assert office_of(bus, 5) != "office-4"
    (found,) = tampered(bus, 5, **changes)
    assert found.finding is VerificationResult.DIFFERENT
    assert field in [difference.field for difference in found.differences]


def test_a_changed_deadline_is_named() -> None:
    bus = journal()
    bus.batch(submission(1))
    (place,) = [n for n, one in enumerate(bus.logs) if isinstance(one.received.event, RequestRouted)]
    topic, partition, received = bus.logs[place]
    assert isinstance(received.event, RequestRouted)
    earlier = received.event.model_copy(update={"accept_by": received.event.accept_by - timedelta(hours=1)})
    bus.logs[place] = Logged(topic, partition, Received(received.envelope, earlier))
    (found,) = verified(bus, 1)
    assert [difference.field for difference in found.differences] == ["accept_by"]


def test_decisions_at_night_and_their_deadlines_are_the_same_again() -> None:
    bus = journal()
    night, friday = MOMENT + timedelta(hours=12), MOMENT + timedelta(days=4)
    bus.batch(submission(1)._replace(moment=night), submission(2)._replace(moment=friday))
    for number, day in ((1, 24), (2, 28)):
        routed = bus.history(ident(number))[1].event
        assert isinstance(routed, RequestRouted)
        assert routed.accept_by == MOMENT.replace(day=day, hour=8, minute=30)
        assert [found.finding for found in verified(bus, number)] == [VerificationResult.SAME]


def test_a_changed_score_is_named_with_both_values() -> None:
    bus = journal()
    bus.batch(submission(1))
    routed = bus.history(ident(1))[1].event
    assert isinstance(routed, RequestRouted)
    first, second = routed.decision.samples
    lowered = Sample.model_validate({**first.model_dump(), "score": first.score + 7})
    (found,) = tampered(bus, 1, samples=(lowered, second))
    (difference,) = found.differences
    assert difference.field == "decision.samples.0.score"
    assert (difference.logged, difference.recomputed) == (str(first.score + 7), str(first.score))


def test_without_the_secret_the_logged_seed_is_taken() -> None:
    bus = journal()
    bus.batch(submission(1))
    assert [found.finding for found in verified(bus, 1, None)] == [VerificationResult.SAME]
    assert [found.finding for found in verified(bus, 1, b"another secret")] == [VerificationResult.DIFFERENT]


def test_a_registry_log_that_ends_too_early_is_said() -> None:
    bus = journal()
    bus.batch(submission(1))
    bus.view = bus.view.up_to(3)
    (found,) = verified(bus, 1)
    assert found.finding is VerificationResult.NOT_RECOMPUTED
    assert found.why is not None
    assert "revision 3" in found.why


def test_a_request_cancelled_before_routing_has_nothing_to_recompute() -> None:
    bus = journal()
    bus.batch(submission(1, service="unheard-of"))
    opened, refused = (one.event for one in bus.history(ident(1)))
    assert isinstance(opened, RequestOpened)
    assert isinstance(refused, RequestRefused)
    (decided,) = decisions_of(bus.history(ident(1)))
    event = refused.model_copy(update={"reason": RefusalReason.CANCELLED_BEFORE_ROUTING})
    found = verify(opened, replace(decided, event=event), bus.view, Loads(0, {}), SECRET)
    assert found.finding is VerificationResult.NOT_RECOMPUTED
    assert found.why is not None
    assert "cancelled" in found.why


def test_a_refused_form_is_not_kept_so_its_refusal_is_not_recomputed() -> None:
    bus = journal()
    bus.batch(submission(1, form={"unasked": 1}))
    refused = bus.history(ident(1))[1].event
    assert isinstance(refused, RequestRefused)
    assert refused.reason is RefusalReason.FORM_INVALID
    (found,) = verified(bus, 1)
    assert found.finding is VerificationResult.NOT_RECOMPUTED
    assert found.why is not None
    assert "refused form is not kept" in found.why


def posted(office: str, office_income_rial: int) -> settlement.FeePosted:
    return settlement.FeePosted(
        transaction_id=ident(9),
        window=1,
        request_id=ident(9),
        office=office,
        amount_rial=30_000_000,
        legs=(),
        office_income_rial=office_income_rial,
        released_rial=0,
    )


def test_decisions_on_both_sides_of_a_turn_of_the_month_are_the_same_again() -> None:
    # The last working day of Azar 1405 is the 21st of December, a Monday; Dey begins on the 22nd.
    bus = journal()
    azar, dey = MOMENT.replace(month=12, day=21), MOMENT.replace(month=12, day=22)
    for office in OFFICES:
        bus.settle(ident(9), posted(office.code, 21_000_000), time=azar)
    bus.batch(submission(1)._replace(moment=azar), submission(2)._replace(moment=dey))
    bus.settle(ident(9), posted("office-0", 7_000_000), time=dey)
    bus.batch(*(submission(n)._replace(moment=dey) for n in range(3, 9)))
    # Said late: it belongs to the month that is over.
    bus.settle(ident(9), posted("office-0", 1_000_000), time=azar)
    bus.batch(submission(9)._replace(moment=azar), submission(10)._replace(moment=dey))
    earned: dict[int, set[tuple[str, int]]] = {}
    for number in range(1, 11):
        assert [found.finding for found in verified(bus, number)] == [VerificationResult.SAME]
        routed = bus.history(ident(number))[1].event
        assert isinstance(routed, RequestRouted)
        earned[number] = {(sample.office, sample.income_rial) for sample in routed.decision.samples}
    assert {income for _, income in earned[1]} == {21_000_000}
    assert {income for _, income in earned[2]} == {0}
    in_dey = set().union(*(earned[number] for number in (3, 4, 5, 6, 7, 8, 10)))
    assert in_dey == {("office-0", 7_000_000), *((office.code, 0) for office in OFFICES[1:])}
    # Azar's income of the office that went on to Dey is not kept; of the others it is.
    assert earned[9] <= {("office-0", 0), *((office.code, 21_000_000) for office in OFFICES[1:])}


def test_events_that_the_relay_repeated_count_once() -> None:
    bus = journal()
    bus.batch(*(submission(n) for n in range(6)))
    decided = decisions_of(bus.history(ident(5)))
    places = [one.place for one in decided]
    once = bus.loads(places).loads(0)
    twice = bus.loads(places, [*bus.logs, *bus.logs[3:]]).loads(0)
    assert {code: once.of(code) for code in bus.view.at(MOMENT).offices} == {
        code: twice.of(code) for code in bus.view.at(MOMENT).offices
    }
    assert sum(once.of(office.code).in_flight for office in OFFICES) == 5


def test_a_missing_revision_is_said_and_not_taken_for_empty() -> None:
    bus = journal()
    bus.batch(submission(1))
    bus.batch(submission(2))
    bus.batch(submission(3))
    (decided,) = decisions_of(bus.history(ident(3)))
    without = [one for one in bus.logs if one.received.envelope.load_revision != 2]
    with pytest.raises(LoadsIncomplete, match="load revision 2"):
        bus.loads([decided.place], without).loads(0)


def test_a_missing_part_of_the_own_batch_is_said() -> None:
    bus = journal()
    bus.batch(submission(1), submission(2))
    (decided,) = decisions_of(bus.history(ident(2)))
    without = [one for one in bus.logs if one.received.envelope.load_index != 1]
    with pytest.raises(LoadsIncomplete, match="event 1"):
        bus.loads([decided.place], without).loads(0)


def test_settlement_counts_in_rebuilt_loads() -> None:
    bus = journal()
    bus.batch(submission(1))
    office = office_of(bus, 1)
    accepted = RequestAccepted(request_id=ident(1), operator="op-1")
    bus.batch(Said(ident(1), accepted, Speaker(office=office), MOMENT + timedelta(hours=1)))
    entry: dict[str, Any] = {"transaction_id": ident(9), "window": 1, "office": office, "amount_rial": 9_000}
    bus.settle(ident(1), settlement.OfficePaymentRecorded(**entry, reference="b-1", released_rial=4_000))
    bus.batch(submission(2))
    (decided,) = decisions_of(bus.history(ident(2)))
    assert bus.loads([decided.place]).loads(0).of(office) == Load(1, 5_000, 0)
