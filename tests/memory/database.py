"""A database in memory whose transactions are honest: read committed, row locks, savepoints, and ends at any step.

A transaction sees what is committed and what it wrote itself. Whoever writes a row has it locked until the end. A
statement that meets a locked row waits; who else may run meanwhile is decided by the session.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from consumers.runner.errors import Collision, Contention, DatabaseUnavailable

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")

#: The steps that every transaction has.
BEGINS = "begins a transaction"
COMMITS = "commits"
COMMITTED = "has committed and does not know it yet"


class _Gone:
    """Stands for a row that the transaction deleted."""


_GONE: Final = _Gone()


class Table(Generic[Key, Row]):
    """Committed rows by primary key; rows are values that nobody changes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: dict[Key, Row] = {}


@dataclass
class Backend:
    """The database's side of one connection; `name` is what the client calls itself."""

    name: str
    connected_at: float
    transaction: "Transaction | None" = None


class Database:
    """What is committed, and who has what locked. Subclasses declare the tables.

    `seconds` is its clock, in real time. `lock_order` holds the tables whose rows several transactions may want, in the
    order in which everybody must lock them. `disorders` tells who did not, and who waited in a circle for that.
    """

    def __init__(self, seconds: Callable[[], float] = lambda: 0.0) -> None:
        self.seconds = seconds
        self.down = False
        self.commits = 0
        self.lock_order: tuple[Table[Any, Any], ...] = ()
        self.disorders: list[str] = []
        self.locks: dict[tuple[Table[Any, Any], Hashable], Transaction] = {}
        #: Advisory locks of sessions, and the backends that hold them.
        self.session_locks: dict[Hashable, int] = {}
        self.backends: dict[int, Backend] = {}
        self._ids: dict[str, int] = {}

    def next_id(self, name: str) -> int:
        """Draw an id; like a sequence's, it is not given back when the transaction ends otherwise."""
        self._ids[name] = self._ids.get(name, 0) + 1
        return self._ids[name]

    def drawn(self, name: str) -> int:
        """Return how many ids were ever drawn."""
        return self._ids.get(name, 0)

    def connect(self, name: str) -> int:
        """Return the number of a new connection's backend. Raises `DatabaseUnavailable`."""
        if self.down:
            raise DatabaseUnavailable("the database is down")
        number = self.next_id("backend")
        self.backends[number] = Backend(name, self.seconds())
        return number

    def began(self, transaction: "Transaction") -> None:
        """Note that a backend has a transaction open."""
        self.backends[transaction.backend].transaction = transaction

    def ended(self, transaction: "Transaction") -> None:
        """Free what a transaction had locked."""
        self.locks = {place: holder for place, holder in self.locks.items() if holder is not transaction}
        backend = self.backends.get(transaction.backend)
        if backend is not None:
            backend.transaction = None

    def end(self, number: int) -> None:
        """End a connection: its transaction is rolled back, its session's locks are free."""
        backend = self.backends.pop(number, None)
        if backend is not None and backend.transaction is not None:
            backend.transaction.roll_back()
        self.session_locks = {lock: holder for lock, holder in self.session_locks.items() if holder != number}

    def stop(self) -> None:
        """Stop at once, as in an immediate restart: every connection ends."""
        self.down = True
        for number in list(self.backends):
            self.end(number)


class Session:
    """One process's connection. A subclass may let others run at every step, or end the process there.

    Nothing connects before the first transaction, and a connection that was ended is made anew by the next one. `steps`
    counts what was done.
    """

    def __init__(self, database: Database, name: str = "test") -> None:
        self.database = database
        self.name = name
        self.backend = 0
        self.steps: Counter[str] = Counter()
        self._planned: dict[str, list[Exception | None]] = {}

    def plan(self, words: str, *errors: Exception | None) -> None:
        """Let the next steps that are told by `words` fail, with one of `errors` each; none lets one pass."""
        self._planned.setdefault(words, []).extend(errors)

    def unplan(self) -> None:
        """Let no step fail any more."""
        self._planned.clear()

    def step(self, words: str) -> None:
        """Stand before the step that `words` tell; what is raised here happens instead of it."""
        self.steps[words] += 1
        planned = self._planned.get(words)
        error = planned.pop(0) if planned else None
        if error is not None:
            raise error

    def wait_for(self, holder: "Transaction") -> None:
        """Wait for a row that `holder` has locked; returns when it is worth another try. Raises `Contention`."""
        raise Contention(f"a row is locked by backend {holder.backend}")

    @contextmanager
    def transaction(self, words: str = BEGINS, *, anew: bool = True) -> Iterator["Transaction"]:
        """Open one transaction; leaving it commits, an exception rolls back.

        `anew` makes a connection that was ended again; without it, that is `DatabaseUnavailable`.
        """
        self.step(words)
        if self.backend not in self.database.backends:
            if not anew:
                raise DatabaseUnavailable("the connection was ended")
            self.backend = self.database.connect(self.name)
        transaction = Transaction(self)
        try:
            yield transaction
            transaction.step(COMMITS)
            transaction.commit()
            self.step(COMMITTED)
        finally:
            transaction.roll_back()


class Transaction:
    """One open transaction. Every call but `find` and `rows` may raise `Contention` or `DatabaseUnavailable`."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.database = session.database
        self.backend = session.backend
        self.began_at = self.database.seconds()
        self.waits_for: Transaction | None = None
        self._written: dict[Table[Any, Any], dict[Any, Any]] = {}
        self._locked: set[tuple[Table[Any, Any], Hashable]] = set()
        self._reached = -1
        self.open = True
        self.database.began(self)

    def step(self, words: str) -> None:
        """Stand before the statement that `words` tell."""
        self.session.step(words)
        self._require_open()

    def find(self, table: Table[Key, Row], key: Key) -> Row | None:
        """Return one row as this transaction sees it, or none."""
        found = self._written.get(table, {}).get(key, table.rows.get(key))
        return None if found is _GONE else found

    def rows(self, table: Table[Key, Row]) -> dict[Key, Row]:
        """Return all rows as this transaction sees them at this moment."""
        rows = table.rows | self._written.get(table, {})
        return {key: row for key, row in rows.items() if row is not _GONE}

    def try_lock(self, table: Table[Key, Row], key: Key) -> bool:
        """Lock a row unless another transaction has it; never waits."""
        self._require_open()
        if self.database.locks.setdefault((table, key), self) is not self:
            return False
        self._locked.add((table, key))
        if table in self.database.lock_order:
            self._reached = max(self._reached, self.database.lock_order.index(table))
        return True

    def lock(self, table: Table[Key, Row], key: Key) -> None:
        """Lock a row, and wait until it is free. Raises `Contention` when that takes too long or never would be."""
        self._keep_order(table, key)
        while not self.try_lock(table, key):
            holder = self.database.locks[table, key]
            self._refuse_circle(holder)
            self.waits_for = holder
            try:
                self.session.wait_for(holder)
            finally:
                self.waits_for = None

    def put(self, table: Table[Key, Row], key: Key, row: Row) -> None:
        """Write a row, locking it."""
        self.lock(table, key)
        self._written.setdefault(table, {})[key] = row

    def insert(self, table: Table[Key, Row], key: Key, row: Row) -> None:
        """Add a row; waits for whoever is adding the same. Raises `Collision` when it is there."""
        self._keep_order(table, key)
        self._require_open()
        if key in table.rows and self.database.locks.get((table, key), self) is not self:
            # Nobody deletes a row whose key comes again, so whoever has it locked leaves it there.
            raise Collision(table.name)
        self.lock(table, key)
        if self.find(table, key) is not None:
            raise Collision(table.name)
        self._written.setdefault(table, {})[key] = row

    def delete(self, table: Table[Key, Row], key: Key) -> None:
        """Delete a row, locking it."""
        self.lock(table, key)
        self._written.setdefault(table, {})[key] = _GONE

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Open a part of the transaction that an exception undoes alone."""
        written = {table: dict(rows) for table, rows in self._written.items()}
        locked, reached = set(self._locked), self._reached
        try:
            yield
        except BaseException:
            if self.open:
                for place in self._locked - locked:
                    del self.database.locks[place]
                self._written, self._locked, self._reached = written, locked, reached
            raise

    def commit(self) -> None:
        """Let everybody see what was written, all at once."""
        for table, rows in self._written.items():
            for key, row in rows.items():
                if row is _GONE:
                    table.rows.pop(key, None)
                else:
                    table.rows[key] = row
        self.database.commits += 1
        self._end()

    def roll_back(self) -> None:
        """Forget what was written, unless it ended before."""
        if self.open:
            self._end()

    def _end(self) -> None:
        self.open = False
        self._written = {}
        self.database.ended(self)

    def _require_open(self) -> None:
        if not self.open:
            raise DatabaseUnavailable("the connection was ended")

    def _keep_order(self, table: Table[Any, Any], key: Hashable) -> None:
        order = self.database.lock_order
        if table in order and (table, key) not in self._locked and order.index(table) < self._reached:
            after = order[self._reached].name
            self.database.disorders.append(f"{self.session.name} locked {table.name} after {after}")

    def _refuse_circle(self, holder: "Transaction") -> None:
        following: Transaction | None = holder
        while following is not None:
            if following is self:
                self.database.disorders.append(f"{self.session.name} waited in a circle with {holder.session.name}")
                raise Contention("a circle of transactions that wait for each other")
            following = following.waits_for
