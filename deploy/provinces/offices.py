"""offices.csv and opening_hours.yaml -> offices with their licences."""

from typing import Any

from pydantic import TypeAdapter

from connectors.words.language import Phrase
from deploy.provinces.files import Folder, place_of
from deploy.provinces.rows import CsvRow, names_of
from deploy.provinces.weeks import opening_hours
from schemas.offices import Office

OFFICE_COLUMNS = (
    *("code", "version", "valid_from", "class", "licence_number", "licence_from", "licence_to", "licence_state"),
    *("name_fa", "name_en", "city", "latitude", "longitude", "hours", "daily_capacity", "equipment", "training"),
    *("expected_monthly_income_rial", "expected_income_provenance", "prepaid_rial", "net_debit_cap_rial"),
    *("operators", "agreements", "provenance"),
)
OFFICE_DAYS = ("valid_from", "licence_from", "licence_to")
#: Weeks by name: each day has one span or several.
WEEKS: TypeAdapter[Any] = TypeAdapter(dict[str, dict[str, Any]])
_ADD_OR_CHOOSE = Phrase("آن را آنجا بیفزایید یا یکی از آن‌ها را بنویسید", "add it there, or use one of those")


def read_offices(folder: Folder) -> tuple[Office, ...]:
    """Return the offices in the file's order; problems are left in `folder`."""
    patterns = folder.document("opening_hours.yaml", WEEKS)
    hours = {name: opening_hours(folder, patterns, (name,), week) for name, week in patterns.data.items()}
    offices = []
    for row in folder.rows("offices.csv", OFFICE_COLUMNS, days=OFFICE_DAYS):
        pattern = row.text("hours")
        if pattern not in hours:
            problem = Phrase(f"«{pattern}» در opening_hours.yaml نیست", f"{pattern!r} is not in opening_hours.yaml")
            folder.miss(row, "hours", "opening_hours.yaml", problem, _ADD_OR_CHOOSE)
            continue
        office = _office(folder, row, hours[pattern])
        if office is not None:
            folder.note("office", office.code, office.version, row.file, row.line)
            offices.append(office)
    return tuple(offices)


def _office(folder: Folder, row: CsvRow, hours: list[dict[str, int]]) -> Office | None:
    return folder.build(
        Office,
        {
            "code": row.maybe("code"),
            "version": row.whole("version"),
            "valid_from": row.moment("valid_from"),
            "office_class": row.maybe("class"),
            "licence": {
                "number": row.maybe("licence_number"),
                "valid_from": row.moment("licence_from"),
                "valid_to": row.moment("licence_to"),
                "state": row.maybe("licence_state"),
            },
            "names": names_of(row),
            "city": row.maybe("city"),
            "latitude": row.decimal("latitude"),
            "longitude": row.decimal("longitude"),
            "hours": hours,
            "daily_capacity": row.whole("daily_capacity"),
            "equipment": row.codes("equipment"),
            "training": row.codes("training"),
            "expected_monthly_income_rial": row.whole("expected_monthly_income_rial"),
            "expected_income_provenance": row.maybe("expected_income_provenance"),
            "prepaid_rial": row.whole("prepaid_rial"),
            "net_debit_cap_rial": row.whole("net_debit_cap_rial"),
            "operators": row.codes("operators"),
            "accessions": [{"agreement": code} for code in row.codes("agreements")],
            "provenance": row.maybe("provenance"),
        },
        place_of(
            row,
            office_class="class",
            licence__number="licence_number",
            licence__valid_from="licence_from",
            licence__valid_to="licence_to",
            licence__state="licence_state",
        ),
    )
