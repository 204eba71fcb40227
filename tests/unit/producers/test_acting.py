"""Saying what is about no request: said once, heard, known when it is said again; and what a broken line means."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest

from producers.acting import Acted, Acting
from producers.claims import ClaimInvalid
from producers.conversation import Unheard
from producers.outcomes import AnswersUnavailable, Decided, Held, Outcome, Refusal, SaidClaim, SaidWords
from producers.ports import OutboxUnavailable
from producers.publisher import Publisher
from schemas.base import Event
from schemas.canonical import about_hash, body_hash
from schemas.intake_agency import AgreementPaused
from schemas.intake_directorate import OfficePaid, WindowCloseRequested
from schemas.log_requests import OfficePaymentAccepted
from schemas.message import Message
from schemas.speakers import DIRECTORATE

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
PAID = OfficePaid(office="office-1", amount_rial=5, reference="r-1")
ACCEPTED = Decided((OfficePaymentAccepted(office="office-1", amount_rial=5, reference="r-1"),))


class Bus:
    """Outbox, answers and real time in memory; an answer is there once so many seconds have passed."""

    def __init__(self, outcome: Outcome | None = ACCEPTED, after_seconds: float = 0.0) -> None:
        self.published: list[Message] = []
        self.outcome = outcome
        self.after_seconds = after_seconds
        self.away = self.answers_away = False
        self.away_after_publishing = False
        self.seconds = 0.0
        numbers = iter(range(1, 1_000))
        publisher = Publisher(self._opened, lambda: NOW, lambda: UUID(int=next(numbers)))
        self.acting = Acting(publisher, self, sleep=self._sleep, monotonic=lambda: self.seconds)

    def say(self, event: Event = PAID, event_id: str | None = None, source: str = DIRECTORATE) -> Acted:
        return self.acting.act(source, event, agencies=("water",), wait_seconds=2.0, event_id=event_id)

    @contextmanager
    def _opened(self) -> Iterator["Bus"]:
        if self.away:
            raise OutboxUnavailable("down")
        yield self
        self.answers_away = self.away_after_publishing

    def add(self, messages: Sequence[Message]) -> None:
        self.published += messages

    def newest(self) -> int:
        self._look()
        return 7

    def words(self, identities: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], SaidWords]:
        self._look()
        return {
            (one.envelope.source, one.envelope.id): SaidWords(
                body_hash(one.body), about_hash(one.envelope.type, one.envelope.subject)
            )
            for one in self.published
            if (one.envelope.source, one.envelope.id) in identities
        }

    def outcomes(self, claims: Sequence[SaidClaim]) -> Mapping[SaidClaim, Outcome]:
        self._look()
        there = self.outcome is not None and self.seconds >= self.after_seconds
        return {claim: self.outcome for claim in claims if self.outcome is not None and there}

    def said(self, event_ids: Sequence[str]) -> Sequence[SaidClaim]:
        raise AssertionError("nobody asks by ids alone")

    def refusals(self, source: str, most: int) -> Sequence[Refusal]:
        raise AssertionError("nobody asks for refusals")

    def _look(self) -> None:
        if self.answers_away:
            raise AnswersUnavailable("down")

    def _sleep(self, seconds: float) -> None:
        self.seconds += seconds


def test_what_is_said_is_published_once_and_its_outcome_is_heard() -> None:
    bus = Bus(after_seconds=1.0)
    said = bus.say()
    assert said.outcome == ACCEPTED
    assert said.topic == "pishkhan.intake.directorate"
    assert (said.claim.source, said.claim.subject, said.claim.after) == (DIRECTORATE, "office-1", 7)
    assert not said.again
    assert [message.envelope.id for message in bus.published] == [said.claim.event_id]


def test_what_waits_and_what_nobody_decides_is_told_when_the_time_is_over() -> None:
    held = Held("registry", "office office-1 is not known; license it first", None)
    assert Bus(held).say().outcome == held
    undecided = Bus(None)
    assert undecided.say().outcome is None
    assert undecided.seconds >= 2.0


def test_the_same_under_an_id_of_ones_own_is_said_once() -> None:
    bus = Bus()
    first, second = bus.say(event_id="mine"), bus.say(event_id="mine")
    assert (first.again, second.again) == (False, True)
    assert len(bus.published) == 1
    assert second.outcome == ACCEPTED
    assert second.claim.after == 0, "its answer may be older than what is newest now"


def test_an_id_is_of_one_event() -> None:
    bus = Bus()
    bus.say(event_id="mine")
    for other in (PAID.model_copy(update={"amount_rial": 6}), WindowCloseRequested(window=1)):
        with pytest.raises(ClaimInvalid, match="id"):
            bus.say(other, event_id="mine")
    assert len(bus.published) == 1


def test_an_agency_without_a_topic_says_nothing() -> None:
    pause = AgreementPaused(agreement="mou-1", paused=True, reason="flood")
    bus = Bus()
    with pytest.raises(ClaimInvalid, match="source"):
        bus.say(pause, source="/agencies/gas")
    assert bus.published == []
    assert bus.say(pause, source="/agencies/water").topic == "pishkhan.intake.water"


def test_a_broken_line_says_whether_it_is_kept() -> None:
    bus = Bus()
    bus.answers_away = True
    with pytest.raises(AnswersUnavailable):
        bus.say()
    assert bus.published == []
    bus = Bus()
    bus.away = True
    with pytest.raises(OutboxUnavailable):
        bus.say()
    bus = Bus()
    bus.away_after_publishing = True
    with pytest.raises(Unheard):
        bus.say()
    assert len(bus.published) == 1
