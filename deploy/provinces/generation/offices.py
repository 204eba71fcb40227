"""Offices: as many as the source states, spread over towns by population and over rural zones one each."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random

from deploy.provinces.generation.facts import Facts, Record, share, table
from deploy.provinces.offices import OFFICE_COLUMNS

#: Per cent of offices of a class that have a piece of equipment, or a trained clerk.
EQUIPMENT_PERCENT = {
    "urban": {"pos-terminal": 100, "scanner": 100, "fingerprint-reader": 92, "parcel-scale": 84, "card-printer": 40},
    "rural": {"pos-terminal": 100, "scanner": 75, "parcel-scale": 60},
}
TRAINING_PERCENT = {
    "urban": {"banking": 94, "health-insurance": 92, "civil-registration": 90},
    "rural": {"banking": 75, "health-insurance": 75},
}
#: Per cent of offices of a class that accede to any one agreement open to them.
ACCESSION_PERCENT = {"urban": 94, "rural": 88}
HOURS = {"urban": ("regular", "long", "with-thursday"), "rural": ("regular",)}
#: Ranges of generated figures, by class: requests a day, and millions of rial.
CAPACITY = {"urban": (60, 140), "rural": (15, 45)}
INCOME_MILLION_RIAL = {"urban": (260, 620), "rural": (60, 190)}
PREPAID_MILLION_RIAL = {"urban": (40, 120), "rural": (10, 40)}
DEBIT_CAP_MILLION_RIAL = {"urban": (250, 600), "rural": (60, 160)}
FIRST_LICENCE = date(2012, 4, 1)
LICENCE_DAYS = 4_800
TOWN_POPULATION_GUESS = 2_000


def offices(facts: Facts, villages: Sequence[Record]) -> bytes:
    """Return offices.csv: urban offices first, then rural ones, numbered within their class."""
    random = Random(f"{facts.seed}|offices")
    open_to = _agreements_by_class(facts)
    rows = []
    places = _urban_places(facts)
    for number, city in enumerate(places, start=1):
        rows.append(_office(random, facts, "urban", number, city, open_to))
    stated = int(facts.province["stated"]["rural_offices"])
    for number in range(1, stated + 1):
        rows.append(_office(random, facts, "rural", number, villages[(number - 1) % len(villages)], open_to))
    return table(OFFICE_COLUMNS, rows)


def _urban_places(facts: Facts) -> list[Record]:
    """Give every town one office as long as they last, and the rest by population."""
    stated = int(facts.province["stated"]["urban_offices"])
    people = [int(city["population"] or TOWN_POPULATION_GUESS) for city in facts.cities]
    largest_first = sorted(range(len(people)), key=lambda place: -people[place])
    counts = [0] * len(people)
    for place in largest_first[:stated]:
        counts[place] = 1
    for place, more in enumerate(share(stated - sum(counts), people)):
        counts[place] += more
    return [city for city, count in zip(facts.cities, counts, strict=True) for _ in range(count)]


def _office(
    random: Random,
    facts: Facts,
    office_class: str,
    number: int,
    place: Record,
    open_to: Mapping[str, Sequence[str]],
) -> dict[str, object]:
    spread = 0.015 if office_class == "urban" else 0.002
    class_fa = "شهری" if office_class == "urban" else "روستایی"
    agreements = [code for code in open_to[office_class] if random.randrange(100) < ACCESSION_PERCENT[office_class]]
    return {
        "code": f"{facts.province['generation'].get('office_prefix', '')}{office_class}-{number:03d}",
        "version": 1,
        "valid_from": facts.province["catalogue_from"],
        "class": office_class,
        "licence_number": f"{facts.province['code']}-{office_class}-{number:04d}",
        "licence_from": FIRST_LICENCE + timedelta(days=random.randrange(LICENCE_DAYS)),
        "licence_state": "active",
        "name_fa": f"دفتر پیشخوان {class_fa} شماره {number}، {place['name_fa']}",
        "name_en": f"{office_class.title()} counter office {number}, {place['name_en']}",
        "city": place["code"],
        "latitude": f"{float(place['latitude']) + random.uniform(-spread, spread):.5f}",
        "longitude": f"{float(place['longitude']) + random.uniform(-spread, spread):.5f}",
        "hours": random.choice(HOURS[office_class]),
        "daily_capacity": random.randint(*CAPACITY[office_class]),
        "equipment": _some(random, EQUIPMENT_PERCENT[office_class]),
        "training": _some(random, TRAINING_PERCENT[office_class]),
        "expected_monthly_income_rial": _millions(random, INCOME_MILLION_RIAL[office_class]),
        "expected_income_provenance": "generated",
        "prepaid_rial": _millions(random, PREPAID_MILLION_RIAL[office_class]),
        "net_debit_cap_rial": _millions(random, DEBIT_CAP_MILLION_RIAL[office_class]),
        "operators": "operator-1;operator-2" if office_class == "urban" else "operator-1",
        "agreements": ";".join(agreements),
        "provenance": "generated",
    }


def _agreements_by_class(facts: Facts) -> dict[str, list[str]]:
    """Return the agreements with at least one service open to each class."""
    return {
        office_class: [
            f"mou-{agency['code']}"
            for agency in facts.agencies
            if any(row["agency"] == agency["code"] and row[office_class] == "yes" for row in facts.services)
        ]
        for office_class in ("urban", "rural")
    }


def _some(random: Random, percents: Mapping[str, int]) -> str:
    return ";".join(code for code, percent in percents.items() if random.randrange(100) < percent)


def _millions(random: Random, bounds: tuple[int, int]) -> int:
    return random.randint(*bounds) * 1_000_000
