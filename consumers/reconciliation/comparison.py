"""One comparison of everything, beside live traffic: read the topics, hold the database still, read the rest, compare.

The order is what makes the cut consistent. What a log holds before the moment of the database was decided before it;
what the database has marked as published is in the log when it is read afterwards. Most is read before that moment, so
that the database is held still only for the rest and the comparing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import TypeVar

from consumers.reconciliation.domain import judge
from consumers.reconciliation.domain.findings import DifferenceKind, Finding
from consumers.reconciliation.domain.outcome import ClaimOutcome, outcome_of
from consumers.reconciliation.domain.views import (
    CLOCKS_DIFFER,
    ClaimSeen,
    ComparedPosition,
    ComparisonCut,
    Subject,
    Transaction,
)
from consumers.reconciliation.ports import BusSnapshot, ComparedLogs, Store, UnderWay
from consumers.reconciliation.reading import Expect, Fact, Foreign, read_facts
from consumers.runner.records import Record, Span
from schemas.partition import Place
from schemas.topics import INTAKE_PREFIX, KPI_MEASURED, LOG_REGISTRY, LOG_REQUESTS, topic_of

#: So many facts are kept at a time.
FACTS_AT_ONCE = 5_000
_OUTCOMES = frozenset({LOG_REGISTRY.name, LOG_REQUESTS.name})
View = TypeVar("View")


@dataclass
class Summary:
    """What was compared, and what is under way; complete once all findings have been taken."""

    records: int = 0
    #: Views compared, by what they are.
    compared: Counter[str] = field(default_factory=Counter)
    #: Records that consumers have not read yet.
    unread: Counter[str] = field(default_factory=Counter)
    #: Records that came after the moment of the database.
    younger: int = 0
    unpublished: Counter[str] = field(default_factory=Counter)
    parked: Counter[str] = field(default_factory=Counter)
    claims: Counter[ClaimOutcome] = field(default_factory=Counter)
    #: Collected less returned cash by the requests' rows, by their log, and by the ledger, in rial.
    cash_rial: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, object]:
        """Return all counts by name, for machines."""
        counts = {name: dict(value) for name, value in vars(self).items() if isinstance(value, Counter)}
        return {"records": self.records, "younger": self.younger, **counts}


#: Told what is being done, how far it is, and how far it goes when that is known.
Watch = Callable[[str, int, int | None], None]


class Comparison:
    """Yields findings once; holds the database still from the first until the last is taken.

    With `only` one topic is read, with what its findings rest on, and only what is found of it is told. `cut` and
    `positions` are those that were compared, once the first finding was taken.
    """

    def __init__(self, logs: ComparedLogs, store: Store, expect: Expect, watch: Watch, only: str | None = None) -> None:
        self._logs = logs
        self._store = store
        self._expect = expect
        self._watch = watch
        self._only = only
        self._foreign: list[Finding] = []
        self.summary = Summary()
        self.cut: ComparisonCut | None = None
        self.positions: Sequence[ComparedPosition] = ()

    def findings(self) -> Iterator[Finding]:
        """Compare everything; yield every difference as it is found."""
        places = self._places()
        spans = self._without_old_figures(self._logs.spans(places))
        self._keep("reading topics", spans)
        before = self._logs.spans(places)
        with self._store.snapshot() as snapshot:
            # A topic that was made meanwhile is read from its beginning.
            now = self._logs.spans(self._places())
            ends = {place: span.end for place, span in spans.items()}
            self._keep(
                "reading what came meanwhile",
                {place: Span(ends.get(place, span.begin), span.end) for place, span in now.items()},
            )
            for finding in chain(self._foreign, self._compared(snapshot, before, now)):
                if self._only in (None, finding.topic):
                    yield finding

    def _places(self) -> list[Place]:
        return [partition.place for partition in self._logs.partitions() if self._reads(partition.topic)]

    def _reads(self, topic: str) -> bool:
        """Say whether a topic is read; what became of the claims of one intake topic is in the logs."""
        if self._only is None:
            return topic_of(topic) is not None
        return topic == self._only or (topic in _OUTCOMES and self._only.startswith(INTAKE_PREFIX))

    def _without_old_figures(self, spans: Mapping[Place, Span]) -> dict[Place, Span]:
        """Leave out what was measured before the outbox begins: nothing rests on figures, and they are many."""
        figures = [place for place in spans if place.topic == KPI_MEASURED.name]
        begins = self._logs.since(figures, self._store.outbox_begins() - CLOCKS_DIFFER)
        later = {place: Span(begins.get(place, spans[place].end), spans[place].end) for place in figures}
        return {**spans, **later}

    def _keep(self, what: str, spans: Mapping[Place, Span]) -> None:
        total = sum(span.end - span.begin for span in spans.values())
        records = self._watched(what, self._logs.read(spans), total)
        while facts := list(self._facts(islice(records, FACTS_AT_ONCE))):
            self._foreign += [
                Finding(DifferenceKind.FOREIGN_RECORD, None, *fact) for fact in facts if isinstance(fact, Foreign)
            ]
            self._store.keep(fact for fact in facts if not isinstance(fact, Foreign))

    def _facts(self, records: Iterable[Record]) -> Iterator[Fact]:
        for record in records:
            self.summary.records += 1
            yield from read_facts(record, self._expect)

    def _compared(
        self, snapshot: BusSnapshot, before: Mapping[Place, Span], now: Mapping[Place, Span]
    ) -> Iterator[Finding]:
        positions = snapshot.positions(self._logs.partitions())
        cut = ComparisonCut(
            begins={place: span.begin for place, span in now.items()},
            before={place: span.end for place, span in before.items()},
            ends={place: span.end for place, span in now.items()},
            positions={(one.consumer, one.place): one.next_position for one in positions if one.same_topic},
            windows=snapshot.windows(),
            outbox_complete_since=snapshot.outbox_complete_since(),
        )
        self.cut, self.positions = cut, positions
        self._count(snapshot.under_way(), cut)
        for place in now:
            yield from judge.judge_log(place, cut)
        for position in positions:
            yield from judge.judge_position(position, cut)
        yield from _gathered(self._judged(snapshot, cut))

    def _judged(self, snapshot: BusSnapshot, cut: ComparisonCut) -> Iterator[Finding]:
        passed = {
            place.partition: position
            for (consumer, place), position in cut.positions.items()
            if consumer == judge.SETTLEMENT and place.topic == LOG_REQUESTS.name
        }
        yield from self._each("removed rows", snapshot.removed(), judge.judge_removed, cut)
        yield from self._each("publications", snapshot.publications(), judge.judge_publication, cut)
        yield from self._each("registry revisions", snapshot.revisions(), judge.judge_revision, cut)
        yield from self._each("claims", self._sorted_out(snapshot.claims(), cut), judge.judge_claim, cut)
        yield from self._each("requests", self._adding(snapshot.subjects()), judge.judge_subject, cut)
        yield from self._each("offices", snapshot.loads(), judge.judge_load, cut)
        yield from self._each("window markers", snapshot.markers(), judge.judge_marker, cut)
        yield from self._each(
            "transactions", self._booking(snapshot.transactions(passed)), judge.judge_transaction, cut
        )
        yield from self._each("partitions of the ledger", snapshot.pages(), judge.judge_page, cut)
        yield from self._each(
            "closed windows", snapshot.closed_windows(), lambda window, _: judge.judge_window(*window), cut
        )
        yield from self._each("figures' facts", snapshot.taught(), judge.judge_taught, cut)

    def _each(
        self,
        what: str,
        views: Iterator[View],
        judged: Callable[[View, ComparisonCut], Iterator[Finding]],
        cut: ComparisonCut,
    ) -> Iterator[Finding]:
        for view in self._watched(f"comparing {what}", views, None):
            self.summary.compared[what] += 1
            yield from judged(view, cut)

    def _watched(self, what: str, items: Iterator[View], total: int | None) -> Iterator[View]:
        done = 0
        self._watch(what, 0, total)
        for item in items:
            yield item
            done += 1
            if done % FACTS_AT_ONCE == 0:
                self._watch(what, done, total)
        self._watch(what, done, done)

    def _count(self, under_way: UnderWay, cut: ComparisonCut) -> None:
        summary = self.summary
        summary.unpublished.update(under_way.unpublished)
        summary.parked.update(under_way.parked)
        summary.younger = sum(max(0, end - cut.before.get(place, 0)) for place, end in cut.ends.items())
        for (consumer, place), position in cut.positions.items():
            summary.unread[consumer] += max(0, cut.ends.get(place, 0) - position)

    def _sorted_out(self, claims: Iterable[ClaimSeen], cut: ComparisonCut) -> Iterator[ClaimSeen]:
        for claim in claims:
            self.summary.claims[outcome_of(claim, cut)] += 1
            yield claim

    def _adding(self, subjects: Iterable[Subject]) -> Iterator[Subject]:
        cash_rial = self.summary.cash_rial
        for subject in subjects:
            cash_rial["requests"] += subject.cash_rial
            cash_rial["log"] += sum({event.sequence: event.cash_rial for event in subject.events}.values())
            yield subject

    def _booking(self, transactions: Iterable[Transaction]) -> Iterator[Transaction]:
        for transaction in transactions:
            for row in transaction.ledger:
                if row.kind in _CASH_SIGNS:
                    self.summary.cash_rial["ledger"] += _CASH_SIGNS[row.kind] * row.amount_rial
            yield transaction


#: The ledger's kinds that put cash into a drawer, and take it out again.
_CASH_SIGNS = {"collect": 1, "late_cash": 1, "return": -1}


def _gathered(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Say once per place that a position was moved back, with its first record; all else as it comes."""
    moved: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        if finding.kind is not DifferenceKind.POSITION_MOVED_BACK:
            yield finding
            continue
        key = (finding.consumer, finding.topic, finding.partition)
        before = moved.get(key, replace(finding, copies=0))
        first = before if (before.position or 0) <= (finding.position or 0) else finding
        moved[key] = replace(first, copies=(before.copies or 0) + 1)
    yield from moved.values()
