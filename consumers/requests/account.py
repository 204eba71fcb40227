"""The account that the bus gives of a request: why it went where it went, and whether a recomputation gives the same.

The use case of everybody who asks, at a terminal, over HTTP or on a page: it reads the logs through a port, decides
with the domain's functions and returns values. What is shown, and how, is the caller's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from consumers.logs import Logs, Progress, event_of
from consumers.requests.domain.loads.history import LoadsHistory, LoadsIncomplete
from consumers.requests.domain.loads.loads import Loads
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.review.explain import CANDIDATES, Explanation, Lists, explain, opened_of, question_of
from consumers.requests.domain.review.gaps import Gap, first_missing, gaps_in
from consumers.requests.domain.review.verify import (
    DecidedEvent,
    Verification,
    VerificationResult,
    decisions_of,
    not_recomputed,
    verdict,
    verify,
)
from consumers.requests.domain.routing.roll import roll_call
from consumers.runner.records import Record
from schemas.base import Event
from schemas.decode import Received
from schemas.envelope import Envelope, from_headers
from schemas.log_registry import RegistryEntry
from schemas.log_requests import RequestOpened, RequestRefused
from schemas.partition import partition_of
from schemas.problems import FieldProblem
from schemas.topics import LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT

#: Called with what is about to be read; returns what is called with the progress of that reading.
Watch = Callable[[str], Progress]


class AccountImpossible(Exception):
    """The logs do not hold what an account needs; the message says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """What became of a request, and the result of recomputing each decision.

    `verifications` are empty when none were asked for, but for what stood in the way of the lists of offices.
    """

    explanation: Explanation
    verifications: tuple[Verification, ...]
    verified: bool

    @property
    def finding(self) -> VerificationResult:
        """Say whether this can be believed: verified and the same; different; or not known for want of records.

        An account that nobody asked to verify is the same when its story is whole.
        """
        if self.verified:
            return verdict(self.verifications)
        whole = not (self.explanation.missing or self.verifications)
        return VerificationResult.SAME if whole else VerificationResult.NOT_RECOMPUTED


class Accounts:
    """Gives accounts from the logs as they are now; `secret` is that of the seeds, none when the caller has none.

    Every call may raise `AccountImpossible`, and `BrokerUnavailable` from the logs.
    """

    def __init__(self, logs: Logs, secret: bytes | None, watch: Watch) -> None:
        self._logs = logs
        self._secret = secret
        self._watch = watch

    def give(self, request_id: UUID, *, lists: bool = False, verified: bool = False) -> Account:
        """Return the account of one request: with the offices behind every count, and with every decision recomputed.

        Either of these reads all logs; without them the request's own partition and the registry are enough.
        """
        history = self._history(request_id)
        view, complete_to = self._registry()
        if not (lists or verified):
            return Account(explain(history, view), (), verified=False)
        decided, gaps = decisions_of(history), gaps_in(history)
        loads = self._loads(decided)
        opened = opened_of(history)
        found: dict[int, Lists] = {}
        verifications: list[Verification] = []
        for number, one in enumerate(decided):
            try:
                seen = _seen(number, one, loads, gaps, complete_to)
            except LoadsIncomplete as error:
                verifications.append(not_recomputed(one, str(error)))
                continue
            if verified:
                verifications.append(verify(opened, one, view, seen, self._secret))
            if lists:
                found[number] = _lists(history, one, view, seen)
        verifications += [_of_gap(gap) for gap in gaps]
        return Account(explain(history, view, found), tuple(verifications), verified)

    def _history(self, request_id: UUID) -> list[Received]:
        """Return the request's own events, once each and in their order."""
        name, key = LOG_REQUESTS.name, str(request_id)
        partitions = self._logs.partitions(name)
        if not partitions:
            raise AccountImpossible(f"The broker has no topic {name}. Start the bus with `pishkhan up` first.")
        found: dict[int, Received] = {}
        progress = self._watch("the request's own events")
        for record in self._logs.records([name], partition_of(key, partitions), progress):
            if record.key == key.encode():
                received = _read(record)
                if received.envelope.sequence is not None:
                    found.setdefault(received.envelope.sequence, received)
        if not found:
            raise AccountImpossible(
                f"Request {key} is not in the log. It may still wait for the registry (`pishkhan parked list`), its "
                "claim may have been dead-lettered, the log may lack it (`pishkhan reconcile`), or the id is wrong."
            )
        history = [found[sequence] for sequence in sorted(found)]
        if not isinstance(history[0].event, RequestOpened):
            raise AccountImpossible(
                f"The opening of request {key} is not in the log, though later events are. `pishkhan reconcile` says "
                "what the log lost, and `pishkhan repair topic` brings back what can be brought back."
            )
        return history

    def _registry(self) -> tuple[RegistryView, int]:
        """Return what the registry's log says, and the first revision that is not in it.

        It is read in the order of revisions: a repaired log may hold them in another.
        """
        progress = self._watch("the registry's log")
        read = (_read(record).event for record in self._logs.records([LOG_REGISTRY.name], None, progress))
        entries = {entry.revision: entry for entry in read if isinstance(entry, RegistryEntry)}
        view = RegistryView.empty().with_entries(entries[revision] for revision in sorted(entries))
        return view, first_missing(entries)

    def _loads(self, decided: Sequence[DecidedEvent]) -> LoadsHistory:
        loads = LoadsHistory([one.place for one in decided])
        progress = self._watch("the logs of requests and settlement")
        for record in self._logs.records([LOG_REQUESTS.name, LOG_SETTLEMENT.name], None, progress):
            envelope = _envelope(record)
            # Most events move no loads: only those that do are read whole.
            if loads.wants(envelope):
                loads.take(envelope, _event(record, envelope))
        return loads


def _seen(number: int, decided: DecidedEvent, loads: LoadsHistory, gaps: Sequence[Gap], complete_to: int) -> Loads:
    """Return the loads that a decision saw. Raises LoadsIncomplete when the logs lack anything that it rests on."""
    before = next((gap for gap in gaps if gap.first < decided.sequence), None)
    if before is not None:
        raise LoadsIncomplete(f"what came before is incomplete: {before.why()}")
    if complete_to <= decided.registry_revision:
        raise LoadsIncomplete(f"revision {complete_to} of the registry is not in its log")
    try:
        return loads.loads(number)
    except LoadsIncomplete as error:
        why = f"{error}; the relay may be behind, or they have lost it: `pishkhan reconcile` says which"
        raise LoadsIncomplete(why) from None


def _of_gap(gap: Gap) -> Verification:
    return Verification(attempt=gap.attempt, event="missing", finding=VerificationResult.NOT_RECOMPUTED, why=gap.why())


def _lists(history: Sequence[Received], decided: DecidedEvent, view: RegistryView, loads: Loads) -> Lists:
    if isinstance(decided.event, RequestRefused) and not decided.event.excluded:
        return {}  # Refused before any office was looked at.
    as_of = view.up_to(decided.registry_revision)
    roll = roll_call(question_of(opened_of(history), decided), as_of, loads, decided.tried)
    return {CANDIDATES if reason is None else reason.value: tuple(codes) for reason, codes in roll.items()}


def _read(record: Record) -> Received:
    envelope = _envelope(record)
    return Received(envelope, _event(record, envelope))


def _envelope(record: Record) -> Envelope:
    try:
        return from_headers(record.headers)
    except FieldProblem as problem:
        raise _unreadable(record, problem) from None


def _event(record: Record, envelope: Envelope) -> Event:
    try:
        return event_of(record, envelope.type)
    except FieldProblem as problem:
        raise _unreadable(record, problem) from None


def _unreadable(record: Record, problem: FieldProblem) -> AccountImpossible:
    place = f"Record {record.position} of {record.topic}/{record.partition}"
    return AccountImpossible(f"{place} is none that this version of the bus writes: {problem.field}: {problem.problem}")
