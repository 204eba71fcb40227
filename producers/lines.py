"""NDJSON of CloudEvents in structured mode: one line is one event, taken whole or not at all."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from producers.claims import ClaimInvalid, check_speaker, message_of
from producers.outcomes import SaidBefore, SaidClaim, claim_of_message, was_said
from producers.publisher import Publisher
from schemas.envelope import EnvelopeInvalid, from_structured
from schemas.message import Message


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why one line is not published; `field` is an attribute's name or a path below `data`."""

    line_number: int
    field: str
    problem: str


class ReadLine(NamedTuple):
    """One line that may be published."""

    line_number: int
    message: Message


@dataclass(frozen=True, slots=True)
class KeptLine:
    """One line that the bus keeps; `again` says that it was accepted before, and was not published once more."""

    line_number: int
    claim: SaidClaim
    again: bool


def publish_lines(
    publisher: Publisher,
    before: SaidBefore,
    lines: Iterable[bytes],
    now: datetime,
    agencies: Collection[str],
    first_number: int = 1,
) -> list[KeptLine | LineProblem]:
    """Publish the good ones of `lines` in one transaction; return what became of each that is not blank, in order.

    A line that was accepted before is known by its id, and is not published again; under the id of another event it is
    a problem. Raises AnswersUnavailable, when nothing was published, and OutboxUnavailable.
    """
    read = list(read_lines(lines, now, agencies, first_number))
    good = [line for line in read if isinstance(line, ReadLine)]
    words = before.words([(line.message.envelope.source, line.message.envelope.id) for line in good])
    newest = before.newest()
    fresh: list[Message] = []
    found: list[KeptLine | LineProblem] = []
    for line in read:
        if isinstance(line, LineProblem):
            found.append(line)
            continue
        try:
            again = was_said(line.message, words)
        except ClaimInvalid as error:
            found.append(LineProblem(line.line_number, error.field, error.problem))
            continue
        fresh += [] if again else [line.message]
        found.append(KeptLine(line.line_number, claim_of_message(line.message, 0 if again else newest), again))
    publisher.publish(fresh)
    return found


def read_lines(
    lines: Iterable[bytes], now: datetime, agencies: Collection[str], first_number: int = 1
) -> Iterator[ReadLine | LineProblem]:
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
            yield ReadLine(number, message)
        except (EnvelopeInvalid, ClaimInvalid) as error:
            yield LineProblem(number, error.field, error.problem)
