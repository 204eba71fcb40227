"""Who speaks on intake: the sources `/agencies/CODE`, `/offices/CODE` and `/directorate` of CloudEvents' `source`."""

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from schemas.base import CODE_PATTERN

#: Sources are names that outsiders choose: a flood of new ones only costs time.
_SOURCES_KEPT = 4096
_CODE = CODE_PATTERN.removeprefix("^").removesuffix("$")
_SOURCE = re.compile(rf"/(agencies|offices)/({_CODE})", re.ASCII)

DIRECTORATE = "/directorate"


class SpeakerKind(StrEnum):
    """Who speaks on an intake topic."""

    AGENCY = "agency"
    OFFICE = "office"
    DIRECTORATE = "directorate"


class Sender(NamedTuple):
    """Who a source is; the directorate's code is `directorate`."""

    kind: SpeakerKind
    code: str


def agency_source(code: str) -> str:
    """Return the source of an agency's events."""
    return f"/agencies/{code}"


def office_source(code: str) -> str:
    """Return the source of an office's events."""
    return f"/offices/{code}"


@lru_cache(maxsize=_SOURCES_KEPT)
def sender_of(source: str) -> Sender | None:
    """Return who a source is; none when nobody may be called that."""
    if source == DIRECTORATE:
        return Sender(SpeakerKind.DIRECTORATE, SpeakerKind.DIRECTORATE.value)
    parts = _SOURCE.fullmatch(source)
    if parts is None:
        return None
    return Sender(SpeakerKind.AGENCY if parts[1] == "agencies" else SpeakerKind.OFFICE, parts[2])
