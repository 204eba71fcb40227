"""Dead letters: events that can never be applied, with the field and the reason, and as much of each as is of use.

Whatever a record holds, its dead letter can be written: headers, body and texts are kept up to a limit, and the whole
is identified by its length and its hash.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from hashlib import sha256

from sqlalchemy import Connection, select

from connectors.database.schema.letter_tables import dead_letter
from connectors.database.sql.columns import as_columns
from connectors.database.sql.copy import copy_rows
from connectors.database.sql.driver import driver_connection
from connectors.database.sql.kafka_columns import headers_to_json
from consumers.intake import Unreadable
from consumers.letters import LetGo, LetterLine
from consumers.letters_told import Allowed, granted
from consumers.runner.records import Record
from schemas.limits import LETTER_BYTES_MAX, LETTERS_TOLD

#: What each header takes beside its bytes, so that a million empty ones are not kept.
HEADER_BYTES = 16
#: So long are the words about it, and its names, which others choose.
WORDS_LENGTH = 1_000

_COLUMNS = (
    "consumer",
    "topic",
    "partition",
    "position",
    "reason",
    "field",
    "detail",
    "source",
    "event_id",
    "type",
    "headers",
    "body",
    "length",
    "sha256",
    "kept_bytes",
)
_KNOWN = """
SELECT letter.topic, letter.partition, letter.position FROM dead_letter AS letter
JOIN unnest(%(topics)s::text[], %(partitions)s::int[], %(positions)s::bigint[], %(hashes)s::bytea[])
    AS read (topic, partition, position, hash) USING (topic, partition, position)
WHERE letter.consumer = %(consumer)s AND coalesce(letter.sha256, sha256(letter.body)) IS NOT DISTINCT FROM read.hash
"""
#: What was let go, by topic.
LET_GO = """
SELECT topic, sum(letters)::bigint, sum(bytes)::bigint, sum(for_room)::bigint, max(last_at)
FROM dead_letter_let_go GROUP BY topic ORDER BY topic
"""
#: In name order, as they are locked.
_SHARES = """
INSERT INTO letter_telling (topic, busy_until, untold)
SELECT topic, clock_timestamp(), 0 FROM unnest(%s::text[]) AS named (topic) ORDER BY topic ON CONFLICT DO NOTHING
"""
#: In a statement of its own: one that waited for the lock would see the rows as they were before it.
_SHARES_LEFT = """
SELECT topic, extract(epoch FROM busy_until - clock_timestamp())::float8, untold FROM letter_telling
WHERE topic = ANY (%s::text[]) ORDER BY topic FOR UPDATE
"""
_USE_SHARES = """
UPDATE letter_telling AS row SET untold = used.untold,
    busy_until = greatest(row.busy_until, clock_timestamp()) + make_interval(secs => used.seconds)
FROM unnest(%s::text[], %s::bigint[], %s::float8[]) AS used (topic, untold, seconds) WHERE row.topic = used.topic
"""


class DeadLetterStore:
    """Adds dead letters on one connection, and implements `LetterReads`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, consumer: str, letters: Sequence[Unreadable]) -> list[Unreadable]:
        """Keep those of `letters` that are not on record yet, with their records, and return them.

        A record that is read again is the same place of the same topic, with the same body: a topic that was made anew
        has the same places.
        """
        known = self._known(consumer, letters)
        new = [letter for letter in letters if (*letter.record.place, letter.record.position) not in known]
        copy_rows(self._connection, dead_letter, _COLUMNS, [_row(consumer, letter) for letter in new])
        return new

    def allow(self, wanted: Mapping[str, int]) -> dict[str, Allowed]:
        """Lock the shares of these topics, in name order, and take what may be told; note how many stay untold."""
        driver, topics = driver_connection(self._connection), sorted(wanted)
        driver.execute(_SHARES, (topics,))
        allowed, used = {}, []
        for topic, owed_seconds, untold in driver.execute(_SHARES_LEFT, (topics,)).fetchall():
            letters = granted(owed_seconds, wanted[topic])
            allowed[topic] = Allowed(letters, untold)
            left_out = wanted[topic] - letters
            used.append((topic, left_out if letters else untold + left_out, letters * LETTERS_TOLD.seconds_each))
        driver.execute(_USE_SHARES, as_columns(used))
        return allowed

    def _known(self, consumer: str, letters: Sequence[Unreadable]) -> set[tuple[str, int, int]]:
        if not letters:
            return set()
        records = [letter.record for letter in letters]
        parameters = {
            "consumer": consumer,
            "topics": [record.topic for record in records],
            "partitions": [record.partition for record in records],
            "positions": [record.position for record in records],
            "hashes": [_hash_of(record) for record in records],
        }
        return set(driver_connection(self._connection).execute(_KNOWN, parameters).fetchall())

    def newest(self, limit: int, consumer: str | None = None) -> list[LetterLine]:
        """Return the newest `limit` dead letters, newest first."""
        names = [field.name for field in fields(LetterLine)]
        query = select(*(dead_letter.columns[name] for name in names)).order_by(dead_letter.c.id.desc()).limit(limit)
        if consumer is not None:
            query = query.where(dead_letter.c.consumer == consumer)
        return [LetterLine(*row) for row in self._connection.execute(query)]

    def let_go(self) -> list[LetGo]:
        """Return what was let go of each topic, if anything ever was."""
        return [LetGo(*row) for row in driver_connection(self._connection).execute(LET_GO)]


def _row(consumer: str, letter: Unreadable) -> tuple[object, ...]:
    record, envelope = letter.record, letter.envelope
    headers, body = kept_of(record)
    row = (
        consumer,
        record.topic,
        record.partition,
        record.position,
        letter.reason.value,
        clean_text(letter.field),
        clean_text(letter.detail),
        None if envelope is None else clean_text(envelope.source),
        None if envelope is None else clean_text(envelope.id),
        None if envelope is None else clean_text(envelope.type),
        headers_to_json(headers),
        body,
        length_of(record),
        _hash_of(record),
    )
    return *row, room_of(letter)


def room_of(letter: Unreadable) -> int:
    """Return how many bytes are kept because of `letter`: of its record, and in words about it."""
    headers, body = kept_of(letter.record)
    room = sum(HEADER_BYTES + _length_of_header(name, value) for name, value in headers) + len(body or b"")
    return room + sum(len(clean_text(words).encode()) for words in (letter.field, letter.detail))


def kept_of(record: Record) -> tuple[list[tuple[str, bytes | None]], bytes | None]:
    """Return the headers that fit, in order, and the beginning of the body."""
    left = LETTER_BYTES_MAX
    headers = []
    for name, value in record.headers:
        bytes_of_it = HEADER_BYTES + _length_of_header(name, value)
        if bytes_of_it <= left:
            headers.append((name, value))
            left -= bytes_of_it
    return headers, None if record.value is None else bytes(record.value[:left])


def length_of(record: Record) -> int:
    """Return how many bytes headers, key and body have together."""
    headers = sum(_length_of_header(name, value) for name, value in record.headers)
    return headers + len(record.key or b"") + len(record.value or b"")


def clean_text(text: str, length: int = WORDS_LENGTH) -> str:
    """Return `text` as the database takes it, whoever chose it: no lone surrogate, no zero, no end in sight."""
    clean = text[:length].encode("utf-8", "replace").decode("utf-8")
    return clean.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _length_of_header(name: str, value: bytes | None) -> int:
    return len(name.encode("utf-8", "replace")) + len(value or b"")


def _hash_of(record: Record) -> bytes | None:
    """Return the SHA-256 of the whole body; none when there is none."""
    return None if record.value is None else sha256(record.value).digest()
