"""What keeps events in the outbox is judged by what can be seen of broker and relay, and told with what ends it."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.telemetry.standing import Standing
from connectors.words.delivery import delivery_words
from connectors.words.language import Language
from deploy.operations.delivery import SILENT, judge
from producers.delivery import Delay, Delivery

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=3)
READY, WAITS = Standing(), Standing("broker_unavailable", NOON)


@pytest.mark.parametrize(
    ("relay", "seen", "answers", "judged"),
    [
        (WAITS, NOON, True, (Delay.BROKER_AWAY, NOON)),
        (READY, NOON, False, (Delay.BROKER_AWAY, None)),
        (None, None, False, (Delay.BROKER_AWAY, None)),
        (None, None, True, (Delay.RELAY_AWAY, None)),
        (None, NOON - SILENT - timedelta(seconds=1), True, (Delay.RELAY_AWAY, NOON - SILENT - timedelta(seconds=1))),
        # On another machine.
        (None, NOON - timedelta(seconds=2), True, (Delay.BUSY, None)),
        (READY, NOON, True, (Delay.BUSY, None)),
        # Another bus's relay answers on this machine.
        (READY, None, True, (Delay.RELAY_AWAY, None)),
    ],
)
def test_what_keeps_events_is_the_broker_the_relay_or_the_work(
    relay: Standing | None, seen: datetime | None, answers: bool, judged: tuple[Delay, datetime | None]
) -> None:
    assert judge(relay, seen, NOON, reachable=answers) == judged


def test_the_words_say_what_ends_the_wait_and_that_nothing_need_be_sent_again() -> None:
    away = delivery_words(Delivery(3, Delay.BROKER_AWAY, NOON), Language.EN, LATER)
    assert away.startswith(
        "3 event(s) are kept in the outbox, in their order: the broker does not answer "
        "since 2026-11-25 12:00:00 UTC (3 min)."
    )
    assert away.endswith("published by themselves when it is back; nothing need be sent again.")
    assert "pishkhan worker relay" in delivery_words(Delivery(3, Delay.RELAY_AWAY), Language.EN, LATER)
    busy = delivery_words(Delivery(3, Delay.BUSY), Language.EN, LATER)
    assert "the broker has not acknowledged them yet" in busy
    assert "nothing need be sent again" in busy
    for delay in Delay:
        persian = delivery_words(Delivery(12, delay, NOON), Language.FA, NOON)
        assert "۱۲ رویداد" in persian
        assert "دوباره نفرستید" in persian
