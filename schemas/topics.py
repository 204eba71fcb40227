"""The one declared table of topics: who writes, what the key is, which events, how long they are kept.

Topic creation, ACLs, the AsyncAPI document and the tests are derived from it.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from schemas import feed, kpi, late_cash, log_letters, log_registry, log_requests, log_settlement
from schemas import intake_agency as agency
from schemas import intake_directorate as directorate
from schemas import intake_office as office
from schemas.base import Event
from schemas.speakers import SpeakerKind, sender_of


class Writer(StrEnum):
    """Whose principal the broker lets write."""

    AGENCY = "agency"
    GATEWAY = "gateway"
    BUS = "bus"


class Privacy(StrEnum):
    """What a topic may hold about people."""

    NONE = "none"
    PSEUDONYMS = "pseudonyms and encrypted blobs"


@dataclass(frozen=True, slots=True)
class Topic:
    """One row. `name` holds `{agency}` where there is one topic per agency; retention of -1 keeps all."""

    name: str
    writer: Writer
    key: str
    events: tuple[type[Event], ...]
    partitions: int
    retention_ms: int
    privacy: Privacy
    append_time: bool

    def for_agency(self, code: str) -> str:
        """Return the topic's name for one agency."""
        return self.name.format(agency=code)


INTAKE_RETENTION_MS = 30 * 86_400_000
LETTERS_RETENTION_MS = 90 * 86_400_000
FEED_RETENTION_MS = 30 * 86_400_000
KEEP = -1

#: Each agency's own topic: what it says of its services, agreements and requests.
INTAKE_AGENCY = Topic(
    "pishkhan.intake.{agency}",
    Writer.AGENCY,
    "service code or request id",
    (
        agency.ServicePublished,
        agency.ServiceWithdrawn,
        agency.RequestSubmitted,
        agency.RequestCancelled,
        agency.AgencyAnswered,
        agency.ClaimWithdrawn,
        agency.AgreementConfirmed,
        agency.AgreementVetoed,
        agency.AgreementPaused,
    ),
    3,
    INTAKE_RETENTION_MS,
    Privacy.PSEUDONYMS,
    append_time=True,
)
#: What offices say at the desk, written for them by the gateway.
INTAKE_OFFICES = Topic(
    "pishkhan.intake.offices",
    Writer.GATEWAY,
    "request id",
    (
        agency.RequestSubmitted,
        office.RequestAccepted,
        office.RequestDeclined,
        office.FeeCollected,
        office.FeeReturned,
        office.ServiceStarted,
        office.AgencyAwaited,
        office.ServiceDelivered,
        agency.ClaimWithdrawn,
    ),
    3,
    INTAKE_RETENTION_MS,
    Privacy.PSEUDONYMS,
    append_time=True,
)
#: The directorate's acts: licences, agreements, policy, calendars, territory, and money by decision.
INTAKE_DIRECTORATE = Topic(
    "pishkhan.intake.directorate",
    Writer.GATEWAY,
    "the code or id of what it is about",
    (
        directorate.OfficeLicensed,
        directorate.OfficeChanged,
        directorate.OfficeSuspended,
        directorate.AgreementChanged,
        directorate.PolicyChanged,
        directorate.CalendarChanged,
        directorate.TerritoryChanged,
        directorate.OfficePaid,
        directorate.RefundOrdered,
        directorate.CorrectionOrdered,
        directorate.FineImposed,
        directorate.FineLifted,
        directorate.DisputeOpened,
        directorate.DisputeResolved,
        directorate.WindowCloseRequested,
        agency.ClaimWithdrawn,
    ),
    3,
    INTAKE_RETENTION_MS,
    Privacy.NONE,
    append_time=True,
)
#: Everything known, in one order: one partition, so that the revision is a position.
LOG_REGISTRY = Topic(
    "pishkhan.log.registry",
    Writer.BUS,
    "the code of what it is about",
    (
        log_registry.ServiceVersioned,
        log_registry.OfficeVersioned,
        log_registry.AgreementVersioned,
        log_registry.PolicyVersioned,
        log_registry.CalendarVersioned,
        log_registry.TerritoryVersioned,
        log_registry.RegistryClaimRefused,
    ),
    1,
    KEEP,
    Privacy.NONE,
    append_time=False,
)
#: The life of every request: the one order that settlement, figures and delivery see.
LOG_REQUESTS = Topic(
    "pishkhan.log.requests",
    Writer.BUS,
    "request id (or the act's own id)",
    (
        log_requests.RequestOpened,
        log_requests.RequestRouted,
        log_requests.RequestRefused,
        log_requests.OfficeAccepted,
        log_requests.OfficeDeclined,
        log_requests.OfficeTimedOut,
        log_requests.RequestEscalated,
        log_requests.OfficeCollectedFee,
        log_requests.OfficeReturnedFee,
        late_cash.LateCashTaken,
        log_requests.OfficeStarted,
        log_requests.AgencyAsked,
        log_requests.AgencyReplied,
        log_requests.OfficeDelivered,
        log_requests.RequestCompleted,
        log_requests.RequestClosed,
        log_requests.RefundAccepted,
        log_requests.DisputeMarked,
        log_requests.ClaimRefused,
        log_requests.ClaimTakenBack,
        log_requests.OfficePaymentAccepted,
        log_requests.FineAccepted,
        log_requests.CorrectionAccepted,
        log_requests.WindowMarked,
    ),
    12,
    KEEP,
    Privacy.PSEUDONYMS,
    append_time=False,
)
#: What the ledger wrote.
LOG_SETTLEMENT = Topic(
    "pishkhan.log.settlement",
    Writer.BUS,
    "request id, office code or window number",
    (
        log_settlement.FeeHeld,
        log_settlement.CollectionRecorded,
        log_settlement.ReturnRecorded,
        log_settlement.LateCashRecorded,
        log_settlement.FeePosted,
        log_settlement.FeeVoided,
        log_settlement.FeeRefunded,
        log_settlement.OfficePaymentRecorded,
        log_settlement.FineRecorded,
        log_settlement.CorrectionRecorded,
        log_settlement.WindowClosed,
        log_settlement.StatementIssued,
    ),
    12,
    KEEP,
    Privacy.NONE,
    append_time=False,
)
#: What was set aside of intake, kept as long as the letters themselves: whoever they concern has them in a feed.
LOG_LETTERS = Topic(
    "pishkhan.log.letters",
    Writer.BUS,
    "the intake topic's name",
    (log_letters.ClaimSetAside,),
    3,
    LETTERS_RETENTION_MS,
    Privacy.NONE,
    append_time=False,
)
#: Each agency's feed, for those who speak Kafka alone: a copy of what the database keeps, in the order of its numbers.
FEED_AGENCY = Topic(
    "pishkhan.feed.{agency}",
    Writer.BUS,
    "the agency's code, so that all of it has one order",
    (feed.FeedEntry,),
    1,
    FEED_RETENTION_MS,
    Privacy.NONE,
    append_time=False,
)
#: Measured figures, for boards and statements.
KPI_MEASURED = Topic(
    "pishkhan.kpi.measured",
    Writer.BUS,
    "office, service, agency or county code",
    (kpi.KpiMeasured,),
    3,
    KEEP,
    Privacy.NONE,
    append_time=False,
)

TOPICS: tuple[Topic, ...] = (
    INTAKE_AGENCY,
    INTAKE_OFFICES,
    INTAKE_DIRECTORATE,
    LOG_REGISTRY,
    LOG_REQUESTS,
    LOG_SETTLEMENT,
    LOG_LETTERS,
    KPI_MEASURED,
    FEED_AGENCY,
)

INTAKE_PREFIX = "pishkhan.intake."
FEED_PREFIX = "pishkhan.feed."
#: Of these there is one for each agency.
AGENCY_TOPICS = tuple(topic for topic in TOPICS if "{agency}" in topic.name)
#: Agency codes that would collide with the two gateway topics.
RESERVED_AGENCY_CODES = frozenset({"offices", "directorate"})


@lru_cache(maxsize=1024)
def topic_of(name: str) -> Topic | None:
    """Return the row that a topic's name belongs to, or none when the bus does not know it."""
    for topic in TOPICS:
        if topic.name == name:
            return topic
    if name.startswith(FEED_PREFIX):
        return FEED_AGENCY
    return INTAKE_AGENCY if name.startswith(INTAKE_PREFIX) else None


def speaker_allowed(topic: str, source: str) -> bool:
    """Say whether `source` may speak on intake `topic`: the topic decides who spoke, the source is only a claim."""
    assert topic.startswith(INTAKE_PREFIX), topic
    sender, place = sender_of(source), topic.removeprefix(INTAKE_PREFIX)
    if sender is None:
        return False
    if place == "offices":
        return sender.kind is SpeakerKind.OFFICE
    if place == "directorate":
        return sender.kind is SpeakerKind.DIRECTORATE
    return sender == (SpeakerKind.AGENCY, place)
