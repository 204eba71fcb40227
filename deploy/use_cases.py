"""The use cases of people over their stores, for whoever shows them: each skin opens this, and no store itself.

A skin of another kind (an HTTP route, a page) takes the same from the module of its worker: a `Bus` with that worker's
settings. Each store is imported where it is built: a command imports only what it shows, and starts twice as fast.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from connectors.database.schema.builds import DatabaseTooNew, was_expanded_by_a_newer_build
from connectors.database.sql.driver import driver_connection, meaningful_errors
from connectors.database.sql.engine import build_engine
from connectors.words import settings as words
from consumers.runner.errors import Contention, DatabaseUnavailable
from deploy.problem import Problem, Unreachable
from deploy.settings import Settings, load_settings

if TYPE_CHECKING:
    from connectors.broker.history import KafkaHistory
    from connectors.database.access.audit import SqlAudit
    from consumers.delivery.feeds import FeedReads
    from consumers.delivery.rebuilding import FeedRebuild
    from consumers.halted import HaltDecisions
    from consumers.letters import LetterReads
    from consumers.parked import ParkDecisions
    from consumers.reconciliation.verdict import KeptVerdict
    from consumers.registry.lookup import RegistryReads
    from consumers.requests.domain.loads.loads import Load
    from consumers.requests.inbox import InboxReads, WaitingClaim
    from consumers.requests.listing import ListReads
    from consumers.requests.recent import RecentReads
    from consumers.requests.track import TrackReads
    from consumers.settlement.books import LedgerReads
    from consumers.settlement.statement import StatementReads
    from consumers.settlement.verification import Books
    from producers.access.keys import KeyStore
    from producers.acting import Acting
    from producers.conversation import Conversation
    from producers.outcomes import OutcomeReads
    from producers.ports import OpenOutbox
    from producers.publisher import Publisher
    from producers.set_aside import AsideDecisions
    from producers.vault.reveal import RevealReads


class View:
    """The ports of the use cases in one transaction."""

    def __init__(self, settings: Settings, connection: Connection) -> None:
        self._settings = settings
        self.connection = connection

    @cached_property
    def inbox(self) -> "InboxReads":
        """Requests and waiting claims."""
        from connectors.database.requests.inbox import SqlInboxReads

        return SqlInboxReads(self.connection)

    @cached_property
    def listing(self) -> "ListReads":
        """Opened requests, as somebody looks for them."""
        from connectors.database.requests.listing import SqlListReads

        return SqlListReads(self.connection)

    @cached_property
    def loads(self) -> "dict[str, Load]":
        """What every office carries and has earned, by code."""
        from connectors.database.requests.office_positions import PositionStore

        return {code: position.load for code, position in PositionStore(self.connection).read()[1].items()}

    @cached_property
    def registry(self) -> "RegistryReads":
        """Accepted versions."""
        from connectors.database.registry.entries import RegistryStore

        return RegistryStore(self.connection)

    @cached_property
    def park(self) -> "ParkDecisions":
        """What waits, and decisions on it."""
        from connectors.database.parking.operator import ParkOperator

        return ParkOperator(self.connection)

    @cached_property
    def aside(self) -> "AsideDecisions":
        """Rows of the outbox that no broker takes, and decisions on them."""
        from connectors.database.publication.operator import OutboxOperator

        return OutboxOperator(self.connection)

    @cached_property
    def halts(self) -> "HaltDecisions":
        """Where consumers stand still, and decisions on it."""
        from connectors.database.runner.halt_operator import HaltOperator

        return HaltOperator(self.connection)

    @cached_property
    def letters(self) -> "LetterReads":
        """Dead letters."""
        from connectors.database.runner.dead_letters import DeadLetterStore

        return DeadLetterStore(self.connection)

    @cached_property
    def recent(self) -> "RecentReads":
        """Events of requests that are still kept beside the log."""
        from connectors.database.publication.recent import SqlRecent

        return SqlRecent(self.connection)

    @cached_property
    def feeds(self) -> "FeedReads":
        """The parties' feeds."""
        from connectors.database.delivery.reads import SqlFeedReads

        return SqlFeedReads(self.connection)

    @cached_property
    def verdict(self) -> "KeptVerdict | None":
        """What the last reconciliation said."""
        from connectors.database.reconciliation.verdicts import last_verdict
        from connectors.database.sql.driver import driver_connection

        return last_verdict(driver_connection(self.connection))

    @cached_property
    def feed_rebuild(self) -> "FeedRebuild":
        """The feeds' entries, whose contents are derived again; changes what it is told to at the commit."""
        from connectors.database.delivery.rebuild import SqlFeedRebuild

        return SqlFeedRebuild(self.connection)

    @cached_property
    def ledger(self) -> "LedgerReads":
        """The ledger's sums, balances and rows; in a calm view."""
        from connectors.database.settlement.audit import SqlLedgerReads

        return SqlLedgerReads(self.connection)

    @cached_property
    def books(self) -> "Books":
        """What is kept of each partition of the ledger; in a calm view."""
        from connectors.database.settlement.audit import SqlBooks

        return SqlBooks(self.connection)

    @cached_property
    def statement(self) -> "StatementReads":
        """The ledger as a statement needs it; in a calm view."""
        from connectors.database.figures.statement import SqlStatementReads

        return SqlStatementReads(self.connection)

    @cached_property
    def keys(self) -> "KeyStore":
        """Keys of parties."""
        from connectors.database.access.keys import SqlKeys

        return SqlKeys(self.connection)

    @cached_property
    def audit(self) -> "SqlAudit":
        """What administrators did, on record: implements `Audit` and `AuditReads`."""
        from connectors.database.access.audit import SqlAudit

        return SqlAudit(self.connection)

    @cached_property
    def reveals(self) -> "RevealReads":
        """Requests, as the rules of revealing need them."""
        from connectors.database.requests.reveals import SqlRevealReads

        return SqlRevealReads(self.connection)

    @cached_property
    def tracked(self) -> "TrackReads":
        """Requests by their tracking codes."""
        from connectors.database.requests.tracked import SqlTrackReads

        return SqlTrackReads(self.connection)

    @cached_property
    def agencies(self) -> frozenset[str]:
        """The agencies that have an intake topic."""
        from deploy.agencies import known_agencies

        return known_agencies(self._settings, self.connection)


class Bus:
    """A bus's database as a skin reaches it, in a `with`. Nothing connects before the first transaction.

    `name` is what the database calls the connections.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._asked = False
        self.engine: Engine = build_engine(settings.worker_database_url(), name)

    def __enter__(self) -> "Bus":
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()

    @cached_property
    def open_outbox(self) -> "OpenOutbox":
        """What opens a transaction on the outbox."""
        from connectors.database.publication.outbox import outbox_opener

        return outbox_opener(self.engine)

    @cached_property
    def publisher(self) -> "Publisher":
        """What publishes claims through the outbox, at the bus's business time."""
        from connectors.ids import new_id
        from producers.publisher import Publisher

        return Publisher(self.open_outbox, self._settings.clock.now, new_id)

    @cached_property
    def conversation(self) -> "Conversation[WaitingClaim]":
        """What publishes claims and awaits their answers."""
        from connectors.database.requests.answers import SqlAnswers
        from producers.conversation import Conversation

        return Conversation(self.publisher, SqlAnswers(self.engine.connect))

    @cached_property
    def acting(self) -> "Acting":
        """What publishes claims about no request and awaits what becomes of them."""
        from producers.acting import Acting

        return Acting(self.publisher, self.outcomes)

    @cached_property
    def outcomes(self) -> "OutcomeReads":
        """What became of claims."""
        from connectors.database.requests.outcomes import SqlOutcomes

        return SqlOutcomes(self.engine.connect)

    def reading(self) -> AbstractContextManager[View]:
        """Open a transaction that writes nothing. Raises `DatabaseUnavailable`."""
        return self._view(self.engine.connect)

    @contextmanager
    def reading_calmly(self) -> Iterator[View]:
        """Open a view of the database, which nothing changes while it lasts. Raises `DatabaseUnavailable`."""
        from connectors.database.settlement.reads import calm

        with self.reading() as view:
            calm(view.connection)
            yield view

    def deciding(self) -> AbstractContextManager[View]:
        """Open a transaction; leaving it commits. Raises `DatabaseUnavailable` or `Contention`."""
        return self._view(self.engine.begin)

    @contextmanager
    def _view(self, connect: Callable[[], AbstractContextManager[Connection]]) -> Iterator[View]:
        with meaningful_errors():
            if not self._asked:
                # In a transaction of its own: one that is to see a single moment must have read nothing before.
                with self.engine.connect() as asked:
                    _refuse_newer(asked)
                self._asked = True
            with connect() as connection:
                yield View(self._settings, connection)


def _refuse_newer(connection: Connection) -> None:
    """Raise `Problem` when a newer build has changed the database so that this one may not work on it."""
    try:
        was_expanded_by_a_newer_build(driver_connection(connection))
    except DatabaseTooNew as newer:
        raise Problem(newer.words) from None


def outcomes_of(data: Path | None) -> "OutcomeReads":
    """Return what became of claims on the bus in folder `data`. Its calls raise `Unreachable`, with a remedy."""
    from connectors.database.requests.outcomes import SqlOutcomes

    return SqlOutcomes(lambda: _connected(data))


def logs_of(settings: Settings) -> "KafkaHistory":
    """Return the bus's own logs, read from their beginnings; use it in a `with`."""
    from connectors.broker.history import KafkaHistory

    return KafkaHistory(settings.kafka_login())


@contextmanager
def opened(data: Path | None) -> Iterator[View]:
    """Open one transaction of the bus in folder `data`; leaving it commits. Raises `Unreachable`, with a remedy."""
    try:
        with Bus(load_settings(data), "pishkhan command") as bus, bus.deciding() as view:
            yield view
    except Contention as error:
        raise Unreachable(words.ROWS_IN_HAND) from error
    except DatabaseUnavailable as error:
        raise Unreachable(words.DATABASE_AWAY.filled(error=str(error))) from error


@contextmanager
def _connected(data: Path | None) -> Iterator[Connection]:
    with opened(data) as view:
        yield view.connection


@contextmanager
def calmly_opened(data: Path | None) -> Iterator[View]:
    """Open one view of the database, which nothing changes while it lasts and which may take its time."""
    from connectors.database.settlement.reads import calm

    with opened(data) as view:
        calm(view.connection)
        yield view
