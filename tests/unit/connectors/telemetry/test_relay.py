"""What the relay tells: a partition in which keys wait counts as halted, and the relay as ready."""

from connectors.telemetry.relay import RelayTelemetry
from consumers.runner.outcomes import Setback
from consumers.runner.records import Partition
from schemas.partition import Place
from tests.memory.telemetry import MemoryTelemetry

FIRST, SECOND = Place("log", 1), Place("log", 2)


def test_partitions_in_which_keys_wait_are_halted_once_and_resumed_when_nothing_waits() -> None:
    told = MemoryTelemetry()
    relay = RelayTelemetry(told)
    relay.held({FIRST})
    relay.held({FIRST, SECOND})
    assert told.stopped == [
        (Partition("log", "", 1), Setback.SET_ASIDE),
        (Partition("log", "", 2), Setback.SET_ASIDE),
    ]
    relay.working()
    assert told.waits_for is None
    relay.held({SECOND})
    relay.held(())
    assert told.again == [Partition("log", "", 1), Partition("log", "", 2)]
