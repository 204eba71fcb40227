"""Letting dead letters go, over the database in memory."""

from collections import defaultdict
from collections.abc import Iterable

from connectors.database.runner.dead_letters import room_of
from consumers.runner.outcomes import DeadLetterReason
from schemas.limits import LetterRoom
from schemas.topics import INTAKE_PREFIX
from tests.memory.database import Transaction
from tests.memory.tables import BusDatabase, LetGo, Letter

DAY_SECONDS = 86_400


def let_letters_go(transaction: Transaction, tables: BusDatabase, room: LetterRoom, at_once: int) -> int:
    """Let the oldest letters of each topic go that are old or have no room, and return how many went."""
    by_topic: dict[str, list[tuple[int, Letter]]] = defaultdict(list)
    for number, row in sorted(transaction.rows(tables.letters).items()):
        record = row.letter.record
        if record.topic.startswith(INTAKE_PREFIX) and row.letter.reason is not DeadLetterReason.PASSED:
            by_topic[record.topic].append((number, row))
    sizes = {topic: sum(room_of(row.letter) for _, row in rows) for topic, rows in by_topic.items()}
    most = _level([min(len(rows), room.topic_letters) for rows in by_topic.values()], room.letters)
    most_bytes = _level([min(size, room.topic_bytes) for size in sizes.values()], room.bytes)
    old = tables.seconds() - room.days * DAY_SECONDS
    gone = 0
    for topic, rows in by_topic.items():
        over, over_bytes = len(rows) - min(most, room.topic_letters), sizes[topic] - min(most_bytes, room.topic_bytes)
        for nth, (number, row) in enumerate(rows[:at_once]):
            aged = row.recorded_at < old
            if aged or nth < over or over_bytes > 0:
                transaction.delete(tables.letters, number)
                _note(transaction, tables, row, aged)
                gone += 1
            over_bytes -= room_of(row.letter)
    return gone


def _level(sizes: Iterable[int], room: int) -> int:
    """Return the largest size that, if none has more, makes all together fit."""
    level = max(sizes, default=0)
    while sum(min(size, level) for size in sizes) > room:
        level -= 1
    return level


def _note(transaction: Transaction, tables: BusDatabase, row: Letter, aged: bool) -> None:
    record = row.letter.record
    place = (row.consumer, record.topic, record.partition)
    before = transaction.find(tables.let_go, place) or LetGo(record.position, 0, 0, 0)
    after = LetGo(
        max(before.up_to, record.position),
        before.letters + 1,
        before.bytes + room_of(row.letter),
        before.for_room + (not aged),
    )
    transaction.put(tables.let_go, place, after)
