"""The day's books: the identities that must hold, and where the log and the database may differ."""

from dataclasses import replace
from uuid import UUID

import pytest

from connectors.database.requests.requests import RequestCounts
from consumers.settlement.books import LedgerSummary
from deploy.demo.report import ByClass, LogCount, Report, Seconds
from deploy.demo.steering import Distances, Steering
from schemas import log_requests as log
from schemas.decode import encode
from schemas.envelope import Envelope
from tests.kit.values.requests_world import SUBMITTED, walk

COUNTS = RequestCounts(submitted=4, routed=2, refused=1, parked=1, completed=1, cancelled=1)
LEDGER = LedgerSummary(held_rial=100, posted_rial=60, voided_rial=30, still_held_rial=10, sum_rial=0)
STEERING = Steering(Distances(1, 1000, 1000, 1000), Distances(0, 0, 0, 0), 60, 0.5)
SOUND = Report(COUNTS, LEDGER, ByClass(50, 152), ByClass(74, 32), 11, STEERING, Seconds(1.0, 2.0, 3.0), {}, ())
#: What each request's own log says, in order; only types count, but for a closing's reason.
LOG: dict[str, list[type[log.RequestLogEvent]]] = {
    "completed": [log.RequestOpened, log.RequestRouted, log.RequestCompleted],
    "cancelled": [log.RequestOpened, log.RequestRouted, log.RequestClosed],
    "refused": [log.RequestOpened, log.RequestRefused],
}
[REFUSED] = [
    event
    for event in walk(SUBMITTED.model_copy(update={"city": "atlantis"}))[1]
    if isinstance(event, log.RequestRefused)
]


def closed(reason: log.CloseReason) -> bytes:
    """The body of a request's end without completion."""
    return encode(
        log.RequestClosed(
            request_id=UUID(int=1),
            reason=reason,
            office=None,
            agency="water",
            service="water.bill",
            fee=None,
            collected_rial=0,
            exposure_rial=0,
        )
    )


def body(model: type[log.RequestLogEvent], reason: log.CloseReason) -> bytes:
    """The body of an event: of a refusal its own, of every other one that of an end."""
    return encode(REFUSED) if model is log.RequestRefused else closed(reason)


def said(reason: log.CloseReason = log.CloseReason.CANCELLED, drop: int | None = None) -> list[tuple[Envelope, bytes]]:
    """The whole log; without the event of place `drop`."""
    events = [
        (Envelope(f"{subject}-{sequence}", "/bus", model.type_name(), subject, sequence=sequence), body(model, reason))
        for subject, models in LOG.items()
        for sequence, model in enumerate(models, 1)
    ]
    return [one for place, one in enumerate(events) if place != drop]


def disagreements(events: list[tuple[Envelope, bytes]], counts: RequestCounts = COUNTS) -> list[str]:
    counted = LogCount()
    counted.read(events, lambda envelope, body: None)
    return counted.disagreements(counts)


def test_a_log_that_says_the_same_twice_agrees_and_is_told_of_once() -> None:
    assert disagreements([one for one in said() for _ in range(2)]) == []
    told: list[str] = []
    LogCount().read([one for one in said() for _ in range(2)], lambda envelope, body: told.append(envelope.id))
    assert told == [envelope.id for envelope, _ in said()]


@pytest.mark.parametrize("name", ["submitted", "routed", "refused", "completed", "cancelled"])
def test_every_figure_is_compared(name: str) -> None:
    found = disagreements(said(), replace(COUNTS, **{name: getattr(COUNTS, name) + 1}))
    assert len(found) == 1
    assert "the log says" in found[0]


def test_an_expired_request_is_not_a_cancelled_one() -> None:
    assert disagreements(said(log.CloseReason.EXPIRED)) == ["cancelled: the log says 0, the database says 1"]


def test_a_gap_is_told_with_its_request() -> None:
    assert "request completed: its sequence has a gap" in disagreements(said(drop=1))


def test_sound_books_have_no_fault() -> None:
    assert SOUND.faults() == []


@pytest.mark.parametrize(
    ("report", "fault"),
    [
        (replace(SOUND, requests=replace(COUNTS, parked=0)), "submitted 4 is not routed 2"),
        (replace(SOUND, ledger=replace(LEDGER, voided_rial=31)), "held 100 is not posted 60"),
        (replace(SOUND, ledger=replace(LEDGER, sum_rial=1)), "add up to 1 rial"),
    ],
)
def test_broken_books_are_told(report: Report, fault: str) -> None:
    [found] = report.faults()
    assert fault in found


def test_refusals_are_counted_by_reason_and_who_was_left_to_a_person_is_named() -> None:
    counted = LogCount()
    left = Envelope("e", "/bus", log.RequestEscalated.type_name(), "completed", sequence=4)
    counted.read([*said(), (left, b"{}")], lambda envelope, body: None)
    assert counted.refusals() == {log.RefusalReason.UNKNOWN_PLACE: 1}
    assert counted.escalated == ["completed"]
