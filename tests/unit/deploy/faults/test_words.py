"""Disorder loses nothing and says everything three times; poison is poison, each for its own reason."""

from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest

from consumers.intake import Claim, IntakeReader, Unreadable, objection, read_claim
from consumers.runner.records import Record
from deploy.faults.strikes.words import COPIES, Disorder, poisoned
from deploy.faults.visits import VisitClaim, VisitKind, Visits
from schemas.topics import INTAKE_OFFICES

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def test_everything_is_said_three_times_and_not_in_order() -> None:
    visits, shaper = Visits("seed", "tag", NOW), Disorder(Random(1))
    came: list[VisitClaim] = []
    said: list[VisitClaim] = []
    for _ in range(10):
        batch = visits.visit(VisitKind.CASH)
        came += batch
        said += shaper.shape(batch)
    assert len(said) < COPIES * len(came)
    said += shaper.rest()
    times = Counter(one.identity for one in said)
    assert times == dict.fromkeys([one.identity for one in came], COPIES)
    assert list(dict.fromkeys(one.identity for one in said)) != [one.identity for one in came]


@pytest.mark.parametrize("seed", range(20))
def test_disorder_is_across_parties_and_an_offices_own_words_come_in_their_order(seed: int) -> None:
    visits, shaper = Visits("seed", "tag", NOW), Disorder(Random(seed))
    came: list[VisitClaim] = []
    said: list[VisitClaim] = []
    for kind in (VisitKind.ANSWERED, VisitKind.CASH, VisitKind.CHOSEN, VisitKind.ANSWERED, VisitKind.CANCELLED):
        batch = [*visits.visit(kind), *visits.visit(kind)]
        came += batch
        said += shaper.shape(batch)
    said += shaper.rest()
    first = list(dict.fromkeys(one.identity for one in said))
    at_desks = [one for one in came if one.message.topic == INTAKE_OFFICES.name]
    for subject in {one.subject for one in came}:
        own = [one.identity for one in at_desks if one.subject == subject]
        assert [identity for identity in first if identity in own] == own
    assert Counter(one.identity for one in said) == dict.fromkeys([one.identity for one in came], COPIES)


def test_agencies_and_offices_overtake_each_other() -> None:
    overtaken = set()
    for seed in range(20):
        shaper = Disorder(Random(seed))
        batch = Visits("seed", "tag", NOW).visit(VisitKind.ANSWERED)
        first = list(dict.fromkeys(one.identity for one in [*shaper.shape(batch), *shaper.rest()]))
        submitted, accepted, *_, answered, delivered = [first.index(one.identity) for one in batch]
        overtaken |= {("submission", submitted > accepted), ("answer", answered > delivered)}
    assert overtaken == {(what, late) for what in ("submission", "answer") for late in (True, False)}


def test_every_poison_is_dead_lettered_for_the_reason_it_is_said_to_be() -> None:
    good = Visits("seed", "tag", NOW).visit(VisitKind.ROUTED)[0]
    for reason, row in poisoned(good, Random(1)):
        record = Record(row.topic, 0, 0, row.key, tuple(row.headers), row.body, NOW)
        read = [read_claim(record, reader) for reader in IntakeReader]
        refused = [letter for one in read if isinstance(one, Claim) and (letter := objection(one))]
        letters = [*refused, *(one for one in read if isinstance(one, Unreadable))]
        assert [one.reason for one in letters] == [reason], row.headers
