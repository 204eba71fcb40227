"""One published example per intake event: a whole CloudEvent in structured form, as documents and tests show it."""

import json
from pathlib import Path
from typing import Any

from schemas.base import Event

_FOLDER = Path(__file__).parent


def example(model: type[Event]) -> dict[str, Any]:
    """Return a fresh copy of the example of an intake event."""
    found: dict[str, Any] = json.loads((_FOLDER / f"{model.__name__}.json").read_text(encoding="utf-8"))
    return found


def exemplified(model: type[Event]) -> bool:
    """Say whether the event has an example; the bus's own log events have none."""
    return (_FOLDER / f"{model.__name__}.json").is_file()
