"""Why events are still in the outbox: asked of the relay on this machine, the database and the broker's address."""

import time
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Engine

from connectors.broker.reach import reachable
from connectors.database.requests.on_the_way import database_now, last_seen, waiting_events
from connectors.database.sql.driver import meaningful_errors
from connectors.telemetry.standing import Standing
from consumers.runner.outcomes import Setback
from deploy.running.readiness import ask
from deploy.settings import Settings
from deploy.workers.table import worker_row
from producers.delivery import Delay, Delivery

POLL_SECONDS = 0.1
#: Workers give a sign every few seconds while they can work, also in long waits for a broker; see `silent`.
SILENT = timedelta(seconds=30)


def delivery(settings: Settings, engine: Engine, topics: Collection[str], wait_seconds: float) -> Delivery | None:
    """Wait until the broker has everything that is in the outbox for `topics` now; none when it has.

    After `wait_seconds` says what keeps the rest. Raises `DatabaseUnavailable`.
    """
    deadline = time.monotonic() + wait_seconds
    with meaningful_errors(), engine.connect() as connection:
        until = database_now(connection)
        connection.rollback()
        while (waiting := waiting_events(connection, topics, until)) and time.monotonic() < deadline:
            connection.rollback()
            time.sleep(POLL_SECONDS)
        if not waiting:
            return None
        seen, now = last_seen(connection).get("relay"), database_now(connection)
    answer = ask(settings, worker_row("relay"))
    standing = None if answer is None else answer.standing
    delay, since = judge(standing, seen, now, reachable=reachable(settings.kafka_bootstrap))
    return Delivery(waiting, delay, since)


def judge(
    relay: Standing | None, seen: datetime | None, now: datetime, *, reachable: bool
) -> tuple[Delay, datetime | None]:
    """Say why events wait, by what a relay on this machine says, when any was last seen, and the broker's address."""
    if relay is not None and relay.cause == Setback.BROKER_UNAVAILABLE:
        return Delay.BROKER_AWAY, relay.since
    if not reachable:
        return Delay.BROKER_AWAY, None
    # Who answers on this machine may be another bus's; the database knows its own.
    return (Delay.RELAY_AWAY, seen) if silent(seen, now) else (Delay.BUSY, None)


def silent(seen: datetime | None, now: datetime) -> bool:
    """Say whether a worker that was last seen then (none: never) is gone or frozen, or cannot work."""
    return seen is None or now - seen > SILENT


def away_since(engine: Engine, name: str) -> tuple[bool, datetime | None]:
    """Say whether no worker `name` is at work, and when one last gave a sign. Raises `DatabaseUnavailable`."""
    with meaningful_errors(), engine.connect() as connection:
        seen = last_seen(connection).get(name)
        return silent(seen, database_now(connection)), seen
