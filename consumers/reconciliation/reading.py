"""From records to what is compared of them. The records themselves are not kept."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple, Protocol
from uuid import UUID

from consumers.intake import REGISTRY_CLAIMS, Claim, IntakeReader, Unreadable, objection, read_claim
from consumers.runner.records import Record
from schemas.decode import EventInvalid, parse
from schemas.envelope import Envelope, EnvelopeInvalid, from_headers
from schemas.identity import derived_id
from schemas.intake_office import FeeCollected, FeeReturned
from schemas.late_cash import LateCashTaken
from schemas.log_requests import OfficeCollectedFee, OfficeReturnedFee, RequestClosed, WindowMarked
from schemas.log_settlement import FeePosted, FeeRefunded
from schemas.topics import INTAKE_PREFIX, LOG_REQUESTS, LOG_SETTLEMENT

#: What an event of cash does to the drawer.
_CASH_SIGNS = {OfficeCollectedFee.type_name(): 1, LateCashTaken.type_name(): 1, OfficeReturnedFee.type_name(): -1}
_INCOMES: Mapping[str, tuple[type[FeePosted | FeeRefunded], int]] = {
    FeePosted.type_name(): (FeePosted, 1),
    FeeRefunded.type_name(): (FeeRefunded, -1),
}
_MARKER, _CLOSED = WindowMarked.type_name(), RequestClosed.type_name()
_MARKER_KEY = re.compile(r"window-[0-9]{1,9}")


class ExpectedRow(Protocol):
    """One row as the ledger must hold it."""

    @property
    def kind(self) -> str:
        """What the transaction is."""

    @property
    def debit(self) -> str:
        """The debited account."""

    @property
    def credit(self) -> str:
        """The credited account."""

    @property
    def amount_rial(self) -> int:
        """How much."""


class Expected(Protocol):
    """One business transaction as the ledger must hold it."""

    @property
    def transaction_id(self) -> UUID:
        """Its identity."""

    @property
    def rows(self) -> Sequence[ExpectedRow]:
        """All its rows."""


#: What an event of the requests' log, by type, id and body, makes the ledger hold. May raise `EventInvalid`.
Expect = Callable[[str, str, bytes], Expected | None]


class Seen(NamedTuple):
    """One record of a log.

    `amount_rial` is the cash of an office's drawer, or its income, where the event says one; `reason` is why a request
    was closed, where it was. `digest` is the beginning of the body's SHA-256.
    """

    topic: str
    partition: int
    position: int
    event_id: str
    type: str
    subject: str
    sequence: int | None
    amount_rial: int | None
    appended_at: datetime
    reason: str | None
    digest: int


class Booked(NamedTuple):
    """One row that the ledger must hold because of the record at `position` of the requests' log."""

    partition: int
    position: int
    event_id: str
    subject: str
    sequence: int
    transaction_id: str
    kind: str
    debit_account: str
    credit_account: str
    amount_rial: int


class Claimed(NamedTuple):
    """One record of an intake topic; `outcome_id` is the id of the first event that must follow from it.

    Without an envelope there is neither source nor event id; what cannot be read has no hashes. `acceptable` says
    whether it would be accepted by today's rules: to what would not, a dead letter is an end.
    """

    consumer: str
    topic: str
    partition: int
    position: int
    source: str | None
    event_id: str | None
    type: str | None
    subject: str | None
    body_hash: bytes | None
    about_hash: bytes | None
    outcome_id: str | None
    amount_rial: int | None
    acceptable: bool


class Foreign(NamedTuple):
    """A record of a log that the bus cannot have written."""

    topic: str
    partition: int
    position: int


Fact = Seen | Booked | Claimed | Foreign


def read_facts(record: Record, expect: Expect) -> list[Fact]:
    """Return what is compared of one record of any topic of the bus. Never raises on bad input."""
    if record.topic.startswith(INTAKE_PREFIX):
        return [_claimed(record)]
    try:
        return _logged(record, from_headers(record.headers), expect)
    except (EnvelopeInvalid, EventInvalid, ValueError):
        return [Foreign(record.topic, record.partition, record.position)]


def digest_of(body: bytes) -> int:
    """Return what tells bodies apart, as the database makes it of a row's."""
    return int.from_bytes(sha256(body).digest()[:8], "big", signed=True)


def _claimed(record: Record) -> Claimed:
    kind = next((value for name, value in record.headers if name == "ce_type"), None) or b""
    registrys = kind.decode("utf-8", "replace") in REGISTRY_CLAIMS
    reader = IntakeReader.REGISTRY if registrys else IntakeReader.REQUESTS
    place = (reader.value, record.topic, record.partition, record.position)
    read = read_claim(record, reader)
    if not isinstance(read, Claim):
        envelope = read.envelope if isinstance(read, Unreadable) else None
        source, event_id, type_name = (envelope.source, envelope.id, envelope.type) if envelope else (None, None, None)
        return Claimed(*place, source, event_id, type_name, None, None, None, None, None, acceptable=False)
    source, event_id = read.identity
    # The registry numbers the events that follow from 1, the requests from 0.
    outcome_id = derived_id(source, event_id, 1 if registrys else 0)
    request_id = getattr(read.event, "request_id", None)
    cash = isinstance(read.event, FeeCollected | FeeReturned)
    amount_rial = getattr(read.event, "amount_rial", None) if cash else None
    subject = None if request_id is None else str(request_id)
    about = (source, event_id, read.envelope.type, subject)
    return Claimed(*place, *about, *read.words, outcome_id, amount_rial, acceptable=objection(read) is None)


def _logged(record: Record, envelope: Envelope, expect: Expect) -> list[Fact]:
    key, body = (record.key or b"").decode(), record.value or b""
    sequence, amount_rial, booked, reason = envelope.sequence, None, None, None
    if "\0" in key:
        raise ValueError("the database keeps no text with this character")
    if record.topic == LOG_REQUESTS.name and envelope.type == _MARKER:
        if _MARKER_KEY.fullmatch(key) is None:
            raise ValueError("a marker has its window as key")
    elif record.topic == LOG_REQUESTS.name:
        if sequence is None or key != str(UUID(key)):
            raise ValueError("every event of a request has its place, and its id as key")
        booked = expect(envelope.type, envelope.id, body)
        if booked is not None and envelope.type in _CASH_SIGNS:
            amount_rial = _CASH_SIGNS[envelope.type] * sum(row.amount_rial for row in booked.rows)
        if envelope.type == _CLOSED:
            reason = parse(RequestClosed, body).reason.value
    elif record.topic == LOG_SETTLEMENT.name and envelope.type in _INCOMES:
        model, sign = _INCOMES[envelope.type]
        amount_rial = sign * parse(model, body).office_income_rial
    place = (record.partition, record.position)
    facts: list[Fact] = [
        Seen(
            record.topic,
            *place,
            envelope.id,
            envelope.type,
            key,
            sequence,
            amount_rial,
            record.appended_at,
            reason,
            digest_of(body),
        )
    ]
    if booked is not None and sequence is not None:
        transaction_id = str(booked.transaction_id)
        facts += [
            Booked(
                *place,
                envelope.id,
                key,
                sequence,
                transaction_id,
                row.kind,
                row.debit,
                row.credit,
                row.amount_rial,
            )
            for row in booked.rows
        ]
    return facts
