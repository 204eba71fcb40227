"""Publishing a province through the outbox and waiting until the registry has decided every claim of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep

from sqlalchemy import Engine

from connectors.clock import real_now
from connectors.database.publication.outbox import outbox_opener
from connectors.database.registry.entries import RegistryStore
from connectors.database.requests.claim_outcomes import RegistryAnswers
from connectors.database.sql.driver import meaningful_errors
from connectors.database.sql.engine import build_engine
from deploy.agencies import provision
from deploy.exits import ExitCode
from deploy.problem import Problem
from deploy.provinces.loader import Province, ProvinceClaim, province_claims
from deploy.settings import Settings
from producers.claims import ClaimInvalid, message_from_event
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
    """Publish what the registry does not know yet of `province` and wait for its decisions.

    `report` is told (decided, published) as it goes on. Loading the same folder again publishes nothing but what was
    refused: ids follow from content. Raises `Problem` when nothing is decided for `patience_seconds`,
    `BrokerUnavailable`, `OutboxUnavailable` and `DatabaseUnavailable`.
    """
    engine = build_engine(settings.worker_database_url(), "pishkhan province")
    try:
        claims = province_claims(province)
        with meaningful_errors(), engine.begin() as connection:
            fresh = _not_taken(RegistryAnswers(connection), claims)
        started_at = real_now()
        _publish(engine, settings, fresh)
        report(0, len(fresh))
        refused = _until_decided(engine, fresh, started_at, report, patience_seconds)
        with meaningful_errors(), engine.begin() as connection:
            revision = RegistryStore(connection).head()
        return Loading(len(fresh), len(claims) - len(fresh), revision, refused)
    finally:
        engine.dispose()


def _not_taken(answers: RegistryAnswers, claims: Sequence[ProvinceClaim]) -> list[ProvinceClaim]:
    """Return the claims that the registry has not seen, and those that it refused, under their next id.

    A refusal is remembered for as long as the outbox keeps what is published.
    """
    fresh: list[ProvinceClaim] = []
    asked = list(claims)
    while asked:
        known = answers.known([claim.identity for claim in asked])
        outcomes = answers.answered(known, _EVER) if known else {}
        fresh += [claim for claim in asked if claim.identity not in known]
        asked = [claim.again() for claim in asked if outcomes.get(claim.identity) is not None]
    return fresh


def messages_of(claims: Sequence[ProvinceClaim], now: datetime) -> list[Message]:
    """Return what is published for `claims`. Raises `Problem`, naming the claim, when one of them may not be."""
    messages = []
    for claim in claims:
        try:
            messages.append(message_from_event(claim.source, claim.event, str(claim.event_id), now))
        except ClaimInvalid as error:
            raise Problem(f"The {claim.kind} {claim.key} cannot be published: {error}.") from error
    return messages


def _publish(engine: Engine, settings: Settings, claims: Sequence[ProvinceClaim]) -> None:
    # All are made before any is published: a province with a fault is not published in part.
    messages = messages_of(claims, settings.clock.now())
    open_outbox = outbox_opener(engine)
    for start in range(0, len(messages), CLAIMS_AT_ONCE):
        with open_outbox() as outbox:
            outbox.add(messages[start : start + CLAIMS_AT_ONCE])


def _until_decided(
    engine: Engine,
    claims: Sequence[ProvinceClaim],
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
