"""The hand-written files of a province that generated ones build upon, and the one way to write a table."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.files.tables import Row, Table
from connectors.files.yaml_text import read_yaml

Record = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """A province's hand-written files, as text by column."""

    province: Mapping[str, Any]
    counties: Sequence[Record]
    cities: Sequence[Record]
    agencies: Sequence[Record]
    services: Sequence[Record]

    @property
    def seed(self) -> int:
        """Return the seed that all generated files of this province come from."""
        return int(self.province["generation"]["seed"])


def read_facts(folder: Path) -> Facts:
    """Return the hand-written files of `folder`; they must be there and have their columns."""
    return Facts(
        province=read_document(folder / "province.yaml"),
        counties=read_table(folder / "counties.csv"),
        cities=read_table(folder / "cities.csv"),
        agencies=read_table(folder / "agencies.csv"),
        services=read_table(folder / "services.csv"),
    )


def read_table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file that we keep in order ourselves. Raises `Unreadable`."""
    with path.open("rb") as file:
        return [row.cells for row in Table(file) if isinstance(row, Row)]


def read_document(path: Path) -> Any:
    """Return what a YAML file says. Raises `Unreadable`."""
    return read_yaml(path.read_text(encoding="utf-8-sig"), path.name).data


def table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """Return a CSV file with `columns`; a missing cell is blank."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def share(total: int, weights: Sequence[float]) -> list[int]:
    """Divide `total` by `weights`, by largest remainder, ties to the earlier one."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda place: parts[place] - exact[place])
    for place in order[: total - sum(parts)]:
        parts[place] += 1
    return parts
