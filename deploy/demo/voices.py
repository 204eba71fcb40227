"""How claims leave the demonstration: agencies publish with their own credentials, desks through the outbox.

Both are durable when `speak` returns: every future of a producer was checked, or the outbox committed.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from connectors.broker.admin import agency_user
from connectors.broker.log_producer import LogProducer
from connectors.ids import new_id
from deploy.agencies import Agencies
from deploy.demo.day import Spoken
from deploy.settings import Settings
from producers.claims import message_from_event
from producers.ports import LogUnavailable, OutboxRow, OutboxUnavailable
from producers.publisher import Publisher
from schemas.envelope import to_headers
from schemas.message import Message
from schemas.partition import partition_of
from schemas.speakers import SpeakerKind, sender_of
from schemas.topics import INTAKE_AGENCY


class Voices:
    """Every speaker of a province. `wait` pauses before a claim is said again; the same id on every try."""

    def __init__(self, settings: Settings, publisher: Publisher, wait: Callable[[float], object]) -> None:
        self._settings = settings
        self._agencies = Agencies(settings.data_directory)
        self._publisher = publisher
        self._wait = wait
        self._producers: dict[str, LogProducer] = {}

    def speak(self, batch: Sequence[Spoken]) -> None:
        """Make every claim of `batch` durable; broker or database away: wait and say it again."""
        at_desks: list[Message] = []
        by_agency: dict[str, list[Message]] = defaultdict(list)
        for spoken in batch:
            message = message_from_event(spoken.source, spoken.event, str(new_id()), spoken.time)
            sender = sender_of(spoken.source)
            if sender is not None and sender.kind is SpeakerKind.AGENCY:
                by_agency[sender.code].append(message)
            else:
                at_desks.append(message)
        if at_desks:
            self._until_done(partial(self._publisher.publish, at_desks))
        for code, messages in by_agency.items():
            self._until_done(partial(self._send, code, [_row(message) for message in messages]))

    def close(self) -> None:
        """End all connections."""
        for producer in self._producers.values():
            producer.close()

    def _send(self, code: str, rows: Sequence[OutboxRow]) -> None:
        producer = self._producers.get(code)
        if producer is None:
            login = self._settings.kafka_login() | {
                "sasl_plain_username": agency_user(code),
                "sasl_plain_password": self._agencies.password(code),
            }
            producer = self._producers[code] = LogProducer(login)
        try:
            producer.send(rows)()
        except LogUnavailable:
            self._producers.pop(code).close()
            raise

    def _until_done(self, act: Callable[[], None]) -> None:
        while True:
            try:
                return act()
            except (LogUnavailable, OutboxUnavailable):
                self._wait(1.0)


def _row(message: Message) -> OutboxRow:
    """Return `message` as a producer takes it: the same form that the relay gives it."""
    moment: datetime | None = message.envelope.time
    assert moment is not None, "a claim has its time"
    partition = partition_of(message.key, INTAKE_AGENCY.partitions)
    headers = to_headers(message.envelope)
    return OutboxRow(0, moment, message.topic, partition, message.key.encode(), headers, message.body)
