"""Identities: duplicates are skipped, another body under a known id is a conflict, and racing writers collide."""

import pytest
from sqlalchemy import Engine, select

from connectors.database.intake import ClaimLedger, Screened
from connectors.database.tables import intake_event
from consumers.intake import Claim
from consumers.runner.ports import Collision
from tests.claims import SUBMISSION, claim

pytestmark = pytest.mark.integration

OTHER = {**SUBMISSION, "city": "shirvan"}


def take(engine: Engine, *claims: Claim) -> Screened:
    """Screen and record one batch, committed."""
    with engine.begin() as connection:
        ledger = ClaimLedger(connection)
        screened = ledger.screen(claims)
        ledger.record(screened.fresh)
    return screened


def test_new_claims_are_fresh_and_in_order(engine: Engine) -> None:
    claims = [claim(f"e-{number}") for number in range(50)]
    assert take(engine, *claims) == Screened(claims, [], [])
    with engine.connect() as connection:
        assert len(connection.execute(select(intake_event)).all()) == 50


def test_duplicates_within_a_batch_and_over_batches_are_skipped(engine: Engine) -> None:
    first, again, later = claim("e-1"), claim("e-1"), claim("e-1")
    assert take(engine, first, again) == Screened([first], [again], [])
    assert take(engine, later) == Screened([], [later], [])


def test_the_spelling_of_the_json_does_not_matter(engine: Engine) -> None:
    take(engine, claim("e-1"))
    reordered = claim("e-1", dict(reversed(SUBMISSION.items())))
    assert take(engine, reordered).duplicates == [reordered]


def test_another_body_under_a_known_id_is_a_conflict(engine: Engine) -> None:
    first, liar, later = claim("e-1"), claim("e-1", OTHER), claim("e-1", OTHER)
    assert take(engine, first, liar) == Screened([first], [], [liar])
    assert take(engine, later) == Screened([], [], [later])


def test_ids_belong_to_their_source(engine: Engine) -> None:
    mine, theirs = claim("e-1"), claim("e-1", OTHER, agency="roads")
    assert take(engine, mine, theirs) == Screened([mine, theirs], [], [])


def test_two_workers_with_the_same_event_collide_and_the_second_sees_it_after(engine: Engine) -> None:
    with engine.begin() as first:
        fast = ClaimLedger(first)
        fast.record(fast.screen([claim("e-1")]).fresh)
        with engine.connect() as second:
            slow = ClaimLedger(second)
            fresh = slow.screen([claim("e-1")]).fresh
            assert len(fresh) == 1
            first.commit()
            with pytest.raises(Collision):
                slow.record(fresh)
    assert take(engine, claim("e-1")).fresh == []


def test_no_claims_ask_nothing(engine: Engine) -> None:
    assert take(engine) == Screened([], [], [])
