"""Say one thing of any kind and hear what becomes of it: the use case of everybody who says what is about no request.

A licence, a payment or a version of an agreement has the same outcomes as a line of a file (`producers/outcomes.py`);
only it is said alone, and somebody waits for the answer. What is about one request is a `Conversation`, which knows for
whom a claim on it waits.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from producers.claims import check_speaker
from producers.conversation import Unheard
from producers.outcomes import AnswersUnavailable, Outcome, OutcomeReads, SaidClaim, claim_of_message, hear, was_said
from producers.publisher import Publisher
from schemas.base import Event


@dataclass(frozen=True, slots=True)
class Acted:
    """A claim that is kept, on which topic, and what became of it; none when that is not decided.

    `again` says that it was accepted before, and was not published once more.
    """

    claim: SaidClaim
    topic: str
    outcome: Outcome | None
    again: bool


class Acting:
    """Publishes claims and awaits their outcomes. `sleep` and `monotonic` are real time; tests give their own."""

    def __init__(
        self,
        publisher: Publisher,
        reads: OutcomeReads,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publisher = publisher
        self._reads = reads
        self._sleep = sleep
        self._monotonic = monotonic

    def act(
        self,
        source: str,
        event: Event,
        *,
        agencies: Collection[str],
        wait_seconds: float,
        event_id: str | None = None,
    ) -> Acted:
        """Publish `event` as `source`, and return what becomes of it within `wait_seconds`.

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
        again = event_id is not None and was_said(message, self._reads.words([(source, event_id)]))
        claim = claim_of_message(message, 0 if again else self._reads.newest())
        if not again:
            self._publisher.publish([message])
        try:
            heard = hear(self._reads, [claim], wait_seconds, sleep=self._sleep, monotonic=self._monotonic)
            [(_, outcome)] = heard
        except AnswersUnavailable as error:
            raise Unheard(str(error)) from error
        return Acted(claim, message.topic, outcome, again)
