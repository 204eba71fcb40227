"""offices.csv and opening_hours.yaml -> offices with their licences."""

import re
from typing import Any

from deploy.provinces.files import CsvRow, Document, Folder, midnight, names_of, place_of
from schemas.offices import Office

OFFICE_COLUMNS = (
    *("code", "version", "valid_from", "class", "licence_number", "licence_from", "licence_to", "licence_state"),
    *("name_fa", "name_en", "city", "latitude", "longitude", "hours", "daily_capacity", "equipment", "training"),
    *("expected_monthly_income_rial", "expected_income_provenance", "prepaid_rial", "net_debit_cap_rial"),
    *("operators", "agreements", "provenance"),
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"([0-2]\d):([0-5]\d)-([0-2]\d):([0-5]\d)")


def read_offices(folder: Folder) -> tuple[Office, ...]:
    """Return the offices in the file's order; problems are left in `folder`."""
    patterns = folder.document("opening_hours.yaml")
    hours = {name: opening_hours(folder, patterns, (name,), week) for name, week in patterns.data.items()}
    offices = []
    for row in folder.rows("offices.csv", OFFICE_COLUMNS):
        pattern = row.text("hours")
        if pattern not in hours:
            remedy = "add it there, or use one of those"
            folder.complain(row.file, row.line, "hours", f"{pattern!r} is not in opening_hours.yaml", remedy)
            continue
        office = _office(folder, row, hours[pattern])
        if office is not None:
            folder.note("office", office.code, office.version, row.file, row.line)
            offices.append(office)
    return tuple(offices)


def opening_hours(folder: Folder, document: Document, path: tuple[str | int, ...], week: Any) -> list[dict[str, int]]:
    """Return a week such as `{saturday: 08:00-14:00}` as opening hours; problems are left in `folder`."""
    hours = []
    for day, text in dict(week).items():
        found = _SPAN.fullmatch(str(text))
        if day not in WEEKDAYS or found is None:
            line = document.line(*path, day)
            folder.complain(document.file, line, str(day), "is no opening", "write for example `saturday: 08:00-14:00`")
            continue
        opens_hour, opens_minute, closes_hour, closes_minute = (int(part) for part in found.groups())
        hours.append(
            {
                "weekday": WEEKDAYS.index(day),
                "opens_minute": opens_hour * 60 + opens_minute,
                "closes_minute": closes_hour * 60 + closes_minute,
            }
        )
    return hours


def _office(folder: Folder, row: CsvRow, hours: list[dict[str, int]]) -> Office | None:
    return folder.build(
        Office,
        {
            "code": row.maybe("code"),
            "version": row.whole("version"),
            "valid_from": midnight(row.maybe("valid_from")),
            "office_class": row.maybe("class"),
            "licence": {
                "number": row.maybe("licence_number"),
                "valid_from": midnight(row.maybe("licence_from")),
                "valid_to": midnight(row.maybe("licence_to")),
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
