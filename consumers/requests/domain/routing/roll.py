"""The lists behind a decision's counts: every office in force, and why it was not a candidate."""

from collections.abc import Collection

from consumers.requests.domain.loads.loads import Loads
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.routing.candidates import CandidateIndex
from consumers.requests.domain.routing.eligibility import dynamic_exclusion
from consumers.requests.domain.routing.route import RoutingRequest, circumstances
from schemas.log_requests import Exclusion

Roll = dict[Exclusion | None, list[str]]


def roll_call(request: RoutingRequest, view: RegistryView, loads: Loads, tried: Collection[str]) -> Roll:
    """Return the offices by the reason that excludes them from `request`, sorted by code; candidates under none.

    Asks the rules about each office by itself: for explaining one decision, not for making many. Empty when the service
    or the place was not known, and when only one office was asked.
    """
    index = view.made_at(request.moment, CandidateIndex)
    reach, city = index.service(request.service), index.snapshot.city(request.city)
    if reach is None or city is None or index.snapshot.policy is None:
        return {}
    asked = circumstances(request, index, tried)
    if not asked.distance_matters:
        return {}
    found: Roll = {}
    for code in sorted(index.snapshot.offices):
        facts = index.snapshot.offices[code]
        reason: Exclusion | None
        if reach.eligible >> facts.ordinal & 1:
            offered = reach.grant_of(facts.ordinal).offered
            reason = dynamic_exclusion(facts, offered, index.distance_m(facts, city), loads.of(code), asked)
        else:
            reason, _ = index.static_reason(facts, reach)
        found.setdefault(reason, []).append(code)
    return found
