"""What breaks an engine: restarts without warning, in the middle of everything."""

import signal

from connectors.failpoints import Act, Failpoint
from deploy.faults.crew import as_struck
from deploy.faults.fault import Trial
from tests.faults.stages import engines_of

#: Where a worker may be when its database goes away: with locks, with half a COPY, with everything but the commit.
IN_MID_TRANSACTION = (Failpoint.AFTER_COMPARE_AND_SET, Failpoint.INSIDE_COPY, Failpoint.BEFORE_COMMIT)


def restart_postgres(trial: Trial) -> None:
    """Restart PostgreSQL as after a crash, while one worker is frozen in the middle of a transaction."""
    postgres = engines_of(trial).postgres
    kind, point = trial.chance.choice(("requests", "settlement")), trial.chance.choice(IN_MID_TRANSACTION)
    with trial.load():
        armed = trial.armed(point, Act.STOP)
        trial.note(f"{kind} is armed: {armed}")
        [victim] = as_struck([trial.bus.crew.replace(kind, armed)])
        process = postgres.process
        assert process is not None, "the stage has started it"
        process.send_signal(signal.SIGQUIT)
        process.wait()
        struck_at = trial.struck()
        trial.note(f"{kind} is frozen at {point}; PostgreSQL is gone")
        victim.signal(signal.SIGCONT)
        trial.pause(trial.chance.uniform(0.0, 2.0))
        postgres.spawn()
        postgres.wait_ready()
        trial.note("PostgreSQL is there again")
        trial.recovered(struck_at)


def restart_kafka(trial: Trial) -> None:
    """Kill the broker under load, and start it again after a while."""
    kafka = engines_of(trial).kafka
    with trial.load():
        trial.pause(trial.chance.uniform(0.5, 2.0))
        process = kafka.process
        assert process is not None, "the stage has started it"
        process.kill()
        process.wait()
        struck_at = trial.struck()
        trial.note("the broker is gone")
        trial.pause(trial.chance.uniform(0.0, 5.0))
        kafka.spawn()
        kafka.wait_ready()
        trial.note("the broker is there again")
        trial.recovered(struck_at)
