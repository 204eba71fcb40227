"""Disorder loses nothing and says everything three times; poison is poison, each for its own reason."""

from collections import Counter
from datetime import UTC, datetime
from random import Random

from consumers.intake import IntakeReader, Unreadable, read_claim
from consumers.runner.ports import Record
from deploy.faults.strikes.words import COPIES, Disorder, poisoned
from deploy.faults.visits import Kind, Said, Visits

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def test_everything_is_said_three_times_and_not_in_order() -> None:
    visits, shaper = Visits("seed", "tag", NOW), Disorder(Random(1))
    came: list[Said] = []
    said: list[Said] = []
    for _ in range(10):
        batch = visits.visit(Kind.CASH)
        came += batch
        said += shaper.shape(batch)
    assert len(said) < COPIES * len(came)
    said += shaper.rest()
    times = Counter(one.identity for one in said)
    assert times == dict.fromkeys([one.identity for one in came], COPIES)
    assert list(dict.fromkeys(one.identity for one in said)) != [one.identity for one in came]


def test_every_poison_is_dead_lettered_for_the_reason_it_is_said_to_be() -> None:
    good = Visits("seed", "tag", NOW).visit(Kind.ROUTED)[0]
    for reason, row in poisoned(good, Random(1)):
        record = Record(row.topic, 0, 0, row.key, tuple(row.headers), row.body, NOW)
        read = [read_claim(record, reader) for reader in IntakeReader]
        assert [one.reason for one in read if isinstance(one, Unreadable)] == [reason], row.headers
