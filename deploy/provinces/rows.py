"""One row of a province's table: its cells as text, numbers, days and codes, or what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors.files.days import JALALI, read_day
from connectors.files.numbers import decimal_number, whole_number
from connectors.files.problem import Wrong
from connectors.words.letters import unified_digits, unified_letters
from consumers.jalali import STANDARD_TIME

#: As ISO 8601 writes it, `+03:30`: dates in a province's files are days of the bus's zone.
_OFFSET = datetime.min.replace(tzinfo=STANDARD_TIME).isoformat()[-6:]


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row of a table; an absent or blank cell reads as empty text.

    What cannot be read comes back as `Wrong`, in the place of the value: `Folder.build` complains of it there.
    """

    file: str
    line: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """Return the cell in one spelling, without blanks around it; numbers and codes in it have ASCII digits."""
        text = unified_letters(self.cells.get(column, "")).strip()
        plain = unified_digits(text)
        return plain if plain.isascii() else text

    def maybe(self, column: str) -> str | None:
        """Return the cell, or none when it is blank."""
        return self.text(column) or None

    def codes(self, column: str) -> list[str]:
        """Return a cell that lists codes, separated by `;`, which Persian keyboards write `؛`."""
        parts = self.text(column).replace("؛", ";").split(";")
        return [part.strip() for part in parts if part.strip()]

    def whole(self, column: str) -> int | Wrong | None:
        """Return a whole number, or none when blank."""
        text = self.text(column)
        return whole_number(text) if text else None

    def decimal(self, column: str) -> float | Wrong | None:
        """Return a decimal number, or none when blank."""
        text = self.text(column)
        return decimal_number(text) if text else None

    def flag(self, column: str) -> bool | str:
        """Return `yes` and `no` as truth values, or the text itself for the model to refuse."""
        return {"yes": True, "no": False}.get(self.text(column), self.text(column))

    def day(self, column: str) -> str | Wrong | None:
        """Return a day as ISO 8601 writes it, or none when blank; the column's name says when it is a Jalali one."""
        return day_of(self.cells, column)

    def moment(self, column: str) -> str | Wrong | None:
        """Return the instant at which the day in a cell begins in Iran, or none when blank."""
        return midnight(self.day(column))


def day_of(cells: Mapping[str, object], name: str) -> str | Wrong | None:
    """Return the day under `name`, or under `<name>_jalali`, as ISO 8601 writes it; none when there is none."""
    for column, jalali in ((name, False), (f"{name}{JALALI}", True)):
        value = cells.get(column)
        text = "" if value is None else str(value).strip()
        if text:
            found = read_day(text, jalali=jalali)
            return found if isinstance(found, Wrong) else found.isoformat()
    return None


def midnight(day: str | Wrong | None) -> str | Wrong | None:
    """Return the instant at which a day begins in Iran, as RFC 3339 writes it; what is no day stays what it is."""
    return f"{day}T00:00:00{_OFFSET}" if isinstance(day, str) else day


def names_of(row: CsvRow, column: str = "name") -> dict[str, str | None]:
    """Return the Persian and English cells `<column>_fa` and `<column>_en` as a localized text."""
    return {"fa": row.maybe(f"{column}_fa"), "en": row.maybe(f"{column}_en")}
