"""Event identities and dead letters, over the database in memory."""

from collections.abc import Mapping, Sequence

from consumers.intake import Claim, Screened, Unreadable, sort_out
from consumers.letters_told import Allowed, granted
from schemas.limits import LETTERS_TOLD
from tests.memory.database import Transaction
from tests.memory.tables import BusDatabase, Letter


class MemoryClaims:
    """Implements `Claims` of both intake consumers."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._intake = tables.intake

    def screen(self, claims: Sequence[Claim]) -> Screened:
        self._transaction.step("looks up which claims are known")
        return sort_out(claims, self._transaction.rows(self._intake))

    def record(self, claims: Sequence[Claim]) -> None:
        self._transaction.step("notes which claims it took")
        for claim in sorted(claims, key=lambda claim: claim.identity):
            self._transaction.insert(self._intake, claim.identity, claim.words)


class MemoryDeadLetters:
    """Implements `DeadLetters`."""

    def __init__(self, transaction: Transaction, tables: BusDatabase) -> None:
        self._transaction = transaction
        self._letters = tables.letters
        self._telling = tables.letter_telling

    def add(self, consumer: str, letters: Sequence[Unreadable]) -> list[Unreadable]:
        self._transaction.step("keeps dead letters")
        kept = self._transaction.rows(self._letters).values()
        known = {_place(row.letter) for row in kept if row.consumer == consumer}
        new = [letter for letter in letters if _place(letter) not in known]
        for letter in new:
            number = self._transaction.database.next_id("dead_letter")
            row = Letter(consumer, letter, self._transaction.database.seconds())
            self._transaction.insert(self._letters, number, row)
        return new

    def allow(self, wanted: Mapping[str, int]) -> Mapping[str, Allowed]:
        self._transaction.step("takes of the shares of letters that are told")
        now, allowed = self._transaction.database.seconds(), {}
        for topic in sorted(wanted):
            self._transaction.lock(self._telling, topic)
            busy_until, untold = self._transaction.find(self._telling, topic) or (now, 0)
            letters = granted(busy_until - now, wanted[topic])
            allowed[topic] = Allowed(letters, untold)
            left_out = wanted[topic] - letters
            until = max(busy_until, now) + letters * LETTERS_TOLD.seconds_each
            self._transaction.put(self._telling, topic, (until, left_out if letters else untold + left_out))
        return allowed


def _place(letter: Unreadable) -> tuple[str, int, int, bytes | None]:
    return *letter.record.place, letter.record.position, letter.record.value
