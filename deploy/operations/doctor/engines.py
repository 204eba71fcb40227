"""Checks of the engines and workers: do they answer, are they set as the bus needs them, do the clocks agree."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from psycopg import Connection

from connectors.telemetry.standing import Standing
from connectors.words.remedies import ANOTHER_CAUSE, REMEDIES
from consumers.runner.outcomes import Setback
from deploy.operations.doctor.checks import CheckResult, Patient, good, has_tables, note, since_words, wrong
from deploy.processes.processes import port_is_free
from deploy.workers.table import WORKERS

# Timed acts go by the database's clock, and workers bear more than this; a machine that keeps time differs by less.
CLOCK_DIFFERENCE_SECONDS = 1.0
TIME_SERVER = "let all machines take their time from a time server (chrony, systemd-timesyncd)"
OLDEST_POSTGRES = 15
NEWER_BUILD = "docs/how-to/upgrade-and-go-back.md says how; what is in it was not examined"
FROZEN = "a running `pishkhan up` starts its own again when it dies, and one that is frozen is ended by hand (kill -9)"


def check_broker(patient: Patient) -> Iterable[CheckResult]:
    """Does the broker answer to our user."""
    if patient.broker is None:
        remedy = (
            f"{FROZEN}; else start it, or correct PISHKHAN_KAFKA_BOOTSTRAP, _USER and _PASSWORD; "
            "events are kept meanwhile, and are processed when it is back"
        )
        yield wrong("broker", patient.broker_problem + _waited(patient, Setback.BROKER_UNAVAILABLE), remedy)
        return
    cluster = patient.broker.describe_cluster()
    count = len(cluster["brokers"])
    yield good(
        "broker", f"{patient.settings.kafka_bootstrap} answers: cluster {cluster['cluster_id']}, {count} broker(s)"
    )


def check_database(patient: Patient) -> Iterable[CheckResult]:
    """Does the database answer, does it keep what it says it keeps, and may workers do no more than they should."""
    if patient.too_new:
        yield wrong("database", patient.too_new, NEWER_BUILD)
        return
    if patient.database is None:
        remedy = (
            f"{FROZEN}; else start it, or correct PISHKHAN_DATABASE_URL; "
            "nothing that was written is lost, and nothing new is taken in meanwhile"
        )
        yield wrong("database", patient.database_problem + _waited(patient, Setback.DATABASE_UNAVAILABLE), remedy)
        return
    version = patient.database.info.server_version // 10_000
    if version < OLDEST_POSTGRES:
        yield wrong("database", f"PostgreSQL {version} is too old", f"use PostgreSQL {OLDEST_POSTGRES} or newer")
    else:
        yield good("database", f"PostgreSQL {version} answers")
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        value = patient.database.execute("SELECT current_setting(%s)", [name]).fetchone()
        if value is None or value[0] == "off":
            yield wrong("database", f"{name} is off: what was committed can be lost", f"set {name} to on")
    mighty = "SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
    row = patient.database.execute(mighty).fetchone()
    if row is not None and row[0]:
        remedy = (
            "give the workers a role without powers in PISHKHAN_DATABASE_URL, and the owner's URL to migrations alone"
        )
        yield wrong("database", f"workers log in as {patient.database.info.user}, who may do too much", remedy)


def _waited(patient: Patient, cause: Setback) -> str:
    """Say since when workers feel it: they wait for what is away, and hang in calls to what is frozen."""
    since, hanging = patient.waited_for_since(cause), patient.waited_for_since(Setback.STUCK)
    if since is not None:
        return f"; workers wait for it {since_words(since)}"
    return "" if hanging is None else f"; workers hang {since_words(hanging)}"


def check_workers(patient: Patient) -> Iterable[CheckResult]:
    """Is every worker ready, and if not, what it waits for and since when; before a start, are its ports free."""
    settings = patient.settings
    seen = {} if patient.database is None else _last_seen(patient.database)
    for row in WORKERS:
        port = settings.metrics_port + row.port_offset
        standing = patient.workers.get(row.name)
        if standing is not None:
            yield judge_standing(row.name, port, standing)
        elif patient.broker is None and port_is_free(port) and row.name not in seen:
            yield note("workers", f"{row.name} does not run; its port {port} is free")
        elif port_is_free(port):
            words = f"{row.name} does not run"
            if row.name in seen:
                words += f"; no sign of life {since_words(seen[row.name])}"
            yield wrong("workers", words, f"start `pishkhan up`, or `pishkhan worker {row.name}`")
        else:
            log = settings.data_directory / "logs" / f"{row.name}.log"
            words = f"{row.name} does not answer at port {port}"
            if row.name in seen:
                words += f"; no sign of life {since_words(seen[row.name])}"
            remedy = (
                f"if it is frozen, let it go on (kill -CONT) or end it (kill -9), nothing is lost; its log is {log}. "
                "If another program has the port: PISHKHAN_METRICS_PORT=PORT"
            )
            yield wrong("workers", words, remedy)


def judge_standing(name: str, port: int, standing: Standing) -> CheckResult:
    """Judge what a worker says of itself. Halted partitions are another check's."""
    if standing.cause is None:
        return good("workers", f"{name} is ready (port {port})")
    since = "" if standing.since is None else f" {since_words(standing.since)}"
    remedy = REMEDIES.get(standing.cause, ANOTHER_CAUSE).en
    return wrong("workers", f"{name} is not ready{since}: {standing.cause}", remedy)


def _last_seen(database: Connection[tuple[object, ...]]) -> dict[str, datetime]:
    """Return when a worker of each kind last gave a sign, if the last one did not take its leave."""
    if not has_tables(database, "worker"):
        return {}
    rows = database.execute("SELECT consumer, max(seen_at) FROM worker GROUP BY consumer").fetchall()
    return {str(name): moment for name, moment in rows if isinstance(moment, datetime)}


def check_failpoint(patient: Patient) -> Iterable[CheckResult]:
    """Is a worker told to harm itself: trials of faults do that, and nothing else should."""
    if patient.settings.failpoint:
        remedy = "take PISHKHAN_FAILPOINT out of the environment, and start the workers again"
        yield wrong("workers", f"a failpoint is armed ({patient.settings.failpoint}): workers harm themselves", remedy)


def check_clock(patient: Patient) -> Iterable[CheckResult]:
    """Do this machine's clock, every worker's and the broker's agree with the database's; what is business time."""
    if patient.database is not None:
        before = datetime.now(UTC)
        row = patient.database.execute("SELECT clock_timestamp()").fetchone()
        after = datetime.now(UTC)
        assert row is not None
        assert isinstance(row[0], datetime)
        yield judge_clock(before, row[0], after)
        yield from judge_worker_clocks(_worker_clocks(patient.database), patient.settings.clock_bound_seconds)
    for name, standing in patient.workers.items():
        if standing.cause == Setback.BROKER_CLOCK_DIFFERS and standing.since is not None:
            words = f"{name} finds that the broker's clock and the database's differ {since_words(standing.since)}"
            yield wrong("clock", f"{words}: no deadline fires", REMEDIES[standing.cause].en)
    clock = patient.settings.clock
    if clock.factor != 1.0 or patient.settings.clock_start is not None:
        words = f"business time is {clock.now():%Y-%m-%d %H:%M} UTC and runs {clock.factor:g} times as fast"
        yield note("clock", words, "this is meant for demonstrations and replays")


def judge_clock(before: datetime, theirs: datetime, after: datetime) -> CheckResult:
    """Their reading must lie between ours of before and after, give or take what does no harm."""
    early = (before - theirs).total_seconds()
    late = (theirs - after).total_seconds()
    difference = max(early, late, 0.0)
    if difference <= CLOCK_DIFFERENCE_SECONDS:
        return good("clock", "this machine and the database agree on the time")
    return wrong(
        "clock",
        f"this machine and the database differ by {difference:.1f} s",
        TIME_SERVER,
    )


def judge_worker_clocks(ahead_seconds: Mapping[str, float], bound_seconds: float) -> Iterable[CheckResult]:
    """Name every worker whose own clock is too far from the database's, by what the workers themselves noted."""
    for worker, seconds in sorted(ahead_seconds.items()):
        if abs(seconds) > bound_seconds:
            direction = "ahead of" if seconds > 0 else "behind"
            words = f"{worker}'s own clock is {abs(seconds):.0f} s {direction} the database's: it does no timed act"
            yield wrong("clock", words, REMEDIES[Setback.CLOCK_DIFFERS].en)


def _worker_clocks(database: Connection[tuple[object, ...]]) -> dict[str, float]:
    """Return how far the own clock of each living worker is ahead, wherever it runs."""
    found = database.execute(
        "SELECT 1 FROM information_schema.columns WHERE table_name = 'worker' AND column_name = 'clock_ahead_seconds'"
    ).fetchone()
    if found is None:
        return {}
    rows = database.execute(
        "SELECT worker_id, clock_ahead_seconds FROM worker "
        "WHERE clock_ahead_seconds IS NOT NULL AND seen_at > clock_timestamp() - interval '1 min'"
    ).fetchall()
    return {str(name): float(str(seconds)) for name, seconds in rows}
