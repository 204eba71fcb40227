"""Counter offices: licence, place, hours, capacity, equipment, income and money limits."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.base import Code, Instant, LocalizedText, Model, OfficeClass, Provenance, Rial, ShortText, Version


class LicenceState(StrEnum):
    """Whether a licence may be used today."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class Licence(Model):
    """The right to run an office, valid in `[valid_from, valid_to)`."""

    number: ShortText
    valid_from: Instant
    valid_to: Instant | None = None
    state: LicenceState


class OpeningHours(Model):
    """Opening on one weekday (0 = Monday, as in Python), in minutes after midnight, Asia/Tehran."""

    weekday: Annotated[int, Field(ge=0, le=6)]
    opens_minute: Annotated[int, Field(ge=0, le=1439)]
    closes_minute: Annotated[int, Field(ge=1, le=1440)]


class Accession(Model):
    """An office's accession to an agreement; no services means all that its class may deliver."""

    agreement: Code
    services: tuple[Code, ...] = ()


class Office(Model):
    """One version of one office. The county follows from the city by date, because counties split."""

    code: Code
    version: Version
    valid_from: Instant
    office_class: OfficeClass
    licence: Licence
    names: LocalizedText
    city: Code
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    hours: tuple[OpeningHours, ...]
    daily_capacity: Annotated[int, Field(ge=1, le=10_000)]
    equipment: tuple[Code, ...] = ()
    training: tuple[Code, ...] = ()
    expected_monthly_income_rial: Rial
    expected_income_provenance: Provenance
    prepaid_rial: Rial
    net_debit_cap_rial: Rial
    operators: tuple[Code, ...] = ()
    accessions: tuple[Accession, ...] = ()
    provenance: Provenance = Provenance.GENERATED
