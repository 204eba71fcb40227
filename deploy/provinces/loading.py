"""Publishing a province through the outbox and waiting until the registry has decided every claim of it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic, sleep

from consumers.registry.domain.entries import value_of
from consumers.registry.domain.known import EntryKind, subject
from consumers.registry.lookup import RegistryReads
from consumers.runner.errors import DatabaseUnavailable
from deploy.agencies import provision
from deploy.exits import ExitCode
from deploy.problem import Problem
from deploy.provinces.loader import Province, stated_of
from deploy.settings import Settings
from deploy.use_cases import Bus
from producers.changes import Value
from producers.claims import ClaimInvalid, message_from_event
from producers.outcomes import AnswersUnavailable, Decided, OutcomeReads, SaidBefore, SaidClaim
from producers.registration import Identity, Plan, RegistryClaim, Subject, plan
from schemas.log_registry import RegistryClaimRefused
from schemas.message import Message

#: So many claims go into one transaction of the outbox.
CLAIMS_AT_ONCE = 200
ASK_EVERY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Loading:
    """What came of a load: claims published now, those known before, the registry's revision, and what it refused."""

    published: int
    known_before: int
    revision: int
    refused: tuple[RegistryClaimRefused, ...]


class Known:
    """The registry, and what was said to it, for whoever plans what to state. Implements `Registered`."""

    def __init__(self, registry: RegistryReads, said: SaidBefore) -> None:
        self._registry = registry
        self._said = said

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
        return self._said.words(identities).keys()


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
    with _told_as_unavailable(), Bus(settings, "pishkhan province") as bus, bus.reading() as view:
        return plan(stated_of(province), Known(view.registry, bus.outcomes), moment)


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
    with _told_as_unavailable(), Bus(settings, "pishkhan province") as bus:
        fresh = _not_taken(bus.outcomes, wanted.claims)
        newest = bus.outcomes.newest()
        _publish(bus, settings, fresh)
        report(0, len(fresh))
        asked = [SaidClaim(*claim.identity, after=newest) for claim in fresh]
        refused = _until_decided(bus.outcomes, asked, report, patience_seconds)
        with bus.reading() as view:
            revision = view.registry.head()
        return Loading(len(fresh), wanted.known + len(wanted.claims) - len(fresh), revision, refused)


@contextmanager
def _told_as_unavailable() -> Iterator[None]:
    try:
        yield
    except AnswersUnavailable as error:
        raise DatabaseUnavailable(str(error)) from error


def _not_taken(outcomes: OutcomeReads, claims: Sequence[RegistryClaim]) -> list[RegistryClaim]:
    """Return the claims that the registry has not seen, and those that it refused, under their next id.

    A refusal is remembered for as long as the outbox keeps what is published.
    """
    fresh: list[RegistryClaim] = []
    asked = list(claims)
    while asked:
        known = outcomes.words([claim.identity for claim in asked]).keys()
        answers = _decided(outcomes, [SaidClaim(*identity) for identity in known])
        refused = {(claim.source, claim.event_id) for claim, refusal in answers.items() if refusal is not None}
        fresh += [claim for claim in asked if claim.identity not in known]
        asked = [claim.again() for claim in asked if claim.identity in refused]
    return fresh


def _decided(outcomes: OutcomeReads, claims: Sequence[SaidClaim]) -> dict[SaidClaim, RegistryClaimRefused | None]:
    """Return the decided ones of `claims`, each with its refusal, or none when it was accepted."""
    found = outcomes.outcomes(claims) if claims else {}
    return {
        claim: next((event for event in outcome.events if isinstance(event, RegistryClaimRefused)), None)
        for claim, outcome in found.items()
        if isinstance(outcome, Decided)
    }


def messages_of(claims: Sequence[RegistryClaim], now: datetime) -> list[Message]:
    """Return what is published for `claims`. Raises `Problem`, naming the claim, when one of them may not be."""
    messages = []
    for claim in claims:
        try:
            messages.append(message_from_event(claim.source, claim.event, str(claim.event_id), now))
        except ClaimInvalid as error:
            raise Problem(f"The {claim.kind} {claim.key} cannot be published: {error}.") from error
    return messages


def _publish(bus: Bus, settings: Settings, claims: Sequence[RegistryClaim]) -> None:
    # All are made before any is published: a province with a fault is not published in part.
    messages = messages_of(claims, settings.clock.now())
    for start in range(0, len(messages), CLAIMS_AT_ONCE):
        with bus.open_outbox() as outbox:
            outbox.add(messages[start : start + CLAIMS_AT_ONCE])


def _until_decided(
    outcomes: OutcomeReads,
    claims: Sequence[SaidClaim],
    report: Callable[[int, int], None],
    patience_seconds: float,
) -> tuple[RegistryClaimRefused, ...]:
    """Ask for the registry's answers until every claim has one; return the refusals."""
    undecided = dict.fromkeys(claims)
    refused: list[RegistryClaimRefused] = []
    gives_up_at = monotonic() + patience_seconds
    while undecided:
        answers = _decided(outcomes, list(undecided))
        if answers:
            undecided = {claim: None for claim in undecided if claim not in answers}
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
