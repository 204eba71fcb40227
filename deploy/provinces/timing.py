"""policy.yaml, calendars.yaml and holidays.csv -> the routing policy and the working calendars."""

from typing import Any

from pydantic import TypeAdapter

from connectors.files.days import JALALI
from deploy.provinces.files import Folder, SourcePlace, place_of
from deploy.provinces.rows import day_of, midnight, names_of
from deploy.provinces.weeks import opening_hours
from schemas.policy import Calendar, Holiday, Policy

#: Words about a record that are for people who read the file.
_ABOUT = frozenset({"provenance", "note", f"valid_from{JALALI}"})
HOLIDAY_COLUMNS = ("on", "name_fa", "name_en", "estimated")
#: Both files are a list of records, which models read.
RECORDS: TypeAdapter[Any] = TypeAdapter(list[dict[str, Any]])


def read_policies(folder: Folder) -> tuple[Policy, ...]:
    """Return the policy's versions in the file's order; problems are left in `folder`."""
    document = folder.document("policy.yaml", RECORDS)
    policies = []
    for index, record in enumerate(document.data):
        place = SourcePlace(document.file, 1, document=document, path=(index,))
        policy = folder.build(Policy, _plain(record), place)
        if policy is not None:
            folder.note("policy", policy.code, policy.version, document.file, document.line(index))
            policies.append(policy)
    return tuple(policies)


def read_calendars(folder: Folder) -> tuple[Calendar, ...]:
    """Return the calendars in the file's order, each with all holidays; problems are left in `folder`."""
    holidays = read_holidays(folder)
    document = folder.document("calendars.yaml", RECORDS)
    calendars = []
    for index, record in enumerate(document.data):
        fields = _plain(record)
        fields["hours"] = opening_hours(folder, document, (index, "open"), fields.pop("open", {}))
        fields["holidays"] = holidays
        calendar = folder.build(Calendar, fields, SourcePlace(document.file, 1, document=document, path=(index,)))
        if calendar is not None:
            folder.note("calendar", calendar.code, calendar.version, document.file, document.line(index))
            calendars.append(calendar)
    return tuple(calendars)


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    fields = {key: value for key, value in record.items() if key not in _ABOUT}
    return {**fields, "valid_from": midnight(day_of(record, "valid_from"))}


def read_holidays(folder: Folder) -> list[dict[str, Any]]:
    """Return the closed days of holidays.csv, as a calendar's model reads them; problems are left in `folder`."""
    holidays = []
    for row in folder.rows("holidays.csv", HOLIDAY_COLUMNS, days=("on",), optional=True):
        holiday = folder.build(
            Holiday,
            {"on": row.day("on"), "names": names_of(row), "estimated": row.flag("estimated")},
            place_of(row),
        )
        if holiday is not None:
            holidays.append(holiday.model_dump(mode="json"))
    return holidays
