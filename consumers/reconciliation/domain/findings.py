"""What a reconciliation can find, each with the ids by which a person or a machine looks it up."""

from dataclasses import dataclass, fields
from enum import StrEnum


class DifferenceKind(StrEnum):
    """What is in one place and not in the other."""

    #: A request or the registry has counted an event that neither the log nor the outbox holds.
    EVENT_MISSING = "event_missing"
    #: The log holds an event that the database never decided: it was restored from before, or somebody wrote the log.
    LOG_AHEAD = "log_ahead"
    #: The database decided it, and the row of the request or of the registry that says so is gone or older.
    ROW_MISSING = "row_missing"
    #: Two different events hold one place in the order of their subject.
    ORDER_DOUBLED = "order_doubled"
    #: Acknowledged to the relay, and not in the topic.
    NOT_IN_LOG = "not_in_log"
    #: In a log that the bus alone writes, and not in the outbox, which keeps the rows of those days.
    NOT_IN_OUTBOX = "not_in_outbox"
    #: Records of one event, or a record and its row in the outbox, do not say the same.
    BODY_DIFFERS = "body_differs"
    #: A record of a log that the bus cannot have written.
    FOREIGN_RECORD = "foreign_record"
    #: A consumer's position is past the record, and nothing that it had to leave behind is there.
    RECORD_SKIPPED = "record_skipped"
    #: The ledger shows that settlement has entered the event, and the row that counts its subject's events does not.
    PROGRESS_LOST = "progress_lost"
    #: An office's position counts another number of requests under way than there are.
    LOAD_DIFFERS = "load_differs"
    #: Settlement has entered more of a subject than the log holds.
    SETTLED_BEYOND_LOG = "settled_beyond_log"
    #: A position is not within its log, so its consumer halts.
    POSITION_OUTSIDE_LOG = "position_outside_log"
    #: A position belongs to another incarnation of the topic, so its consumer halts.
    POSITION_OF_ANOTHER_TOPIC = "position_of_another_topic"
    #: A log that is kept for ever begins after its first record.
    LOG_BEGINS_LATE = "log_begins_late"
    #: A claim was taken in, and is neither applied nor refused nor waiting.
    CLAIM_WITHOUT_OUTCOME = "claim_without_outcome"
    #: A claim has its outcome, and its identity is not kept with its body: a repetition would be taken for new.
    IDENTITY_MISSING = "identity_missing"
    #: Somebody deleted a row of the outbox, which workers never do.
    ROW_REMOVED = "row_removed"
    #: A request's row says another state than its events lead to.
    STATE_DIFFERS = "state_differs"
    #: The log has an event that moves money, settlement has passed it, and the ledger has no row of it.
    LEDGER_MISSING = "ledger_missing"
    #: The ledger has rows of an event that the log does not hold.
    LEDGER_EXTRA = "ledger_extra"
    #: The ledger's rows of an event are not those that the event makes.
    LEDGER_DIFFERS = "ledger_differs"
    #: What settlement keeps beside the ledger's rows goes on elsewhere than the rows, or the windows, end.
    CHAIN_DIFFERS = "chain_differs"
    #: The ledger has a transaction, or a closed window, that neither settlement's log nor the outbox tells of.
    ANNOUNCEMENT_MISSING = "announcement_missing"
    #: Settlement's log tells of a transaction that is not in the ledger.
    ANNOUNCEMENT_EXTRA = "announcement_extra"
    #: Collected or returned cash is not the same amount in two places.
    CASH_DIFFERS = "cash_differs"
    #: An event is twice in its topic; readers skip the second. Harmless.
    PUBLISHED_TWICE = "published_twice"
    #: A consumer's position is before records that it has applied; it will skip them again. Harmless.
    POSITION_MOVED_BACK = "position_moved_back"

    @property
    def harmless(self) -> bool:
        """Whether it is only worth knowing: nothing is lost or doubled by it."""
        return self in (DifferenceKind.PUBLISHED_TWICE, DifferenceKind.POSITION_MOVED_BACK)


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference; only what applies is given. `subject` is a request's id, or what else the event is about.

    `copies` counts records; `expected` and `found` are rials, positions or sequences, as the kind says;
    `expected_state` and `found_state` are a request's.
    """

    kind: DifferenceKind
    consumer: str | None = None
    topic: str | None = None
    partition: int | None = None
    position: int | None = None
    subject: str | None = None
    sequence: int | None = None
    source: str | None = None
    event_id: str | None = None
    transaction_id: str | None = None
    copies: int | None = None
    expected: int | None = None
    found: int | None = None
    expected_state: str | None = None
    found_state: str | None = None

    def as_json(self) -> dict[str, object]:
        """Return what is given, by name, for machines."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in given.items() if value is not None} | {"harmless": self.kind.harmless}
