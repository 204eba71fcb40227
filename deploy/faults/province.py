"""The little province that trials play in: two agencies and some roomy offices, all of whose codes begin with `TRIAL`.

It may stand beside real provinces: nothing of it binds anybody else, and its own requests, offices and accounts are
told apart by their codes.
"""

from datetime import UTC, date, datetime
from typing import Any

from deploy.provinces.agreements import Signed
from deploy.provinces.catalogue import Agency
from deploy.provinces.loader import Province
from schemas.agreements import Agreement, AgreementState, ServiceTerms, SettlementCycle
from schemas.base import LocalizedText, OfficeClass, Provenance
from schemas.catalogue import Channels, Service, Stage
from schemas.offices import Accession, Licence, LicenceState, Office, OpeningHours
from schemas.policy import Calendar, CalendarScope, Policy
from schemas.tariff import Collector, FixedRule, Party, Payer, Purpose, SplitPart, TariffLine
from schemas.territory import City, County, Territory

TRIAL = "faulttrial"
PLACE = f"{TRIAL}-town"
#: Its certificate is paid in cash at the counter.
CASH_AGENCY = f"{TRIAL}-registry"
CERTIFICATE = f"{CASH_AGENCY}.certificate"
#: It pays the offices itself: for a report, and for a permit that waits for its answer.
PAYING_AGENCY = f"{TRIAL}-utility"
REPORT = f"{PAYING_AGENCY}.report"
PERMIT = f"{PAYING_AGENCY}.permit"
BANK = f"{TRIAL}-bank"
AGENCIES = (CASH_AGENCY, PAYING_AGENCY)
#: What the certificate costs, and how it is divided; what is not the office's own counts under its cap.
CERTIFICATE_RIAL, BANK_RIAL, OFFICE_RIAL = 30_000, 9_000, 21_000
REPORT_RIAL = 1_200
PERMIT_RIAL = 5_000
OFFICES = tuple(f"{TRIAL}-office-{number:02}" for number in range(12))
ROOMY_RIAL = 1_000_000_000_000

_START = datetime(2016, 1, 1, tzinfo=UTC)
#: So early that any other policy of the bus goes before this one.
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_ALWAYS = tuple(OpeningHours(weekday=day, opens_minute=0, closes_minute=1440) for day in range(7))


def province() -> Province:
    """Return the province as the loader takes it."""
    county, town = f"{TRIAL}-county", PLACE
    return Province(
        code=TRIAL,
        names=_text("trial of faults"),
        agencies={code: Agency(code, code, code, Provenance.GENERATED) for code in AGENCIES},
        territories=(
            Territory(
                code=TRIAL,
                version=1,
                valid_from=_START,
                names=_text(TRIAL),
                counties=(County(code=county, names=_text(county), provenance=Provenance.GENERATED),),
                cities=(_town(town, county),),
            ),
        ),
        policies=(_policy(),),
        calendars=(
            Calendar(
                code=f"{TRIAL}-calendar",
                version=1,
                valid_from=_START,
                scope=CalendarScope.PROVINCE,
                subject=TRIAL,
                hours=_ALWAYS,
            ),
        ),
        services=tuple(
            _service(code, agency, needs_answer=code == PERMIT)
            for code, agency in ((CERTIFICATE, CASH_AGENCY), (REPORT, PAYING_AGENCY), (PERMIT, PAYING_AGENCY))
        ),
        agreements=(
            _agreement(CASH_AGENCY, {CERTIFICATE: _certificate_line()}),
            _agreement(
                PAYING_AGENCY,
                {REPORT: _agency_line("report", REPORT_RIAL), PERMIT: _agency_line("permit", PERMIT_RIAL)},
            ),
        ),
        offices=tuple(office(code, ROOMY_RIAL) for code in OFFICES),
    )


def office(code: str, cap_rial: int, version: int = 1) -> Office:
    """Return an office that is always open, takes everything on, and may owe `cap_rial`."""
    return Office(
        code=code,
        version=version,
        valid_from=_START,
        office_class=OfficeClass.URBAN,
        licence=Licence(number=f"licence-{code}", valid_from=_START, state=LicenceState.ACTIVE),
        names=_text(code),
        city=PLACE,
        latitude=37.47,
        longitude=57.33,
        hours=_ALWAYS,
        daily_capacity=10_000,
        expected_monthly_income_rial=1_000_000_000,
        expected_income_provenance=Provenance.GENERATED,
        prepaid_rial=0,
        net_debit_cap_rial=cap_rial,
        accessions=tuple(Accession(agreement=f"{agency}-agreement") for agency in AGENCIES),
    )


def _text(text: str) -> LocalizedText:
    return LocalizedText(fa=text, en=text)


def _town(code: str, county: str) -> City:
    return City(
        code=code,
        county=county,
        names=_text(code),
        latitude=37.47,
        longitude=57.33,
        urban=True,
        provenance=Provenance.GENERATED,
    )


def _policy() -> Policy:
    return Policy(
        code=TRIAL,
        version=1,
        valid_from=_EVER,
        income_weight_per_mille=300,
        distance_weight_per_mille=200,
        distance_limit_m=60_000,
        detour_per_mille=1300,
        attempts_limit=3,
        acceptance_seconds=30 * 86_400,
        opens_within_seconds=5 * 86_400,
        expiry_seconds=60 * 86_400,
        lateness_seconds=3600,
        park_seconds=86_400,
    )


def _service(code: str, agency: str, *, needs_answer: bool) -> Service:
    return Service(
        code=code,
        agency=agency,
        version=1,
        valid_from=_START,
        names=_text(code),
        description=_text(code),
        channels=Channels(urban=True, rural=True),
        processing_working_hours=16,
        needs_agency_answer=needs_answer,
        stage=Stage.LIVE,
    )


def _certificate_line() -> TariffLine:
    parts = (
        SplitPart(party=Party.BANK, party_code=BANK, fixed_rial=BANK_RIAL),
        SplitPart(party=Party.OFFICE, numerator=1, denominator=1),
    )
    return _line("certificate", CERTIFICATE_RIAL, parts, payer=Payer.CITIZEN, collector=Collector.OFFICE_CASH)


def _agency_line(code: str, amount_rial: int) -> TariffLine:
    parts = (SplitPart(party=Party.OFFICE, numerator=1, denominator=1),)
    return _line(code, amount_rial, parts, payer=Payer.AGENCY, collector=Collector.NONE)


def _line(code: str, amount_rial: int, split: tuple[SplitPart, ...], **changes: Any) -> TariffLine:
    return TariffLine(
        code=code,
        names=_text(code),
        purpose=Purpose.FEE,
        rule=FixedRule(amount_rial=amount_rial),
        split=split,
        **changes,
    )


def _agreement(agency: str, tariffs: dict[str, TariffLine]) -> Signed:
    agreement = Agreement(
        code=f"{agency}-agreement",
        agency=agency,
        version=1,
        state=AgreementState.SIGNED,
        valid_from=_START,
        names=_text(f"{agency}-agreement"),
        letter_number=TRIAL,
        letter_date=date(2016, 1, 1),
        services=tuple(
            ServiceTerms(
                service=service,
                office_classes=(OfficeClass.URBAN, OfficeClass.RURAL),
                tariff=(line,),
                sla_working_hours=16,
            )
            for service, line in tariffs.items()
        ),
        settlement_cycle=SettlementCycle.DAILY,
        payment_term_days=3,
        notice_days=30,
    )
    return Signed(agreement, confirmed=True)
