"""The routing and time policy, and working calendars: versioned data, never code."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.base import Code, Day, Instant, LocalizedText, Model, Version
from schemas.offices import OpeningHours

PerMille = Annotated[int, Field(ge=0, le=100_000)]
Seconds = Annotated[int, Field(ge=1, le=366 * 86_400)]
#: How long a claim on a request waits where the policy does not say: what another party has said is there by then, and
#: what it has not said is no disorder any more.
WAIT_SECONDS = 600
WaitSeconds = Annotated[int, Field(ge=1, le=3_600)]
#: From a minute to thirty days: opening hours are whole minutes, and no chain of holidays is a month long.
HorizonSeconds = Annotated[int, Field(ge=60, le=30 * 86_400)]
Metres = Annotated[int, Field(ge=1, le=1_000_000)]
#: Rings of one policy. Each costs every pair of a service and a place a bit set of its offices.
RINGS_MAX = 40


class Policy(Model):
    """How the bus decides. Weights are per mille of the load term, so that scores are exact integers.

    `acceptance_seconds` is of the office's opening hours: nights, weekends and holidays do not count. An office that
    does not open within `opens_within_seconds`, counted by the clock, is no candidate. `lateness_seconds` bounds how
    far an event's own time may lie before the broker's; `detour_per_mille` turns a straight line into a road distance.

    `wait_seconds` is how long a claim on a request may wait for another party's word; a policy without it means
    `WAIT_SECONDS`. `park_seconds` is how long the registry waits for what a claim refers to.

    `rings_m` are road distances, growing, up to which an office for an agency's request is looked for first: the draw
    stays within the nearest of them whose candidates have at least `ring_free_per_mille` of the places free that all
    who may deliver the service there have (one place at the least). Beyond the last, and without rings, it goes to
    `distance_limit_m`.

    `agency_kept_per_mille` of every office's places are kept for agencies that have less there than their share, which
    goes by `agency_weights` (1 for who is not named) among the agencies with an active agreement. An agency that has
    more borrows what is free beyond that. When it is none, places are not shared out.
    """

    code: Code
    version: Version
    valid_from: Instant
    income_weight_per_mille: PerMille
    distance_weight_per_mille: PerMille
    distance_limit_m: Metres
    detour_per_mille: Annotated[int, Field(ge=1000, le=5000)]
    attempts_limit: Annotated[int, Field(ge=1, le=20)]
    acceptance_seconds: Seconds
    opens_within_seconds: HorizonSeconds
    expiry_seconds: Seconds
    lateness_seconds: Seconds
    park_seconds: Seconds
    rings_m: Annotated[tuple[Metres, ...], Field(max_length=RINGS_MAX)] = ()
    ring_free_per_mille: Annotated[int, Field(ge=0, le=1000)] = 0
    wait_seconds: WaitSeconds | None = None
    agency_kept_per_mille: Annotated[int, Field(ge=0, le=1000)] | None = None
    agency_weights: dict[Code, Annotated[int, Field(ge=1, le=1000)]] = Field(default_factory=dict, max_length=1000)


class CalendarScope(StrEnum):
    """Whom a calendar binds."""

    PROVINCE = "province"
    COUNTY = "county"
    AGENCY = "agency"
    BANK = "bank"
    OFFICE = "office"


class Holiday(Model):
    """One closed day (Gregorian date in Asia/Tehran); lunar dates may be estimates."""

    on: Day
    names: LocalizedText
    estimated: bool = False


class Calendar(Model):
    """One version of one working calendar: weekly hours and closed days."""

    code: Code
    version: Version
    valid_from: Instant
    scope: CalendarScope
    subject: Code
    hours: tuple[OpeningHours, ...]
    holidays: tuple[Holiday, ...] = ()
