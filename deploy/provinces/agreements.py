"""agreements.csv and the catalogue's terms -> agreements as the directorate puts them to the agencies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.files.yaml_text import Document
from connectors.words.language import Phrase
from deploy.provinces.catalogue import NO_AGENCY, Agency, Catalogue
from deploy.provinces.files import Folder, place_of
from deploy.provinces.rows import CsvRow, names_of
from schemas.agreements import Agreement, AgreementState

AGREEMENT_COLUMNS = (
    *("code", "agency", "version", "confirmed", "name_fa", "name_en", "letter_number", "letter_date", "valid_from"),
    *("valid_to", "territory", "settlement_cycle", "payment_term_days", "guarantee_rial", "notice_days"),
    *("offline_permitted", "provenance"),
)
AGREEMENT_DAYS = ("letter_date", "valid_from", "valid_to")
_NOT_ITS_SERVICE = Phrase("{service} خدمت این دستگاه نیست", "{service} is not a service of this agency")
_NAME_ITS_SERVICES = Phrase(
    "خدمت‌هایی از همین دستگاه را از services.csv نام ببرید", "name services of this agency that are in services.csv"
)
_NO_SERVICE = Phrase("خدمتی با شرایط ندارد", "has no service with terms")
_ADD_SERVICES = Phrase("خدمت‌هایش را به services.csv بیفزایید", "add its services to services.csv")


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed agreement version and whether the folder has its agency confirm it."""

    agreement: Agreement
    confirmed: bool


def read_agreements(
    folder: Folder, province: Document, agencies: Mapping[str, Agency], catalogue: Catalogue
) -> tuple[Signed, ...]:
    """Return the agreements in the file's order; problems are left in `folder`."""
    found: list[Signed] = []
    for row in folder.rows("agreements.csv", AGREEMENT_COLUMNS, days=AGREEMENT_DAYS):
        if row.text("agency") not in agencies:
            folder.miss(row, "agency", "agencies.csv", *NO_AGENCY)
            continue
        agreement = _agreement(folder, province, catalogue, row)
        if agreement is not None:
            agreement = _numbered(agreement, found)
            folder.note("agreement", agreement.code, agreement.version, row.file, row.line)
            found.append(Signed(agreement, confirmed=row.flag("confirmed") is True))
    return tuple(found)


def _numbered(agreement: Agreement, before: Sequence[Signed]) -> Agreement:
    """Return a row that counts the rows of its agreement with the registry's number: a confirmation takes one too."""
    earlier = [signed for signed in before if signed.agreement.code == agreement.code]
    if not earlier or agreement.version != len(earlier) + 1:
        return agreement
    following = earlier[-1].agreement.version + (2 if earlier[-1].confirmed else 1)
    return agreement.model_copy(update={"version": following})


def _agreement(folder: Folder, province: Document, catalogue: Catalogue, row: CsvRow) -> Agreement | None:
    """The appendix of an agreement holds every service of its agency, or those that column `services` names."""
    named = row.codes("services")
    agency_of = {service.code: service.agency for service in catalogue.services}
    for code in named:
        if agency_of.get(code) != row.text("agency"):
            problem = Phrase(*(text.format(service=code) for text in _NOT_ITS_SERVICE))
            folder.miss(row, "services", "services.csv", problem, _NAME_ITS_SERVICES)
    wanted = named or [code for code, agency in agency_of.items() if agency == row.text("agency")]
    terms = [catalogue.terms[code] for code in dict.fromkeys(wanted) if code in catalogue.terms]
    if not terms:
        folder.miss(row, "agency", "services.csv", _NO_SERVICE, _ADD_SERVICES)
        return None
    return folder.build(
        Agreement,
        {
            "code": row.maybe("code"),
            "agency": row.text("agency"),
            "version": row.whole("version"),
            "state": AgreementState.SIGNED.value,
            "valid_from": row.moment("valid_from"),
            "valid_to": row.moment("valid_to"),
            "names": names_of(row),
            "letter_number": row.maybe("letter_number"),
            "letter_date": row.day("letter_date"),
            "signatory_titles": province.data.get("signatory_titles", []),
            "services": [term.model_dump(mode="json") for term in terms],
            "territory": row.codes("territory"),
            "duties": province.data.get("duties", []),
            "penalties": province.data.get("penalties", []),
            "settlement_cycle": row.maybe("settlement_cycle"),
            "payment_term_days": row.whole("payment_term_days"),
            "guarantee_rial": row.whole("guarantee_rial"),
            "notice_days": row.whole("notice_days"),
            "offline_permitted": row.flag("offline_permitted"),
            "provenance": row.maybe("provenance"),
        },
        place_of(row),
    )
