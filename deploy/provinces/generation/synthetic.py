"""A whole synthetic province: its own counties, towns and agencies, and the catalogue of an existing province.

Agencies, services and calendars get the province's code as prefix, so that several provinces can share one bus.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

import yaml

from deploy.provinces.generation.facts import read_document, read_table, table
from deploy.provinces.territory import COUNTY_COLUMNS, PLACE_COLUMNS, TRANSFER_COLUMNS

#: Files that any province may share as they are.
SHARED = ("forms.yaml", "opening_hours.yaml", "policy.yaml", "reasons.yaml", "tariffs.yaml")
#: Files whose codes get a prefix, with the columns that hold codes.
PREFIXED = {"agencies.csv": ("code",), "services.csv": ("code", "agency"), "state_fees.csv": ("service",)}
TOWNS_PER_COUNTY = 4
DISTRICTS_PER_COUNTY = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What to make. With `split`, the second district of the first county becomes a county on that day."""

    code: str
    offices: int
    counties: int
    seed: int
    split: date | None = None


def write_synthetic_facts(folder: Path, plan: Plan, model: Path) -> None:
    """Write the hand-written part of a province into `folder`, with the catalogue of the province in `model`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SHARED:
        shutil.copyfile(model / name, folder / name)
    for name, columns in PREFIXED.items():
        rows = [_prefixed(row, columns, plan) for row in read_table(model / name)]
        (folder / name).write_bytes(table(tuple(rows[0]), rows))
    random = Random(f"{plan.seed}|places")
    people = [[random.randrange(2_000, 90_000) for _ in range(TOWNS_PER_COUNTY)] for _ in range(plan.counties)]
    _write_province(folder, plan, model, sum(map(sum, people)) * 2)
    _write_calendars(folder, plan, model)
    (folder / "counties.csv").write_bytes(table((*COUNTY_COLUMNS, "source"), _counties(plan, people)))
    (folder / "cities.csv").write_bytes(table((*PLACE_COLUMNS, "district_fa", "note"), _towns(random, plan, people)))
    if plan.split is not None:
        transfer = {
            "valid_from": plan.split,
            "from_county": f"{plan.code}-1",
            "district": _district(1, 2),
            "to_county": f"{plan.code}-{plan.counties + 1}",
            "source": "generated",
        }
        (folder / "transfers.csv").write_bytes(table(TRANSFER_COLUMNS, [transfer]))


def _write_province(folder: Path, plan: Plan, model: Path, population: int) -> None:
    document = read_document(model / "province.yaml")
    urban = plan.offices // 4
    document.update(
        code=plan.code,
        names={"fa": f"استان نمونه {plan.code}", "en": f"Sample province {plan.code}"},
        population=population,
        generation={
            "seed": plan.seed,
            "holiday_years": document["generation"]["holiday_years"],
            "office_prefix": f"{plan.code}-",
        },
    )
    document["stated"].update(urban_offices=urban, rural_offices=plan.offices - urban)
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    (folder / "province.yaml").write_text(text, encoding="utf-8")


def _prefixed(row: dict[str, str], columns: Sequence[str], plan: Plan) -> dict[str, str]:
    return {**row, **{column: f"{plan.code}-{row[column]}" for column in columns}, "provenance": "generated"}


def _write_calendars(folder: Path, plan: Plan, model: Path) -> None:
    calendars = read_document(model / "calendars.yaml")
    for calendar in calendars:
        calendar["code"] = f"{plan.code}-{calendar['code']}"
        whole_province = calendar["scope"] == "province"
        calendar["subject"] = plan.code if whole_province else f"{plan.code}-{calendar['subject']}"
    text = yaml.safe_dump(calendars, allow_unicode=True, sort_keys=False)
    (folder / "calendars.yaml").write_text(text, encoding="utf-8")


def _counties(plan: Plan, people: list[list[int]]) -> list[dict[str, object]]:
    rows = [_county(plan, number, sum(towns) * 2) for number, towns in enumerate(people, start=1)]
    if plan.split is not None:
        rows.append({**_county(plan, plan.counties + 1, None), "valid_from": plan.split})
    return rows


def _county(plan: Plan, number: int, population: int | None) -> dict[str, object]:
    return {
        "code": f"{plan.code}-{number}",
        "name_fa": f"شهرستان نمونه {number}",
        "name_en": f"Sample county {number}",
        "population": population,
        "provenance": "generated",
        "source": "generated",
    }


def _towns(random: Random, plan: Plan, people: list[list[int]]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for county, towns in enumerate(people, start=1):
        latitude, longitude = random.uniform(30.0, 34.0), random.uniform(50.0, 56.0)
        for town, population in enumerate(towns, start=1):
            district = (town - 1) % DISTRICTS_PER_COUNTY + 1
            rows.append(
                {
                    "code": f"{plan.code}-{county}-town-{town}",
                    "name_fa": f"شهر نمونه {county}-{town}",
                    "name_en": f"Sample town {county}-{town}",
                    "county": f"{plan.code}-{county}",
                    "district_en": _district(county, district),
                    "district_fa": f"نمونه {county}-{district}",
                    "latitude": f"{latitude + random.uniform(-0.3, 0.3):.5f}",
                    "longitude": f"{longitude + random.uniform(-0.3, 0.3):.5f}",
                    "urban": "yes",
                    "population": population,
                    "provenance": "generated",
                }
            )
    return rows


def _district(county: int, district: int) -> str:
    return f"Sample {county}-{district}"
