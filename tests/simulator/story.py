"""One story: a world, its people, what happened so far in words, and what must hold after every sentence."""

from datetime import timedelta

from consumers.parking import OperatorAction
from consumers.runner.errors import DatabaseUnavailable
from tests.memory.database import BEGINS, COMMITS, COMMITTED
from tests.memory.positions import MOVES
from tests.simulator.audit import Audit, needlessly_parked, replayed
from tests.simulator.people import REQUESTS, People
from tests.simulator.process import WHOLE_TURN, Process
from tests.simulator.workers import replay, worker
from tests.simulator.world import SLOTS, Kind, World

#: After so many rounds without a fault, everything must be quiet: more than any wait for a lease or a share takes.
ROUNDS_MAX = 60
ROUND_SECONDS = 4.0
Slot = tuple[Kind, int]
_BATCH = {MOVES, "notes what is published"}
#: What tells a batch's transaction from all others: the step that must have been passed before.
OF_A_BATCH = {BEGINS: {"reads"}, COMMITS: _BATCH, COMMITTED: _BATCH}
#: Where it hurts, by kind of worker.
POINTS: dict[Kind, tuple[str, ...]] = {
    Kind.RELAY: (
        "sends to the broker",
        "waits for the broker's acknowledgements",
        "notes what is published",
        COMMITTED,
    ),
    Kind.REGISTRY: (
        BEGINS,
        MOVES,
        "reads what the registry knows",
        "writes to the outbox",
        COMMITS,
        COMMITTED,
    ),
    Kind.REQUESTS: (
        BEGINS,
        MOVES,
        "looks up which claims are known",
        "locks the requests",
        "reads the loads",
        "notes which claims it took",
        "writes the requests",
        "changes the loads",
        "writes to the outbox",
        COMMITS,
        COMMITTED,
    ),
    Kind.SETTLEMENT: (
        BEGINS,
        MOVES,
        "opens its pages",
        "adds rows to the ledger",
        "locks the closing of windows",
        "frees reservations and adds income",
        "writes to the outbox",
        COMMITS,
        COMMITTED,
    ),
}


class Story:
    """Tells what happens, and makes it happen. Every method is one sentence; `check` raises with the whole story."""

    def __init__(self, cap_rial: int = 10_000) -> None:
        self.world = World(worker, cap_rial)
        self.people = People(self.world)
        self.audit = Audit(self.world)
        self.sentences: list[str] = []
        self.broken = False
        # A worker that starts takes everything that is free, and gives up half of it when it sees the other.
        for _ in range(3):
            self.everybody()
            self.world.seconds += ROUND_SECONDS
        self.sentences.clear()

    def tell(self, sentence: str | None) -> None:
        """Add a sentence, unless nothing happened."""
        if sentence is not None:
            self.sentences.append(sentence)

    def turn(self, slot: Slot) -> None:
        """Let a worker finish its turn, or make one."""
        self._run(slot, WHOLE_TURN)

    def stop(self, slot: Slot, steps: int) -> None:
        """Let a worker go some steps, and stand still there: a stopped process, a long pause, a slow network."""
        self._run(slot, steps)

    def stop_at(self, slot: Slot, step: str) -> None:
        """Let a worker go on to a step of a batch, if it comes to one in this turn, and stand still there."""
        worker = self.world.workers[slot]
        before = self.world.database.commits
        self._go_to(worker, step)
        self._tell_run(worker, before)

    def die(self, slot: Slot, steps: int) -> None:
        """Let a worker go some steps and die there; another is started in its place."""
        if steps:
            self._go(self.world.workers[slot], steps)
        self._replace(slot)

    def die_at(self, slot: Slot, step: str) -> None:
        """Let a worker go on to a step of a batch, if it comes to one in this turn, and die there."""
        self._go_to(self.world.workers[slot], step)
        self._replace(slot)

    def lose_answer(self, slot: Slot) -> None:
        """Let a worker's next batch be committed, and its connection break before it hears of that."""
        worker = self.world.workers[slot]
        before = self.world.database.commits
        if self._go_to(worker, COMMITTED):
            worker.fail(DatabaseUnavailable("the connection broke"))
            self._require_alive(worker)
            self.tell(f"{worker.name} commits, and its connection breaks before it hears of that")
        else:
            self._tell_run(worker, before)

    def haunt(self, slot: Slot, step: str) -> None:
        """Make a zombie: a worker stands still in a batch until others have taken over what it owned."""
        self.stop_at(slot, step)
        self.pass_time(11.0, "11 seconds")
        for other in SLOTS:
            if other != slot:
                self._go(self.world.workers[other], WHOLE_TURN)
        self.tell(f"every worker but {self.world.workers[slot].name} takes a turn")

    def read_again(self, kind: Kind, steps: int) -> None:
        """Let an operator read everything again that a consumer has passed, and interrupt that after so many steps."""
        process = Process(f"the replay of {kind}")
        turn = replay(self.world, kind, process)
        left: list[bool] = [True]

        def one_turn() -> None:
            left[0] = turn()

        process.start(one_turn)
        for _ in range(steps):
            if left[0]:
                self._go(process, 1)
        self.world.bury(process)
        self.tell(f"{process.name} reads what was passed again{', and is interrupted' if left[0] else ''}")

    def everybody(self) -> None:
        """Let every worker finish its turn, or make one."""
        for slot in SLOTS:
            self._go(self.world.workers[slot], WHOLE_TURN)
        self.tell("every worker takes a turn")

    def set_clock(self, slot: Slot, hours: float) -> None:
        """Let a worker's own clock be wrong."""
        worker = self.world.workers[slot]
        self.world.ahead[worker.name] = timedelta(hours=hours)
        self.tell(f"the own clock of {worker.name} is {hours:+g} hours wrong")

    def pass_time(self, seconds: float, words: str) -> None:
        """Let time pass, business and real."""
        self.world.seconds += seconds
        self.tell(f"{words} pass")

    def restart_database(self) -> None:
        """Restart the database at once, as `pg_ctl restart -m immediate` does."""
        self.world.database.stop()
        self.world.database.down = False
        self.tell("the database restarts at once")

    def outage(self, what: str) -> None:
        """Take the database or the broker away while everybody takes a turn."""
        if what == "database":
            self.world.database.stop()
        else:
            self.world.broker.down = True
        self.tell(f"the {what} goes away")
        self.everybody()
        self.world.database.down = self.world.broker.down = False
        self.tell(f"the {what} is back")

    def lose_acknowledgement(self, after: int) -> None:
        """Let the relay's next batch be cut off."""
        self.world.broker.lose_after = after
        self.tell(f"of the next batch that is sent to the broker {after} arrive, and nobody hears of it")

    def break_code(self, number: int, ledger: bool = False) -> None:
        """Bring in a bug that concerns one request."""
        self.world.break_code(REQUESTS[number], ledger)
        what = "the ledger refuses the rows of" if ledger else "the code fails when it routes"
        self.tell(f"from now on {what} R{number + 1}")

    def repair_code(self) -> None:
        """Repair all bugs."""
        self.world.repair_code()
        self.tell("the code is repaired")

    def decide(self, place: int, action: OperatorAction) -> None:
        """Let an operator decide on something that is parked."""
        self.tell(self.people.decide(place, action))

    def check(self) -> None:
        """Raise with the whole story when something does not hold."""
        self._require(self.audit.violations())

    def heal(self) -> None:
        """Take every fault away, and let everybody work until all is quiet; then nothing may be left undone."""
        world = self.world
        world.database.down = world.broker.down = False
        world.broker.lose_after = None
        world.repair_code()
        world.ahead.clear()
        self.tell("all faults are over, what failed is redriven, and everybody works on")
        for _ in range(ROUNDS_MAX):
            before = len(world.broker.history)
            for slot in SLOTS:
                self._go(world.workers[slot], WHOLE_TURN)
            world.seconds += ROUND_SECONDS
            if not self.people.redrive_failed() and not self._left_undone() and before == len(world.broker.history):
                break
        self._require(self._left_undone())
        self.check()
        self._require([*needlessly_parked(world), *replayed(world)])

    def _left_undone(self) -> list[str]:
        """Say what is not published or not read: lag must return to zero without a hand."""
        tables, logs = self.world.database, self.world.broker.logs
        waiting = sum(not row.published for row in tables.outbox.rows.values())
        left = [f"{waiting} rows of the outbox are not published"] if waiting else []
        for (consumer, where), row in tables.offsets.rows.items():
            behind = len(logs[where]) - row.next_position
            if behind:
                left.append(f"{consumer} is {behind} records behind on {where.topic}/{where.number}")
        return left if tables.offsets.rows else ["no partition has a position"]

    def _run(self, slot: Slot, steps: int) -> None:
        worker = self.world.workers[slot]
        before = self.world.database.commits
        self._go(worker, steps)
        self._tell_run(worker, before)

    def _tell_run(self, worker: Process, commits_before: int) -> None:
        committed = self.world.database.commits - commits_before
        self.tell(f"{worker.name} goes on{f', commits {committed} times' if committed else ''} {_where(worker)}")

    def _replace(self, slot: Slot) -> None:
        worker = self.world.workers[slot]
        where = "between two turns" if worker.at is None else f"where it {worker.at}"
        successor = self.world.replace(slot)
        self.tell(f"{worker.name} dies {where}; {successor.name} is started in its place")

    def _go_to(self, worker: Process, step: str) -> bool:
        """Let it go on to `step`, in a batch; return whether it came there before the end of its turn."""
        while True:
            self._go(worker, 1)
            if worker.at is None or worker.waits_for is not None:
                return False
            if worker.at == step and (step not in OF_A_BATCH or worker.passed & OF_A_BATCH[step]):
                return True

    def _go(self, worker: Process, steps: int) -> None:
        worker.run(steps)
        self._require_alive(worker)

    def _require_alive(self, worker: Process) -> None:
        if worker.crash is not None:
            raise AssertionError(self._told(f"{worker.name} crashed with {worker.crash!r}")) from worker.crash

    def _require(self, violations: list[str]) -> None:
        if violations:
            raise AssertionError(self._told(*violations))

    def _told(self, *endings: str) -> str:
        self.broken = True
        lines = [f"{number:3}. {sentence}" for number, sentence in enumerate(self.sentences, start=1)]
        return "\n".join(["this is what happened:", *lines, "and then:", *(f"  !  {ending}" for ending in endings)])


def _where(worker: Process) -> str:
    if worker.at is None:
        return "to the end of its turn"
    if worker.waits_for is not None:
        return f"and {worker.at}"
    if worker.at == COMMITTED:
        return f"and {worker.at}"
    return f"and stops just before it {worker.at}"
