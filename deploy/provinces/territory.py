"""Counties, places and transfers -> the dated versions of a province's division.

A county split is data: one line in counties.csv with the day on which the new county begins, and lines in transfers.csv
that move districts (or single places) to it on that day. Each day on which anything changes begins a new version.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from connectors.files.problem import Wrong
from connectors.files.yaml_text import Document
from connectors.words.language import Phrase
from deploy.provinces.files import Folder, place_of
from deploy.provinces.rows import CsvRow, day_of, midnight, names_of
from schemas.base import LocalizedText
from schemas.territory import City, County, Territory

COUNTY_COLUMNS = ("code", "name_fa", "name_en", "valid_from", "valid_to", "population", "census_year", "provenance")
PLACE_COLUMNS = (
    *("code", "name_fa", "name_en", "county", "district_en", "latitude", "longitude", "urban", "population"),
    *("census_year", "provenance"),
)
TRANSFER_COLUMNS = ("valid_from", "from_county", "district", "place", "to_county", "source")
BEGINNING = date.min
_NO_BEGINNING = Wrong(
    Phrase("تاریخ نیست", "is not a date"), Phrase("تاریخ بنویسید، مانند 2016-01-01", "write a date such as 2016-01-01")
)
_ENDS_FIRST = Wrong(
    Phrase("پس از valid_from نیست", "is not after valid_from"),
    Phrase("روزی پس از آن بنویسید یا خالی بگذارید", "give a later day, or leave it blank"),
)
_ONE_OF_TWO = Wrong(
    Phrase("درست یکی از district و place را بنویسید", "give exactly one of district and place"),
    Phrase(
        "بخشی (* برای همه شهرستان) یا یک محل را نام ببرید", "name a district (`*` for all of the county), or one place"
    ),
)
_ADD_COUNTY = Phrase(
    "شهرستان را به counties.csv بیفزایید، یا سطری به transfers.csv که محل را در آن روز جابه‌جا کند",
    "add the county to counties.csv, or a line to transfers.csv that moves the place on that day",
)
_OWN_CODE = Phrase("به هر محل شناسه خودش را بدهید", "give each place its own code")


@dataclass(frozen=True, slots=True)
class _Span:
    county: County
    row: CsvRow
    begins: date
    ends: date | None

    def holds(self, day: date) -> bool:
        return self.begins <= day and (self.ends is None or day < self.ends)


@dataclass(frozen=True, slots=True)
class _Spot:
    city: City
    district: str
    row: CsvRow


@dataclass(frozen=True, slots=True)
class _Transfer:
    day: date
    from_county: str
    district: str
    place: str
    to_county: str
    row: CsvRow

    def moves(self, spot: _Spot, county: str) -> bool:
        if county != self.from_county:
            return False
        return spot.city.code == self.place if self.place else self.district in ("*", spot.district)


def read_territories(folder: Folder, province: Document) -> tuple[Territory, ...]:
    """Return the versions in order of their day; problems are left in `folder`."""
    spans = _read_counties(folder)
    spots = _read_places(folder)
    transfers = _read_transfers(folder)
    begins = day_of(province.data, "territory_from")
    if not isinstance(begins, str):
        folder.complain(province.file, province.line("territory_from"), "territory_from", *(begins or _NO_BEGINNING))
        return ()
    start = date.fromisoformat(begins)
    days = {start, *(span.begins for span in spans), *(span.ends for span in spans if span.ends)}
    days |= {transfer.day for transfer in transfers}
    versions = []
    for number, day in enumerate(sorted(day for day in days if day >= start), start=1):
        version = _version(folder, province, number, day, spans, spots, transfers)
        if version is not None:
            versions.append(version)
    return tuple(versions)


def _version(
    folder: Folder,
    province: Document,
    number: int,
    day: date,
    spans: Sequence[_Span],
    spots: Sequence[_Spot],
    transfers: Sequence[_Transfer],
) -> Territory | None:
    counties = {span.county.code: span.county for span in spans if span.holds(day)}
    cities = []
    for spot in spots:
        county = spot.city.county
        for transfer in transfers:
            if transfer.day <= day and transfer.moves(spot, county):
                county = transfer.to_county
        if county not in counties:
            problem = Phrase(f"شهرستان {county} در {day} نیست", f"county {county} does not exist on {day}")
            folder.miss(spot.row, "county", ("counties.csv", "transfers.csv"), problem, _ADD_COUNTY)
            continue
        cities.append(spot.city.model_copy(update={"county": county}))
    if not counties or not cities:
        return None
    return Territory(
        code=province.data["code"],
        version=number,
        valid_from=_instant(day),
        names=LocalizedText.model_validate(province.data["names"]),
        counties=tuple(counties.values()),
        cities=tuple(cities),
    )


def _read_counties(folder: Folder) -> list[_Span]:
    spans = []
    for row in folder.rows("counties.csv", COUNTY_COLUMNS, days=("valid_from", "valid_to")):
        county = folder.build(
            County,
            {
                "code": row.maybe("code"),
                "names": names_of(row),
                "population": row.whole("population"),
                "census_year": row.whole("census_year"),
                "provenance": row.maybe("provenance"),
            },
            place_of(row),
        )
        begins = read_day(folder, row, "valid_from", blank=BEGINNING)
        ends = read_day(folder, row, "valid_to", blank=date.max)
        if begins is not None and ends is not None and ends <= begins:
            folder.complain(row.file, row.line, "valid_to", *_ENDS_FIRST)
        elif county is not None and begins is not None and ends is not None:
            spans.append(_Span(county, row, begins, None if ends == date.max else ends))
    return spans


def _read_places(folder: Folder) -> list[_Spot]:
    spots: dict[str, _Spot] = {}
    rows = [*folder.rows("cities.csv", PLACE_COLUMNS), *folder.rows("villages.csv", PLACE_COLUMNS, optional=True)]
    for row in rows:
        city = folder.build(
            City,
            {
                "code": row.maybe("code"),
                "county": row.maybe("county"),
                "names": names_of(row),
                "latitude": row.decimal("latitude"),
                "longitude": row.decimal("longitude"),
                "urban": row.flag("urban"),
                "population": row.whole("population"),
                "census_year": row.whole("census_year"),
                "provenance": row.maybe("provenance"),
            },
            place_of(row),
        )
        if city is None:
            continue
        if city.code in spots:
            problem = Phrase(f"{city.code} دو بار آمده است", f"{city.code} stands there twice")
            folder.complain(row.file, row.line, "code", problem, _OWN_CODE)
        spots[city.code] = _Spot(city, row.text("district_en"), row)
    return list(spots.values())


def _read_transfers(folder: Folder) -> list[_Transfer]:
    transfers = []
    for row in folder.rows("transfers.csv", TRANSFER_COLUMNS, days=("valid_from",), optional=True):
        day = read_day(folder, row, "valid_from")
        district, place = row.text("district"), row.text("place")
        if bool(district) == bool(place):
            folder.complain(row.file, row.line, "district", *_ONE_OF_TWO)
        elif day is not None:
            transfers.append(_Transfer(day, row.text("from_county"), district, place, row.text("to_county"), row))
    return sorted(transfers, key=lambda transfer: transfer.day)


def read_day(folder: Folder, row: CsvRow, column: str, blank: date | None = None) -> date | None:
    """Return the date in a cell; a blank one is `blank`, and a problem when there is no such thing."""
    day = row.day(column)
    if isinstance(day, str):
        return date.fromisoformat(day)
    if day is None and blank is not None:
        return blank
    folder.complain(row.file, row.line, column, *(day or _NO_BEGINNING))
    return None


def _instant(day: date) -> datetime:
    return datetime.fromisoformat(str(midnight(day.isoformat())))
