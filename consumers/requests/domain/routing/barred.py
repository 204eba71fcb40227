"""The dynamic part of the filter for all offices at once: the same rules as `eligibility.dynamic_exclusion`."""

from typing import NamedTuple

from consumers.requests.domain.fees.tariff import Form
from consumers.requests.domain.loads.loads import LoadMasks, Loads
from consumers.requests.domain.routing.candidates import CandidateIndex, ServiceReach
from consumers.requests.domain.routing.eligibility import Circumstances
from schemas.territory import City


class Barred(NamedTuple):
    """Bit sets of the offices that a request cannot have now, one per dynamic reason but distance; they may overlap.

    `feeless` are no such offices, but those by whose tariff the form makes the fee impossible.
    """

    tried: int
    closed: int
    capped: int
    full: int
    shared: int
    feeless: int

    def anybody(self) -> int:
        """Return all of them."""
        return self.tried | self.closed | self.capped | self.full | self.shared


def barred(index: CandidateIndex, service: ServiceReach, loads: Loads, asked: Circumstances) -> Barred:
    """Return who is out, and for which reasons."""
    masks = loads.masks(index.limits, index.shares)
    offices = index.snapshot.offices
    capped, feeless = _by_fee(service, masks, asked.form)
    return Barred(
        index.mask_of(offices[code].ordinal for code in asked.tried if code in offices) if asked.tried else 0,
        index.closed(asked.minute, asked.window_minutes),
        capped,
        masks.full if asked.capacity_matters else 0,
        0 if asked.share is None else masks.spent(asked.share.agency),
        feeless,
    )


def nearest_eligible(index: CandidateIndex, service: ServiceReach, city: City, out: Barred) -> str | None:
    """Return the nearest office that is excluded by nothing but distance, ties by code, or none: a way out."""
    available = service.eligible & ~out.anybody()
    if not available:
        return None
    reach = index.everywhere(city)
    return next(facts.office.code for facts in reach.offices if available >> facts.ordinal & 1)


def _by_fee(service: ServiceReach, masks: LoadMasks, form: Form) -> tuple[int, int]:
    """Return the offices without headroom for this form's fee, and those for which the form makes it impossible.

    Each by the tariff that it would deliver under.
    """
    capped = feeless = 0
    for grant in service.grants:
        exposure_rial = grant.offered.exposure_rial(form)
        if exposure_rial is None:
            feeless |= grant.mask
        capped |= grant.mask & masks.capped(exposure_rial or 0)
    return capped, feeless
