"""What the hostile agency owns in the trial's province: one service, one agreement, one office that has acceded."""

from deploy.faults import province as here
from deploy.provinces.agreements import Signed
from deploy.provinces.catalogue import Agency
from deploy.provinces.loader import Province
from schemas.agreements import Agreement, AgreementState, ServiceTerms, SettlementCycle
from schemas.base import LocalizedText, OfficeClass, Provenance
from schemas.catalogue import Channels, Datatype, FormAttribute, Service, Stage
from schemas.offices import Accession, Office
from schemas.tariff import Collector, FixedRule, Party, Payer, Purpose, SplitPart, TariffLine

HOSTILE_AGENCY = f"{here.TRIAL}-hostile"
ERRAND = f"{HOSTILE_AGENCY}.errand"
_OFFICES = tuple(f"{here.TRIAL}-neighbour-{number}" for number in range(4))
_START = here.office(here.OFFICES[0], 0).valid_from


def hostile_province() -> Province:
    """Return what is published beside the trial's province, whose town and policy it uses."""
    return Province(
        code=HOSTILE_AGENCY,
        names=_text(HOSTILE_AGENCY),
        agencies={HOSTILE_AGENCY: Agency(HOSTILE_AGENCY, HOSTILE_AGENCY, HOSTILE_AGENCY, Provenance.GENERATED)},
        territories=(),
        policies=(),
        calendars=(),
        services=(errand(ERRAND, 1),),
        agreements=(Signed(_agreement(), confirmed=True),),
        offices=tuple(_office(code) for code in _OFFICES),
    )


def errand(code: str, version: int, name: str = "an errand") -> Service:
    """Return a version of a service of the hostile agency."""
    return Service(
        code=code,
        agency=HOSTILE_AGENCY,
        version=version,
        valid_from=_START,
        names=_text(name),
        description=_text(name),
        form=(FormAttribute(code="note", datatype=Datatype.TEXT, required=False, order=1, names=_text("note")),),
        channels=Channels(urban=True, rural=True),
        processing_working_hours=16,
        stage=Stage.LIVE,
    )


def _office(code: str) -> Office:
    accession = Accession(agreement=_agreement().code)
    return here.office(code, here.ROOMY_RIAL).model_copy(update={"accessions": (accession,)})


def _agreement() -> Agreement:
    line = TariffLine(
        code="errand",
        names=_text("errand"),
        purpose=Purpose.FEE,
        rule=FixedRule(amount_rial=1_000),
        split=(SplitPart(party=Party.OFFICE, numerator=1, denominator=1),),
        payer=Payer.AGENCY,
        collector=Collector.NONE,
    )
    return Agreement(
        code=f"{HOSTILE_AGENCY}-agreement",
        agency=HOSTILE_AGENCY,
        version=1,
        state=AgreementState.SIGNED,
        valid_from=_START,
        names=_text(HOSTILE_AGENCY),
        letter_number=here.TRIAL,
        letter_date=_START.date(),
        services=(
            ServiceTerms(
                service=ERRAND,
                office_classes=(OfficeClass.URBAN, OfficeClass.RURAL),
                tariff=(line,),
                sla_working_hours=16,
            ),
        ),
        settlement_cycle=SettlementCycle.DAILY,
        payment_term_days=3,
        notice_days=30,
    )


def _text(text: str) -> LocalizedText:
    return LocalizedText(fa=text, en=text)
