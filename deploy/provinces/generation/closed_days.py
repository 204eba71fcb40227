"""Official holidays from the `holidays` library: religious ones follow the moon, so coming years are estimates."""

from typing import Any

import holidays

from deploy.provinces.generation.facts import Facts, table

COLUMNS = ("on", "name_fa", "name_en", "estimated")
_ESTIMATED = " (estimated)"


def closed_days(facts: Facts) -> bytes:
    """Return holidays.csv for the years that the province asks for; two names of one day are joined by ` / `."""
    years = [int(year) for year in facts.province["generation"]["holiday_years"]]
    english: Any = holidays.country_holidays("IR", years=years, language="en_US")
    persian: Any = holidays.country_holidays("IR", years=years, language="fa_IR")
    rows = []
    for day in sorted(english):
        estimated = _ESTIMATED in english[day]
        rows.append(
            {
                "on": day,
                "name_fa": _names(persian[day]),
                "name_en": _names(english[day].replace(_ESTIMATED, "")),
                "estimated": "yes" if estimated else "no",
            }
        )
    return table(COLUMNS, rows)


def _names(text: str) -> str:
    return " / ".join(dict.fromkeys(part.split(" (")[0].strip() for part in text.split(";")))
