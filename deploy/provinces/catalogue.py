"""Forms, tariffs, figures and services.csv -> services and the terms under which offices deliver them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, TypeAdapter
from typing_extensions import TypedDict

from connectors.files.yaml_text import Document
from connectors.words.details import detail_phrase
from connectors.words.language import Phrase
from consumers.registry.domain.fee_rules import rule_problem
from consumers.registry.domain.splits import split_problem
from deploy.provinces.files import Folder, SourcePlace, place_of
from deploy.provinces.rows import CsvRow, day_of, midnight, names_of
from schemas.agreements import ServiceTerms
from schemas.base import Provenance
from schemas.catalogue import Datatype, FormAttribute, Service, Stage
from schemas.tariff import BracketRule, FixedRule, PercentageRule, PerUnitRule, TariffLine

SERVICE_COLUMNS = (
    *("code", "agency", "version", "name_fa", "name_en", "urban", "rural", "reason", "form", "tariff"),
    *("needs_agency_answer", "equipment", "training", "provenance"),
)
STAGES = (Stage.INVENTORIED, Stage.DOCUMENTED, Stage.DELEGABLE, Stage.DELEGATED, Stage.LIVE)
FIGURE_COLUMNS = (
    *("service", "processing_working_hours", "sla_working_hours", "office_fee_rial"),
    *(f"{stage.value}_on" for stage in STAGES),
)
FIGURE_DAYS = tuple(f"{stage.value}_on" for stage in STAGES)
FEE_COLUMNS = ("service", "state_fee_rial", "deposit_id")
NO_AGENCY = (
    Phrase("در agencies.csv نیست", "is not in agencies.csv"),
    Phrase("آن را آنجا بیفزایید یا شناسه را درست کنید", "add it there, or correct the code"),
)
_ADD_OR_CHOOSE = Phrase("آن را بیفزایید یا یکی از موجودها را بنویسید", "add it, or use one of those")


_CODE_TWICE = (
    Phrase("خالی یا تکراری است", "is blank or not unique"),
    Phrase("به هر دستگاه شناسه خودش را بدهید", "give each agency its own code"),
)
_NO_PROVENANCE = (
    Phrase("شناخته نیست", "is unknown"),
    Phrase("fact یا reading یا generated بنویسید", "use fact, reading or generated"),
)
_NO_FIGURES = (
    Phrase("در service_figures.csv سطری ندارد", "has no row in service_figures.csv"),
    Phrase("سطری برایش بیفزایید یا سازنده را اجرا کنید", "add a row for it, or run the generator"),
)
_NO_REASON = (
    Phrase("در reasons.yaml نیست", "is not in reasons.yaml"),
    Phrase(
        "دلیلی از reasons.yaml را نام ببرید: مردم می‌پرسند چرا گونه‌ای از دفاتر خدمتی را ندارد",
        "name a reason of reasons.yaml: people ask why a class may not deliver a service",
    ),
)
_ADD_FIELD = Phrase("آن را به fields بیفزایید", "add it to fields")
_FILL_IN = Phrase(
    "آن را برای این خدمت در service_figures.csv یا state_fees.csv بنویسید",
    "fill it in for this service in service_figures.csv or state_fees.csv",
)
_CORRECT_TARIFF = Phrase("سطر تعرفه را درست کنید", "correct the tariff line")
_OTHER_FORM = Phrase("فرمی که آن را دارد یا تعرفه دیگری برگزینید", "choose a form that has it, or another tariff")


def _not_in(name: str, file: str) -> Phrase:
    return Phrase(f"«{name}» در {file} نیست", f"{name!r} is not in {file}")


_ONLY_THESE = ConfigDict(extra="forbid")


class _Form(TypedDict, total=False):
    __pydantic_config__ = _ONLY_THESE  # type: ignore[misc]  # as pydantic reads it
    required: list[str]
    optional: list[str]


class _Forms(TypedDict, total=False):
    __pydantic_config__ = _ONLY_THESE  # type: ignore[misc]  # as pydantic reads it
    personal: list[str]
    fields: dict[str, dict[str, Any]]
    forms: dict[str, _Form]


class _Tariff(TypedDict, total=False):
    __pydantic_config__ = _ONLY_THESE  # type: ignore[misc]  # as pydantic reads it
    provenance: str
    note: str
    lines: list[dict[str, Any]]


#: What the catalogue's YAML files look like before a model reads their records.
FORMS: TypeAdapter[Any] = TypeAdapter(_Forms)
REASONS: TypeAdapter[Any] = TypeAdapter(dict[str, dict[str, str]])
TARIFFS: TypeAdapter[Any] = TypeAdapter(dict[str, _Tariff])


@dataclass(frozen=True, slots=True)
class Agency:
    """One executive organization, as its folder's agencies.csv states it."""

    code: str
    name_fa: str
    name_en: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All services by version, and for each service code the terms of its agreement."""

    services: tuple[Service, ...]
    terms: Mapping[str, ServiceTerms]


@dataclass(slots=True)
class _Books:
    """What a service's row refers to by name."""

    folder: Folder
    province: Document
    agencies: Mapping[str, Agency]
    forms: Document
    reasons: Document
    tariffs: Document
    figures: Mapping[str, CsvRow]
    fees: Mapping[str, CsvRow]


def read_agencies(folder: Folder) -> dict[str, Agency]:
    """Return the agencies by code; problems are left in `folder`."""
    agencies: dict[str, Agency] = {}
    for row in folder.rows("agencies.csv", ("code", "name_fa", "name_en", "provenance")):
        code = row.text("code")
        if not code or code in agencies:
            folder.complain(row.file, row.line, "code", *_CODE_TWICE)
        try:
            provenance = Provenance(row.text("provenance"))
        except ValueError:
            folder.complain(row.file, row.line, "provenance", *_NO_PROVENANCE)
            continue
        agencies[code] = Agency(code, row.text("name_fa"), row.text("name_en"), provenance)
    return agencies


def read_catalogue(folder: Folder, province: Document, agencies: Mapping[str, Agency]) -> Catalogue:
    """Return services in the file's order; problems are left in `folder`."""
    books = _Books(
        folder,
        province,
        agencies,
        forms=folder.document("forms.yaml", FORMS),
        reasons=folder.document("reasons.yaml", REASONS),
        tariffs=folder.document("tariffs.yaml", TARIFFS),
        figures=_by_service(folder.rows("service_figures.csv", FIGURE_COLUMNS, days=FIGURE_DAYS)),
        fees=_by_service(folder.rows("state_fees.csv", FEE_COLUMNS, optional=True)),
    )
    services: list[Service] = []
    terms: dict[str, ServiceTerms] = {}
    for row in folder.rows("services.csv", SERVICE_COLUMNS, days=("valid_from",)):
        service = _service(books, row)
        if service is None:
            continue
        services.append(service)
        folder.note("service", service.code, service.version, row.file, row.line)
        found = _terms(books, row, service)
        if found is not None:
            terms[service.code] = found
    return Catalogue(tuple(services), terms)


def _service(books: _Books, row: CsvRow) -> Service | None:
    folder = books.folder
    agency = books.agencies.get(row.text("agency"))
    if agency is None:
        folder.miss(row, "agency", "agencies.csv", *NO_AGENCY)
        return None
    figures = books.figures.get(row.text("code"))
    if figures is None:
        folder.miss(row, "code", "service_figures.csv", *_NO_FIGURES)
        return None
    return folder.build(
        Service,
        {
            "code": row.maybe("code"),
            "agency": agency.code,
            "version": row.whole("version"),
            "valid_from": row.moment("valid_from") or midnight(day_of(books.province.data, "catalogue_from")),
            "names": names_of(row),
            "description": {
                "fa": row.maybe("description_fa") or f"{row.text('name_fa')} برای {agency.name_fa} در دفتر",
                "en": row.maybe("description_en")
                or f"{row.text('name_en')}, for {agency.name_en}, at a counter office",
            },
            "legal_resource": row.maybe("legal_resource"),
            "form": _form(books, row),
            "channels": {
                "urban": row.flag("urban"),
                "rural": row.flag("rural"),
                "reason": _reason(books, row),
            },
            "processing_working_hours": figures.whole("processing_working_hours"),
            "needs_agency_answer": row.flag("needs_agency_answer"),
            "equipment": row.codes("equipment"),
            "training": row.codes("training"),
            "stage": row.maybe("stage") or Stage.LIVE.value,
            "stage_changes": _stage_changes(books, figures),
            "provenance": row.maybe("provenance"),
        },
        place_of(row, channels__urban="urban", channels__rural="rural"),
    )


def _form(books: _Books, row: CsvRow) -> list[dict[str, Any]]:
    data, name = books.forms.data, row.text("form")
    form = data.get("forms", {}).get(name)
    if form is None:
        books.folder.miss(row, "form", "forms.yaml", _not_in(name, "forms.yaml"), _ADD_OR_CHOOSE)
        return []
    required = list(form.get("required", ()))
    codes = [*required, *form.get("optional", ()), *data.get("personal", ())]
    attributes = []
    for order, code in enumerate(codes, start=1):
        shape = data.get("fields", {}).get(code)
        line = books.forms.line("forms", name)
        if shape is None:
            problem = Phrase(f"فیلد «{code}» شناخته نیست", f"field {code!r} is unknown")
            books.folder.complain("forms.yaml", line, f"forms.{name}", problem, _ADD_FIELD)
            continue
        values = [{"key": key, "names": names} for key, names in shape.get("values", {}).items()]
        attribute = {**shape, "code": code, "order": order, "required": code in required, "values": values}
        place = SourcePlace("forms.yaml", line, document=books.forms, path=("fields", code))
        if books.folder.build(FormAttribute, attribute, place) is not None:
            attributes.append(attribute)
    return attributes


def _reason(books: _Books, row: CsvRow) -> object:
    if row.text("urban") == "yes" and row.text("rural") == "yes":
        return None
    reason = books.reasons.data.get(row.text("reason"))
    if reason is None:
        books.folder.miss(row, "reason", "reasons.yaml", *_NO_REASON)
    return reason


def _stage_changes(books: _Books, figures: CsvRow) -> list[dict[str, object]]:
    owners = books.province.data.get("stage_owners", {})
    changes = []
    for stage in STAGES:
        on = figures.day(f"{stage.value}_on")
        if on is not None:
            changes.append({"stage": stage.value, "owner": owners.get(stage.value), "on": on})
    return changes


def _terms(books: _Books, row: CsvRow, service: Service) -> ServiceTerms | None:
    name = row.text("tariff")
    if name not in books.tariffs.data:
        books.folder.miss(row, "tariff", "tariffs.yaml", _not_in(name, "tariffs.yaml"), _ADD_OR_CHOOSE)
        return None
    written = books.tariffs.data[name].get("lines", [])
    lines = []
    for index, raw in enumerate(written):
        filled = _fill(books, row, raw)
        line = books.folder.build(
            TariffLine,
            filled,
            SourcePlace("tariffs.yaml", 1, document=books.tariffs, path=(name, "lines", index)),
        )
        if line is not None:
            _check_fields(books.folder, row, service.form, line)
            _check_sum(books, (name, "lines", index), line)
            lines.append(line)
    classes = [
        kind for kind, offered in (("urban", service.channels.urban), ("rural", service.channels.rural)) if offered
    ]
    figures = books.figures[service.code]
    return books.folder.build(
        ServiceTerms,
        {
            "service": service.code,
            "office_classes": classes,
            "tariff": [line.model_dump(mode="json") for line in lines],
            "sla_working_hours": figures.whole("sla_working_hours"),
        },
        place_of(figures),
    )


def _fill(books: _Books, row: CsvRow, value: Any) -> Any:
    """Return `value` with every `${name}` taken from the service's own rows."""
    if isinstance(value, dict):
        return {key: _fill(books, row, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fill(books, row, inner) for inner in value]
    if not (isinstance(value, str) and value.startswith("${") and value.endswith("}")):
        return value
    name, code = value[2:-1], row.text("code")
    if name == "agency":
        return row.text("agency")
    for source in (books.figures.get(code), books.fees.get(code)):
        if source is not None and source.maybe(name) is not None:
            return source.whole(name) if name.endswith("_rial") else source.text(name)
    problem = Phrase(
        f"تعرفه آن {name} می‌خواهد که در هیچ پرونده‌ای نیست", f"its tariff needs {name}, which no file gives"
    )
    books.folder.miss(row, "tariff", "service_figures.csv", problem, _FILL_IN)
    return value


def _check_fields(folder: Folder, row: CsvRow, form: Sequence[FormAttribute], line: TariffLine) -> None:
    """A tariff can only read form fields that are there, required, public, and numbers (or ids as text)."""
    wanted = {line.bill_id_field: Datatype.STRING, line.payment_id_field: Datatype.STRING}
    if isinstance(line.rule, PerUnitRule | BracketRule | PercentageRule) or line.rule.kind == "variable":
        wanted[line.rule.field] = Datatype.NUMBER
    assert isinstance(line.rule, FixedRule) or len(wanted) > 1, "every other rule reads a field"
    known = {attribute.code: attribute for attribute in form}
    for code, datatype in wanted.items():
        if code is None:
            continue
        field = known.get(code)
        if field is None or field.personal or not field.required or field.datatype is not datatype:
            problem = Phrase(
                f"سطر {line.code} تعرفه فیلد {code} را می‌خواند که {datatype.value} الزامی و غیرشخصی نیست",
                f"tariff line {line.code} reads field {code}, which is no required public {datatype.value}",
            )
            folder.miss(row, "form", "forms.yaml", problem, _OTHER_FORM)


def _check_sum(books: _Books, path: tuple[str | int, ...], line: TariffLine) -> None:
    """Complain where the tariff stands, once, of what the registry would say of every service and office with it."""
    for problem, field in ((rule_problem(line), "rule"), (split_problem(line), "split")):
        if problem is not None:
            where = books.tariffs.line(*path, field)
            name = ".".join(map(str, (*path, field)))
            books.folder.complain("tariffs.yaml", where, name, detail_phrase(problem), _CORRECT_TARIFF)


def _by_service(rows: Sequence[CsvRow]) -> dict[str, CsvRow]:
    return {row.text("service"): row for row in rows}
