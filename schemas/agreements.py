"""Agreements (memoranda of understanding) as executable data that the agency controls."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.base import Code, Day, Instant, LocalizedText, Model, OfficeClass, Provenance, Rial, ShortText, Version
from schemas.tariff import TariffLine


class AgreementState(StrEnum):
    """The life of an agreement; only `active` lets a request through."""

    DRAFTED = "drafted"
    NEGOTIATED = "negotiated"
    SIGNED = "signed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class SettlementCycle(StrEnum):
    """How often an agreement's posted legs are netted."""

    DAILY = "daily"
    MONTHLY = "monthly"


class ServiceTerms(Model):
    """One service in an agreement's appendix, with its tariff and SLA; `paused` is the agency's instant brake."""

    service: Code
    office_classes: Annotated[tuple[OfficeClass, ...], Field(min_length=1)]
    tariff: tuple[TariffLine, ...] = ()
    sla_working_hours: Annotated[int, Field(ge=1, le=2000)]
    paused: bool = False


class Agreement(Model):
    """One version of one agreement, in force in `[valid_from, valid_to)`.

    `territory` lists counties; empty means the whole province. `revoked_offices` lost the right under it.
    `granted_services` are codes that the agency may publish though they do not begin with its own.
    """

    code: Code
    agency: Code
    version: Version
    state: AgreementState
    valid_from: Instant
    valid_to: Instant | None = None
    names: LocalizedText
    letter_number: ShortText
    letter_date: Day
    signatory_titles: tuple[ShortText, ...] = ()
    scan_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    services: Annotated[tuple[ServiceTerms, ...], Field(min_length=1)]
    territory: tuple[Code, ...] = ()
    revoked_offices: tuple[Code, ...] = ()
    granted_services: tuple[Code, ...] = ()
    duties: tuple[LocalizedText, ...] = ()
    penalties: tuple[LocalizedText, ...] = ()
    settlement_cycle: SettlementCycle
    payment_term_days: Annotated[int, Field(ge=0, le=365)]
    guarantee_rial: Rial = 0
    notice_days: Annotated[int, Field(ge=0, le=365)]
    offline_permitted: bool = False
    provenance: Provenance = Provenance.GENERATED
