"""Playing strange kinds: written by the hostile agency while others work, each record's end compared with its row."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from connectors.broker.admin import agency_user
from connectors.database.runner.halt_operator import HaltOperator
from connectors.database.sql.driver import meaningful_errors
from connectors.database.sql.engine import build_engine
from consumers.halted import HaltLine
from consumers.intake import IntakeReader
from deploy.agencies import Agencies
from deploy.faults.bystander import Bystander, Latencies
from deploy.faults.fault import Trial
from deploy.faults.waiting import until
from deploy.provinces.loading import load_province
from schemas.topics import INTAKE_AGENCY
from tests.faults.stages import OwnBus, own_bus
from tests.faults.strange.client import Client, packed
from tests.faults.strange.ends import Answers, Lying
from tests.faults.strange.kinds import APPLIED, TOPIC, Kind, Maker, dead
from tests.faults.strange.lowered import lowered
from tests.faults.strange.province import HOSTILE_AGENCY, hostile_province
from tests.faults.strange.table import KINDS

#: The bystander's figures: so many visits, of two claims each, in quiet, and while each kind is played.
QUIET_VISITS = 150
VISITS_PER_KIND = 15
#: What a bystander may meet at most, as a multiple of its quiet figure.
BESIDE_QUIET_MAX = 3.0
#: The load whose every claim is counted goes on slowly beside all of it, in quiet as well.
LOAD_PAUSE_SECONDS = 1.0
HALTED_SECONDS = 60.0
#: Where no times are asked for, so many kinds are written before what became of them is asked.
KINDS_AT_ONCE = 6
#: Good records lie here while the other partitions stand still.
FREE_PARTITION = 0
PASSED = dead("passed", "record")


@contextmanager
def strange_bus(directory: Path) -> Iterator[OwnBus]:
    """A bus with a hostile agency, whose workers make less room for a batch."""
    with own_bus(directory, wrap=lowered) as bus:
        load_province(bus.settings, hostile_province(), lambda decided, published: None)
        yield bus


class Hostile:
    """The hostile agency on a trial's bus, and what became of what it wrote."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        settings = trial.bus.settings
        password = SecretStr(Agencies(settings.data_directory).password(HOSTILE_AGENCY))
        own = settings.model_copy(update={"kafka_user": agency_user(HOSTILE_AGENCY), "kafka_password": password})
        self._client = Client(own.kafka_login(), settings.kafka_admin_login())
        self._answers = Answers(trial.bus)
        self._engine = build_engine(settings.worker_database_url(), "pishkhan trial operator")
        self._partitions = INTAKE_AGENCY.partitions
        self._maker = Maker(trial.chance, settings.clock.now())

    def close(self) -> None:
        """End all connections."""
        self._client.close()
        self._answers.close()
        self._engine.dispose()

    def play(self, kinds: Sequence[Kind]) -> None:
        """Write every record of `kinds`, none of which halts, and complain of each that has another end."""
        written: list[tuple[Kind, list[Lying]]] = []
        for kind in kinds:
            written.append((kind, self._write(kind, self._trial.chance.randrange(self._partitions))))
        ends = iter(self._answers.ends([one for _, lying in written for one in lying]))
        for kind, lying in written:
            for number, _ in enumerate(lying):
                self._compare(kind, number, next(ends))
        self._trial.note(f"written: {', '.join(kind.name for kind in kinds)}")

    def play_halting(self, kinds: Sequence[Kind]) -> None:
        """Let a partition halt at each of `kinds`, see that all others go on, and pass it as an operator."""
        behind = []
        for number, kind in enumerate(kinds):
            partition = number + 1
            lying = self._write(kind, partition)
            until(partial(self._both_stand, partition), f"both readers to halt at {kind.name}", HALTED_SECONDS)
            for line in self._standing(partition):
                if line.cause != kind.ends[0].reason:
                    self._trial.complain(f"{kind.name}: {line.consumer} halted with {line.cause}: {line.why}")
            behind.append((kind, lying[-1], self._good(partition)))
        [free] = self._answers.ends([self._good(FREE_PARTITION)])
        if free != APPLIED:
            self._trial.complain(f"a good claim of a partition that goes on is {free}")
        self._pass()
        for kind, last, good in behind:
            if (ends := self._answers.ends([last, good])) != [PASSED, APPLIED]:
                self._trial.complain(f"{kind.name}: passed, and then {' and '.join(map(str, ends))}")
            self._trial.note(f"halted and passed: {kind.name}")

    def nothing_stands(self) -> None:
        """Complain of every partition that stands still."""
        for line in self._standing():
            self._trial.complain(f"{line.consumer} stands still at {line.topic}/{line.partition}: {line.why}")

    def _write(self, kind: Kind, partition: int) -> list[Lying]:
        records = kind.make(self._maker)
        positions = kind.write(self._client, records, partition)
        return [Lying(record, partition, position) for record, position in zip(records, positions, strict=True)]

    def _good(self, partition: int) -> Lying:
        record = self._maker.submit()
        [position] = packed()(self._client, [record], partition)
        return Lying(record, partition, position)

    def _compare(self, kind: Kind, number: int, found: object) -> None:
        if found != kind.end_of(number):
            self._trial.complain(f"{kind.name}, record {number}: is {found}, not {kind.end_of(number)}")

    def _standing(self, partition: int | None = None) -> list[HaltLine]:
        with meaningful_errors(), self._engine.begin() as connection:
            lines = HaltOperator(connection).standing()
        return [line for line in lines if partition is None or (line.topic, line.partition) == (TOPIC, partition)]

    def _both_stand(self, partition: int) -> bool:
        return len(self._standing(partition)) == len(IntakeReader)

    def _pass(self) -> None:
        with meaningful_errors(), self._engine.begin() as connection:
            operator = HaltOperator(connection)
            operator.pass_over(operator.standing(), "a trial", "nobody can read it")


def strange_untimed(trial: Trial) -> None:
    """Play every kind once, a handful at a time, and ask for no times."""
    load = trial.load(visits_at_once=1, pause_seconds=LOAD_PAUSE_SECONDS)
    with closing(Hostile(trial)) as hostile, load:
        kinds = _shuffled(trial, [kind for kind in KINDS if not kind.halts])
        for first in range(0, len(kinds), KINDS_AT_ONCE):
            handful = kinds[first : first + KINDS_AT_ONCE]
            for _ in handful:
                trial.struck()
            hostile.play(handful)
        hostile.play_halting([kind for kind in KINDS if kind.halts])
        hostile.nothing_stands()


def strange_one_by_one(trial: Trial) -> None:
    """Play kind after kind, each for as long as a bystander is measured beside it, and compare that with quiet."""
    bus = trial.bus
    with (
        closing(Hostile(trial)) as hostile,
        closing(Bystander(bus.settings, bus.mouth)) as bystander,
        trial.load(visits_at_once=1, pause_seconds=LOAD_PAUSE_SECONDS),
        ThreadPoolExecutor(1) as beside,
    ):
        bystander.measure(VISITS_PER_KIND)
        quiet = bystander.measure(QUIET_VISITS)
        during: dict[str, Latencies] = {}

        def meanwhile(name: str, play: Callable[[], None]) -> None:
            measuring = beside.submit(bystander.measure, VISITS_PER_KIND)
            play()
            while not measuring.done() and name != "halts":
                play()
            during[name] = measuring.result()

        for kind in _shuffled(trial, [kind for kind in KINDS if not kind.halts]):
            trial.struck()
            meanwhile(kind.name, partial(hostile.play, [kind]))
        meanwhile("halts", partial(hostile.play_halting, [kind for kind in KINDS if kind.halts]))
        hostile.nothing_stands()
    _report(trial, quiet, during)


def _report(trial: Trial, quiet: Latencies, during: dict[str, Latencies]) -> None:
    all_of_it = Latencies(tuple(seconds for one in during.values() for seconds in one.seconds))
    beside = all_of_it.beside(quiet)
    trial.figures.append(
        f"a bystander in quiet: {_told(quiet)}; beside {len(during)} kinds: {_told(all_of_it)}; {beside:.1f} x"
    )
    for name, figure in sorted(during.items(), key=lambda one: -one[1].percentile(50))[:3]:
        trial.figures.append(f"slowest beside {name!r}: {_told(figure)}")
    if beside > BESIDE_QUIET_MAX:
        trial.complain(f"a bystander's p99 was {beside:.1f} times its quiet figure; at most {BESIDE_QUIET_MAX}")


def _told(figure: Latencies) -> str:
    p50, p99, most = (1000 * figure.percentile(per_cent) for per_cent in (50, 99, 100))
    return f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, most {most:.0f} ms of {len(figure.seconds)} claims"


def _shuffled(trial: Trial, kinds: list[Kind]) -> list[Kind]:
    return trial.chance.sample(kinds, len(kinds))
