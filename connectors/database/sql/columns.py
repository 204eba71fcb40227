"""Values as statements take many of them at once: one list per column, or one array as text."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID


def as_columns(rows: Collection[Sequence[object]]) -> list[list[Any]]:
    """Turn rows, at least one, into one list per column, as `unnest` takes them."""
    return [list(column) for column in zip(*rows, strict=True)]


def as_array(values: Iterable[str | int | UUID]) -> str:
    """Write ids or numbers as one array: one text is far cheaper to send than a list of thousands of values."""
    return "{" + ",".join(map(str, values)) + "}"
