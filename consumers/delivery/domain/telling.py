"""What each party is told of which event: the one declared table, a row per event of the bus's logs.

A row names fields of the event (`decision.office` is the field `office` in `decision`, told as `office`). No form, no
personal blob, no reference to a citizen is in any row, and nothing of one party's business in another's: an office
reads no other one's figures, an agency no reasoning of the draw. Whoever adds an event to a log adds a row; a test
names those without.

The tracking code is told once, to the agency that has submitted the request, for it must hand the code to the citizen.
At a desk the desk does; nobody else is told it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from consumers.delivery.domain import whom
from consumers.delivery.domain.whom import Body, Known, Whom
from schemas import late_cash, log_letters, log_registry, log_requests, log_settlement
from schemas.base import Event
from schemas.feed import DIRECTORATE_FEED, agency_of_feed
from schemas.intake_agency import Origin

#: Names of fields; none: this kind of party is not told of such an event.
Fields = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Telling:
    """One row: the event, whom it concerns, and which fields each kind of party is told.

    `directorate` is its short form; what is the directorate's own business it is told as an agency would be.
    """

    event: type[Event]
    whom: Whom
    agency: Fields = None
    office: Fields = None
    directorate: Fields = None


_NOTHING = Known()


class Told(NamedTuple):
    """What one feed is told of one event."""

    feed: str
    data: Mapping[str, object]


_CLAIM = ("request_id", "claim_id", "claim_type", "reason", "detail")
_LETTER = ("topic", "partition", "position", *_CLAIM[1:], "field", "untold_before")
_STATEMENT = ("window", "account", "opening_rial", "debits_rial", "credits_rial", "closing_rial")
_CORRECTION = ("debit_account", "credit_account", "amount_rial")
_DATED = ("revision", "accepted_at")

TELLINGS: tuple[Telling, ...] = (
    # --- the life of a request ---------------------------------------------------------------------------------------
    Telling(
        log_requests.RequestOpened,
        whom.at_the_desk,
        agency=("origin", "service", "city", "county", "office", "submitted_at", "tracking_code"),
        office=("origin", "service", "agency", "city", "county", "submitted_at"),
        directorate=("origin", "service", "agency", "city", "county"),
    ),
    Telling(
        log_requests.RequestRouted,
        whom.routed,
        agency=("service", "county", "decision.office", "decision.attempt", "accept_by"),
        office=("service", "agency", "decision.attempt", "accept_by"),
        directorate=("service", "agency", "county", "decision.office", "decision.attempt", "accept_by"),
    ),
    Telling(
        log_requests.RequestRefused,
        whom.at_the_desk,
        agency=("service", "reason", "detail", "nearest_office"),
        office=("service", "reason", "detail", "nearest_office"),
        directorate=("service", "agency", "reason"),
    ),
    Telling(
        log_requests.OfficeAccepted,
        whom.both,
        agency=("office", "service", "fee.total_rial", "due_at", "expires_at"),
        office=("service", "agency", "operator", "fee.total_rial", "fee.office_collects_rial", "due_at", "expires_at"),
        directorate=("office", "agency", "service", "due_at"),
    ),
    # Whoever loses the request is told so.
    Telling(
        log_requests.OfficeDeclined,
        whom.both,
        agency=("office", "attempt", "reason"),
        office=("attempt", "reason"),
        directorate=("office", "attempt", "reason"),
    ),
    Telling(
        log_requests.OfficeTimedOut,
        whom.both,
        agency=("office", "attempt"),
        office=("attempt",),
        directorate=("office", "attempt", "intake_unread"),
    ),
    Telling(log_requests.RequestEscalated, whom.agency_alone, agency=("attempts",), directorate=("attempts",)),
    Telling(
        log_requests.OfficeCollectedFee,
        whom.both,
        agency=("office", "amount_rial", "method"),
        office=("amount_rial", "method", "receipt_number"),
        directorate=("office", "amount_rial", "method"),
    ),
    Telling(
        log_requests.OfficeReturnedFee,
        whom.both,
        agency=("office", "amount_rial"),
        office=("amount_rial", "receipt_number"),
        directorate=("office", "amount_rial"),
    ),
    Telling(
        late_cash.LateCashTaken,
        whom.both,
        agency=("office", "amount_rial", "method"),
        office=("amount_rial", "method", "receipt_number"),
        directorate=("office", "amount_rial", "method"),
    ),
    Telling(log_requests.OfficeStarted, whom.both, agency=("office",), office=(), directorate=("office",)),
    Telling(
        log_requests.AgencyAsked, whom.both, agency=("office",), office=("agency",), directorate=("office", "agency")
    ),
    # Which paper is wanted: the office must tell the citizen.
    Telling(
        log_requests.AgencyReplied,
        whom.both,
        agency=("answer", "document_wanted"),
        office=("agency", "answer", "document_wanted"),
        directorate=("agency", "answer"),
    ),
    Telling(log_requests.OfficeDelivered, whom.both, agency=("office",), office=(), directorate=("office",)),
    Telling(
        log_requests.RequestCompleted,
        whom.both,
        agency=("office", "service", "county", "fee.total_rial"),
        office=("service", "agency", "fee.total_rial", "fee.office_part_rial"),
        directorate=("office", "agency", "service", "county", "fee.total_rial"),
    ),
    Telling(
        log_requests.RequestClosed,
        whom.both,
        agency=("reason", "office", "service", "collected_rial"),
        office=("reason", "agency", "service", "collected_rial"),
        directorate=("reason", "office", "agency", "service", "collected_rial"),
    ),
    Telling(
        log_requests.RefundAccepted,
        whom.both,
        agency=("office", "amount_rial", "reason"),
        office=("agency", "amount_rial", "reason"),
        directorate=("office", "agency", "amount_rial"),
    ),
    Telling(
        log_requests.DisputeMarked,
        whom.both,
        agency=("open", "reason"),
        office=("open", "reason"),
        directorate=("open",),
    ),
    # --- claims that were not accepted -------------------------------------------------------------------------------
    Telling(log_requests.ClaimRefused, whom.speaker, _CLAIM, _CLAIM, ("claim_source", "claim_type", "reason")),
    Telling(
        log_requests.ClaimTakenBack,
        whom.speaker,
        agency=("request_id", "claim_id", "claim_type"),
        office=("request_id", "claim_id", "claim_type"),
        directorate=("claim_source", "claim_type"),
    ),
    Telling(
        log_registry.RegistryClaimRefused,
        whom.speaker,
        agency=("claim_id", "claim_type", "reason", "detail"),
        office=("claim_id", "claim_type", "reason", "detail"),
        directorate=("claim_source", "claim_type", "reason"),
    ),
    Telling(log_letters.ClaimSetAside, whom.owner_of_topic, _LETTER, _LETTER, ("topic", "reason", "untold_before")),
    # --- acts of money without a request -----------------------------------------------------------------------------
    Telling(
        log_requests.OfficePaymentAccepted,
        whom.office_alone,
        office=("amount_rial", "reference"),
        directorate=("office", "amount_rial"),
    ),
    Telling(
        log_requests.FineAccepted,
        whom.office_alone,
        office=("fine_id", "amount_rial", "lifted", "minutes_number"),
        directorate=("office", "amount_rial", "lifted"),
    ),
    Telling(
        log_requests.CorrectionAccepted,
        whom.holders,
        agency=(*_CORRECTION, "minutes_number"),
        office=(*_CORRECTION, "minutes_number"),
        directorate=(*_CORRECTION, "minutes_number"),
    ),
    # A mark in every partition; that all have passed it is told by the window's closing.
    Telling(log_requests.WindowMarked, whom.directorate_alone),
    # --- what the ledger wrote. The fees of a request are told by its log already ------------------------------------
    Telling(log_settlement.FeeHeld, whom.both),
    Telling(log_settlement.CollectionRecorded, whom.both),
    Telling(log_settlement.ReturnRecorded, whom.both),
    Telling(log_settlement.LateCashRecorded, whom.both),
    Telling(log_settlement.FeePosted, whom.both),
    Telling(log_settlement.FeeVoided, whom.both),
    Telling(log_settlement.FeeRefunded, whom.both),
    Telling(
        log_settlement.OfficePaymentRecorded,
        whom.office_alone,
        office=("window", "amount_rial", "reference"),
        directorate=("window", "office", "amount_rial"),
    ),
    Telling(
        log_settlement.FineRecorded,
        whom.office_alone,
        office=("window", "fine_id", "amount_rial", "lifted"),
        directorate=("window", "office", "amount_rial", "lifted"),
    ),
    Telling(
        log_settlement.CorrectionRecorded,
        whom.holders,
        agency=("window", *_CORRECTION),
        office=("window", *_CORRECTION),
        directorate=("window", *_CORRECTION),
    ),
    Telling(
        log_settlement.WindowClosed,
        whom.directorate_alone,
        directorate=("window", "closed_at", "transfers", "posted_rial", "refunded_rial"),
    ),
    Telling(
        log_settlement.StatementIssued, whom.holders, _STATEMENT, _STATEMENT, ("window", "account", "closing_rial")
    ),
    # --- what is known -----------------------------------------------------------------------------------------------
    Telling(
        log_registry.ServiceVersioned,
        whom.owner_of_service,
        agency=(*_DATED, "service.code", "service.version", "service.stage", "service.valid_from", "service.valid_to"),
        directorate=(*_DATED, "service.code", "service.agency", "service.version", "service.stage"),
    ),
    Telling(
        log_registry.AgreementVersioned,
        whom.party_to_agreement,
        agency=(
            *_DATED,
            *("agreement.code", "agreement.version", "agreement.state", "agreement.valid_from", "agreement.valid_to"),
        ),
        directorate=(*_DATED, "agreement.code", "agreement.agency", "agreement.version", "agreement.state"),
    ),
    Telling(
        log_registry.OfficeVersioned,
        whom.office_itself,
        office=(*_DATED, "office.code", "office.version", "office.licence", "office.daily_capacity"),
        directorate=(*_DATED, "office.code", "office.version"),
    ),
    Telling(log_registry.PolicyVersioned, whom.directorate_alone, directorate=(*_DATED, "policy.version")),
    Telling(
        log_registry.CalendarVersioned,
        whom.directorate_alone,
        directorate=(*_DATED, "calendar.code", "calendar.version"),
    ),
    Telling(log_registry.TerritoryVersioned, whom.directorate_alone, directorate=(*_DATED, "territory.version")),
)

_ROWS: Mapping[str, Telling] = {row.event.type_name(): row for row in TELLINGS}
#: Types that somebody is told of; of all others nothing is read but their place in the order.
TOLD: frozenset[str] = frozenset(
    name for name, row in _ROWS.items() if (row.agency, row.office, row.directorate) != (None, None, None)
)


def told(event_type: str, body: Body, known: Known) -> Iterator[Told]:
    """Yield what each feed is told of an event; `known` is what is known of its request after it."""
    row = _ROWS[event_type]
    for feed in row.whom(body, known).feeds():
        data = told_to(feed, event_type, body)
        if data is not None:
            yield Told(feed, data)


def told_to(feed: str, event_type: str, body: Body) -> Mapping[str, object] | None:
    """Return what one feed is told of an event that concerns it; none when such parties are not told of this type."""
    row = _ROWS[event_type]
    if feed == DIRECTORATE_FEED:
        own = row.agency is not None and row.whom(body, _NOTHING).directorate
        return _picked(row.agency if own else row.directorate, body)
    if agency_of_feed(feed) is None:
        return _picked(row.office, body)
    data = _picked(row.agency, body)
    if data is not None and body.get("origin") == Origin.WALK_IN:
        data.pop("tracking_code", None)
    return data


def _picked(fields: Fields, body: Body) -> dict[str, object] | None:
    """Return `fields` of a body, by the last part of their names; what an older body lacks, or is none, is left out."""
    if fields is None:
        return None
    data: dict[str, object] = {}
    for path in fields:
        value: object = body
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is not None:
            data[path.rpartition(".")[2]] = value
    return data
