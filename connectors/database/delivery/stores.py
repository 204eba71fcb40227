"""Delivery's stores on one connection: a fixed number of statements per batch, rows by COPY."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from psycopg import Connection as DriverConnection
from sqlalchemy import Connection

from connectors.database.parking.park import ParkedStore
from connectors.database.publication.outbox import OutboxStore
from connectors.database.schema.delivery_tables import delivery_event, feed_entry
from connectors.database.sql.columns import as_array, as_columns
from connectors.database.sql.copy import copy_rows
from connectors.database.sql.driver import attempt, driver_connection, meaningful_errors
from consumers.delivery.domain.whom import Known
from consumers.delivery.entries import Entry
from consumers.delivery.handlers import CONSUMER
from consumers.delivery.ports import DeliveryStores, Progress
from schemas.topics import INTAKE_AGENCY

#: Whoever waits for entries listens on this channel; what is told are names of feeds alone.
CHANNEL = "pishkhan_feed"

#: A join, not `= ANY`: the planner cannot see into the text and would compare every row with every id.
_PROGRESS = """
SELECT row.subject::text, row.sequence, row.agency, row.office FROM unnest(%s::text::uuid[]) AS wanted (subject)
JOIN delivery_subject AS row ON row.subject = wanted.subject ORDER BY row.subject FOR UPDATE OF row
"""
_ADD = """
INSERT INTO delivery_subject (subject, sequence, agency, office)
SELECT * FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::text[]) AS added (subject, sequence, agency, office)
ORDER BY subject
"""
_CHANGE = """
UPDATE delivery_subject AS row SET sequence = changed.sequence, agency = changed.agency, office = changed.office
FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::text[]) AS changed (subject, sequence, agency, office)
WHERE row.subject = changed.subject
"""
_SEEN = "SELECT event_id FROM delivery_event WHERE event_id = ANY (%s::text[])"
#: Rows are locked as they are met, so in name order; a feed's first entry makes its head.
_DRAW = """
INSERT INTO feed_head AS head (feed, newest)
SELECT feed, drawn FROM unnest(%s::text[], %s::bigint[]) AS wanted (feed, drawn) ORDER BY feed
ON CONFLICT (feed) DO UPDATE SET newest = head.newest + excluded.newest
RETURNING head.feed, head.newest
"""
_TELL = f"SELECT pg_notify('{CHANNEL}', feed) FROM unnest(%s::text[]) AS told (feed)"
#: An agency has a feed on the broker if it has an intake topic: both are made together, and workers have found one.
_WITH_TOPICS = """
SELECT code FROM unnest(%s::text[]) AS wanted (code)
WHERE EXISTS (SELECT FROM consumer_offset WHERE topic = %s || wanted.code)
"""
_ENTRY = ("feed", "number", "event_id", "type", "time", "subject", "topic", "partition", "position", "data")


class SubjectStore:
    """Implements `consumers.delivery.ports.Subjects` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def progress(self, subjects: Collection[str]) -> dict[str, Progress]:
        """Lock what is known of `subjects`, in their order, and return it; a subject never seen is left out."""
        rows = self._driver.execute(_PROGRESS, (as_array(subjects),), binary=True)
        return {subject: Progress(sequence, Known(agency, office)) for subject, sequence, agency, office in rows}

    def keep(self, added: Mapping[str, Progress], changed: Mapping[str, Progress]) -> None:
        """Keep subjects never seen before (`Collision` if they were), and known ones."""
        with meaningful_errors():
            for statement, subjects in ((_ADD, added), (_CHANGE, changed)):
                if subjects:
                    rows = [(subject, one.sequence, *one.known) for subject, one in subjects.items()]
                    self._driver.execute(statement, as_columns(rows))

    def seen(self, event_ids: Collection[str]) -> set[str]:
        """Return those of `event_ids` that were told before."""
        return {event_id for (event_id,) in self._driver.execute(_SEEN, (list(event_ids),), binary=True)}

    def note(self, event_ids: Sequence[str]) -> None:
        """Keep that they are told now. Raises `Collision` when another worker was first with one of them."""
        copy_rows(self._connection, delivery_event, ("event_id",), [(event_id,) for event_id in event_ids])

    @property
    def _driver(self) -> DriverConnection[Any]:
        return driver_connection(self._connection)


class FeedStore:
    """Implements `consumers.delivery.ports.Feeds` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def draw(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Lock the heads of these feeds, in name order, draw so many numbers each, and return the first of each."""
        rows = self._driver.execute(_DRAW, (list(counts.keys()), list(counts.values())), binary=True)
        return {feed: newest - counts[feed] + 1 for feed, newest in rows}

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries, and let whoever waits for their feeds know at the commit."""
        copy_rows(self._connection, feed_entry, _ENTRY, entries)
        self._driver.execute(_TELL, (sorted({entry.feed for entry in entries}),))

    def with_topics(self, agencies: Collection[str]) -> set[str]:
        """Return those of `agencies` that have a feed on the broker, too."""
        rows = self._driver.execute(_WITH_TOPICS, (sorted(agencies), INTAKE_AGENCY.for_agency("")))
        return {code for (code,) in rows}

    @property
    def _driver(self) -> DriverConnection[Any]:
        return driver_connection(self._connection)


def delivery_stores(connection: Connection) -> DeliveryStores:
    """Return the stores that a delivery worker's transactions are given."""
    return DeliveryStores(
        subjects=SubjectStore(connection),
        feeds=FeedStore(connection),
        outbox=OutboxStore(connection),
        park=ParkedStore(connection, CONSUMER),
        attempt=partial(attempt, connection),
    )
