"""The thread beside a door that keeps its `Keyring` fresh, and writes down when keys were used."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import random
from threading import Event

from sqlalchemy import Connection, Engine, text

from connectors.database.access.keys import CHANNEL, SqlKeys
from connectors.database.sql.driver import driver_connection, meaningful_errors
from consumers.runner.backoff import Backoff
from consumers.runner.errors import Contention, DatabaseUnavailable
from producers.access.keyring import REFRESH_SECONDS, Keyring

#: How soon the thread sees that it is to stop.
_LOOK_SECONDS = 0.25
#: A reading that takes longer is given up: what was known would count no more anyway.
_STATEMENT_MS = 2_000


class KeyKeeper:
    """Reads the keys again every `REFRESH_SECONDS`, and at once when one changes; run it in a thread of its own.

    `engine` is the door's; one of its connections stays with the keeper. `failed` is told why a reading failed, in the
    thread; `seconds` is the keyring's clock.
    """

    def __init__(
        self,
        engine: Engine,
        keyring: Keyring,
        seconds: Callable[[], float],
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._engine = engine
        self._keyring = keyring
        self._seconds = seconds
        self._failed = failed

    def run(self, stop: Event) -> None:
        """Keep the keyring fresh until `stop` is set. The database may be away; the keyring then knows nothing soon."""
        backoff = Backoff(random, last_seconds=1.0)
        while not stop.is_set():
            try:
                with self._listening() as connection:
                    while not stop.is_set():
                        self._read(connection)
                        backoff.reset()
                        self._wait(connection, stop)
            except (Contention, DatabaseUnavailable) as error:
                self._failed(str(error))
                stop.wait(backoff.next_seconds())

    @contextmanager
    def _listening(self) -> Iterator[Connection]:
        with meaningful_errors(), self._engine.connect() as pooled:
            connection = pooled.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text(f"SET statement_timeout = {_STATEMENT_MS}"))
            connection.execute(text(f"LISTEN {CHANNEL}"))
            try:
                yield connection
            finally:
                # It listens and hurries: nobody else is to get it from the pool.
                connection.detach()
                connection.close()

    def _read(self, connection: Connection) -> None:
        # The clock first: whatever is committed later than this may be missing.
        began = self._seconds()
        store = SqlKeys(connection)
        self._keyring.learn(store.live(), began)
        store.note_used(self._keyring.used())

    def _wait(self, connection: Connection, stop: Event) -> None:
        driver = driver_connection(connection)
        until = self._seconds() + REFRESH_SECONDS
        while not stop.is_set() and (left := until - self._seconds()) > 0:
            if any(True for _ in driver.notifies(timeout=min(left, _LOOK_SECONDS), stop_after=1)):
                return
