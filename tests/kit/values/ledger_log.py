"""The requests' log as settlement sees it, for tests: fees by hand, and records in order per request."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from consumers.runner.records import Record
from schemas import log_requests as log
from schemas.base import Event
from schemas.decode import encode
from schemas.envelope import Envelope, to_headers
from schemas.intake_office import PaymentMethod
from schemas.partition import partition_of
from schemas.tariff import Collector, Fee, FeeLine, Leg, Party, Payer, Purpose
from schemas.topics import LOG_REQUESTS

START = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
OFFICE = "office-1"
AGENCY = "water"
NAMES = UUID("00000000-0000-4000-8000-000000000000")


def leg(party: Party, code: str, amount_rial: int) -> Leg:
    """Return one leg; the treasury's code is its deposit id."""
    return Leg(
        party=party,
        party_code=code,
        amount_rial=amount_rial,
        deposit_id=code if party is Party.TREASURY else None,
    )


def line(
    *legs: Leg, payer: Payer = Payer.CITIZEN, collector: Collector = Collector.OFFICE_CASH, code: str = "fee"
) -> FeeLine:
    """Return one line that its legs divide."""
    return FeeLine(
        code=code,
        payer=payer,
        collector=collector,
        purpose=Purpose.FEE,
        amount_rial=sum(part.amount_rial for part in legs),
        legs=legs,
    )


def fee(*lines: FeeLine) -> Fee:
    """Return the fee of these lines."""
    at_office = [
        part
        for part in lines
        if part.payer is Payer.CITIZEN and part.collector in (Collector.OFFICE_CASH, Collector.OFFICE_POS)
    ]
    return Fee(
        lines=lines,
        total_rial=sum(part.amount_rial for part in lines),
        office_collects_rial=sum(part.amount_rial for part in at_office),
        office_part_rial=sum(
            share.amount_rial for part in at_office for share in part.legs if share.party is Party.OFFICE
        ),
    )


def exposure_rial(of_fee: Fee) -> int:
    """Return what acceptance reserves for a fee."""
    return max(0, of_fee.office_collects_rial - of_fee.office_part_rial)


def bill() -> Fee:
    """A bill of 1,250,000 rial, for which the agency pays the office 1,200."""
    return fee(
        line(leg(Party.AGENCY, AGENCY, 1_250_000), code="bill"),
        line(leg(Party.OFFICE, OFFICE, 1_200), payer=Payer.AGENCY, collector=Collector.NONE, code="commission"),
    )


def certificate() -> Fee:
    """A certificate of 30,000 rial, divided 30/70 between bank and office."""
    return fee(line(leg(Party.BANK, "melli", 9_000), leg(Party.OFFICE, OFFICE, 21_000)))


class RequestsLog:
    """Appends events in order, as the bus would: a sequence per subject, a partition per key, positions per partition.

    Every event comes a second after the one before.
    """

    def __init__(self, partitions: int = LOG_REQUESTS.partitions) -> None:
        self.partitions = partitions
        self.records: list[Record] = []
        self._sequences: dict[str, int] = {}
        self._positions: dict[int, int] = {}

    def add(self, event: Event, act: UUID | None = None, at: datetime | None = None) -> Record:
        """Append an event of its request, or of an act that is its own subject; `at` is another time than its turn."""
        subject = str(act or getattr(event, "request_id", None))
        sequence = self._sequences[subject] = self._sequences.get(subject, 0) + 1
        return self._append(subject, partition_of(subject, self.partitions), event, sequence, at)

    def mark(self, window: int) -> list[Record]:
        """Append the markers that end `window` in every partition."""
        return [
            self._append(
                f"window-{window}",
                number,
                log.WindowMarked(window=window, partition=number, partitions=self.partitions),
                None,
                at=START + timedelta(days=window),
            )
            for number in range(self.partitions)
        ]

    def _append(
        self, key: str, partition: int, event: Event, sequence: int | None, at: datetime | None = None
    ) -> Record:
        position = self._positions.get(partition, 0)
        self._positions[partition] = position + 1
        moment = at or START + timedelta(seconds=len(self.records))
        envelope = Envelope(
            id=str(uuid5(NAMES, f"{partition}/{position}")),
            source="/bus",
            type=event.type_name(),
            subject=key,
            time=moment,
            sequence=sequence,
        )
        record = Record(
            topic=LOG_REQUESTS.name,
            partition=partition,
            position=position,
            key=key.encode(),
            headers=tuple(to_headers(envelope)),
            value=encode(event),
            appended_at=moment,
        )
        self.records.append(record)
        return record


def at_position(record: Record, position: int) -> Record:
    """Return the same event at another place of its partition: a relay's second try, or a repaired log."""
    return replace(record, position=position)


def request(number: int) -> UUID:
    """Return the id of the test's `number`-th request."""
    return uuid5(NAMES, f"request {number}")


def accepted(request_id: UUID, of_fee: Fee, office: str = OFFICE, agency: str = AGENCY) -> log.OfficeAccepted:
    """The office took the request on."""
    return log.OfficeAccepted(
        request_id=request_id,
        office=office,
        agency=agency,
        service="service",
        service_version=1,
        agreement="agreement",
        agreement_version=1,
        operator="operator",
        fee=of_fee,
        exposure_rial=exposure_rial(of_fee),
        due_at=START + timedelta(hours=1),
        expires_at=START + timedelta(days=1),
    )


def collected(request_id: UUID, amount_rial: int, office: str = OFFICE) -> log.OfficeCollectedFee:
    """The citizen paid."""
    return log.OfficeCollectedFee(
        request_id=request_id,
        office=office,
        amount_rial=amount_rial,
        method=PaymentMethod.CASH,
        receipt_number="1",
        pos_reference=None,
    )


def completed(request_id: UUID, of_fee: Fee, office: str = OFFICE, agency: str = AGENCY) -> log.RequestCompleted:
    """The case is complete."""
    return log.RequestCompleted(
        request_id=request_id, office=office, agency=agency, service="service", county="bojnurd", fee=of_fee
    )


def closed(
    request_id: UUID,
    of_fee: Fee | None,
    collected_rial: int = 0,
    office: str | None = OFFICE,
    agency: str = AGENCY,
    reason: log.CloseReason = log.CloseReason.REJECTED,
) -> log.RequestClosed:
    """The case ended without completion."""
    return log.RequestClosed(
        request_id=request_id,
        reason=reason,
        office=office,
        agency=agency,
        service="service",
        fee=of_fee,
        collected_rial=collected_rial,
        exposure_rial=0 if of_fee is None else exposure_rial(of_fee),
    )


def returned(request_id: UUID, amount_rial: int, freed_rial: int, office: str = OFFICE) -> log.OfficeReturnedFee:
    """The office gave money back."""
    return log.OfficeReturnedFee(
        request_id=request_id,
        office=office,
        amount_rial=amount_rial,
        exposure_rial=freed_rial,
        receipt_number="2",
    )


def refunded(
    request_id: UUID,
    of_fee: Fee,
    amount_rial: int,
    before_rial: Sequence[int] = (),
    office: str = OFFICE,
    agency: str = AGENCY,
) -> log.RefundAccepted:
    """A completed request's fee is to go back."""
    return log.RefundAccepted(
        request_id=request_id,
        office=office,
        agency=agency,
        fee=of_fee,
        amount_rial=amount_rial,
        refunds_before_rial=tuple(before_rial),
        reason="by decision",
    )


def started(request_id: UUID, office: str = OFFICE) -> log.OfficeStarted:
    """An event that moves no money."""
    return log.OfficeStarted(request_id=request_id, office=office)


def payment(amount_rial: int, office: str = OFFICE) -> log.OfficePaymentAccepted:
    """The office paid in."""
    return log.OfficePaymentAccepted(office=office, amount_rial=amount_rial, reference="bank-1")


#: The request of `life`.
REQUEST = request(1)


def life(of_log: RequestsLog) -> list[Record]:
    """Return a certificate from acceptance to completion; the third of its events moves no money."""
    return [
        of_log.add(accepted(REQUEST, certificate())),
        of_log.add(collected(REQUEST, 30_000)),
        of_log.add(started(REQUEST)),
        of_log.add(completed(REQUEST, certificate())),
    ]
