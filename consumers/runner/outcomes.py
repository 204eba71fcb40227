"""Outcomes of records, and what keeps a worker from its work: the terms of telemetry."""

from enum import StrEnum

from schemas.log_letters import DeadLetterReason as DeadLetterReason


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
