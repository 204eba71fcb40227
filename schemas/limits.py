"""The one declared table of limits: what passes one stage of the bus passes the next.

    a body accepted on intake -> what the bus says of it -> the relay -> the topic -> the reader

Bounds on bodies and lists are asked when a claim is accepted (`beyond`), never when our own log, or what was accepted
before, is read: an old log folds as it did. Everything is in bytes unless its name says otherwise.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from schemas.agreements import Agreement, ServiceTerms
from schemas.base import Event, Model
from schemas.catalogue import FormAttribute, Service
from schemas.intake_agency import AgreementPaused, ServicePublished
from schemas.intake_directorate import (
    AgreementChanged,
    CalendarChanged,
    OfficeChanged,
    OfficeLicensed,
    TerritoryChanged,
)
from schemas.offices import Accession, Office
from schemas.policy import Calendar
from schemas.tariff import BracketRule, TariffLine
from schemas.territory import Territory
from schemas.topics import (
    FEED_AGENCY,
    INTAKE_AGENCY,
    INTAKE_DIRECTORATE,
    INTAKE_OFFICES,
    KPI_MEASURED,
    LOG_LETTERS,
    LOG_REGISTRY,
    LOG_REQUESTS,
    LOG_SETTLEMENT,
    Topic,
)

KIB = 1024

#: Key, headers and framing of one record of ours: ten attributes of at most 200 characters of up to 4 bytes.
ENVELOPE_BYTES_MAX = 9 * KIB
#: What the bus says of a body is at most so many times as long: defaults that the claim left out are written out. The
#: worst is a split's part of 31 bytes, which becomes 102. Escapes never grow: JSON must escape what JSON escapes.
GROWTH_MAX = 4


@dataclass(frozen=True, slots=True)
class TopicLimits:
    """What one topic takes: `body_bytes` of one event, and `batch_bytes`, the topic's `max.message.bytes`.

    A client sends records in batches, and the broker compares the whole batch as it is sent.
    """

    topic: Topic
    body_bytes: int
    batch_bytes: int


TOPIC_LIMITS: tuple[TopicLimits, ...] = (
    # The longest words an agency has: a submission with a 20 kB encrypted blob (27 kB in base64) and a long form, or a
    # service with a full form: 60 fields, among them two lists of 200 values, are 115 kB. North Khorasan's longest
    # service has 2.2 kB. A batch may have twice that, so that records of a burst travel together.
    TopicLimits(INTAKE_AGENCY, 128 * KIB, 256 * KIB),
    # The same words at a desk.
    TopicLimits(INTAKE_OFFICES, 128 * KIB, 256 * KIB),
    # The territory travels whole: 50 kB in North Khorasan (176 places of 275 bytes), 210 kB in a large province. Some
    # 3,200 places fit. A whole country at this grain (10,500) would be 3 MB: it needs one event per county.
    TopicLimits(INTAKE_DIRECTORATE, 900_000, 1024 * KIB),
    # Whatever intake accepts, with its defaults written out.
    TopicLimits(LOG_REGISTRY, GROWTH_MAX * 900_000, 4096 * KIB),
    # A submission as it came, and fees: 20 lines in 20 parts are 80 kB. Wider than what is accepted today, for what
    # agreements of earlier versions may bring.
    TopicLimits(LOG_REQUESTS, 1024 * KIB, 2048 * KIB),
    # The same fees, as legs.
    TopicLimits(LOG_SETTLEMENT, 1024 * KIB, 2048 * KIB),
    # Where something lay, and in at most 2,000 characters why it was set aside.
    TopicLimits(LOG_LETTERS, 16 * KIB, 1024 * KIB),
    # One figure each.
    TopicLimits(KPI_MEASURED, 16 * KIB, 1024 * KIB),
    # Names and numbers, and at most one long text, such as which paper is wanted.
    TopicLimits(FEED_AGENCY, 32 * KIB, 1024 * KIB),
)
_BY_NAME = {limits.topic.name: limits for limits in TOPIC_LIMITS}


def limits_of(topic: Topic) -> TopicLimits:
    """Return the limits of `topic`, which is in the table of topics."""
    return _BY_NAME[topic.name]


# --- lists -------------------------------------------------------------------------------------------------------

#: Lists that the models themselves leave open, because old logs may hold longer ones: how many one claim may bring.
LISTS: Mapping[type[Model], Mapping[str, int]] = {
    # `order` numbers fields up to 200. Nobody fills in more.
    Service: {"form": 200, "equipment": 100, "training": 100, "stage_changes": 100},
    # The provinces' cities, a bank's branches.
    FormAttribute: {"values": 2_000},
    # All services of a large agency; every office of a province may lose its right.
    Agreement: {
        "signatory_titles": 50,
        "services": 500,
        "territory": 500,
        "revoked_offices": 5_000,
        "granted_services": 100,
        "duties": 100,
        "penalties": 100,
    },
    # Two classes there are; a fee of more lines is printed on no receipt.
    ServiceTerms: {"office_classes": 2, "tariff": 20},
    TariffLine: {"split": 20},
    BracketRule: {"brackets": 100},
    # Some periods a day.
    Office: {"hours": 70, "equipment": 100, "training": 100, "operators": 200, "accessions": 500},
    Accession: {"services": 500},
    # Twenty years of holidays.
    Calendar: {"hours": 70, "holidays": 2_000},
    # Iran has about 480 counties.
    Territory: {"counties": 1_000, "cities": 20_000},
    AgreementPaused: {"services": 500},
}


#: The claims that bring such lists; all others need no look.
WITH_LISTS: frozenset[type[Event]] = frozenset(
    {
        ServicePublished,
        AgreementPaused,
        AgreementChanged,
        OfficeLicensed,
        OfficeChanged,
        CalendarChanged,
        TerritoryChanged,
    }
)


class Beyond(NamedTuple):
    """A claim that is larger than may be accepted: where (a dotted path, or `body`), and what is wrong and to do."""

    field: str
    problem: str


def beyond(topic: Topic, event: Event, body_bytes: int) -> Beyond | None:
    """Return where a claim on intake `topic` is larger than may be accepted now, or none."""
    most = limits_of(topic).body_bytes
    if body_bytes > most:
        return Beyond("body", f"has {body_bytes} bytes; at most {most} may be said here: {_remedy(topic)}")
    if type(event) not in WITH_LISTS:
        return None
    for path, items, limit in _lists(event, ()):
        if items > limit:
            field = ".".join(path)
            return Beyond(field, f"has {items} items; at most {limit} may be said here: leave out what is not needed")
    return None


def _remedy(topic: Topic) -> str:
    return "shorten texts and lists" if topic is not INTAKE_DIRECTORATE else "say less at once"


def _lists(model: Model, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Yield every list below `model` that the table has a row for: where, how long, how long it may be."""
    limits = LISTS.get(type(model), {})
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Model):
            yield from _lists(value, (*path, name))
        elif isinstance(value, tuple):
            if name in limits:
                yield (*path, name), len(value), limits[name]
            for number, item in enumerate(value):
                if not isinstance(item, Model):
                    break
                yield from _lists(item, (*path, name, str(number)))


# --- the relay ---------------------------------------------------------------------------------------------------

#: librdkafka's `message.max.bytes`: what the largest topic takes.
PRODUCER_MESSAGE_BYTES = max(limits.batch_bytes for limits in TOPIC_LIMITS)
#: Its `batch.size`: one producer writes all topics, so its batches must fit the smallest. A longer record goes alone.
PRODUCER_BATCH_BYTES = min(limits.batch_bytes for limits in TOPIC_LIMITS) // 2

# --- readers -----------------------------------------------------------------------------------------------------

#: What one fetch takes of one partition. A single longer batch is sent all the same: the broker sees to that.
FETCH_PARTITION_BYTES = 1024 * KIB
#: What one fetch takes in all: the largest batch of any topic, or a megabyte of several partitions each.
FETCH_BYTES = 4096 * KIB

#: What one batch may unpack to, whatever it says of itself. Clients fill batches before they pack them: an honest one
#: is as long as its topic takes, or a few times that. A worker that holds two of this size stays within its memory.
BATCH_UNPACKED_BYTES_MAX = 4 * FETCH_BYTES

# --- the database ------------------------------------------------------------------------------------------------

#: PostgreSQL refuses an index row that is longer than a third of a page. Texts themselves may have a gigabyte.
INDEX_ROW_BYTES_MAX = 2_704

#: Of one dead letter's headers and body together so many bytes are kept, beside its whole length and its hash.
LETTER_BYTES_MAX = 32 * KIB


@dataclass(frozen=True, slots=True)
class LetterRoom:
    """How many dead letters of intake stay for how long: of one topic, which is one speaker's, and of all together."""

    days: int
    topic_letters: int
    topic_bytes: int
    letters: int
    bytes: int


#: A season, in which people ask what became of what they sent. One topic: far more than anybody looks at, and what a
#: desk's worst day brings; all: the floods of four at once. They are counted every minute, in 0.1 s when all are there.
LETTER_ROOM = LetterRoom(90, 20_000, 64 * KIB * KIB, 100_000, 256 * KIB * KIB)


@dataclass(frozen=True, slots=True)
class LettersTold:
    """How many letters of one topic are told as events: so many at once, and then one more in so many seconds."""

    at_once: int
    seconds_each: float


#: In the days that a letter stays no more are told of a topic than stay: what is told is kept for ever, in feeds.
LETTERS_TOLD = LettersTold(2_000, 450.0)
