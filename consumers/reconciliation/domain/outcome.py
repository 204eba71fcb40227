"""What became of a claim: every record of an intake topic has exactly one of these."""

from enum import StrEnum

from consumers.reconciliation.domain.views import ClaimSeen, ComparisonCut
from schemas.log_registry import RegistryClaimRefused
from schemas.log_requests import ClaimRefused, RequestRefused
from schemas.partition import Place

_REFUSALS = frozenset(model.type_name() for model in (ClaimRefused, RegistryClaimRefused, RequestRefused))


class ClaimOutcome(StrEnum):
    """Where a claim has gone."""

    #: Not read yet.
    UNDER_WAY = "under_way"
    #: It changed something: an event says so, or it was opened with what cancelled it.
    APPLIED = "applied"
    REFUSED = "refused"
    #: Parked: for a predecessor, for the registry, or for a person.
    WAITING = "waiting"
    #: An operator gave it up.
    GIVEN_UP = "given_up"
    DEAD_LETTERED = "dead_lettered"
    #: Another record of the same identity was taken, or is to be.
    DUPLICATE = "duplicate"
    #: Its consumer is past it and has no trace of it.
    SKIPPED = "skipped"
    #: It was taken in, and nothing says what became of it.
    NONE = "none"


def taken_first(same: bool, passed: bool, dead: bool, place: Place, position: int) -> tuple[object, ...]:
    """Return by what the records of one identity are ordered, so that the first is the one that was applied.

    The identity was kept with the words of what was applied (`same`), its consumer has passed it, and it is no dead
    letter. Positions tell nothing across partitions: nobody knows in which order they were read. What is left after
    that says the same words and was passed, so that any of it is as good as the other.
    """
    return (not same, not passed, dead, place, position)


def outcome_of(claim: ClaimSeen, cut: ComparisonCut) -> ClaimOutcome:
    """Return what became of `claim` up to the moment of the database."""
    if not cut.passed(claim.consumer, Place(claim.topic, claim.partition), claim.position):
        return ClaimOutcome.UNDER_WAY
    heard_of = claim.told is not None or claim.waiting or claim.given_up
    # What was unreadable once and was read again later has both.
    if claim.dead and not (claim.known and heard_of):
        return ClaimOutcome.DEAD_LETTERED
    if not claim.known and (not heard_of or (claim.conflicting and claim.copy > 1)):
        return ClaimOutcome.DEAD_LETTERED if claim.let_go else ClaimOutcome.SKIPPED
    if claim.copy > 1:
        return ClaimOutcome.DUPLICATE
    if claim.told is not None:
        return ClaimOutcome.REFUSED if claim.told in _REFUSALS else ClaimOutcome.APPLIED
    if claim.waiting:
        return ClaimOutcome.WAITING
    if claim.given_up:
        return ClaimOutcome.GIVEN_UP
    return ClaimOutcome.APPLIED if claim.submitted else ClaimOutcome.NONE
