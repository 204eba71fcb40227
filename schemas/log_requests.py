"""The requests' log: what the bus has accepted of every request, gap-free and in order per request.

The order is the envelope's `sequence`, which only the bus sets. Amounts are rial, times are business time in UTC.
"""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from schemas.agreements import SettlementCycle
from schemas.base import (
    Code,
    Count,
    EncryptedBlob,
    Event,
    Instant,
    LongText,
    Model,
    PositiveRial,
    RequestId,
    Rial,
    ShortText,
    SignedRial,
    TrackingCode,
    Version,
    WindowNumber,
)
from schemas.intake_agency import Answer, FormEntry, Origin
from schemas.intake_office import DeclineReason, PaymentMethod
from schemas.refusals import ClaimRefusal as ClaimRefusal
from schemas.tariff import Fee

#: How often a request has been routed: 1 for the first office.
Attempt = Annotated[int, Field(ge=1, le=1000)]


class Exclusion(StrEnum):
    """Why an office was not a candidate; in the order in which the filter asks."""

    AGREEMENT = "agreement"
    PAUSED = "paused"
    OFFICE_CLASS = "office_class"
    TERRITORY = "territory"
    LICENCE = "licence"
    REVOKED = "revoked"
    ACCESSION = "accession"
    EQUIPMENT = "equipment"
    TRAINING = "training"
    TRIED_BEFORE = "tried_before"
    DISTANCE = "distance"
    HOURS = "hours"
    CAP = "cap"
    CAPACITY = "capacity"
    AGENCY_SHARE = "agency_share"


class RefusalReason(StrEnum):
    """Why a request was refused before any office had it."""

    UNKNOWN_SERVICE = "unknown_service"
    NOT_OWNER = "not_owner"
    SERVICE_NOT_LIVE = "service_not_live"
    NO_AGREEMENT = "no_agreement"
    SERVICE_PAUSED = "service_paused"
    UNKNOWN_PLACE = "unknown_place"
    UNKNOWN_OFFICE = "unknown_office"
    OFFICE_NOT_ELIGIBLE = "office_not_eligible"
    NO_ELIGIBLE_OFFICE = "no_eligible_office"
    FORM_INVALID = "form_invalid"
    CANCELLED_BEFORE_ROUTING = "cancelled_before_routing"
    AGENCY_SHARE = "agency_share"


class Sample(Model):
    """One sampled candidate with every input of its score, so that anyone can do the sum again.

    `score = 1000·in_flight/capacity + income_weight·income/expected + distance_weight·distance/limit`, whole numbers,
    each term rounded down (see `consumers/requests/domain`). `income_rial` is what the office earned, less what it gave
    back, in the Jalali month of the decision's `decided_for`, as far as it was settled; the expectation is a month's.
    """

    office: Code
    in_flight: Count
    capacity: Annotated[int, Field(ge=1, le=10_000)]
    income_rial: SignedRial
    expected_income_rial: Rial
    distance_m: Count
    score: Count


class Decision(Model):
    """Which office, and why. The lists behind the counts are rebuilt by `pishkhan explain` from the registry's log.

    `decided_for` is the request's business time, `decided_at` that of deciding it: the later, the longer the backlog.
    `loads_seen` is the load revision that the worker had read; its own earlier decisions of the batch count on top.
    `ring_m` is the distance within which was drawn, among `ring_candidates` of all `candidates`; both are none when
    only a chosen office was asked, and under a policy without rings.
    """

    office: Code
    attempt: Attempt
    agreement: Code
    agreement_version: Version
    service_version: Version
    policy_version: Version
    registry_revision: Count
    decided_for: Instant
    decided_at: Instant
    loads_seen: Count
    seed: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    candidates: Count
    excluded: dict[Exclusion, Count]
    samples: Annotated[tuple[Sample, ...], Field(max_length=2)]
    ring_m: Count | None = None
    ring_candidates: Count | None = None


class RequestLogEvent(Event):
    """What every event about one request carries."""

    request_id: RequestId


class RequestMoneyEvent(RequestLogEvent):
    """What every event that moves a request's money carries: under which agreement's terms, and netted how often.

    They are none in events from before they were carried, and where no money was held.
    """

    agreement: Code | None = None
    agreement_version: Version | None = None
    settlement_cycle: SettlementCycle | None = None


class RequestOpened(RequestLogEvent):
    """A request is known to the bus: always the first event of its request.

    `agency` is none when a desk asked for a service that no agency has published. When the request is refused, `form`
    holds only the fields that the service declares, that are not personal and that fit their datatype.
    `tracking_code` is for the citizen alone: whoever has it may ask how the request stands. Requests from before there
    were codes have none.
    """

    origin: Origin
    service: Code
    agency: Code | None
    city: Code
    county: Code | None
    office: Code | None
    citizen_ref: UUID | None
    form: dict[Code, FormEntry]
    personal: EncryptedBlob | None
    submitted_at: Instant
    tracking_code: TrackingCode | None = None


class RequestRouted(RequestLogEvent):
    """The request was given to an office, which must accept by `accept_by`.

    That is when the policy's `acceptance_seconds` of the office's opening hours have passed since the decision's
    `decided_at`. `share_of` is the agency on whose share of the office's places it counts, until it leaves the office;
    none for what a desk submitted, and under a policy that shares none out.
    """

    service: Code
    agency: Code
    county: Code
    decision: Decision
    accept_by: Instant
    share_of: Code | None = None


class RequestRefused(RequestLogEvent):
    """No office got the request; the reason is final, `nearest_office` is a way out when there is one."""

    service: Code
    agency: Code | None
    reason: RefusalReason
    detail: LongText
    agreement: Code | None
    excluded: dict[Exclusion, Count]
    nearest_office: Code | None
    registry_revision: Count
    loads_seen: Count
    decided_for: Instant


class OfficeAccepted(RequestLogEvent):
    """The office took the request on. `fee` is the whole computation; `exposure_rial` was reserved for it."""

    office: Code
    agency: Code
    service: Code
    service_version: Version
    agreement: Code
    agreement_version: Version
    settlement_cycle: SettlementCycle | None = None
    operator: Code
    fee: Fee
    exposure_rial: Rial
    due_at: Instant
    expires_at: Instant


class OfficeDeclined(RequestLogEvent):
    """The office sent the request back. `share_of` is the agency whose place is free again."""

    office: Code
    attempt: Attempt
    reason: DeclineReason
    share_of: Code | None = None


class OfficeTimedOut(RequestLogEvent):
    """The acceptance deadline passed.

    `intake_unread` names the topic that stood still so long that the deadline fired before it was read, `share_of`
    the agency whose place is free again.
    """

    office: Code
    attempt: Attempt
    intake_unread: ShortText | None = None
    share_of: Code | None = None


class RequestEscalated(RequestLogEvent):
    """All attempts are used up: a person at the directorate must find an office."""

    attempts: Attempt
    excluded: dict[Exclusion, Count]


class OfficeCollectedFee(RequestMoneyEvent):
    """The office has the citizen's money."""

    office: Code
    amount_rial: PositiveRial
    method: PaymentMethod
    receipt_number: ShortText
    pos_reference: ShortText | None


class OfficeReturnedFee(RequestMoneyEvent):
    """The office gave the citizen money back.

    `exposure_rial` is what this return frees of the request's reservation: the amount itself, until all that acceptance
    and late cash reserved is free; `late_cash_rial` is how much of that was reserved for late cash, which goes first.
    """

    office: Code
    amount_rial: PositiveRial
    exposure_rial: Rial
    receipt_number: ShortText
    late_cash_rial: Rial = 0


class OfficeStarted(RequestLogEvent):
    """Work began."""

    office: Code


class AgencyAsked(RequestLogEvent):
    """The office waits for the agency."""

    office: Code
    agency: Code


class AgencyReplied(RequestLogEvent):
    """The agency answered."""

    agency: Code
    answer: Answer
    document_wanted: LongText | None


class OfficeDelivered(RequestLogEvent):
    """The citizen was served."""

    office: Code


class RequestCompleted(RequestMoneyEvent):
    """The case is complete: the held fee is posted by `fee`'s legs. `share_of` is the agency whose place is free."""

    office: Code
    agency: Code
    service: Code
    county: Code
    fee: Fee
    share_of: Code | None = None


class CloseReason(StrEnum):
    """Why a request ended without completion."""

    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"


class RequestClosed(RequestMoneyEvent):
    """The case ended without completion: the held fee is voided, and `collected_rial` is due back to the citizen.

    `office` is the one that had the request, routed or accepted; it is none when nobody had it (escalated). `fee` is
    none when no office had accepted; `exposure_rial` is what acceptance had reserved. `share_of` is the agency whose
    place is free again, `intake_unread` a topic that stood still so long that it expired before that was read.
    """

    reason: CloseReason
    office: Code | None
    agency: Code
    service: Code
    fee: Fee | None
    collected_rial: Rial
    exposure_rial: Rial
    share_of: Code | None = None
    intake_unread: ShortText | None = None


class RefundAccepted(RequestMoneyEvent):
    """A completed request's fee goes back: settlement reverses the original legs.

    `refunds_before_rial` lists the request's earlier refunds in order: each was rounded on the legs left then.
    """

    office: Code
    agency: Code
    fee: Fee
    amount_rial: PositiveRial
    refunds_before_rial: Annotated[tuple[PositiveRial, ...], Field(max_length=1000)]
    reason: LongText


class DisputeMarked(RequestLogEvent):
    """A completed request's legs are disputed, or no longer."""

    open: bool
    reason: LongText


class ClaimRefused(Event):
    """A claim was refused. `request_id` is none when the claim is about no request."""

    request_id: RequestId | None
    claim_id: ShortText
    claim_source: ShortText
    claim_type: ShortText
    reason: ClaimRefusal
    detail: LongText


class ClaimTakenBack(Event):
    """A claim that waited was taken back by who had said it: it is refused as withdrawn, or, when it was the submission
    itself, the request is. `request_id` is none when the request is not open.
    """

    request_id: RequestId | None
    claim_id: ShortText
    claim_source: ShortText
    claim_type: ShortText


class OfficePaymentAccepted(Event):
    """An office's payment, on its way to the ledger."""

    office: Code
    amount_rial: PositiveRial
    reference: ShortText


class FineAccepted(Event):
    """A fine, or its lifting when `lifted`, on its way to the ledger."""

    fine_id: UUID
    office: Code
    amount_rial: PositiveRial
    lifted: bool
    minutes_number: ShortText


class CorrectionAccepted(Event):
    """A correcting transfer, on its way to the ledger."""

    debit_account: ShortText
    credit_account: ShortText
    amount_rial: PositiveRial
    minutes_number: ShortText


class WindowMarked(Event):
    """The marker that ends window `window` in one partition of this log; every partition gets one."""

    window: WindowNumber
    partition: Annotated[int, Field(ge=0, le=9_999)]
    partitions: Annotated[int, Field(ge=1, le=10_000)]
