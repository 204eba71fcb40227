"""Publishing a province through the outbox and waiting until the registry has decided every claim of it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep

from sqlalchemy import Connection, Engine

from connectors.clock import real_now
from connectors.database.publication.outbox import outbox_opener
from connectors.database.registry.entries import RegistryStore
from connectors.database.requests.claim_outcomes import RegistryAnswers
from connectors.database.sql.driver import meaningful_errors
from connectors.database.sql.engine import build_engine
from consumers.registry.domain.entries import value_of
from consumers.registry.domain.known import EntryKind, subject
from deploy.agencies import provision
from deploy.exits import ExitCode
from deploy.problem import Problem
from deploy.provinces.loader import Province, stated_of
from deploy.settings import Settings
from producers.changes import Value
from producers.claims import ClaimInvalid, message_from_event
from producers.registration import Identity, Plan, RegistryClaim, Subject, plan
from schemas.log_registry import RegistryClaimRefused
from schemas.message import Message

#: So many claims go into one transaction of the outbox.
CLAIMS_AT_ONCE = 200
ASK_EVERY_SECONDS = 0.1
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Loading:
    """What came of a load: claims published now, those known before, the registry's revision, and what it refused."""

    published: int
    known_before: int
    revision: int
    refused: tuple[RegistryClaimRefused, ...]


class RegisteredInSql:
    """The registry and its answers on one connection, for whoever plans what to state."""

    def __init__(self, connection: Connection) -> None:
        self._registry = RegistryStore(connection)
        self._answers = RegistryAnswers(connection)

    def versions(self, subjects: Collection[Subject]) -> Mapping[Subject, Sequence[Value]]:
        """Return all versions of each subject that is known, oldest first."""
        wanted = {(EntryKind(kind), code) for kind, code in subjects}
        known: dict[Subject, list[Value]] = {}
        for entry in self._registry.known(wanted, ()):
            value = value_of(entry)
            known.setdefault(subject(value), []).append(value)
        return known

    def seen(self, identities: Sequence[Identity]) -> Collection[Identity]:
        """Return those of the claims' identities that the bus has taken in before."""
        return self._answers.known(identities)


def load_province(
    settings: Settings,
    province: Province,
    report: Callable[[int, int], None],
    patience_seconds: float = 60.0,
) -> Loading:
    """Give the agencies of `province` topics, users and rights, and publish it; see `publish_province`."""
    provision(settings, sorted(province.agencies))
    return publish_province(settings, province, report, patience_seconds)


def publish_province(
    settings: Settings,
    province: Province,
    report: Callable[[int, int], None],
    patience_seconds: float = 60.0,
) -> Loading:
    """Publish what the registry does not know yet of `province`; see `plan_province` and `publish_plan`."""
    return publish_plan(settings, plan_province(settings, province), report, patience_seconds)


def plan_province(settings: Settings, province: Province, begins: datetime | None = None) -> Plan:
    """Return what would be published of `province`; what changed in place holds from `begins` on, or from now.

    Raises `BrokerUnavailable`, `OutboxUnavailable` and `DatabaseUnavailable`.
    """
    moment = begins or settings.clock.now().replace(second=0, microsecond=0)
    engine = build_engine(settings.worker_database_url(), "pishkhan province")
    try:
        with meaningful_errors(), engine.begin() as connection:
            return plan(stated_of(province), RegisteredInSql(connection), moment)
    finally:
        engine.dispose()


def publish_plan(
    settings: Settings,
    wanted: Plan,
    report: Callable[[int, int], None],
    patience_seconds: float = 60.0,
) -> Loading:
    """Publish the claims of a plan and wait for the registry's decisions.

    `report` is told (decided, published) as it goes on. The same plan again publishes nothing but what was refused: ids
    follow from content. Raises `Problem` when nothing is decided for `patience_seconds`, `BrokerUnavailable`,
    `OutboxUnavailable` and `DatabaseUnavailable`.
    """
    engine = build_engine(settings.worker_database_url(), "pishkhan province")
    try:
        with meaningful_errors(), engine.begin() as connection:
            fresh = _not_taken(RegistryAnswers(connection), wanted.claims)
        started_at = real_now()
        _publish(engine, settings, fresh)
        report(0, len(fresh))
        refused = _until_decided(engine, fresh, started_at, report, patience_seconds)
        with meaningful_errors(), engine.begin() as connection:
            revision = RegistryStore(connection).head()
        return Loading(len(fresh), wanted.known + len(wanted.claims) - len(fresh), revision, refused)
    finally:
        engine.dispose()


def _not_taken(answers: RegistryAnswers, claims: Sequence[RegistryClaim]) -> list[RegistryClaim]:
    """Return the claims that the registry has not seen, and those that it refused, under their next id.

    A refusal is remembered for as long as the outbox keeps what is published.
    """
    fresh: list[RegistryClaim] = []
    asked = list(claims)
    while asked:
        known = answers.known([claim.identity for claim in asked])
        outcomes = answers.answered(known, _EVER) if known else {}
        fresh += [claim for claim in asked if claim.identity not in known]
        asked = [claim.again() for claim in asked if outcomes.get(claim.identity) is not None]
    return fresh


def messages_of(claims: Sequence[RegistryClaim], now: datetime) -> list[Message]:
    """Return what is published for `claims`. Raises `Problem`, naming the claim, when one of them may not be."""
    messages = []
    for claim in claims:
        try:
            messages.append(message_from_event(claim.source, claim.event, str(claim.event_id), now))
        except ClaimInvalid as error:
            raise Problem(f"The {claim.kind} {claim.key} cannot be published: {error}.") from error
    return messages


def _publish(engine: Engine, settings: Settings, claims: Sequence[RegistryClaim]) -> None:
    # All are made before any is published: a province with a fault is not published in part.
    messages = messages_of(claims, settings.clock.now())
    open_outbox = outbox_opener(engine)
    for start in range(0, len(messages), CLAIMS_AT_ONCE):
        with open_outbox() as outbox:
            outbox.add(messages[start : start + CLAIMS_AT_ONCE])


def _until_decided(
    engine: Engine,
    claims: Sequence[RegistryClaim],
    since: datetime,
    report: Callable[[int, int], None],
    patience_seconds: float,
) -> tuple[RegistryClaimRefused, ...]:
    """Ask for the registry's answers until every claim has one; return the refusals."""
    undecided = {claim.identity for claim in claims}
    refused: list[RegistryClaimRefused] = []
    gives_up_at = monotonic() + patience_seconds
    while undecided:
        with meaningful_errors(), engine.begin() as connection:
            answers = RegistryAnswers(connection).answered(undecided, since)
        if answers:
            undecided -= answers.keys()
            refused.extend(answer for answer in answers.values() if answer is not None)
            gives_up_at = monotonic() + patience_seconds
            report(len(claims) - len(undecided), len(claims))
        elif monotonic() > gives_up_at:
            raise Problem(
                f"{len(undecided)} of {len(claims)} claims are published but not decided for {patience_seconds:.0f} s. "
                "They are not lost. Are relay and registry running? See `pishkhan doctor` and `pishkhan parked`.",
                ExitCode.UNANSWERED,
            )
        else:
            sleep(ASK_EVERY_SECONDS)
    return tuple(refused)
