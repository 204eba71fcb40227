"""The embedded broker takes what the bus's own stages pass on, and not much more."""

from deploy.engines.broker_limits import BROKER_LIMITS, MIB
from schemas.limits import FETCH_BYTES, PRODUCER_MESSAGE_BYTES, TOPIC_LIMITS

HEAP_BYTES = 384 * MIB


def limit(setting: str) -> int:
    return next(row.value for row in BROKER_LIMITS if row.setting == setting)


def test_every_setting_is_there_once() -> None:
    settings = [row.setting for row in BROKER_LIMITS]
    assert len(set(settings)) == len(settings)


def test_what_a_topic_and_the_relay_take_one_request_brings() -> None:
    request = limit("socket.request.max.bytes")
    assert all(row.batch_bytes < request for row in TOPIC_LIMITS)
    assert request > PRODUCER_MESSAGE_BYTES
    assert limit("queued.max.request.bytes") >= request, "else it could never be read"


def test_what_readers_ask_for_one_answer_brings() -> None:
    assert limit("fetch.max.bytes") >= FETCH_BYTES


def test_requests_that_wait_leave_most_of_the_heap() -> None:
    assert limit("queued.max.request.bytes") + 4 * limit("socket.request.max.bytes") < HEAP_BYTES // 3


def test_those_who_have_not_said_who_they_are_take_little() -> None:
    assert limit("sasl.server.max.receive.size") * limit("listener.name.bus.max.connections") < HEAP_BYTES // 20
