"""Identities: duplicates are skipped, other words under a known id are a conflict, and racing writers collide."""

from collections.abc import Sequence

import pytest

from consumers.intake import Claim, Conflict
from consumers.runner.errors import Collision
from tests.contract.worlds import Client, World
from tests.kit.values.claims import SUBMISSION, claim

OTHER = {**SUBMISSION, "city": "shirvan"}
Sorted = tuple[Sequence[Claim], Sequence[Claim], Sequence[Conflict]]
#: A body that means something as a submission and as a cancellation.
EITHER = {**SUBMISSION, "reason": "r"}


def take(client: Client, *claims: Claim) -> Sorted:
    """Screen and record one batch, committed; return the fresh ones, the duplicates and the conflicts."""
    with client.requests() as stores:
        screened = stores.claims.screen(claims)
        stores.claims.record(screened.fresh)
    return screened.fresh, screened.duplicates, screened.conflicts


def test_new_claims_are_fresh_and_in_order(world: World) -> None:
    claims = [claim(f"e-{number}") for number in range(50)]
    assert take(world.client("a"), *claims) == (claims, [], [])
    assert take(world.client("b"), *claims) == ([], claims, []), "they are kept for everybody"


def test_duplicates_within_a_batch_and_over_batches_are_skipped(world: World) -> None:
    client = world.client("a")
    first, again, later = claim("e-1"), claim("e-1"), claim("e-1")
    assert take(client, first, again) == ([first], [again], [])
    assert take(client, later) == ([], [later], [])


def test_a_claim_that_may_not_be_accepted_takes_no_identity(world: World) -> None:
    client = world.client("a")
    astray, honest, astray_again = claim("e-1", subject="another"), claim("e-1"), claim("e-1", subject="another")
    assert take(client, astray, astray_again) == ([], [], [])
    assert take(client, astray, honest, astray_again) == ([honest], [], [Conflict(astray_again, ("subject",))])
    assert take(client, astray) == ([], [], [Conflict(astray, ("subject",))])


def test_the_spelling_of_the_json_does_not_matter(world: World) -> None:
    client = world.client("a")
    take(client, claim("e-1"))
    reordered = claim("e-1", dict(reversed(SUBMISSION.items())))
    assert take(client, reordered) == ([], [reordered], [])


def test_another_body_under_a_known_id_is_a_conflict(world: World) -> None:
    client = world.client("a")
    first, liar, later = claim("e-1"), claim("e-1", OTHER), claim("e-1", OTHER)
    assert take(client, first, liar) == ([first], [], [Conflict(liar, ("body",))])
    assert take(client, later) == ([], [], [Conflict(later, ("body",))])


def test_the_same_body_of_another_type_or_about_something_else_is_a_conflict(world: World) -> None:
    client = world.client("a")
    first, again = claim("e-1", EITHER), claim("e-1", EITHER)
    cancelled = claim("e-1", EITHER, type_name="RequestCancelled")
    elsewhere, nowhere = claim("e-1", EITHER, subject="another"), claim("e-1", EITHER, subject=None)
    all_other = claim("e-1", OTHER | {"reason": "r"}, type_name="RequestCancelled", subject="another")
    liars = [
        Conflict(cancelled, ("type",)),
        Conflict(elsewhere, ("subject",)),
        Conflict(nowhere, ("subject",)),
        Conflict(all_other, ("type", "subject", "body")),
    ]
    claims = [liar.claim for liar in liars]
    assert take(client, first, *claims) == ([first], [], liars), "within a batch"
    assert take(client, *claims, again) == ([], [again], liars), "over batches"


def test_ids_belong_to_their_source(world: World) -> None:
    mine, theirs = claim("e-1"), claim("e-1", OTHER, agency="roads")
    assert take(world.client("a"), mine, theirs) == ([mine, theirs], [], [])


def test_two_workers_with_the_same_event_collide_and_the_second_sees_it_after(world: World) -> None:
    fast, slow = world.client("fast"), world.client("slow")
    same = claim("e-1")

    def race() -> None:
        with slow.requests() as behind:
            with fast.requests() as ahead:
                ahead.claims.record(ahead.claims.screen([same]).fresh)
                fresh = behind.claims.screen([same]).fresh
                assert fresh == [same], "what is not committed is not seen"
            behind.claims.record(fresh)

    with pytest.raises(Collision):
        race()
    assert take(slow, same) == ([], [same], [])


def test_no_claims_ask_nothing(world: World) -> None:
    assert take(world.client("a")) == ([], [], [])
