"""What is wrong with what the places say of one id. Pure: the same view and cut give the same findings.

What is still under way is not a difference: rows that are not published yet, records that are not read yet, and
whatever was decided after the moment of the database.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from consumers.reconciliation.domain.findings import DifferenceKind, Finding
from consumers.reconciliation.domain.outcome import ClaimOutcome, outcome_of
from consumers.reconciliation.domain.states import UNOPENED, state_after
from consumers.reconciliation.domain.views import (
    ClaimSeen,
    ComparedPosition,
    ComparisonCut,
    LedgerPage,
    Marker,
    OfficeLoad,
    Publication,
    Removed,
    Revision,
    Subject,
    SubjectEvent,
    Taught,
    Transaction,
)
from schemas.late_cash import LateCashTaken
from schemas.log_requests import OfficeCollectedFee, OfficeReturnedFee
from schemas.partition import Place, partition_of
from schemas.topics import KEEP, LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT, Writer, topic_of

SETTLEMENT, KPI = "settlement", "kpi"
_CASH_EVENTS = frozenset(event.type_name() for event in (OfficeCollectedFee, LateCashTaken, OfficeReturnedFee))


def judge_log(place: Place, cut: ComparisonCut) -> Iterator[Finding]:
    """Does a log that is kept for ever still have its beginning."""
    topic, begin = topic_of(place.topic), cut.begins.get(place, 0)
    if begin > 0 and topic is not None and topic.retention_ms == KEEP:
        yield Finding(DifferenceKind.LOG_BEGINS_LATE, topic=place.topic, partition=place.partition, position=begin)


def judge_position(view: ComparedPosition, cut: ComparisonCut) -> Iterator[Finding]:
    """Is a consumer's position one that its log can have."""
    place, position = view.place, view.next_position
    begin, end = cut.begins.get(place, 0), cut.ends.get(place, 0)
    kind = DifferenceKind.POSITION_OUTSIDE_LOG if view.same_topic else DifferenceKind.POSITION_OF_ANOTHER_TOPIC
    if not view.same_topic or position > end or 0 < position < begin:
        limit = end if position > end else begin
        yield Finding(kind, view.consumer, place.topic, place.partition, position, expected=limit)


def judge_publication(view: Publication, cut: ComparisonCut) -> Iterator[Finding]:
    """Is what was published in the topic, once, and what the topic has in the outbox, as far as that reaches back."""
    named = Finding(
        DifferenceKind.NOT_IN_LOG,
        None,
        view.topic,
        view.partition,
        view.last,
        source=view.source,
        event_id=view.event_id,
    )
    if view.last is None:
        if view.published:
            yield named
        return
    topic = topic_of(view.topic)
    if topic is None or topic.writer is not Writer.BUS:
        # Anybody with the right may write intake, and say a thing twice.
        return
    if view.copies > 1:
        yield replace(named, kind=DifferenceKind.PUBLISHED_TWICE, copies=view.copies)
    if view.differs:
        yield replace(named, kind=DifferenceKind.BODY_DIFFERS)
    if view.rows == 0 and cut.kept(view.appended_at) and cut.old(Place(view.topic, view.partition), view.last):
        yield replace(named, kind=DifferenceKind.NOT_IN_OUTBOX)


def judge_subject(view: Subject, cut: ComparisonCut) -> Iterator[Finding]:
    """Has every number of a request its event, has settlement entered each that it passed, and does its cash agree."""
    first, doubled = _in_order(view)
    for event in doubled:
        yield _of_subject(DifferenceKind.ORDER_DOUBLED, view.subject, event)
    version = view.version or 0
    missing = [sequence for sequence in range(1, version + 1) if sequence not in first]
    for sequence in missing:
        yield Finding(DifferenceKind.EVENT_MISSING, topic=LOG_REQUESTS.name, subject=view.subject, sequence=sequence)
    ahead = [event for event in first.values() if _ahead(view, event, cut)]
    for event in ahead:
        if not _decided(event, cut):
            yield _of_subject(DifferenceKind.LOG_AHEAD, view.subject, event)
    if decided := [event.sequence for event in ahead if _decided(event, cut)]:
        yield Finding(DifferenceKind.ROW_MISSING, subject=view.subject, expected=max(decided), found=view.version)
    proven = max((event.sequence for event in first.values() if event.in_ledger), default=0)
    for event in first.values():
        yield from _judge_order(view, event, proven, cut)
    last = max(first, default=0)
    if view.settled > max(last, version):
        yield Finding(
            DifferenceKind.SETTLED_BEYOND_LOG, SETTLEMENT, subject=view.subject, expected=view.settled, found=last
        )
    cash_rial = sum(event.cash_rial for sequence, event in first.items() if sequence <= version)
    if missing:
        return
    if view.cash_rial != cash_rial:
        yield Finding(DifferenceKind.CASH_DIFFERS, subject=view.subject, expected=view.cash_rial, found=cash_rial)
    state = state_after([event for sequence, event in sorted(first.items()) if sequence <= version])
    for wrong in sorted(view.states - (UNOPENED if state is None else {state})):
        yield Finding(DifferenceKind.STATE_DIFFERS, subject=view.subject, expected_state=state, found_state=wrong)


def _in_order(view: Subject) -> tuple[dict[int, SubjectEvent], list[SubjectEvent]]:
    """Return the event of each number, and other events that claim to have it.

    The bus writes all events of a subject into one partition: what lies in another one comes after them, whatever its
    position there.
    """
    first: dict[int, SubjectEvent] = {}
    doubled: list[SubjectEvent] = []
    for event in view.events:
        known = first.setdefault(event.sequence, event)
        if known is event:
            continue
        if known.partition != event.partition == partition_of(view.subject, LOG_REQUESTS.partitions):
            first[event.sequence], event = event, known
        if first[event.sequence].event_id != event.event_id:
            doubled.append(event)
    return first, doubled


def _ahead(view: Subject, event: SubjectEvent, cut: ComparisonCut) -> bool:
    """Say whether the subject's row lacks an event that the log had before; an act has one event, and no row."""
    if event.position is None or event.event_id == view.subject or event.sequence <= (view.version or 0):
        return False
    return cut.old(Place(LOG_REQUESTS.name, event.partition), event.position)


def _decided(event: SubjectEvent, cut: ComparisonCut) -> bool:
    """Say whether this very database decided an event: its outbox has it, or has let go what was published then.

    A database that was restored from before has neither: what it lacks is younger than anything that it let go.
    """
    return event.queued or not cut.kept(event.appended_at)


def _judge_order(view: Subject, event: SubjectEvent, proven: int, cut: ComparisonCut) -> Iterator[Finding]:
    """Has settlement entered the event, if it has passed it; the ledger shows that it has those up to `proven`."""
    if event.position is None:
        return
    place = Place(LOG_REQUESTS.name, event.partition)
    entered = event.sequence <= view.settled
    if not cut.passed(SETTLEMENT, place, event.position):
        if entered:
            yield _moved_back(SETTLEMENT, place, event.position)
    elif not entered and event.sequence not in view.waiting:
        kind = DifferenceKind.PROGRESS_LOST if event.sequence <= proven else DifferenceKind.RECORD_SKIPPED
        yield replace(_of_subject(kind, view.subject, event), consumer=SETTLEMENT)


def judge_marker(view: Marker, cut: ComparisonCut) -> Iterator[Finding]:
    """Has settlement ended the window where the marker says so."""
    place = Place(LOG_REQUESTS.name, view.partition)
    ended = cut.windows.get(view.partition, 1) > view.window
    if not cut.passed(SETTLEMENT, place, view.position):
        if ended:
            yield _moved_back(SETTLEMENT, place, view.position)
    elif not ended and not view.excused:
        yield Finding(
            DifferenceKind.RECORD_SKIPPED,
            SETTLEMENT,
            place.topic,
            place.partition,
            view.position,
            subject=f"window-{view.window}",
            event_id=view.event_id,
        )


def judge_revision(view: Revision, cut: ComparisonCut) -> Iterator[Finding]:
    """Has every revision of the registry its row and its event, and every event its revision."""
    named = Finding(DifferenceKind.EVENT_MISSING, topic=LOG_REGISTRY.name, subject="registry", sequence=view.revision)
    if (view.known or view.counted) and view.position is None and not view.queued:
        yield named
    if view.known:
        return
    found = replace(named, partition=0, position=view.position, event_id=view.event_id)
    if view.counted:
        yield replace(found, kind=DifferenceKind.ROW_MISSING)
    elif view.position is not None and cut.old(Place(LOG_REGISTRY.name, 0), view.position):
        yield replace(found, kind=DifferenceKind.LOG_AHEAD)


def judge_transaction(view: Transaction, cut: ComparisonCut) -> Iterator[Finding]:
    """Does the ledger hold exactly what the log makes it, and does settlement's log tell of it."""
    named = Finding(
        DifferenceKind.LEDGER_MISSING,
        topic=LOG_REQUESTS.name,
        partition=view.partition,
        position=view.position,
        subject=view.subject,
        event_id=view.event_id,
        transaction_id=view.transaction_id,
    )
    if view.ledger:
        if not view.expected and not view.queued:
            yield replace(named, kind=DifferenceKind.LEDGER_EXTRA)
        elif view.expected and Counter(view.expected) != Counter(view.ledger):
            expected, found = (sum(row.amount_rial for row in rows) for rows in (view.expected, view.ledger))
            yield replace(named, kind=DifferenceKind.LEDGER_DIFFERS, expected=expected, found=found)
        if not view.told:
            yield _announcement(DifferenceKind.ANNOUNCEMENT_MISSING, view)
    elif view.expected and view.entered:
        yield named
    elif view.told_at is not None and cut.old(Place(LOG_SETTLEMENT.name, view.told_at[0]), view.told_at[1]):
        yield _announcement(DifferenceKind.ANNOUNCEMENT_EXTRA, view)


def judge_load(view: OfficeLoad, _: ComparisonCut) -> Iterator[Finding]:
    """Has an office its position, and does that count the requests which are under way there."""
    if view.in_flight is None:
        yield Finding(DifferenceKind.ROW_MISSING, subject=view.office)
    elif view.in_flight != view.requests:
        yield Finding(DifferenceKind.LOAD_DIFFERS, subject=view.office, expected=view.requests, found=view.in_flight)


def judge_page(view: LedgerPage, _: ComparisonCut) -> Iterator[Finding]:
    """Does what is kept of a partition go on where its rows and its windows end."""
    named = Finding(DifferenceKind.CHAIN_DIFFERS, SETTLEMENT, LOG_REQUESTS.name, view.partition)
    if view.kept_rows != view.rows:
        yield replace(named, expected=view.rows, found=view.kept_rows)
    elif view.window != view.cut + 1:
        yield replace(named, subject=f"window-{view.cut + 1}", expected=view.cut + 1, found=view.window)


def judge_window(window: int, told: bool) -> Iterator[Finding]:
    """Does settlement's log tell of a closed window."""
    if not told:
        yield Finding(DifferenceKind.ANNOUNCEMENT_MISSING, topic=LOG_SETTLEMENT.name, subject=f"window-{window}")


def judge_claim(view: ClaimSeen, cut: ComparisonCut) -> Iterator[Finding]:
    """Is it on record what became of a claim, and is its cash the same in what followed."""
    place = Place(view.topic, view.partition)
    named = Finding(
        DifferenceKind.CLAIM_WITHOUT_OUTCOME,
        view.consumer,
        view.topic,
        view.partition,
        view.position,
        view.subject,
        source=view.source,
        event_id=view.event_id,
    )
    outcome = outcome_of(view, cut)
    if outcome is ClaimOutcome.SKIPPED:
        yield replace(named, kind=DifferenceKind.RECORD_SKIPPED)
    elif outcome is ClaimOutcome.NONE:
        yield named
    elif outcome is ClaimOutcome.UNDER_WAY:
        if view.known and view.copy == 1:
            yield _moved_back(view.consumer, place, view.position)
    elif outcome is ClaimOutcome.DUPLICATE:
        yield replace(named, kind=DifferenceKind.PUBLISHED_TWICE, copies=view.copies)
    elif outcome is not ClaimOutcome.DEAD_LETTERED and not view.known:
        yield replace(named, kind=DifferenceKind.IDENTITY_MISSING)
    if outcome is ClaimOutcome.APPLIED and view.told in _CASH_EVENTS and view.cash_rial != view.told_rial:
        yield replace(named, kind=DifferenceKind.CASH_DIFFERS, expected=view.cash_rial, found=view.told_rial)


def judge_taught(view: Taught, cut: ComparisonCut) -> Iterator[Finding]:
    """Have the figures learnt what they have passed, and nothing else."""
    place = Place(view.topic, view.partition)
    passed = cut.passed(KPI, place, view.position)
    if view.shown:
        if not passed:
            yield _moved_back(KPI, place, view.position)
    elif passed and not view.excused:
        yield Finding(
            DifferenceKind.RECORD_SKIPPED,
            KPI,
            view.topic,
            view.partition,
            view.position,
            view.subject,
            event_id=view.event_id,
        )


def judge_removed(view: Removed, _: ComparisonCut) -> Iterator[Finding]:
    """Rows leave the outbox by whole days, and never one by one."""
    yield Finding(
        DifferenceKind.ROW_REMOVED,
        topic=view.topic,
        partition=view.partition,
        subject=view.subject,
        sequence=view.sequence,
        source=view.source,
        event_id=view.event_id,
    )


def _of_subject(kind: DifferenceKind, subject: str, event: SubjectEvent) -> Finding:
    return Finding(
        kind,
        topic=LOG_REQUESTS.name,
        partition=event.partition,
        position=event.position,
        subject=subject,
        sequence=event.sequence,
        event_id=event.event_id,
    )


def _announcement(kind: DifferenceKind, view: Transaction) -> Finding:
    partition, position = view.told_at or (None, None)
    return Finding(
        kind,
        topic=LOG_SETTLEMENT.name,
        partition=partition,
        position=position,
        subject=view.subject,
        transaction_id=view.transaction_id,
    )


def _moved_back(consumer: str, place: Place, position: int) -> Finding:
    return Finding(DifferenceKind.POSITION_MOVED_BACK, consumer, place.topic, place.partition, position, copies=1)
