"""What became of claims: heard in the order in which they were said, once each, and asked for later."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest

from producers.claims import ClaimInvalid
from producers.lines import KeptLine, LineProblem, publish_lines
from producers.outcomes import (
    LOOK_SECONDS,
    AnswersUnavailable,
    Decided,
    Forgotten,
    Held,
    Outcome,
    Refusal,
    SaidClaim,
    SaidWords,
    SetAside,
    ask,
    hear,
    summary,
    was_said,
)
from producers.publisher import Publisher
from schemas.base import Event
from schemas.canonical import about_hash, body_hash
from schemas.intake_directorate import WindowCloseRequested
from schemas.log_registry import RegistryClaimRefused, ServiceVersioned
from schemas.log_requests import ClaimRefused, ClaimTakenBack, FineAccepted, OfficeStarted, RequestRefused
from schemas.message import Message
from schemas.speakers import DIRECTORATE
from schemas.trusted import trusted

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
FIRST, SECOND, THIRD = (SaidClaim(DIRECTORATE, f"e-{number}", "t", "s", 7) for number in range(3))
STARTED, REFUSED, NOT_TAKEN, TAKEN_BACK, CLOSED, FINED, VERSIONED = (
    trusted(model, {})
    for model in (
        OfficeStarted,
        ClaimRefused,
        RegistryClaimRefused,
        ClaimTakenBack,
        RequestRefused,
        FineAccepted,
        ServiceVersioned,
    )
)
DONE = Decided((FINED,))
WAITS = Held("predecessor", "the fee", None)


class Kept:
    """What a bus has written, in memory, and real time. Implements `OutcomeReads`."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.looks: list[list[str]] = []
        self.known: dict[SaidClaim, tuple[float, Outcome]] = {}
        self.later: dict[SaidClaim, tuple[float, Outcome]] = {}
        self.accepted: dict[tuple[str, str], SaidWords] = {}
        self.published: list[Message] = []
        self.away = False

    def add(self, messages: Sequence[Message]) -> None:
        self.published += messages

    def newest(self) -> int:
        return 41

    def words(self, identities: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], SaidWords]:
        return {one: self.accepted[one] for one in identities if one in self.accepted}

    def outcomes(self, claims: Sequence[SaidClaim]) -> Mapping[SaidClaim, Outcome]:
        if self.away:
            raise AnswersUnavailable("down")
        self.looks.append([claim.event_id for claim in claims])
        found: dict[SaidClaim, Outcome] = {}
        for kept in (self.known, self.later):
            found |= {claim: outcome for claim, (at, outcome) in kept.items() if at <= self.seconds and claim in claims}
        return found

    def said(self, event_ids: Sequence[str]) -> Sequence[SaidClaim]:
        return [claim for claim in (FIRST, SECOND, THIRD) if claim.event_id in event_ids]

    def refusals(self, source: str, most: int) -> Sequence[Refusal]:
        return []

    def hear(self, *claims: SaidClaim, wait_seconds: float = 2.0) -> list[tuple[SaidClaim, Outcome | None]]:
        def sleep(seconds: float) -> None:
            self.seconds += seconds

        return list(hear(self, claims, wait_seconds, sleep=sleep, monotonic=lambda: self.seconds))


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_all_are_told_in_their_order_though_the_last_is_decided_first(kept: Kept) -> None:
    refused = Decided((REFUSED,))
    kept.known = {FIRST: (1.0, DONE), SECOND: (0.5, refused), THIRD: (0.0, DONE)}
    assert kept.hear(FIRST, SECOND, THIRD) == [(FIRST, DONE), (SECOND, refused), (THIRD, DONE)]
    assert 1.0 <= kept.seconds <= 1.0 + LOOK_SECONDS


def test_what_is_decided_is_not_looked_for_again(kept: Kept) -> None:
    kept.known = {FIRST: (0.0, DONE), SECOND: (0.5, DONE)}
    kept.hear(FIRST, SECOND)
    assert kept.looks[0] == ["e-0", "e-1"]
    assert set(map(tuple, kept.looks[1:])) == {("e-1",)}


def test_a_wait_is_told_when_the_time_is_over_and_a_decision_that_ends_it_goes_before(kept: Kept) -> None:
    kept.known = {FIRST: (0.0, WAITS), SECOND: (0.0, WAITS)}
    kept.later = {FIRST: (1.5, DONE)}
    assert kept.hear(FIRST, SECOND) == [(FIRST, DONE), (SECOND, WAITS)]
    assert kept.seconds >= 2.0


def test_what_is_not_decided_in_time_is_told_as_that(kept: Kept) -> None:
    kept.known = {SECOND: (0.0, SetAside("malformed", "body", "x"))}
    assert kept.hear(FIRST, SECOND, wait_seconds=0.0) == [(FIRST, None), (SECOND, SetAside("malformed", "body", "x"))]
    assert len(kept.looks) == 1


def test_a_claim_that_stands_in_two_lines_is_told_once(kept: Kept) -> None:
    kept.known = {FIRST: (0.0, DONE)}
    assert kept.hear(FIRST, FIRST) == [(FIRST, DONE)]
    assert kept.hear() == []


def test_a_database_that_goes_away_is_not_taken_for_no_answer(kept: Kept) -> None:
    kept.away = True
    with pytest.raises(AnswersUnavailable):
        kept.hear(FIRST)


@pytest.mark.parametrize(
    ("events", "refused"),
    [
        ((STARTED,), False),
        ((FINED,), False),
        ((VERSIONED,), False),
        ((REFUSED,), True),
        ((NOT_TAKEN,), True),
        ((STARTED, CLOSED), True),
        ((CLOSED, TAKEN_BACK), False),
    ],
)
def test_what_refuses(events: tuple[Event, ...], refused: bool) -> None:
    assert Decided(events).refused is refused


def test_asked_later_an_old_answer_is_told_apart_from_none(kept: Kept) -> None:
    kept.known = {FIRST: (0.0, DONE)}
    kept.accepted = {one[:2]: SaidWords(b"", None) for one in (FIRST, SECOND)}
    assert ask(kept, ["e-2", "e-0", "e-1", "e-9"]) == [(FIRST, DONE), (SECOND, Forgotten()), (THIRD, None)]


def line(event_id: str, window: int = 9, **changes: object) -> bytes:
    event = WindowCloseRequested(window=window)
    structured = {
        "specversion": "1.0",
        "id": event_id,
        "source": DIRECTORATE,
        "type": event.type_name(),
        "data": event.model_dump(mode="json"),
    }
    return json.dumps(structured | changes).encode()


def publisher(kept: Kept) -> Publisher:
    @contextmanager
    def opened() -> Iterator[Kept]:
        yield kept

    return Publisher(opened, lambda: NOW, lambda: UUID(int=1))


def test_lines_are_published_together_and_each_has_its_number_and_place(kept: Kept) -> None:
    found = publish_lines(publisher(kept), kept, [line("a"), b"", line("b", source="/nobody"), line("c")], NOW, (), 5)
    assert [type(one) for one in found] == [KeptLine, LineProblem, KeptLine]
    assert [one.line_number for one in found] == [5, 7, 8]
    assert [message.envelope.id for message in kept.published] == ["a", "c"]
    assert isinstance(found[0], KeptLine)
    assert found[0].claim == SaidClaim(DIRECTORATE, "a", WindowCloseRequested.type_name(), "window-9", 41)


def test_what_was_accepted_before_is_not_published_again_and_its_answer_is_looked_for_from_the_beginning(
    kept: Kept,
) -> None:
    [first] = publish_lines(publisher(kept), kept, [line("a")], NOW, ())
    [message] = kept.published
    about = about_hash(message.envelope.type, message.envelope.subject)
    kept.accepted = {(DIRECTORATE, "a"): SaidWords(body_hash(message.body), about)}
    again, other = publish_lines(publisher(kept), kept, [line("a"), line("a", window=10)], NOW, ())
    assert len(kept.published) == 1
    assert isinstance(first, KeptLine)
    assert again == KeptLine(1, first.claim._replace(after=0), again=True)
    assert isinstance(other, LineProblem)
    assert other.field == "id"


def test_an_id_of_an_earlier_release_is_known_by_its_body(kept: Kept) -> None:
    publish_lines(publisher(kept), kept, [line("a")], NOW, ())
    [message] = kept.published
    assert was_said(message, {(DIRECTORATE, "a"): SaidWords(body_hash(message.body), None)})
    with pytest.raises(ClaimInvalid):
        was_said(message, {(DIRECTORATE, "a"): SaidWords(body_hash(message.body), b"another")})


@pytest.mark.parametrize(
    ("outcome", "name"),
    [
        (Decided(()), "done"),
        (WAITS, "waits"),
        (Held("gap", "x", NOW), "waits"),
        (SetAside("malformed", "body", "x"), "set_aside"),
        (Forgotten(), "forgotten"),
        (None, "undecided"),
    ],
)
def test_for_machines_every_outcome_is_json(outcome: Outcome | None, name: str) -> None:
    told = json.loads(json.dumps(summary(FIRST, outcome)))
    assert (told["id"], told["outcome"]) == ("e-0", name)
