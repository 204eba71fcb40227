"""Accepted values and the log entries that carry them."""

from datetime import datetime

from consumers.registry.domain.known import Value
from schemas.agreements import Agreement
from schemas.catalogue import Service
from schemas.log_registry import (
    AgreementVersioned,
    CalendarVersioned,
    OfficeVersioned,
    PolicyVersioned,
    RegistryEntry,
    ServiceVersioned,
    TerritoryVersioned,
)
from schemas.offices import Office
from schemas.policy import Calendar, Policy


def entry_of(value: Value, revision: int, accepted_at: datetime) -> RegistryEntry:
    """Return the log entry that says that `value` was accepted as `revision`."""
    match value:
        case Service():
            return ServiceVersioned(revision=revision, accepted_at=accepted_at, service=value)
        case Office():
            return OfficeVersioned(revision=revision, accepted_at=accepted_at, office=value)
        case Agreement():
            return AgreementVersioned(revision=revision, accepted_at=accepted_at, agreement=value)
        case Policy():
            return PolicyVersioned(revision=revision, accepted_at=accepted_at, policy=value)
        case Calendar():
            return CalendarVersioned(revision=revision, accepted_at=accepted_at, calendar=value)
        case _:
            return TerritoryVersioned(revision=revision, accepted_at=accepted_at, territory=value)


def value_of(entry: RegistryEntry) -> Value:
    """Return the value that a log entry carries."""
    match entry:
        case ServiceVersioned(service=value):
            return value
        case OfficeVersioned(office=value):
            return value
        case AgreementVersioned(agreement=value):
            return value
        case PolicyVersioned(policy=value):
            return value
        case CalendarVersioned(calendar=value):
            return value
        case TerritoryVersioned(territory=value):
            return value
        case _:
            raise AssertionError(f"a registry entry of an unknown kind: {type(entry).__name__}")
