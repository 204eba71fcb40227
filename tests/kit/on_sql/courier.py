"""Carries what is published on intake to the requests consumer, with no broker between."""

import threading

from sqlalchemy import text

from consumers.runner.records import Record
from schemas.envelope import Envelope, to_headers
from tests.kit.on_sql.requests import RequestsBus


class Courier(threading.Thread):
    """Carries what is published on intake to the requests consumer, as relay and broker do."""

    def __init__(self, bus: RequestsBus) -> None:
        super().__init__(daemon=True)
        self.bus = bus
        self.ended = threading.Event()

    def run(self) -> None:
        """Carry until told to end."""
        carried = 0
        while not self.ended.wait(0.02):
            with self.bus.engine.begin() as connection:
                rows = connection.execute(
                    text(
                        "SELECT id, topic, key, event_id, source, type, time, body FROM outbox "
                        "WHERE topic LIKE 'pishkhan.intake.%' AND id > :carried ORDER BY id"
                    ),
                    {"carried": carried},
                ).all()
            for row in rows:
                envelope = Envelope(row.event_id, row.source, row.type, row.key, row.time)
                headers = tuple(to_headers(envelope))
                self.bus.clock.moment = row.time
                self.bus.handle(Record(row.topic, 0, row.id, row.key.encode(), headers, bytes(row.body), row.time))
                carried = row.id
