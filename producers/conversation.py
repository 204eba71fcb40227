"""Publish a claim, wait, and return what the bus decides: the use case of everybody who publishes and awaits an answer.

A terminal, an HTTP request and a page differ in how they show the outcome. What can come of a claim is the same for
all: it is answered, it waits for another party, or nobody has answered within the time. In each case it is kept.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from producers.claims import check_speaker
from producers.outcomes import AnswersUnavailable, SaidBefore, refuse, was_said
from producers.publisher import Publisher
from schemas.base import Event

#: Real seconds between two looks for the answer.
POLL_SECONDS = 0.05

#: What is known of a claim that waits, as its store returns it.
Waiting = TypeVar("Waiting")
WaitingKept = TypeVar("WaitingKept", covariant=True)


class Unheard(Exception):
    """The claim is kept and will not be lost, but answers cannot be reached: it need not be said again."""


@dataclass(frozen=True, slots=True)
class KeptClaim:
    """A claim that is kept: by whom, under which id, on which topic, about which request.

    Its answer comes after place `after` of the outbox.
    """

    source: str
    event_id: str
    topic: str
    request_id: UUID
    after: int


class Answers(SaidBefore, Protocol[WaitingKept]):
    """Where answers are written, before anybody publishes them. Every call may raise `AnswersUnavailable`."""

    def to(self, said: KeptClaim) -> Sequence[Event]:
        """Return what the bus says to a claim, in order; nothing while it is not decided."""

    def waiting(self, said: KeptClaim) -> WaitingKept | None:
        """Return what is known of the claim when it waits; none when it does not."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the bus made of a claim: its events, in order."""

    said: KeptClaim
    events: tuple[Event, ...]

    @property
    def refused(self) -> bool:
        """Say whether what was wished for was refused."""
        return refuse(self.events)


@dataclass(frozen=True, slots=True)
class Waits(Generic[Waiting]):
    """The claim waits for another party, or for an operator."""

    said: KeptClaim
    claim: Waiting


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Nobody has decided on the claim within the time."""

    said: KeptClaim


class Conversation(Generic[Waiting]):
    """Publishes claims and awaits their answers. `sleep` and `monotonic` are real time; tests give their own."""

    def __init__(
        self,
        publisher: Publisher,
        answers: Answers[Waiting],
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publisher = publisher
        self._answers = answers
        self._sleep = sleep
        self._monotonic = monotonic

    def say(
        self,
        source: str,
        event: Event,
        request_id: UUID,
        *,
        agencies: Collection[str],
        wait_seconds: float,
        event_id: str | None = None,
    ) -> Answered | Waits[Waiting] | Unanswered:
        """Publish `event` as `source`, about `request_id`, and return what becomes of it within `wait_seconds`.

        With an `event_id` of the caller's own a repetition is known as one: it is not published again, and the outcome
        is that of the first time. Two that overlap are both published, and have their effect once.

        Raises:
            ClaimInvalid: nothing was published; a speaker who is no agency of `agencies`, or an id that was used for
                another event (field `id`), among it.
            AnswersUnavailable: nothing was published.
            OutboxUnavailable: it may or may not be kept; with the same `event_id` it can be said again.
            Unheard: it is kept.
        """
        check_speaker(source, agencies)
        message = self._publisher.message(source, event, event_id)
        known = event_id is not None and was_said(message, self._answers.words([(source, event_id)]))
        said = KeptClaim(source, message.envelope.id, message.topic, request_id, 0 if known else self._answers.newest())
        if not known:
            self._publisher.publish([message])
        try:
            return self._hear(said, wait_seconds)
        except AnswersUnavailable as error:
            raise Unheard(str(error)) from error

    def _hear(self, said: KeptClaim, wait_seconds: float) -> Answered | Waits[Waiting] | Unanswered:
        deadline = self._monotonic() + wait_seconds
        while True:
            if events := self._answers.to(said):
                return Answered(said, tuple(events))
            waiting = self._answers.waiting(said)
            if waiting is not None:
                return Waits(said, waiting)
            if self._monotonic() >= deadline:
                return Unanswered(said)
            self._sleep(POLL_SECONDS)
