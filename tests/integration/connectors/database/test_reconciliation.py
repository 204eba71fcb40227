"""What PostgreSQL sorts and joins is what the domain says: copies of one id, over several partitions."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.database.reconciliation.bus import SqlReconciliation, SqlSnapshot
from connectors.database.sql.engine import plain_url
from consumers.reconciliation.domain.outcome import taken_first
from consumers.reconciliation.domain.views import ComparedTransfer, Revision, Subject, Taught, Transaction
from consumers.reconciliation.reading import Booked, Claimed, Fact, Seen
from schemas.log_requests import OfficeStarted
from schemas.partition import Place
from schemas.topics import INTAKE_OFFICES, LOG_REGISTRY, LOG_REQUESTS
from tests.kit.real.engines import DatabaseUrls

pytestmark = pytest.mark.integration

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
INTAKE, LOG = INTAKE_OFFICES.name, LOG_REQUESTS.name
SOURCE = "/offices/office-1"
REQUEST = "0197a1b2-0000-7000-8000-000000000001"
WORDS = (b"body", b"about"), (b"other", b"about"), (b"body", b"other")


class Said(NamedTuple):
    """One record of intake: under which of a few ids, in which of a few words, and whether it is a dead letter."""

    event: int
    words: int
    dead: bool


def claimed(said: Said, partition: int, position: int) -> Claimed:
    body, about = WORDS[said.words]
    event_id = f"claim-{said.event}" if said.event else None
    source = SOURCE if said.event else None
    return Claimed(
        "requests", INTAKE, partition, position, source, event_id, "t", None, body, about, None, None, acceptable=True
    )


def position_of(connection: psycopg.Connection, consumer: str, topic: str, partition: int, position: int) -> None:
    connection.execute(
        "INSERT INTO consumer_offset (consumer, cluster_id, topic, topic_id, partition, next_position) "
        "VALUES (%s, 'cluster', %s, 'id', %s, %s)",
        (consumer, topic, partition, position),
    )


@contextmanager
def snapshot(database: DatabaseUrls, facts: Sequence[Fact]) -> Iterator[SqlSnapshot]:
    with SqlReconciliation(database.owner_url, "cluster") as store:
        store.keep(facts)
        with store.snapshot() as held:
            yield held


def test_the_first_of_an_identity_is_the_one_that_was_applied_in_whatever_partition(database: DatabaseUrls) -> None:
    partition = st.lists(st.builds(Said, st.integers(0, 3), st.integers(0, 2), st.booleans()), max_size=5)

    @given(
        partitions=st.tuples(partition, partition, partition),
        passed=st.tuples(*[st.integers(0, 6)] * 3),
        kept=st.dictionaries(st.integers(1, 3), st.integers(0, 2)),
    )
    @settings(max_examples=60, deadline=None)
    def check(partitions: tuple[list[Said], ...], passed: tuple[int, ...], kept: dict[int, int]) -> None:
        with psycopg.connect(plain_url(database.owner_url)) as connection:
            connection.execute("TRUNCATE intake_event, dead_letter, consumer_offset")
            for event, words in kept.items():
                row = (SOURCE, f"claim-{event}", *WORDS[words])
                connection.execute("INSERT INTO intake_event VALUES (%s, %s, %s, %s)", row)
            for number, next_position in enumerate(passed):
                position_of(connection, "requests", INTAKE, number, next_position)
            facts = _told(connection, partitions)
        expected = _expected(facts, kept, passed)
        with snapshot(database, list(facts)) as held:
            found = {(one.partition, one.position): one for one in held.claims()}
        assert {
            place: (one.copy, one.copies, one.known, one.conflicting, one.dead) for place, one in found.items()
        } == expected

    check()


def _told(connection: psycopg.Connection, partitions: Sequence[Sequence[Said]]) -> dict[Claimed, Said]:
    facts = {}
    for number, records in enumerate(partitions):
        for position, said in enumerate(records):
            fact = claimed(said, number, position)
            facts[fact] = said
            if said.dead:
                connection.execute(
                    "INSERT INTO dead_letter (consumer, topic, partition, position, reason, field, detail, source, "
                    "event_id, headers) VALUES (%s, %s, %s, %s, 'r', 'f', 'd', %s, %s, '[]')",
                    fact[:6],
                )
    return facts


def _expected(
    facts: dict[Claimed, Said], kept: dict[int, int], passed: Sequence[int]
) -> dict[tuple[int, int], tuple[int, int, bool, bool, bool]]:
    alike: dict[object, list[Claimed]] = defaultdict(list)
    for fact, said in facts.items():
        # Without an identity each is the only one.
        alike[said.event or fact].append(fact)

    def about(fact: Claimed) -> tuple[bool, bool, bool]:
        said = facts[fact]
        return kept.get(said.event) == said.words, fact.position < passed[fact.partition], said.dead

    expected = {}
    for some in alike.values():
        some.sort(key=lambda fact: taken_first(*about(fact), Place(fact.topic, fact.partition), fact.position))
        for copy, fact in enumerate(some, start=1):
            same, _, dead = about(fact)
            conflicting = facts[fact].event in kept and not same
            expected[fact.partition, fact.position] = (copy, len(some), same, conflicting, dead)
    return expected


def seen(partition: int, position: int, event_id: str = "e", sequence: int = 1) -> Seen:
    return Seen(LOG, partition, position, event_id, OfficeStarted.type_name(), REQUEST, sequence, None, NOON, None, 1)


def test_a_publication_is_named_by_a_place_that_is_one(database: DatabaseUrls) -> None:
    """The lowest partition and the highest position of two records are no place of any."""
    with snapshot(database, [seen(1, 9), seen(2, 3)]) as held:
        [one] = held.publications()
    assert (one.partition, one.last, one.copies) == (2, 3, 2)


def test_of_a_transaction_in_two_partitions_the_record_that_settlement_has_passed_counts(
    database: DatabaseUrls,
) -> None:
    transaction_id = str(UUID(int=7))

    def booked(partition: int, position: int, amount_rial: int) -> Booked:
        return Booked(partition, position, "e", REQUEST, 1, transaction_id, "hold", "a", "b", amount_rial)

    with psycopg.connect(plain_url(database.owner_url)) as connection:
        position_of(connection, "settlement", LOG, 1, 0)
        position_of(connection, "settlement", LOG, 2, 8)
    facts = [booked(1, 0, 5), booked(2, 7, 6), booked(2, 7, 7), booked(2, 9, 8), booked(3, 0, 9)]
    with snapshot(database, facts) as held:
        [found] = held.transactions({1: 0, 2: 8})
    assert isinstance(found, Transaction)
    assert (found.partition, found.position) == (2, 7)
    assert sorted(found.expected) == [ComparedTransfer("hold", "a", "b", 6), ComparedTransfer("hold", "a", "b", 7)]


def test_figures_that_passed_one_partition_are_not_looked_for_in_another(database: DatabaseUrls) -> None:
    with psycopg.connect(plain_url(database.owner_url)) as connection:
        connection.execute(
            "INSERT INTO kpi_request_fact (request_id, sequence, office_sequence, county_sequence) "
            "VALUES (%s, 1, 0, 0)",
            (REQUEST,),
        )
        connection.execute("INSERT INTO kpi_position VALUES (%s, 1, 1), (%s, 2, 5)", (LOG, LOG))
    with snapshot(database, [seen(1, 0), seen(2, 8)]) as held:
        found = list(held.taught())
    # What is in partition 2 is before no position there, whatever lies in partition 1.
    assert found == [Taught(LOG, 2, 8, "e", REQUEST, shown=True, excused=False)]


def test_of_each_event_it_is_told_whether_outbox_and_ledger_have_it(database: DatabaseUrls) -> None:
    with psycopg.connect(plain_url(database.owner_url)) as connection:
        for event_id in ("both", "queued", "removed"):
            connection.execute(
                "INSERT INTO outbox (shard, topic, partition, key, event_id, source, type, time, sequence, body) "
                "VALUES (0, %s, 1, %s, %s, '/bus', 't', now(), 1, '{}')",
                (LOG, REQUEST, event_id),
            )
        connection.execute("DELETE FROM outbox WHERE event_id = 'removed'")
        for number, event_id in enumerate(("both", "both", "booked")):
            connection.execute(
                "INSERT INTO ledger_transfer (partition, number, transaction_id, event_id, kind, debit_account, "
                "credit_account, amount_rial, window_number, recorded_at) "
                "VALUES (1, %s, gen_random_uuid(), %s, 'post', 'a', 'b', 5, 1, now())",
                (number, event_id),
            )
    names = ("both", "queued", "removed", "booked", "neither")
    with snapshot(database, [seen(1, place, name, place) for place, name in enumerate(names, start=1)]) as held:
        [found] = held.subjects()
    assert [(one.event_id, one.queued, one.in_ledger) for one in found.events] == [
        ("both", True, True),
        ("queued", True, False),
        ("removed", True, False),
        ("booked", False, True),
        ("neither", False, False),
    ]
    assert {one.appended_at for one in found.events} == {NOON}


def test_revisions_are_told_as_far_as_rows_log_and_count_reach(database: DatabaseUrls) -> None:
    def said(revision: int) -> Seen:
        about = (f"r{revision}", "t", "policy", revision, None, NOON, None, 1)
        return Seen(LOG_REGISTRY.name, 0, revision - 1, *about)

    with psycopg.connect(plain_url(database.owner_url)) as connection:
        connection.execute("UPDATE registry_head SET revision = 3")
        connection.execute(
            "INSERT INTO registry_version (revision, kind, code, version, valid_from, accepted_at, body) "
            "VALUES (1, 'policy', 'policy', 1, now(), now(), '{}')"
        )
    with snapshot(database, [said(1), said(2), said(4)]) as held:
        found = list(held.revisions())
    assert found == [
        Revision(1, True, "r1", 0, False, True),
        Revision(2, False, "r2", 1, False, True),
        Revision(3, False, None, None, False, True),
        Revision(4, False, "r4", 3, False, False),
    ]


def test_events_of_one_number_are_told_with_their_partitions(database: DatabaseUrls) -> None:
    with snapshot(database, [seen(1, 9), seen(2, 3, "other")]) as held:
        [found] = held.subjects()
    assert isinstance(found, Subject)
    assert [(one.event_id, one.partition, one.position) for one in found.events] == [("other", 2, 3), ("e", 1, 9)]
