"""The account of a request, from logs in memory: what it says, what it reads, and what they may lack."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

import pytest

from consumers.logs import Progress
from consumers.requests.account import Account, AccountImpossible, Accounts
from consumers.requests.domain.review.verify import VerificationResult
from consumers.runner.records import Record
from schemas.decode import Received, encode
from schemas.envelope import Envelope, to_headers
from schemas.log_requests import RequestRouted
from schemas.partition import partition_of
from schemas.topics import LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT
from tests.kit.values import builders
from tests.kit.values.builders import MOMENT
from tests.kit.values.journal import OFFICES, SECRET, Journal, decline, ident, journal, office_of, submission

ASKED = 1
#: Where the registry's newest version lies.
LAST = len(builders.small_province(*OFFICES)) - 1


class LogsInMemory:
    """The three logs of a journal; `spoil` may change or leave out (none) a record before it is there."""

    def __init__(self, bus: Journal, spoil: Callable[[Record], Record | None] = lambda record: record) -> None:
        self.read: list[tuple[tuple[str, ...], int | None]] = []
        entries = [
            (LOG_REGISTRY.name, Received(Envelope(f"r{one.revision}", "/bus", one.type_name(), "s", MOMENT), one))
            for one in builders.small_province(*OFFICES)
        ]
        told = [(one.topic, one.received) for one in bus.logs]
        records = [_record(topic, received, number) for number, (topic, received) in enumerate([*entries, *told])]
        self.records_kept = [kept for record in records if (kept := spoil(record)) is not None]

    def partitions(self, topic: str) -> int:
        return LOG_REQUESTS.partitions if any(record.topic == topic for record in self.records_kept) else 0

    def records(
        self, topics: Collection[str], only_partition: int | None = None, progress: Progress | None = None
    ) -> Iterator[Record]:
        self.read.append((tuple(topics), only_partition))
        for record in self.records_kept:
            if record.topic in topics and only_partition in (None, record.partition):
                yield record


def _record(topic: str, received: Received, position: int) -> Record:
    envelope, event = received.envelope, received.event
    subject = envelope.subject or ""
    partition = 0 if topic == LOG_REGISTRY.name else partition_of(subject, LOG_REQUESTS.partitions)
    return Record(topic, partition, position, subject.encode(), tuple(to_headers(envelope)), encode(event), MOMENT)


def given_back() -> Journal:
    """A request that was given back once, and another one that changed the loads before."""
    bus = journal()
    bus.batch(submission(2))
    bus.batch(submission(ASKED))
    bus.batch(decline(ASKED, office_of(bus, ASKED)))
    return bus


def account(logs: LogsInMemory, *, lists: bool = False, verified: bool = False, number: int = ASKED) -> Account:
    return Accounts(logs, SECRET, lambda _: lambda *_: None).give(ident(number), lists=lists, verified=verified)


def without(topic: str, which: Callable[[Record], bool]) -> Callable[[Record], Record | None]:
    return lambda record: None if record.topic == topic and which(record) else record


def is_event(number: int, sequence: int) -> Callable[[Record], bool]:
    own = (b"ce_subject", str(ident(number)).encode()), (b"sequence", str(sequence).encode())
    return lambda record: all(_header(record, name.decode()) == value for name, value in own)


def _header(record: Record, name: str) -> bytes | None:
    return next((value for key, value in record.headers if key.removeprefix("ce_") == name.removeprefix("ce_")), None)


def test_an_account_reads_the_request_s_partition_and_the_registry_alone() -> None:
    logs = LogsInMemory(given_back())
    found = account(logs)
    assert [one.decision.attempt for one in found.explanation.decisions] == [1, 2]
    assert (found.verifications, found.finding) == ((), VerificationResult.SAME)
    partition = partition_of(str(ident(ASKED)), LOG_REQUESTS.partitions)
    assert logs.read == [((LOG_REQUESTS.name,), partition), ((LOG_REGISTRY.name,), None)]


def test_every_decision_is_made_again() -> None:
    logs = LogsInMemory(given_back())
    found = account(logs, lists=True, verified=True)
    assert [one.finding for one in found.verifications] == [VerificationResult.SAME, VerificationResult.SAME]
    assert found.finding is VerificationResult.SAME
    assert found.explanation.decisions[0].lists["candidates"] == tuple(office.code for office in OFFICES)
    assert logs.read[-1] == ((LOG_REQUESTS.name, LOG_SETTLEMENT.name), None)


def test_records_that_come_twice_and_in_another_order_count_once() -> None:
    logs = LogsInMemory(given_back())
    logs.records_kept = [*reversed(logs.records_kept), *logs.records_kept]
    assert account(logs, verified=True).finding is VerificationResult.SAME


def test_a_decision_that_was_changed_in_the_log_is_different() -> None:
    bus = given_back()

    def forged(record: Record) -> Record:
        if not is_event(ASKED, 2)(record):
            return record
        event = RequestRouted.model_validate_json(record.value or b"")
        loser = next(one.office for one in event.decision.samples if one.office != event.decision.office)
        changed = event.model_copy(update={"decision": event.decision.model_copy(update={"office": loser})})
        return replace(record, value=encode(changed))

    found = account(LogsInMemory(bus, forged), verified=True)
    assert found.verifications[0].finding is VerificationResult.DIFFERENT
    assert found.finding is VerificationResult.DIFFERENT


@pytest.mark.parametrize(
    ("spoil", "findings", "why"),
    [
        # The routing itself, and what was decided last.
        (without(LOG_REQUESTS.name, is_event(ASKED, 2)), ["not", "not"], "event 2 of the request"),
        (without(LOG_REQUESTS.name, is_event(ASKED, 4)), ["same", "not"], "the relay may be behind"),
        # Another request's event of a batch that the decisions saw.
        (without(LOG_REQUESTS.name, is_event(2, 1)), ["not", "not"], "event 0 of load revision 1 is not"),
        # A version of the registry in the middle, and the last one.
        (without(LOG_REGISTRY.name, lambda one: one.position == 3), ["not", "not"], "revision 4 of the registry"),
        (without(LOG_REGISTRY.name, lambda one: one.position == LAST), ["not", "not"], "of the registry is not in its"),
        (
            without(LOG_REGISTRY.name, lambda one: one.position >= 8),
            ["not", "not"],
            "of the registry is not in its log",
        ),
    ],
)
def test_what_the_logs_lack_is_not_known(
    spoil: Callable[[Record], Record | None], findings: list[str], why: str
) -> None:
    found = account(LogsInMemory(given_back(), spoil), verified=True)
    assert [one.finding.value.removesuffix("_recomputed") for one in found.verifications] == findings
    assert why in str([one.why for one in found.verifications])
    assert found.finding is VerificationResult.NOT_RECOMPUTED


def test_without_verification_a_story_with_a_gap_is_not_taken_for_the_whole() -> None:
    found = account(LogsInMemory(given_back(), without(LOG_REQUESTS.name, is_event(ASKED, 4))))
    assert found.explanation.missing == ((4, 4),)
    assert found.finding is VerificationResult.NOT_RECOMPUTED


@pytest.mark.parametrize(
    ("spoil", "number", "words"),
    [
        (without(LOG_REQUESTS.name, lambda _: True), ASKED, "The broker has no topic pishkhan.log.requests"),
        (lambda record: record, 99, "is not in the log"),
        (without(LOG_REQUESTS.name, is_event(ASKED, 1)), ASKED, "The opening of request"),
        (lambda record: replace(record, headers=()), ASKED, "of pishkhan.log.requests/"),
        (
            lambda record: replace(record, value=b"{}") if record.topic == LOG_REGISTRY.name else record,
            ASKED,
            "Record 0 of pishkhan.log.registry/0 is none that this version of the bus writes",
        ),
    ],
)
def test_an_account_that_cannot_be_given_says_why(
    spoil: Callable[[Record], Record | None], number: int, words: str
) -> None:
    with pytest.raises(AccountImpossible, match=words):
        account(LogsInMemory(given_back(), spoil), number=number)
