"""Saying a claim and hearing what becomes of it: decided, waiting, unanswered; and what a broken line means for it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest

from producers.claims import ClaimInvalid
from producers.conversation import (
    POLL_SECONDS,
    Answered,
    Conversation,
    KeptClaim,
    Unanswered,
    Unheard,
    Waits,
)
from producers.outcomes import AnswersUnavailable, SaidWords
from producers.ports import OutboxUnavailable
from producers.publisher import Publisher
from schemas.base import Event
from schemas.canonical import about_hash, body_hash
from schemas.intake_office import RequestAccepted, ServiceStarted
from schemas.log_requests import ClaimRefused, ClaimTakenBack, OfficeStarted, RequestRefused
from schemas.message import Message
from schemas.trusted import trusted

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
REQUEST = UUID("0197a1b2-0000-7000-8000-000000000001")
OFFICE = "/offices/office-1"
ACCEPTED = RequestAccepted(request_id=REQUEST, operator="operator-1")
STARTED, REFUSED, TAKEN_BACK, CLOSED = (
    trusted(model, {"request_id": REQUEST}) for model in (OfficeStarted, ClaimRefused, ClaimTakenBack, RequestRefused)
)


class Bus:
    """Outbox, answers and real time in memory. `decides` is called with each look and says what is there by then."""

    def __init__(self) -> None:
        self.published: list[Message] = []
        self.answers: dict[str, Sequence[Event]] = {}
        self.parked: dict[str, str] = {}
        self.away = self.answers_away = False
        self.seconds = 0.0
        self.at: dict[float, Callable[[], None]] = {}
        numbers = iter(range(1, 1_000))
        publisher = Publisher(self._opened, lambda: NOW, lambda: UUID(int=next(numbers)))
        self.conversation = Conversation[str](publisher, self, sleep=self._sleep, monotonic=lambda: self.seconds)

    @contextmanager
    def _opened(self) -> Iterator["Bus"]:
        if self.away:
            raise OutboxUnavailable("down")
        yield self

    def add(self, messages: Sequence[Message]) -> None:
        self.published += messages

    def newest(self) -> int:
        self._look()
        return len(self.published)

    def words(self, identities: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], SaidWords]:
        self._look()
        return {
            (one.envelope.source, one.envelope.id): SaidWords(
                body_hash(one.body),
                None if one.envelope.id.startswith("old") else about_hash(one.envelope.type, one.envelope.subject),
            )
            for one in self.published
            if (one.envelope.source, one.envelope.id) in identities
        }

    def to(self, said: KeptClaim) -> Sequence[Event]:
        self._look()
        return self.answers.get(said.event_id, ())

    def waiting(self, said: KeptClaim) -> str | None:
        return self.parked.get(said.event_id)

    def _look(self) -> None:
        if self.answers_away:
            raise AnswersUnavailable("down")

    def _sleep(self, seconds: float) -> None:
        self.seconds += seconds
        for moment in [moment for moment in self.at if moment <= self.seconds]:
            self.at.pop(moment)()

    def say(
        self, event: Event = ACCEPTED, event_id: str | None = "e-1", wait_seconds: float = 1.0
    ) -> Answered | Waits[str] | Unanswered:
        return self.conversation.say(OFFICE, event, REQUEST, agencies=(), wait_seconds=wait_seconds, event_id=event_id)


@pytest.fixture
def bus() -> Bus:
    return Bus()


def test_what_is_decided_is_heard_as_soon_as_it_is_there(bus: Bus) -> None:
    bus.at[0.3] = lambda: bus.answers.update({"e-1": [STARTED]})
    outcome = bus.say()
    assert isinstance(outcome, Answered)
    assert (outcome.events, outcome.refused) == ((STARTED,), False)
    assert bus.seconds < 0.3 + 2 * POLL_SECONDS
    assert outcome.said == KeptClaim(OFFICE, "e-1", "pishkhan.intake.offices", REQUEST, 0)


@pytest.mark.parametrize(
    ("events", "refused"),
    [([STARTED], False), ([REFUSED], True), ([CLOSED], True), ([STARTED, CLOSED], True), ([CLOSED, TAKEN_BACK], False)],
)
def test_taking_back_is_what_was_wished_for_and_every_other_refusal_is_one(
    bus: Bus, events: list[Event], refused: bool
) -> None:
    bus.answers["e-1"] = events
    outcome = bus.say()
    assert isinstance(outcome, Answered)
    assert outcome.refused is refused


def test_what_waits_for_another_party_is_told_at_once(bus: Bus) -> None:
    bus.parked["e-1"] = "for the agency"
    outcome = bus.say()
    assert isinstance(outcome, Waits)
    assert (outcome.claim, bus.seconds) == ("for the agency", 0.0)


def test_an_answer_goes_before_what_waits(bus: Bus) -> None:
    bus.parked["e-1"] = "for the agency"
    bus.answers["e-1"] = [STARTED]
    assert isinstance(bus.say(), Answered)


@pytest.mark.parametrize("wait_seconds", [0.0, 0.7])
def test_nobody_answers_within_the_time(bus: Bus, wait_seconds: float) -> None:
    outcome = bus.say(wait_seconds=wait_seconds)
    assert isinstance(outcome, Unanswered)
    assert wait_seconds <= bus.seconds <= wait_seconds + POLL_SECONDS
    assert len(bus.published) == 1, "it is kept"


def test_without_waiting_it_is_looked_at_once(bus: Bus) -> None:
    bus.answers["e-1"] = [STARTED]
    assert isinstance(bus.say(wait_seconds=0.0), Answered)


def test_an_id_is_made_where_none_is_given_and_kept_where_one_is(bus: Bus) -> None:
    bus.say(event_id=None, wait_seconds=0.0)
    bus.say(event_id="key-7", wait_seconds=0.0)
    assert [message.envelope.id for message in bus.published] == [str(UUID(int=1)), "key-7"]


def test_a_repetition_is_not_published_again_and_has_the_outcome_of_the_first_time(bus: Bus) -> None:
    bus.say(wait_seconds=0.0)
    bus.answers["e-1"] = [STARTED]
    bus.newest()
    outcome = bus.say()
    assert isinstance(outcome, Answered)
    assert outcome.said.after == 0, "the answer came before anything that is published now"
    assert len(bus.published) == 1


@pytest.mark.parametrize("event_id", ["e-1", "old-1"])
def test_an_id_that_was_used_for_something_else_is_refused_and_nothing_is_published(bus: Bus, event_id: str) -> None:
    bus.say(event_id=event_id, wait_seconds=0.0)
    bus.answers[event_id] = [STARTED]
    with pytest.raises(ClaimInvalid, match="another event") as refused:
        bus.say(RequestAccepted(request_id=REQUEST, operator="operator-2"), event_id=event_id)
    assert refused.value.field == "id"
    assert len(bus.published) == 1


def test_an_id_that_was_used_for_the_same_body_of_another_type_is_refused(bus: Bus) -> None:
    bus.say(RequestAccepted(request_id=REQUEST, operator="operator-1"), wait_seconds=0.0)
    with pytest.raises(ClaimInvalid, match="another event"):
        bus.say(ServiceStarted(request_id=REQUEST, operator="operator-1"))
    assert len(bus.published) == 1


def test_what_an_earlier_release_kept_is_known_by_its_body(bus: Bus) -> None:
    bus.say(event_id="old-1", wait_seconds=0.0)
    bus.say(event_id="old-1", wait_seconds=0.0)
    assert len(bus.published) == 1


def test_a_speaker_without_a_topic_is_refused_and_nothing_is_published(bus: Bus) -> None:
    with pytest.raises(ClaimInvalid, match="no agency is called gas"):
        bus.conversation.say("/agencies/gas", ACCEPTED, REQUEST, agencies=("water",), wait_seconds=0.0)
    assert bus.published == []


def test_a_broken_line_before_saying_means_that_nothing_was_said(bus: Bus) -> None:
    bus.answers_away = True
    with pytest.raises(AnswersUnavailable):
        bus.say()
    assert bus.published == []


def test_a_broken_line_while_saying_is_told_apart(bus: Bus) -> None:
    bus.away = True
    with pytest.raises(OutboxUnavailable):
        bus.say()


def test_a_broken_line_after_saying_means_that_it_is_kept(bus: Bus) -> None:
    bus.at[0.2] = lambda: setattr(bus, "answers_away", True)
    with pytest.raises(Unheard):
        bus.say()
    assert len(bus.published) == 1
