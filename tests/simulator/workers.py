"""The bus's workers and its replay, put together as in deploy/, over the broker and the database in memory."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from threading import Event
from typing import Generic, Protocol, TypeVar

from connectors.broker.intake_ends import SourceIntakeEnds
from consumers.registry.handlers import RegistryHandler
from consumers.requests.handlers import RequestsHandler
from consumers.requests.reading import ClaimReader
from consumers.runner.errors import BrokerUnavailable, Contention, DatabaseUnavailable
from consumers.runner.loop import Pace, Runner
from consumers.runner.outcomes import Setback
from consumers.runner.ports import Handler, Source
from consumers.runner.read_ahead import Prepare, ReadAhead, nothing
from consumers.runner.records import Partition, Record
from consumers.runner.rereading import Rereading, RereadingHalted, Tally
from consumers.settlement.handlers import SettlementHandler
from producers.relay import Relay, RelayPace
from schemas.partition import Place
from schemas.topics import INTAKE_PREFIX, LOG_REQUESTS
from tests.kit.values.builders import code_bits
from tests.kit.values.clocks import trusting_watch, watch
from tests.memory.broker import MemoryLog, MemorySource
from tests.memory.database import Transaction
from tests.memory.ledger import settlement_stores
from tests.memory.outbox import MemoryRelayOutbox
from tests.memory.positions import MemoryLeases, MemoryWork
from tests.memory.requests import registry_stores, request_stores
from tests.memory.tables import BusDatabase
from tests.memory.telemetry import MemoryRelayReport, MemoryTelemetry
from tests.simulator.process import NeverStops, Process, ProcessSession
from tests.simulator.world import Kind, World

Stores = TypeVar("Stores")

#: Sweeps come with every turn, and batches are small, so that few events make many batches.
PACE = Pace(records_max=4, records_min=1, sweep_seconds=0.0, note_seconds=0.0)
RELAY_PACE = RelayPace(rows_max=3)
_DEPENDENCIES = (Contention, DatabaseUnavailable, BrokerUnavailable)


def worker(world: World, kind: Kind, process: Process) -> Callable[[], None]:
    """Return one turn of a new worker of `kind`."""
    built, stop = _BUILDERS[kind](world, process), NeverStops(process)
    return lambda: built.turn(stop)


def replay(world: World, kind: Kind, process: Process) -> Callable[[], bool]:
    """Return one turn of a command that reads everything again that the consumers of `kind` have passed.

    The turn says whether anything is left; it ends early where the real command would give up.
    """
    passed = [
        record
        for (consumer, where), row in world.database.offsets.rows.items()
        if consumer == kind
        for record in world.broker.logs[where][: row.next_position]
    ]
    batches = [passed[start : start + PACE.records_max] for start in range(0, len(passed), PACE.records_max)]
    apply, stop = _REREADERS[kind](world, process), NeverStops(process)

    def turn() -> bool:
        try:
            if batches:
                apply(batches.pop(0), stop)
        except (RereadingHalted, *_DEPENDENCIES):
            batches.clear()
        return bool(batches)

    return turn


class _Worker(Protocol):
    def turn(self, stop: Event) -> None:
        """Do one turn."""


class _Watched(Generic[Stores]):
    """A handler whose failures are remembered: the runner parks the record, and the simulator asks why."""

    def __init__(self, handler: Handler[Stores], failures: list[Exception]) -> None:
        self._handler = handler
        self._failures = failures

    def handle(self, stores: Stores, records: Sequence[Record]) -> Collection[Place]:
        try:
            return self._handler.handle(stores, records)
        except _DEPENDENCIES:
            raise
        except Exception as error:
            self._failures.append(error)
            raise

    def park_failed(self, stores: Stores, record: Record, error: Exception) -> None:
        self._handler.park_failed(stores, record, error)

    def sweep(self, stores: Stores) -> int:
        return self._handler.sweep(stores)


class _Alarm(MemoryTelemetry):
    """Telemetry whose setbacks and standstills the whole world can see."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__()
        self._world = world
        self._name = name

    def rolled_back(self, cause: Setback) -> None:
        self._world.setbacks.append((self._name, cause))

    def halted(self, partition: Partition, cause: Setback, why: str) -> None:
        self._world.halted.append(f"{partition.topic}/{partition.number}: {cause}")


def _relay(world: World, process: Process) -> _Worker:
    return Relay(
        lambda: MemoryRelayOutbox(ProcessSession(world.database, process), process.name),
        lambda: MemoryLog(world.broker, process.step),
        MemoryRelayReport(),
        pace=RELAY_PACE,
        chance=lambda: 0.5,
        monotonic=lambda: world.seconds,
    )


def _registry(world: World, process: Process) -> _Worker:
    own, _ = watch(partial(world.own_clock, process.name))
    handler = RegistryHandler(world.clock, own, _Alarm(world, process.name))
    return _runner(world, Kind.REGISTRY, process, _intake(world, process), registry_stores, handler)


def _requests(world: World, process: Process) -> _Worker:
    reader, source = ClaimReader(), _intake(world, process)
    ends, alarm = SourceIntakeEnds(source), _Alarm(world, process.name)
    own, _ = watch(partial(world.own_clock, process.name))
    handler = RequestsHandler(world.seed, code_bits, world.clock, own, alarm, ends, reader)
    return _runner(world, Kind.REQUESTS, process, source, request_stores, handler, reader.prepare)


def _settlement(world: World, process: Process) -> _Worker:
    source = MemorySource(world.broker, lambda topic: topic == LOG_REQUESTS.name, process.step)
    handler = SettlementHandler(_Alarm(world, process.name))
    return _runner(world, Kind.SETTLEMENT, process, source, settlement_stores, handler)


_BUILDERS: dict[Kind, Callable[[World, Process], _Worker]] = {
    Kind.RELAY: _relay,
    Kind.REGISTRY: _registry,
    Kind.REQUESTS: _requests,
    Kind.SETTLEMENT: _settlement,
}


def _runner(
    world: World,
    kind: Kind,
    process: Process,
    source: Source,
    stores: Callable[[Transaction, BusDatabase], Stores],
    handler: Handler[Stores],
    prepare: Prepare = nothing,
) -> Runner[Stores]:
    source = ReadAhead(source, prepare)
    session = ProcessSession(world.database, process, source.read_on)
    return Runner(
        source,
        MemoryLeases(session, kind.value, process.name),
        MemoryWork(session, kind.value, process.name, stores),
        _Watched(handler, world.failures),
        _Alarm(world, process.name),
        pace=PACE,
        chance=lambda: 0.5,
        monotonic=lambda: world.seconds,
    )


def _intake(world: World, process: Process) -> MemorySource:
    return MemorySource(world.broker, lambda topic: topic.startswith(INTAKE_PREFIX), process.step)


Apply = Callable[[Sequence[Record], Event], None]


def _registry_again(world: World, process: Process) -> Apply:
    tally = Tally()
    return _rereading(world, process, registry_stores, RegistryHandler(world.clock, trusting_watch(), tally), tally)


def _requests_again(world: World, process: Process) -> Apply:
    tally = Tally()
    ends = SourceIntakeEnds(_intake(world, process))
    handler = RequestsHandler(world.seed, code_bits, world.clock, trusting_watch(), tally, ends)
    return _rereading(world, process, request_stores, handler, tally)


def _settlement_again(world: World, process: Process) -> Apply:
    tally = Tally()
    return _rereading(world, process, settlement_stores, SettlementHandler(tally), tally)


_REREADERS: dict[Kind, Callable[[World, Process], Apply]] = {
    Kind.REGISTRY: _registry_again,
    Kind.REQUESTS: _requests_again,
    Kind.SETTLEMENT: _settlement_again,
}


def _rereading(
    world: World,
    process: Process,
    stores: Callable[[Transaction, BusDatabase], Stores],
    handler: Handler[Stores],
    tally: Tally,
) -> Apply:
    work = MemoryWork(ProcessSession(world.database, process), "nobody", process.name, stores)
    watched = _Watched(handler, world.failures)
    return Rereading[Stores](work, watched, tally, lambda: 0.5, lambda: world.seconds).apply
