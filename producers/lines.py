"""NDJSON of CloudEvents in structured mode: one line is one event, taken whole or not at all."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from producers.claims import ClaimInvalid, check_speaker, message_of
from schemas.envelope import EnvelopeInvalid, from_structured
from schemas.message import Message


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why one line is not published; `field` is an attribute's name or a path below `data`."""

    line_number: int
    field: str
    problem: str


def read_lines(
    lines: Iterable[bytes], now: datetime, agencies: Collection[str], first_number: int = 1
) -> Iterator[Message | LineProblem]:
    """Yield a message or a problem for every line that is not blank. Lines are numbered from `first_number`.

    `agencies` are those that have an intake topic.
    """
    for number, line in enumerate(lines, first_number):
        if not line.strip():
            continue
        try:
            envelope, body = from_structured(line)
            message = message_of(envelope, body, now)
            check_speaker(envelope.source, agencies)
            yield message
        except (EnvelopeInvalid, ClaimInvalid) as error:
            yield LineProblem(number, error.field, error.problem)
