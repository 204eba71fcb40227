"""Rural zones, where the rural offices stand: a number and the real district for a name, a place around its town."""

from collections.abc import Sequence
from random import Random

from deploy.provinces.generation.facts import Facts, Record, share, table

COLUMNS = (
    *("code", "name_fa", "name_en", "county", "district_en", "district_fa", "latitude", "longitude", "urban"),
    *("population", "census_year", "provenance", "note"),
)
#: How far a zone lies from its district's town at most, in degrees (about 20 km).
SPREAD_DEGREES = 0.2
#: Taken for a town whose population is on no page found.
TOWN_POPULATION_GUESS = 2_000


def villages(facts: Facts) -> bytes:
    """Return villages.csv: one zone per rural office; their people are what the census leaves outside the towns."""
    random = Random(f"{facts.seed}|villages")
    districts = _districts(facts.cities)
    weights = _weights(facts, districts)
    counts = share(int(facts.province["stated"]["rural_offices"]), weights)
    rows: list[dict[str, object]] = []
    for (county, district), count in zip(districts, counts, strict=True):
        town = districts[county, district]
        for number in range(1, count + 1):
            rows.append(_zone(random, town, number))
    towns = sum(int(city["population"] or TOWN_POPULATION_GUESS) for city in facts.cities)
    rural = max(int(facts.province["population"]) - towns, len(rows))
    people = share(rural, [random.uniform(0.4, 1.6) for _ in rows])
    for row, population in zip(rows, people, strict=True):
        row["population"] = population
    return table(COLUMNS, rows)


def _zone(random: Random, town: Record, number: int) -> dict[str, object]:
    central = town["district_en"] == "Central"
    district_en = f"{town['district_en']} District" + (
        f" of {town['county'].replace('-', ' ').title()}" if central else ""
    )
    return {
        "code": f"{town['county']}-{_slug(town['district_en'])}-{number}",
        "name_fa": f"ناحیه روستایی {number} بخش {town['district_fa']}" + (f" {town['name_fa']}" if central else ""),
        "name_en": f"Rural zone {number}, {district_en}",
        "county": town["county"],
        "district_en": town["district_en"],
        "district_fa": town["district_fa"],
        "latitude": f"{float(town['latitude']) + random.uniform(-SPREAD_DEGREES, SPREAD_DEGREES):.5f}",
        "longitude": f"{float(town['longitude']) + random.uniform(-SPREAD_DEGREES, SPREAD_DEGREES):.5f}",
        "urban": "no",
        "provenance": "generated",
    }


def _districts(cities: Sequence[Record]) -> dict[tuple[str, str], Record]:
    """Return each district's first town, in the file's order."""
    districts: dict[tuple[str, str], Record] = {}
    for city in cities:
        districts.setdefault((city["county"], city["district_en"]), city)
    return districts


def _weights(facts: Facts, districts: dict[tuple[str, str], Record]) -> list[float]:
    """Weigh each district by its county's people outside the towns; a county without a figure weighs as the average."""
    county_people: dict[str, int] = {}
    for county in facts.counties:
        if county["population"] and county["code"] not in county_people:
            county_people[county["code"]] = int(county["population"])
    rural: dict[str, float] = {}
    for code, people in county_people.items():
        towns = sum(int(city["population"] or 0) for city in facts.cities if city["county"] == code)
        rural[code] = max(people - towns, 1)
    average = sum(rural.values()) / len(rural) if rural else 1.0
    in_county = [county for county, _ in districts]
    return [rural.get(county, average) / in_county.count(county) for county, _ in districts]


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")
