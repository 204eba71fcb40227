"""What partitions hold, from a library that now and then leaves some out."""

import pytest
from kafka import TopicPartition

from connectors.broker import offsets
from connectors.broker.offsets import spans_of
from consumers.runner.errors import BrokerUnavailable

PLACES = [TopicPartition("log", number) for number in range(2)]


class ForgetfulConsumer:
    """Answers as the library does: a partition whose leader it does not know makes it fail, so many times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {0, 1}

    def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, 3)

    def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        if self.failures:
            self.failures -= 1
            raise KeyError(places[0])
        return {place: 10 + place.partition for place in places}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offsets, "WAIT_SECONDS", 0.0)


def test_what_was_left_out_is_asked_for_again() -> None:
    assert spans_of(ForgetfulConsumer(2), PLACES) == {PLACES[0]: (3, 10), PLACES[1]: (3, 11)}


def test_partitions_without_a_leader_are_a_broker_that_is_away() -> None:
    with pytest.raises(BrokerUnavailable, match="no leader"):
        spans_of(ForgetfulConsumer(10_000), PLACES)


def test_of_nothing_nothing_is_asked() -> None:
    assert spans_of(None, []) == {}
