"""Outcomes of records, and what keeps a worker from its work: the terms of telemetry."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of an event; every consumed event has exactly one of these."""

    HANDLED = "handled"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    PARKED = "parked"
    DEAD_LETTERED = "dead_lettered"


class Setback(StrEnum):
    """Why a batch was rolled back, or why a worker is not ready."""

    FENCED = "fenced"
    CONTENTION = "contention"
    DATABASE_UNAVAILABLE = "database_unavailable"
    BROKER_UNAVAILABLE = "broker_unavailable"
    POSITION_LOST = "position_lost"
    PARK_FULL = "park_full"
    HANDLER_FAILED = "handler_failed"
    FAILED_IN_A_ROW = "failed_in_a_row"
    #: What comes next in a partition cannot be read.
    UNREADABLE = "unreadable"
    #: One record alone makes the database close the connection, again and again.
    CONNECTION_LOST = "connection_lost"
    #: The ledger's rows go on elsewhere than what was kept beside them says: nothing is built on either.
    LEDGER_APART = "ledger_apart"

    #: A row of the outbox can never be published: its key waits for a person, and all others are published.
    SET_ASIDE = "set_aside"
    STARTING = "starting"
    #: It gives no sign of life, so it hangs in a call to the database or the broker.
    STUCK = "stuck"
    #: Its own clock and the database's differ by more than the bound: it does no timed act.
    CLOCK_DIFFERS = "clock_differs"
    #: The broker's clock and the database's do: nobody knows when a deadline has passed.
    BROKER_CLOCK_DIFFERS = "broker_clock_differs"


class DeadLetterReason(StrEnum):
    """Why an event can never be applied."""

    #: The envelope or the body cannot be read; the field says where.
    MALFORMED = "malformed"
    #: No schema of this name, or one of another major version.
    UNKNOWN_TYPE = "unknown_type"
    #: The schema is known, but may not be spoken on this topic.
    WRONG_TOPIC = "wrong_topic"
    #: The source is not the one that the topic belongs to.
    FORGED_SOURCE = "forged_source"
    #: The subject or the key is not what the body is about; the field says which.
    MISADDRESSED = "misaddressed"
    #: The body, or a list in it, is larger than may be said on; the field says which.
    TOO_LARGE = "too_large"
    #: Free text holds a number that is a valid national id; the field says where.
    NATIONAL_ID = "national_id"
    #: A known event id came again with another type, subject or body; the detail says which.
    IDENTITY_CONFLICT = "identity_conflict"
    #: A batch unpacks to more than a worker makes room for; it is one dead letter, whatever it holds.
    UNPACKS_TOO_LARGE = "unpacks_too_large"
    #: A partition had halted at it, and an operator passed it.
    PASSED = "passed"
    #: The database closes the connection at it; only figures continue without it, unasked.
    CONNECTION_LOST = "connection_lost"
