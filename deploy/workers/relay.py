"""The relay: publishes the outbox to the logs."""

from dataclasses import replace
from functools import partial
from random import random

from connectors.broker.log_producer import LogProducer
from connectors.database.publication.relay import SqlRelayOutbox
from connectors.telemetry.relay import RelayTelemetry
from deploy.workers.context import Worker, WorkerContext, owner_id
from producers.relay import Relay
from schemas.limits import LETTER_ROOM


def build(context: WorkerContext) -> Worker:
    """Return the relay; it reads the outbox and no topic."""
    settings = context.settings
    who = (settings.worker_database_url(), owner_id(context.name), context.watch())
    room = replace(LETTER_ROOM, days=settings.dead_letter_days or LETTER_ROOM.days)
    return Relay(
        partial(SqlRelayOutbox, *who, room=room),
        partial(LogProducer, settings.kafka_login()),
        RelayTelemetry(context.telemetry),
        chance=random,
    )
