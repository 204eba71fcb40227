"""Takes from the broker the users of keys that are over, while `pishkhan up` runs.

A command takes the user of a key that it revokes itself. This is for keys that end at a set time, and for those that
were revoked while the broker was away. It holds the broker's administrator, so it is in no worker.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from threading import Event, Thread

from connectors.broker.key_users import KeyUsers, speaks_kafka
from connectors.database.access.keys import SqlKeys
from connectors.database.sql.driver import meaningful_errors
from connectors.database.sql.engine import build_engine
from connectors.words.keys import USER_TAKEN
from connectors.words.language import Phrase
from consumers.runner.errors import BrokerUnavailable, Contention, DatabaseUnavailable
from deploy.settings import Settings
from producers.access.keys import Key

#: A key that ended may be used on the broker for so long at most, where both engines answer.
SWEEP_EVERY_SECONDS = 5.0


@contextmanager
def sweeping(settings: Settings, report: Callable[[Phrase], None]) -> Iterator[None]:
    """Sweep beside the block, in a thread of its own; on a broker without users there is nothing to do."""
    if not settings.kafka_user:
        yield
        return
    stop = Event()
    thread = Thread(target=_sweep_on, args=(settings, report, stop), name="keys", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        # It may hang in a call to an engine that is away; nothing waits for it then.
        thread.join(SWEEP_EVERY_SECONDS)


def sweep(settings: Settings, over: Collection[Key]) -> list[str]:
    """Take the users of those keys that still have one, and return their ids. Raises `BrokerUnavailable`."""
    if not over:
        return []
    ended = {key.key_id for key in over}
    with closing(KeyUsers(settings.kafka_admin_login())) as users:
        taken = sorted(ended.intersection(users.there()))
        for key_id in taken:
            users.take(key_id)
    return taken


def _sweep_on(settings: Settings, report: Callable[[Phrase], None], stop: Event) -> None:
    engine = build_engine(settings.worker_database_url(), "pishkhan up: keys", connections_max=1)
    done: set[str] = set()

    def over() -> list[Key]:
        now = datetime.now(UTC)
        with meaningful_errors(), engine.connect() as connection:
            keys = SqlKeys(connection).of()
        # A row is never made good again, so what was looked at once is done with.
        return [key for key in keys if speaks_kafka(key) and not key.opens(now) and key.key_id not in done]

    try:
        while not stop.wait(SWEEP_EVERY_SECONDS):
            try:
                looked_at = over()
                for key_id in sweep(settings, looked_at):
                    report(USER_TAKEN.filled(key=key_id))
                done.update(key.key_id for key in looked_at)
            except (BrokerUnavailable, DatabaseUnavailable, Contention):
                # Somebody else says that an engine is away.
                continue
    finally:
        engine.dispose()
