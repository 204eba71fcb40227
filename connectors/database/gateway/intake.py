"""Keeping what many callers said in one transaction, which is one statement: a fixed cost, however many they are."""

import asyncio
from collections.abc import Sequence
from typing import Any, NoReturn

import orjson
import psycopg

from connectors.database.publication.outbox import CHANNEL, SHARDS
from connectors.database.sql.columns import as_columns
from connectors.database.sql.engine import plain_url
from producers.acts import About
from producers.saying import Before, IntakeUnavailable, Kept, Named, NotTheirs, Verdict, Wish, WishRefused, repeated
from schemas.envelope import format_time
from schemas.partition import partition_of
from schemas.speakers import SpeakerKind, sender_of
from schemas.topics import topic_of

#: A frozen database answers nothing, and callers wait: then they are told so.
ANSWER_SECONDS = 8.0
CONNECT_SECONDS = 3
#: Sorted, so that two gateways that are told the same take the same rows in the same order. Ids of the outbox are drawn
#: in the order of the wishes.
_KEEP = f"""
WITH said AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS each (
        number int, topic text, partition smallint, key text, event_id text, source text, type text, time timestamptz,
        body text, own_key text, fingerprint text
    )
), fresh AS (
    INSERT INTO gateway_identity (source, key, event_id, subject, fingerprint)
    SELECT source, own_key, event_id, key, decode(fingerprint, 'hex') FROM said WHERE own_key IS NOT NULL
    ORDER BY source, own_key
    ON CONFLICT DO NOTHING RETURNING event_id
), kept AS (
    INSERT INTO outbox (shard, topic, partition, key, event_id, source, type, subject, time, body)
    SELECT partition %% {SHARDS}, topic, partition, key, event_id, source, type, key, time, convert_to(body, 'UTF8')
    FROM said WHERE own_key IS NULL OR event_id IN (SELECT event_id FROM fresh)
    ORDER BY number RETURNING event_id
)
SELECT array_agg(event_id), pg_notify('{CHANNEL}', '') FROM kept
"""
_BEFORE = """
SELECT source, key, event_id, subject, fingerprint FROM gateway_identity
WHERE (source, key) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""
#: A request is an office's when it is routed there. An agency's is each that is no other agency's: its submission may
#: be on its way still, and then the claim waits for it, or is refused.
_REQUESTS = """
SELECT named.kind, named.speaker, named.id
FROM unnest(%s::text[], %s::text[], %s::text[]) AS named (kind, speaker, id)
LEFT JOIN request ON request.request_id = named.id::uuid
WHERE CASE named.kind
    WHEN 'agency' THEN coalesce(request.agency, named.speaker) = named.speaker
    WHEN 'office' THEN request.office = named.speaker
    ELSE request.request_id IS NOT NULL
END
"""
#: Whose a service or an agreement is, by its newest version.
_OWNERS = """
SELECT DISTINCT ON (kind, code) kind, code, body #>> ARRAY[kind, 'agency']
FROM registry_version WHERE (kind, code) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
ORDER BY kind, code, version DESC
"""

_NAMES_OWNED = (About.SERVICE, About.AGREEMENT)
_Connection = psycopg.AsyncConnection[Any]


class SqlIntake:
    """Implements `Intake` on one connection, which is made when it is needed and made anew when it was lost.

    One commit at a time: whoever calls waits for the one before.
    """

    def __init__(self, url: str, name: str, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._url = plain_url(url)
        self._name = name[:63]
        self._answer_seconds = answer_seconds
        self._connection: _Connection | None = None

    async def commit(self, wishes: Sequence[Wish]) -> Sequence[Verdict]:
        """Keep what may be kept, in one transaction, and say what became of each wish."""
        work = asyncio.ensure_future(self._commit(wishes))
        done, _ = await asyncio.wait((work,), timeout=self._answer_seconds)
        if not done:
            # The driver would ask the server to stop first, and a frozen one does not answer that either.
            self._drop()
            work.cancel()
            work.add_done_callback(_forgotten)
            raise IntakeUnavailable("the database did not answer in time")
        try:
            return work.result()
        except psycopg.Error as error:
            self._meaning(error)

    def close(self) -> None:
        """End the connection."""
        self._drop()

    async def _commit(self, wishes: Sequence[Wish]) -> Sequence[Verdict]:
        connection = await self._connected()
        theirs = await _theirs(connection, wishes)
        wanted = [wish for wish, is_theirs in zip(wishes, theirs, strict=True) if is_theirs]
        fresh: frozenset[str] = frozenset()
        if wanted:
            (row,) = await (await connection.execute(_KEEP, (_as_json(wanted),))).fetchall()
            fresh = frozenset(row[0] or ())
        before = await _before(connection, [wish for wish in wishes if wish.message.envelope.id not in fresh])
        return [
            _verdict(wish, fresh, before.get((wish.message.envelope.source, wish.key or "")), is_theirs=is_theirs)
            for wish, is_theirs in zip(wishes, theirs, strict=True)
        ]

    async def _connected(self) -> _Connection:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url,
                autocommit=True,
                application_name=self._name,
                connect_timeout=CONNECT_SECONDS,
                options="-c lock_timeout=5000 -c statement_timeout=7000 -c timezone=UTC",
            )
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.pgconn.finish()

    def _meaning(self, error: psycopg.Error) -> NoReturn:
        """Raise what an error means: that nobody answers, or that this will never be taken."""
        in_time = not isinstance(error, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable)
        # Without a partition for today nothing can be kept: the relay makes them.
        homeless = isinstance(error, psycopg.errors.CheckViolation) and error.diag.constraint_name is None
        if in_time and not homeless and isinstance(error, psycopg.DataError | psycopg.IntegrityError):
            raise WishRefused(type(error).__name__) from error
        self._drop()
        raise IntakeUnavailable(type(error).__name__) from error


def _forgotten(work: "asyncio.Future[Any]") -> None:
    if not work.cancelled():
        work.exception()


def _as_json(wishes: Sequence[Wish]) -> str:
    # One value for all: the server takes it apart for a third of what the driver needs for a list of each column.
    return orjson.dumps([_row(number, wish) for number, wish in enumerate(wishes)]).decode()


def _row(number: int, wish: Wish) -> dict[str, object]:
    message, envelope = wish.message, wish.message.envelope
    topic = topic_of(message.topic)
    assert topic is not None, f"{message.topic} is not in the table of topics"
    assert envelope.time is not None, "a message for the outbox has its business time"
    row: dict[str, object] = {
        "number": number,
        "topic": message.topic,
        "partition": partition_of(message.key, topic.partitions),
        "key": message.key,
        "event_id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "time": format_time(envelope.time),
        "body": message.body.decode(),
    }
    if wish.key is not None:
        row |= {"own_key": wish.key, "fingerprint": wish.fingerprint.hex()}
    return row


async def _theirs(connection: _Connection, wishes: Sequence[Wish]) -> list[bool]:
    """Say of each wish whether what it names is its speaker's."""
    asked = {(*_speaker(wish), wish.named) for wish in wishes if wish.named is not None}
    if not asked:
        return [True] * len(wishes)
    owned: set[tuple[str, str, Named]] = {one for one in asked if one[2].about not in (About.REQUEST, *_NAMES_OWNED)}
    requests = [(kind, code, named.code) for kind, code, named in asked if named.about is About.REQUEST]
    if requests:
        found = await connection.execute(_REQUESTS, as_columns(requests))
        owned |= {(kind, code, Named(About.REQUEST, said)) for kind, code, said in await found.fetchall()}
    entries = [one for one in asked if one[2].about in _NAMES_OWNED]
    if entries:
        names = [[named.about.value for *_, named in entries], [named.code for *_, named in entries]]
        found = await connection.execute(_OWNERS, names)
        owners = {(kind, code): agency for kind, code, agency in await found.fetchall()}
        # The directorate runs all of them, and what nobody has yet may be anybody's: the registry decides.
        owned |= {
            one
            for one in entries
            if one[0] == SpeakerKind.DIRECTORATE or owners.get((one[2].about.value, one[2].code), one[1]) == one[1]
        }
    return [wish.named is None or (*_speaker(wish), wish.named) in owned for wish in wishes]


def _speaker(wish: Wish) -> tuple[str, str]:
    sender = sender_of(wish.message.envelope.source)
    assert sender is not None, "a claim has a speaker"
    return sender.kind.value, sender.code


async def _before(connection: _Connection, wishes: Sequence[Wish]) -> dict[tuple[str, str], Before]:
    """Return what is on record of the keys of `wishes`, of which nothing was kept now."""
    asked = [(wish.message.envelope.source, wish.key) for wish in wishes if wish.key is not None]
    if not asked:
        return {}
    found = await connection.execute(_BEFORE, as_columns(asked))
    return {
        (source, key): Before(event_id, subject, bytes(known))
        for source, key, event_id, subject, known in await found.fetchall()
    }


def _verdict(wish: Wish, fresh: frozenset[str], before: Before | None, *, is_theirs: bool) -> Verdict:
    if wish.message.envelope.id in fresh:
        return Kept(wish.message.envelope.id, wish.message.key)
    # A repetition is answered as the first time, whoever has the request now.
    if before is not None:
        return repeated(wish, before)
    assert not is_theirs, "what is not kept was kept before, or is not the speaker's"
    return NotTheirs()
