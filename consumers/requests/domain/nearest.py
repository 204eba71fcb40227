"""The way out of a refusal: the nearest office that could have the request, however far."""

from dataclasses import replace

from consumers.requests.domain.candidates import CandidateIndex, ServiceReach
from consumers.requests.domain.eligibility import Circumstances, dynamic_exclusion
from consumers.requests.domain.loads import Loads
from schemas.territory import City


def nearest_eligible(
    index: CandidateIndex, service: ServiceReach, city: City, loads: Loads, asked: Circumstances
) -> str | None:
    """Return the code of the nearest office that is excluded by nothing but distance, ties by code, or none.

    Asks every office that may deliver the service, so it is for refusals only.
    """
    anywhere = replace(asked, distance_matters=False)
    best: tuple[int, str] | None = None
    for code, facts in index.snapshot.offices.items():
        if not service.eligible >> facts.ordinal & 1:
            continue
        distance_m = index.distance_m(facts, city)
        if best is not None and (distance_m, code) >= best:
            continue
        offered = service.grant_of(facts.ordinal).offered
        if dynamic_exclusion(facts, offered, distance_m, loads.of(code), anywhere) is None:
            best = (distance_m, code)
    return None if best is None else best[1]
