"""A look at a running bus from outside: rows, log ends, and who is behind; for one thread each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection

from connectors.broker.source import KafkaSource
from connectors.database.sql.driver import driver_connection, meaningful_errors
from connectors.database.sql.engine import build_engine
from consumers.settlement.handlers import CONSUMER as SETTLEMENT
from deploy.faults.province import AGENCIES
from deploy.faults.waiting import until, until_answered
from deploy.settings import Settings
from schemas.topics import INTAKE_AGENCY, INTAKE_DIRECTORATE, INTAKE_OFFICES, LOG_REQUESTS

Found = TypeVar("Found")

#: Every topic on which a trial says something.
INTAKE = (*(INTAKE_AGENCY.for_agency(code) for code in AGENCIES), INTAKE_OFFICES.name, INTAKE_DIRECTORATE.name)
QUIET_SECONDS = 120.0
_CUT_AND_OPEN = """
SELECT count(*) FROM window_cut LEFT JOIN settlement_window USING (window_number) WHERE closed_at IS NULL
"""

_POSITIONS = "SELECT topic || '/' || partition, next_position FROM consumer_offset WHERE consumer = %s"
_NEWEST = "SELECT coalesce(max(id), 0) FROM outbox"
_UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL AND id <= %s"
_EVER = 2**62
#: What waits for a person (`failed`) does not resume by itself; all other waits of ours must end.
_WAITING = "SELECT count(*) FROM parked_event WHERE topic = ANY(%s) AND key = ANY(%s) AND reason <> 'failed'"


class Look:
    """Asks broker and database. Every call may raise `BrokerUnavailable` or `DatabaseUnavailable`."""

    def __init__(self, settings: Settings) -> None:
        self._engine = build_engine(settings.worker_database_url(), "pishkhan trial look")
        self.log = KafkaSource(settings.kafka_login(), lambda name: name == LOG_REQUESTS.name, "pishkhan.trial")

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return a query's rows, in a transaction of its own."""
        with meaningful_errors(), self._engine.begin() as connection:
            return driver_connection(connection).execute(query.encode(), values).fetchall()

    def view(self, act: Callable[[Connection], Found]) -> Found:
        """Return what `act` finds in one consistent view of the database."""
        calm = self._engine.execution_options(isolation_level="REPEATABLE READ")
        with meaningful_errors(), calm.begin() as connection:
            return act(connection)

    def count(self, query: str, *values: object) -> int:
        """Return the one number that a query selects."""
        return int(self.rows(query, *values)[0][0])

    def lag(self) -> dict[str, int]:
        """Return by consumer how many records it has not read; nothing for those that have read all there is."""
        ends = self.log.ends((*INTAKE, LOG_REQUESTS.name))
        log = {place: end for place, end in ends.items() if place.startswith(f"{LOG_REQUESTS.name}/")}
        intake = {place: end for place, end in ends.items() if place not in log}
        behind = {
            "registry": self._behind("registry", intake),
            "requests": self._behind("requests", intake),
            SETTLEMENT: self._behind(SETTLEMENT, log),
            "relay": self.count(_UNPUBLISHED, _EVER),
        }
        return {consumer: records for consumer, records in behind.items() if records}

    def wait_until_through(self, seconds: float = QUIET_SECONDS) -> None:
        """Block until all that was acknowledged before has gone the whole way, from intake to the ledger.

        Raises `TrialFailed`, naming the station at which it is stuck.
        """
        self._wait_for_outbox(seconds)
        ends = until_answered(lambda: self.log.ends(INTAKE), "the broker to answer", seconds)
        for consumer in ("registry", "requests"):
            self._wait_for(consumer, ends, seconds)
        self._wait_for_outbox(seconds)
        ends = until_answered(lambda: self.log.ends([LOG_REQUESTS.name]), "the broker to answer", seconds)
        self._wait_for(SETTLEMENT, ends, seconds)

    def wait_until_quiet(self, keys: Sequence[str], seconds: float = QUIET_SECONDS) -> None:
        """Block until everything is through that was said before, and nothing of `keys` waits for anything else.

        Call it when nothing more is said. Raises `TrialFailed`.
        """
        self.wait_until_through(seconds)
        waiting = (list(INTAKE), list(keys))
        until(lambda: not self.count(_WAITING, *waiting), "early claims to be taken up", seconds)
        until(lambda: not self.count(_CUT_AND_OPEN), "windows to be closed", seconds)
        self.wait_until_through(seconds)

    def close(self) -> None:
        """End all connections."""
        self.log.close()
        self._engine.dispose()

    def _behind(self, consumer: str, ends: Mapping[str, int]) -> int:
        positions: dict[str, int] = dict(self.rows(_POSITIONS, consumer))
        return sum(max(0, end - positions.get(place, 0)) for place, end in ends.items())

    def _wait_for(self, consumer: str, ends: Mapping[str, int], seconds: float) -> None:
        until(lambda: not self._behind(consumer, ends), f"{consumer} to come to the end of what it reads", seconds)

    def _wait_for_outbox(self, seconds: float) -> None:
        newest = until_answered(lambda: self.count(_NEWEST), "the database to answer", seconds)
        until(lambda: not self.count(_UNPUBLISHED, newest), "the relay to publish what was committed", seconds)
