"""The one truth about a request: its stage, what was asked, who has it, its money, and its timers.

A state is a pydantic model because it is written as one JSON document per request. It never holds more of a citizen
than the claim that opened it, nothing of a form that nobody has checked, and the encrypted blob only until the request
is opened.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from schemas.base import Code, EncryptedBlob, Instant, Model, RequestId, ShortText, TrackingCode
from schemas.intake_agency import FormEntry, Origin, RequestSubmitted
from schemas.tariff import Fee
from schemas.trusted import trusted


class RequestStage(StrEnum):
    """The stage of a request. The last five are ends; `awaited` is known only from claims that came too early."""

    AWAITED = "awaited"
    PARKED = "parked"
    ROUTED = "routed"
    ESCALATED = "escalated"
    ACCEPTED = "accepted"
    FEE_COLLECTED = "fee_collected"
    STARTED = "started"
    AGENCY_AWAITED = "agency_awaited"
    COMPLETED = "completed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"


ENDED = frozenset(
    {RequestStage.COMPLETED, RequestStage.REFUSED, RequestStage.CANCELLED, RequestStage.REJECTED, RequestStage.EXPIRED}
)


class Signal(StrEnum):
    """What happens to a request by itself: a deadline passes, or the registry has passed all it had to."""

    ACCEPTANCE_OVERDUE = "acceptance_overdue"
    EXPIRED = "expired"
    REGISTRY_READ = "registry_read"


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who makes a claim, as its topic says: an agency, an office, or, when both are none, the directorate."""

    agency: str | None = None
    office: str | None = None


class Submission(Model):
    """What was asked for, as first claimed, and by whom. `personal` is dropped once the request is opened.

    `form` is empty while the request is parked, and of a refused one it holds what is declared and not personal.
    """

    origin: Origin
    service: Code
    city: Code
    office: Code | None = None
    citizen_ref: UUID | None = None
    form: dict[Code, FormEntry]
    personal: EncryptedBlob | None = None
    submitted_at: Instant
    by_agency: Code | None = None
    by_office: Code | None = None


class RequestState(Model):
    """Everything that the next transition depends on.

    `version` is the sequence of the last log event. `office` has the request now, or had it when it ended.
    `exposure_rial` is what acceptance reserved, `freed_rial` what returns have freed of it, `refunds_rial` lists the
    refunds in order. Of `collected_rial`, `late_cash_rial` was taken after the end; it has a reservation of its own, of
    which `late_freed_rial` is free again. `receipts` are those of the collections. `tracking_code` is given once, when
    the request is opened; requests from before there were codes have none. Times are business time in UTC, amounts
    rial.
    """

    request_id: RequestId
    stage: RequestStage
    version: int = 0
    submission: Submission | None = None
    tracking_code: TrackingCode | None = None
    ever_routed: bool = False
    agency: Code | None = None
    county: Code | None = None
    attempt: int = 0
    tried: tuple[Code, ...] = ()
    office: Code | None = None
    share_of: Code | None = None
    service_version: int = 0
    agreement: Code | None = None
    agreement_version: int = 0
    needs_answer: bool = False
    approved: bool = False
    document_wanted: str | None = None
    fee: Fee | None = None
    exposure_rial: int = 0
    collected_rial: int = 0
    returned_rial: int = 0
    freed_rial: int = 0
    late_cash_rial: int = 0
    late_freed_rial: int = 0
    receipts: tuple[ShortText, ...] = ()
    refunds_rial: tuple[int, ...] = ()
    disputed: bool = False
    accept_by: Instant | None = None
    expires_at: Instant | None = None

    @property
    def due_at(self) -> datetime | None:
        """When the next timer fires; none when nothing is due by itself."""
        accept_by, expires_at = self.accept_by, self.expires_at
        if accept_by is None or expires_at is None:
            return accept_by or expires_at
        return min(accept_by, expires_at)

    def overdue(self, now: datetime) -> Signal | None:
        """Return what has fallen due at `now`, the earliest first."""
        due = self.due_at
        if due is None or due > now:
            return None
        return Signal.ACCEPTANCE_OVERDUE if due == self.accept_by else Signal.EXPIRED

    @property
    def owed_rial(self) -> int:
        """What the office still has to give back to the citizen.

        Of a request that ended without completion that is all that was collected, of a completed one what was ordered
        back; less what was given back already.
        """
        if self.stage is RequestStage.COMPLETED:
            return min(self.collected_rial, sum(self.refunds_rial)) - self.returned_rial
        return self.collected_rial - self.returned_rial if self.stage in ENDED else 0

    @property
    def submitted(self) -> bool:
        """Whether the request itself has arrived, and not only claims about it."""
        return self.submission is not None

    def asked(self) -> Submission:
        """Return the submission of a request that is known to have one."""
        assert self.submission is not None, f"a {self.stage} request has a submission"
        return self.submission

    def holder(self) -> Code:
        """Return the office of a request that is known to have one."""
        assert self.office is not None, f"a {self.stage} request has an office"
        return self.office

    def owner(self) -> Code:
        """Return the agency of a request that is known to have one."""
        assert self.agency is not None, f"a {self.stage} request has an agency"
        return self.agency

    def held_fee(self) -> Fee:
        """Return the fee of a request that an office accepted."""
        assert self.fee is not None, f"a {self.stage} request has a fee"
        return self.fee


def unknown(request_id: UUID) -> RequestState:
    """Return the state of a request that nobody has submitted yet."""
    return trusted(RequestState, {**_BLANK, "request_id": request_id})


def submission_of(claim: RequestSubmitted, speaker: Speaker, moment: datetime) -> Submission:
    """Return what `claim` asks for; at a desk, a walk-in without an office means that desk."""
    office = claim.office
    if office is None and claim.origin is Origin.WALK_IN:
        office = speaker.office
    return trusted(
        Submission,
        {
            "origin": claim.origin,
            "service": claim.service,
            "city": claim.city,
            "office": office,
            "citizen_ref": claim.citizen_ref,
            "form": claim.form,
            "personal": claim.personal,
            "submitted_at": moment,
            "by_agency": speaker.agency,
            "by_office": speaker.office,
        },
    )


def with_form(state: RequestState, claim: RequestSubmitted) -> RequestState:
    """Return a parked request's state with the form that `claim`, with which it waits, has: rows do not keep it."""
    return state.model_copy(update={"submission": state.asked().model_copy(update={"form": claim.form})})


_BLANK = dict(RequestState(request_id=UUID(int=0), stage=RequestStage.AWAITED))
