"""Why not this office: where one office stood in each decision on a request, by an explanation with its lists."""

from enum import StrEnum

from consumers.requests.domain.review.explain import CANDIDATES, DecisionExplained, Explanation, Lists
from schemas.base import Code, Model
from schemas.log_requests import Exclusion


class Place(StrEnum):
    """Where an office stood."""

    #: It was given the request.
    GIVEN = "given"
    #: It was drawn, and the other one had the lower score.
    OUTSCORED = "outscored"
    #: It could have had it, and was not one of the two that were drawn.
    NOT_DRAWN = "not_drawn"
    #: A rule kept it out.
    EXCLUDED = "excluded"
    #: Another office was chosen by the citizen, or submitted the request, so only that one was asked.
    NOT_ASKED = "not_asked"
    #: The registry knew no such office then.
    UNKNOWN = "unknown"
    #: The logs lack what the lists of offices rest on.
    NOT_KNOWN = "not_known"


class Standing(Model):
    """Where the office stood in one attempt; attempt 0 is a refusal of the request, before any office had it.

    Scores are given of an office that was drawn, `excluded` of one that a rule kept out.
    """

    attempt: int
    place: Place
    office: Code
    chosen: Code | None = None
    score: int | None = None
    chosen_score: int | None = None
    excluded: Exclusion | None = None


def standings(explanation: Explanation, office: Code) -> tuple[Standing, ...]:
    """Return where `office` stood in every decision of `explanation`, which must hold the lists of offices."""
    found = [_in_decision(one, office) for one in explanation.decisions]
    refusal = explanation.refusal
    if refusal is not None and refusal.excluded:
        found.append(_listed(0, office, None, refusal.lists))
    return tuple(found)


def _in_decision(explained: DecisionExplained, office: Code) -> Standing:
    attempt, chosen = explained.decision.attempt, explained.decision.office
    if office == chosen:
        return Standing(attempt=attempt, place=Place.GIVEN, office=office, chosen=chosen)
    scores = {score.office.code: score.sample.score for score in explained.scores}
    if office in scores:
        return Standing(
            attempt=attempt,
            place=Place.OUTSCORED,
            office=office,
            chosen=chosen,
            score=scores[office],
            chosen_score=scores.get(chosen),
        )
    if explained.asked_one_office:
        return Standing(attempt=attempt, place=Place.NOT_ASKED, office=office, chosen=chosen)
    return _listed(attempt, office, chosen, explained.lists)


def _listed(attempt: int, office: Code, chosen: Code | None, lists: Lists) -> Standing:
    if not lists:
        return Standing(attempt=attempt, place=Place.NOT_KNOWN, office=office, chosen=chosen)
    if office in lists.get(CANDIDATES, ()):
        return Standing(attempt=attempt, place=Place.NOT_DRAWN, office=office, chosen=chosen)
    for reason in Exclusion:
        if office in lists.get(reason.value, ()):
            return Standing(attempt=attempt, place=Place.EXCLUDED, office=office, chosen=chosen, excluded=reason)
    return Standing(attempt=attempt, place=Place.UNKNOWN, office=office, chosen=chosen)
