"""The registry's log: accepted versions of everything known, under one growing revision."""

from enum import StrEnum

from schemas.agreements import Agreement
from schemas.base import Count, Event, Instant, LongText, ShortText
from schemas.catalogue import Service
from schemas.offices import Office
from schemas.policy import Calendar, Policy
from schemas.territory import Territory


class RegistryEntry(Event):
    """What every accepted version carries. `accepted_at` is business time."""

    revision: Count
    accepted_at: Instant


class ServiceVersioned(RegistryEntry):
    """A service version came into the registry."""

    service: Service


class OfficeVersioned(RegistryEntry):
    """An office version came into the registry."""

    office: Office


class AgreementVersioned(RegistryEntry):
    """An agreement version came into the registry."""

    agreement: Agreement


class PolicyVersioned(RegistryEntry):
    """A policy version came into the registry."""

    policy: Policy


class CalendarVersioned(RegistryEntry):
    """A calendar version came into the registry."""

    calendar: Calendar


class TerritoryVersioned(RegistryEntry):
    """A territory version came into the registry."""

    territory: Territory


class RegistryRefusal(StrEnum):
    """Why the registry did not take a claim."""

    NOT_OWNER = "not_owner"
    VERSION_NOT_NEXT = "version_not_next"
    UNKNOWN_SUBJECT = "unknown_subject"
    ALREADY_KNOWN = "already_known"
    VALIDITY_ENDS_BEFORE_START = "validity_ends_before_start"
    STATE_FORBIDS = "state_forbids"
    REFERS_TO_UNKNOWN = "refers_to_unknown"
    SPLIT_NOT_WHOLE = "split_not_whole"
    FEE_RULE_AMBIGUOUS = "fee_rule_ambiguous"
    RINGS_NOT_GROWING = "rings_not_growing"


class RegistryClaimRefused(Event):
    """A registry claim was refused; the registry's revision did not move."""

    claim_id: ShortText
    claim_source: ShortText
    claim_type: ShortText
    reason: RegistryRefusal
    detail: LongText
