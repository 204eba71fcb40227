"""The design's four money examples from end to end: claims, tariff, lifecycle, ledger; figures worked out by pencil."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from consumers.runner.records import Record
from schemas.base import Event
from schemas.catalogue import Datatype, FormAttribute
from schemas.envelope import Envelope, to_headers
from schemas.intake_agency import AgencyAnswered, Answer, Origin
from schemas.intake_directorate import OfficePaid, RefundOrdered
from schemas.intake_office import AgencyAwaited, FeeReturned, RequestAccepted, ServiceDelivered, ServiceStarted
from schemas.log_registry import RegistryEntry
from schemas.tariff import Collector, FixedRule, Party, Payer, Purpose, SplitPart, VariableRule
from schemas.topics import LOG_REQUESTS
from tests.kit.on_sql.requests import (
    AGENCY_SOURCE,
    DIRECTORATE,
    OPERATOR,
    RequestsBus,
    collected,
    load_registry,
    submission,
)
from tests.kit.on_sql.settlement import SettlementBus
from tests.kit.values import builders as build

pytestmark = pytest.mark.integration

OFFICE = "office-1"
DESK = f"/offices/{OFFICE}"
DRAWER, OWN = f"office:{OFFICE}:drawer", f"office:{OFFICE}"
BILL_RIAL, COMMISSION_RIAL = 1_250_000, 1_200
DEPOSIT = "280800000000000000000000000012"


def registry() -> list[RegistryEntry]:
    """Return a province with one office and four services: a bill, a certificate, a free one, and public revenue."""
    bill = build.service("bill", form=(_field("bill_rial", Datatype.NUMBER), _field("bill_id", Datatype.STRING)))
    lines = {
        "bill": (
            build.certificate_line(
                code="principal",
                purpose=Purpose.PASS_THROUGH,
                rule=VariableRule(field="bill_rial"),
                split=(SplitPart(party=Party.AGENCY, numerator=1, denominator=1),),
                bill_id_field="bill_id",
            ),
            build.certificate_line(
                code="commission",
                payer=Payer.AGENCY,
                collector=Collector.NONE,
                rule=FixedRule(amount_rial=COMMISSION_RIAL),
                split=(SplitPart(party=Party.OFFICE, numerator=1, denominator=1),),
            ),
        ),
        "certificate": (build.certificate_line(),),
        "free": (),
        "passport": (
            build.certificate_line(
                code="revenue",
                rule=FixedRule(amount_rial=1_000_000),
                split=(SplitPart(party=Party.TREASURY, deposit_id=DEPOSIT, numerator=1, denominator=1),),
            ),
            build.certificate_line(),
        ),
    }
    services = [bill, *(build.service(code) for code in lines if code != "bill")]
    agreement = build.agreement(services=tuple(build.terms(code, tariff=tariff) for code, tariff in lines.items()))
    office = build.office(OFFICE, daily_capacity=100)
    return build.entries([build.territory(), build.policy(), build.calendar(), *services, agreement, office])


def _field(code: str, datatype: Datatype) -> FormAttribute:
    return FormAttribute(code=code, datatype=datatype, required=True, order=1, names=build.words(code))


class Till:
    """Both consumers over one database: claims go in, and the ledger is read."""

    def __init__(self, engine: Engine) -> None:
        self.requests = RequestsBus(engine)
        self.settlement = SettlementBus(engine)
        self._engine = engine
        self._settled = 0

    def say(self, source: str, *events: Event) -> None:
        """Handle claims one by one; none may be refused."""
        for event in events:
            self.requests.say(source, event)
        assert self.requests.refusals() == []
        assert self.requests.parked() == []

    def submit(self, service: str, **form: int | str) -> UUID:
        """Let a citizen ask at the desk; return the request's id."""
        request_id = uuid4()
        self.say(DESK, submission(request_id, service=service, origin=Origin.WALK_IN, form=form))
        return request_id

    def settle(self) -> dict[str, int]:
        """Let settlement follow the log; return the balances that are not zero."""
        query = text("SELECT * FROM outbox WHERE topic = :topic AND id > :last ORDER BY id")
        with self._engine.begin() as connection:
            rows = connection.execute(query, {"topic": LOG_REQUESTS.name, "last": self._settled}).all()
        records = []
        for row in rows:
            envelope = Envelope(row.event_id, row.source, row.type, row.subject, row.time, row.sequence)
            headers = tuple(to_headers(envelope))
            key, body = row.key.encode(), bytes(row.body)
            records.append(Record(row.topic, row.partition, row.id, key, headers, body, row.created_at))
            self._settled = row.id
        self.settlement.handle(*records)
        assert self.settlement.findings() == []
        return self.settlement.balances()


@pytest.fixture
def till(engine: Engine) -> Till:
    with engine.begin() as connection:
        load_registry(connection, registry())
    return Till(engine)


def accept(request_id: UUID) -> Event:
    return RequestAccepted(request_id=request_id, operator=OPERATOR)


def serve(request_id: UUID) -> tuple[Event, Event]:
    return (
        ServiceStarted(request_id=request_id, operator=OPERATOR),
        ServiceDelivered(request_id=request_id, operator=OPERATOR),
    )


def exposed(till: Till) -> tuple[int, int]:
    """Return what is reserved for the office, and its income, in rial."""
    return till.settlement.query("SELECT reserved_rial, income_rial FROM office_position")[0]


def test_a_bill_for_which_the_agency_pays_the_office(till: Till) -> None:
    request_id = till.submit("bill", bill_rial=BILL_RIAL, bill_id="12345")
    till.say(DESK, accept(request_id))
    assert till.settle() == {
        "citizens": BILL_RIAL,
        f"holds:agency:{build.AGENCY}": COMMISSION_RIAL,
        "suspense": -BILL_RIAL - COMMISSION_RIAL,
    }
    till.say(DESK, collected(request_id, BILL_RIAL), *serve(request_id))
    assert till.settle() == {
        DRAWER: BILL_RIAL,
        f"agency:{build.AGENCY}": -BILL_RIAL + COMMISSION_RIAL,
        OWN: -COMMISSION_RIAL,
    }
    assert exposed(till) == (BILL_RIAL, COMMISSION_RIAL)
    till.say(DIRECTORATE, OfficePaid(office=OFFICE, amount_rial=BILL_RIAL, reference="B-1"))
    assert till.settle() == {
        "settlement:bank": BILL_RIAL,
        f"agency:{build.AGENCY}": -BILL_RIAL + COMMISSION_RIAL,
        OWN: -COMMISSION_RIAL,
    }
    assert exposed(till) == (0, COMMISSION_RIAL)


def test_a_certificate_divided_between_bank_and_office_and_refunded(till: Till) -> None:
    request_id = till.submit("certificate")
    till.say(DESK, accept(request_id), collected(request_id), *serve(request_id))
    assert till.settle() == {DRAWER: 30_000, "bank:melli": -9_000, OWN: -21_000}
    assert exposed(till) == (9_000, 21_000)

    def order(amount_rial: int) -> Event:
        return RefundOrdered(request_id=request_id, amount_rial=amount_rial, reason="error")

    till.say(DIRECTORATE, order(10_001))
    assert till.settle() == {DRAWER: 30_000, "bank:melli": -6_000, OWN: -13_999, "citizens:refunds": -10_001}
    till.say(DIRECTORATE, order(19_999))
    back = FeeReturned(request_id=request_id, amount_rial=30_000, receipt_number="R2", operator=OPERATOR)
    till.say(DESK, back)
    assert till.settle() == {}
    assert exposed(till) == (0, 0)


def test_a_free_service_leaves_no_rows(till: Till) -> None:
    request_id = till.submit("free")
    till.say(DESK, accept(request_id), *serve(request_id))
    assert till.settle() == {}
    assert till.settlement.rows() == []


def test_a_certificate_rejected_after_cash_was_taken(till: Till) -> None:
    request_id = till.submit("certificate")
    till.say(DESK, accept(request_id), collected(request_id), serve(request_id)[0])
    till.say(DESK, AgencyAwaited(request_id=request_id, operator=OPERATOR))
    till.say(AGENCY_SOURCE, AgencyAnswered(request_id=request_id, answer=Answer.REJECTED))
    assert till.settle() == {DRAWER: 30_000, "citizens:refunds": -30_000}
    assert exposed(till) == (9_000, 0)
    till.say(DESK, FeeReturned(request_id=request_id, amount_rial=30_000, receipt_number="R2", operator=OPERATOR))
    assert till.settle() == {}
    assert exposed(till) == (0, 0)


def test_public_revenue_goes_gross_to_the_treasury(till: Till) -> None:
    request_id = till.submit("passport")
    till.say(DESK, accept(request_id), collected(request_id, 1_030_000), *serve(request_id))
    assert till.settle() == {
        DRAWER: 1_030_000,
        f"treasury:{DEPOSIT}": -1_000_000,
        "bank:melli": -9_000,
        OWN: -21_000,
    }
    summary = till.settlement.summary()
    assert (summary.held_rial, summary.posted_rial, summary.still_held_rial) == (1_030_000, 1_030_000, 0)
