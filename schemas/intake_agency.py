"""What an agency may claim on its own intake topic, `pishkhan.intake.<agency>`."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from schemas.base import TEXT_PATTERN, Code, EncryptedBlob, Event, Instant, LongText, RequestId, ShortText, Version
from schemas.catalogue import Service

#: A form value that is not personal: text, a whole number, a truth value or a list of value keys.
FormEntry = (
    Annotated[str, Field(max_length=500, pattern=TEXT_PATTERN)]
    | Annotated[int, Field(ge=-1_000_000_000_000_000, le=1_000_000_000_000_000)]
    | bool
    | Annotated[tuple[Code, ...], Field(max_length=100)]
)


class Origin(StrEnum):
    """Who chose the office: the citizen at the desk, the citizen beforehand, or nobody yet."""

    WALK_IN = "walk_in"
    CITIZEN_CHOICE = "citizen_choice"
    AGENCY = "agency"


class ServicePublished(Event):
    """The agency publishes a version of one of its services."""

    service: Service


class ServiceWithdrawn(Event):
    """The agency withdraws a service from `valid_from` on; running requests drain under the old terms."""

    service: Code
    valid_from: Instant
    reason: LongText


class RequestSubmitted(Event):
    """A citizen's case. Used by agencies and, for walk-ins, by offices.

    `city` is where the citizen wants to be served; `office` is the chosen office, which must open soon, or the desk of
    a walk-in, which must be open now. `form`
    holds what is not personal; `personal` is an encrypted blob made at the edge. `citizen_ref` is random.
    """

    request_id: RequestId
    service: Code
    origin: Origin
    city: Code
    office: Code | None = None
    citizen_ref: UUID | None = None
    form: Annotated[dict[Code, FormEntry], Field(max_length=100)] = Field(default_factory=dict)
    personal: EncryptedBlob | None = None


class RequestCancelled(Event):
    """The agency, or the citizen through it, cancels a request that is not completed."""

    request_id: RequestId
    reason: LongText


class Answer(StrEnum):
    """What an agency says to an office's question."""

    APPROVED = "approved"
    REJECTED = "rejected"
    MORE_NEEDED = "more_needed"


class AgencyAnswered(Event):
    """The agency answers a request that awaits it; `document_wanted` says what is missing when more is needed."""

    request_id: RequestId
    answer: Answer
    document_wanted: LongText | None = None


class ClaimWithdrawn(Event):
    """Whoever said a claim on this request that waits takes it back; `claim_id` is that claim's event id.

    Agencies, offices and the directorate say it, each of its own claims, on the topic on which it said them.
    """

    request_id: RequestId
    claim_id: ShortText


class AgreementConfirmed(Event):
    """The agency confirms a signed agreement version: it becomes active on its date."""

    agreement: Code
    version: Version


class AgreementVetoed(Event):
    """The agency vetoes an agreement version: it will not become active."""

    agreement: Code
    version: Version
    reason: LongText


class AgreementPaused(Event):
    """The agency pauses services of its agreement at once, or lifts the pause. No services means all of them."""

    agreement: Code
    services: tuple[Code, ...] = ()
    paused: bool
    reason: LongText
