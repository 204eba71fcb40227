"""Dead letters of intake as events: what they say, whose they are, and that a flood is told in part."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.intake import Unreadable
from consumers.letters_told import Allowed, granted, tell_letters
from consumers.runner.outcomes import DeadLetterReason
from consumers.runner.records import Record
from schemas.decode import parse_strictly
from schemas.envelope import Envelope, to_headers
from schemas.limits import LETTER_ROOM, LETTERS_TOLD
from schemas.log_letters import ClaimSetAside
from schemas.message import Message
from schemas.topics import LOG_LETTERS
from tests.kit.values.ledger_log import START


class Share:
    """A quota that lets so many go, and an outbox."""

    def __init__(self, letters: int, untold_before: int = 0) -> None:
        self.allowed = Allowed(letters, untold_before)
        self.messages: list[Message] = []

    def allow(self, wanted: Mapping[str, int]) -> Mapping[str, Allowed]:
        return dict.fromkeys(wanted, self.allowed)

    def add(self, messages: Iterable[Message]) -> None:
        self.messages += messages


def letter(position: int, topic: str = "pishkhan.intake.water", value: bytes = b"a citizen's secret") -> Unreadable:
    record = Record(topic, 2, position, b"key", (), value, START)
    envelope = Envelope("claim-1", "/agencies/water", "ir.pishkhan.RequestSubmitted.v1")
    return Unreadable(record, DeadLetterReason.MALFORMED, "form.code", "is missing", envelope)


def told(share: Share, *letters: Unreadable) -> list[ClaimSetAside]:
    same: Callable[[datetime], datetime] = lambda moment: moment  # noqa: E731 - the clock of this test
    tell_letters(share, share, letters, same)
    return [parse_strictly(ClaimSetAside, message.body) for message in share.messages]


def test_a_letter_says_where_and_why_and_nothing_of_its_content() -> None:
    share = Share(9, untold_before=4)
    first, second = told(share, letter(7), letter(8))
    assert (first.topic, first.partition, first.position) == ("pishkhan.intake.water", 2, 7)
    assert (first.reason, first.field, first.detail) == (DeadLetterReason.MALFORMED, "form.code", "is missing")
    assert (first.claim_id, first.untold_before, second.untold_before) == ("claim-1", 4, 0)
    assert all(b"secret" not in message.body for message in share.messages)
    assert {message.topic for message in share.messages} == {LOG_LETTERS.name}
    assert share.messages[0].envelope.time == START


def test_the_same_letter_of_both_consumers_is_one_event_and_one_of_another_body_is_not() -> None:
    share = Share(9)
    told(share, letter(7), letter(7), letter(7, value=b"another"), letter(8))
    first, again, other, next_one = (message.envelope.id for message in share.messages)
    assert first == again
    assert len({first, other, next_one}) == 3


def test_what_its_share_does_not_allow_is_left_out_and_letters_of_logs_are_nobodys() -> None:
    assert [one.position for one in told(Share(1), letter(7), letter(8))] == [7]
    assert told(Share(0), letter(7)) == []
    assert told(Share(9), letter(7, topic="pishkhan.log.requests")) == []


def test_words_that_others_chose_fit_the_event() -> None:
    record = Record("pishkhan.intake.water", 0, 0, None, (), None, START)
    odd = Unreadable(record, DeadLetterReason.MALFORMED, "\0" * 300, "\ud800" * 5_000)
    [event] = told(Share(1), odd)
    assert (len(event.field), len(event.detail)) == (200, 2_000)
    assert event.claim_id is event.claim_source is event.claim_type is None
    [message] = [Message(LOG_LETTERS.name, "k", Envelope("i", "/bus", "t", "s", START), b"")]
    assert to_headers(message.envelope)


@given(
    batches=st.lists(st.tuples(st.integers(1, 5_000), st.floats(0, 10 * 86_400)), max_size=60),
    days=st.just(LETTER_ROOM.days),
)
def test_in_the_days_that_letters_stay_no_more_are_told_than_may_stay(
    batches: list[tuple[int, float]], days: int
) -> None:
    now = busy_until = 0.0
    told_at: list[tuple[float, int]] = []
    for wanted, pause in batches:
        now += pause
        letters = granted(busy_until - now, wanted)
        assert 0 <= letters <= wanted
        busy_until = max(busy_until, now) + letters * LETTERS_TOLD.seconds_each
        told_at.append((now, letters))
    for begin, _ in told_at:
        within = sum(letters for at, letters in told_at if begin <= at < begin + days * 86_400)
        assert within <= LETTER_ROOM.topic_letters


@pytest.mark.parametrize(("owed", "wanted", "letters"), [(0.0, 5, 5), (-9e9, 9_999, LETTERS_TOLD.at_once), (9e9, 5, 0)])
def test_a_share_is_used_up_and_comes_back(owed: float, wanted: int, letters: int) -> None:
    assert granted(owed, wanted) == letters
