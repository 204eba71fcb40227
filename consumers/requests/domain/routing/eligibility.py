"""The filter: why an office may not have a request. One closed-enum reason each, the first that holds in order.

The static part (agreement to training) is a matter of registry and date; the dynamic part (tried before to capacity) of
the request, the hour and the loads. `candidates` evaluates the same rules for all offices at once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from consumers.requests.domain.fees.tariff import FeeImpossible, Form, depends_on_form, exposure_of
from consumers.requests.domain.loads.loads import Load
from consumers.requests.domain.loads.shares import AgencyShare
from consumers.requests.domain.registry.snapshot import OfficeFacts
from schemas.agreements import Agreement, AgreementState, ServiceTerms
from schemas.base import OfficeClass
from schemas.catalogue import Service
from schemas.log_requests import Exclusion
from schemas.policy import Policy

#: The order in which the filter asks; of several agreements, the one that lets an office furthest says the reason.
ORDER: tuple[Exclusion, ...] = tuple(Exclusion)
RANK = {reason: rank for rank, reason in enumerate(ORDER)}


@dataclass(frozen=True)
class Terms:
    """An agreement's terms for one service, in the form that the filter asks."""

    agreement: Agreement
    terms: ServiceTerms
    territory: frozenset[str]
    revoked: frozenset[str]
    fixed_exposure_rial: int | None

    @classmethod
    def of(cls, agreement: Agreement, terms: ServiceTerms) -> "Terms":
        """Return `terms` with the agreement's lists as sets, and the exposure when no form changes it."""
        fixed = None if depends_on_form(terms.tariff) else _exposure_rial(terms, {}) or 0
        return cls(agreement, terms, frozenset(agreement.territory), frozenset(agreement.revoked_offices), fixed)

    def exposure_rial(self, form: Form) -> int | None:
        """Return what accepting a request with this form reserves; none when the form makes the fee impossible."""
        if self.fixed_exposure_rial is not None:
            return self.fixed_exposure_rial
        return _exposure_rial(self.terms, form)


def _exposure_rial(terms: ServiceTerms, form: Form) -> int | None:
    try:
        return exposure_of(terms.tariff, form)
    except FeeImpossible:
        return None


def is_active(agreement: Agreement) -> bool:
    """Say whether an agreement lets requests through; its validity was resolved by the snapshot."""
    return agreement.state is AgreementState.ACTIVE


def static_exclusion(office: OfficeFacts, service: Service, offered: Terms) -> Exclusion | None:
    """Return why `office` may not deliver `service` under these terms at all, or none when it may."""
    if not is_active(offered.agreement):
        return Exclusion.AGREEMENT
    if offered.terms.paused:
        return Exclusion.PAUSED
    if not class_may(office.office.office_class, service, offered.terms):
        return Exclusion.OFFICE_CLASS
    if offered.territory and office.county not in offered.territory:
        return Exclusion.TERRITORY
    if not office.licensed:
        return Exclusion.LICENCE
    if office.office.code in offered.revoked:
        return Exclusion.REVOKED
    acceded = office.accessions.get(offered.agreement.code)
    if acceded is None or (acceded and service.code not in acceded):
        return Exclusion.ACCESSION
    if not office.equipment.issuperset(service.equipment):
        return Exclusion.EQUIPMENT
    if not office.training.issuperset(service.training):
        return Exclusion.TRAINING
    return None


def class_may(office_class: OfficeClass, service: Service, terms: ServiceTerms) -> bool:
    """Say whether both the catalogue's channels and the agreement let this class of office deliver the service."""
    channel = service.channels.urban if office_class is OfficeClass.URBAN else service.channels.rural
    return channel and office_class in terms.office_classes


class Circumstances(NamedTuple):
    """What the dynamic part asks about, beside the office: the request, the hour and the policy.

    `distance_matters` is false when the citizen stands at, or chose, the office; `window_minutes` is within how long
    from `minute` on the office has to open (1 for a walk-in: it must be open now); `capacity_matters` is false at the
    desk. `form` is what acceptance's reservation is computed from, `share` what an agency's request counts on.
    """

    tried: Collection[str]
    distance_matters: bool
    minute: int
    window_minutes: int
    capacity_matters: bool
    form: Form
    policy: Policy
    share: AgencyShare | None = None


def dynamic_exclusion(
    office: OfficeFacts, offered: Terms, distance_m: int, load: Load, asked: Circumstances
) -> Exclusion | None:
    """Return why an office that may deliver the service under `offered` cannot have this request now, or none."""
    if office.office.code in asked.tried:
        return Exclusion.TRIED_BEFORE
    if asked.distance_matters and distance_m > asked.policy.distance_limit_m:
        return Exclusion.DISTANCE
    if not office.schedule.opens_within(asked.minute, asked.window_minutes):
        return Exclusion.HOURS
    # An impossible fee counts as none: routing refuses the form itself.
    if load.late_cash_rial or load.reserved_rial + (offered.exposure_rial(asked.form) or 0) > office.cap_rial:
        return Exclusion.CAP
    if asked.capacity_matters and load.in_flight >= office.office.daily_capacity:
        return Exclusion.CAPACITY
    capacity, share = office.office.daily_capacity, asked.share
    if share is not None and share.spent(load.taken_by(share.agency), capacity - load.in_flight, capacity):
        return Exclusion.AGENCY_SHARE
    return None
