"""A day on a running bus: the plan's arrivals, the actors' claims, the live screen, and the day's books."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from threading import Event as Signal
from threading import Thread

from sqlalchemy import Engine

from connectors.broker.history import KafkaHistory
from connectors.broker.source import KafkaSource
from connectors.database.figures.overview import (
    latest_requests,
    next_positions,
    registry_counts,
    requests_by_state,
    routed_example,
    unpublished_messages,
)
from connectors.database.publication.outbox import outbox_opener
from connectors.database.requests.requests import request_counts
from connectors.database.settlement.reads import ledger_summary
from connectors.database.sql.engine import build_engine
from connectors.ids import new_id
from connectors.words.language import Language
from connectors.words.outcomes import stage
from deploy.demo.day import Day
from deploy.demo.order import DayOrder
from deploy.demo.pace import late_seconds
from deploy.demo.plan import DAY_SECONDS
from deploy.demo.report import ByClass, LogCount, Report, Seconds
from deploy.demo.screen import Glance
from deploy.demo.steering import SteeringCount
from deploy.demo.voices import Voices
from deploy.settings import Settings
from producers.publisher import Publisher
from schemas.envelope import from_headers
from schemas.topics import LOG_REQUESTS

#: Business time after the last arrival in which open requests are still worked on.
EVENING_SECONDS = 2 * 3600
GLANCE_SECONDS = 0.5
QUIET_SECONDS = 60.0
LATEST = 6


class Playback:
    """A running bus as the demonstration sees it: mouths, an ear, and a look into the database."""

    def __init__(self, settings: Settings, stop: Signal, language: Language) -> None:
        self._settings = settings
        self._language = language
        self._stop = stop
        #: Of the day that was played: how far its slowest requests were behind the clock, in business time.
        self.late_seconds = 0.0
        self._clock = settings.clock
        self._engine: Engine = build_engine(settings.worker_database_url(), "pishkhan demo")
        publisher = Publisher(outbox_opener(self._engine), self._clock.now, new_id)
        self._voices = Voices(settings, publisher, stop.wait)
        self._ear = KafkaSource(settings.kafka_login(), lambda topic: topic == LOG_REQUESTS.name, "pishkhan.demo")

    def play(self, order: DayOrder, show: Callable[[Glance], None]) -> Glance:
        """Play a day to its end, showing a glance every half second; when everything is quiet, return the last one."""
        self._ear.assign(dict.fromkeys(self._ear.partitions(), 0))
        opens_at = self._clock.now()
        day = Day(
            seed=order.seed,
            opens_at=opens_at,
            now=self._clock.now,
            speak=self._voices.speak,
            hear=lambda seconds: self._ear.poll(seconds, 1_000),
            needs_answer=order.answered_services.__contains__,
        )
        day.plan(order.arrivals)
        closes_at = opens_at + timedelta(seconds=DAY_SECONDS)

        def is_over() -> bool:
            now = self._clock.now()
            return now >= closes_at and (day.open_cases == 0 or now >= closes_at + timedelta(seconds=EVENING_SECONDS))

        with self._watched(len(order.arrivals), show):
            day.run(self._stop, is_over)
            self._wait_until_quiet()
        self.late_seconds = late_seconds(day.taken_in_after)
        return self._glance(len(order.arrivals))

    def example(self) -> str | None:
        """Return the id of a routed request, for a person to look at; none when there is none."""
        with self._engine.connect() as connection:
            return routed_example(connection)

    def books(self, seconds: Seconds, expected_rial: Mapping[str, int]) -> tuple[Report, list[str]]:
        """Return the day's books from the database, and in words where the requests' log disagrees with them.

        `expected_rial` is what each office expects to earn.
        """
        with self._engine.connect() as connection:
            requests, ledger = request_counts(connection), ledger_summary(connection)
            registry = registry_counts(connection)
        counted, steered = LogCount(), SteeringCount()
        with KafkaHistory(self._settings.kafka_login()) as history:
            records = history.records([LOG_REQUESTS.name])
            counted.read(((from_headers(one.headers), one.value or b"") for one in records), steered.read)
        report = Report(
            requests=requests,
            ledger=ledger,
            offices=ByClass(registry.urban_offices, registry.rural_offices),
            services=ByClass(registry.urban_services, registry.rural_services),
            agreements=registry.agreements,
            steering=steered.figures(expected_rial),
            seconds=seconds,
            refusals=counted.refusals(),
            with_person=tuple(counted.escalated),
        )
        return report, counted.disagreements(requests)

    def close(self) -> None:
        """End all connections."""
        self._voices.close()
        self._ear.close()
        self._engine.dispose()

    @contextmanager
    def _watched(self, planned: int, show: Callable[[Glance], None]) -> Iterator[None]:
        done = Signal()
        watcher = Thread(target=self._watch, args=(planned, show, done), name="glance", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()

    def _watch(self, planned: int, show: Callable[[Glance], None], done: Signal) -> None:
        while not done.wait(GLANCE_SECONDS):
            show(self._glance(planned))

    def _glance(self, planned: int) -> Glance:
        with self._engine.connect() as connection:
            states, ledger = requests_by_state(connection), ledger_summary(connection)
            unpublished, latest = unpublished_messages(connection), latest_requests(connection, LATEST)
        return Glance(
            now=self._clock.now(),
            planned=planned,
            submitted=sum(states.values()),
            states=states,
            held_rial=ledger.held_rial,
            posted_rial=ledger.posted_rial,
            voided_rial=ledger.voided_rial,
            sum_rial=ledger.sum_rial,
            unpublished=unpublished,
            latest=[f"{service} → {office} · {stage(state, self._language)}" for service, office, state in latest],
        )

    def _wait_until_quiet(self) -> None:
        """Wait until the outbox is empty and consumers have read everything, twice in a row; at most a minute."""
        deadline = time.monotonic() + QUIET_SECONDS
        quiet = 0
        while quiet < 2 and time.monotonic() < deadline and not self._stop.wait(GLANCE_SECONDS):
            quiet = quiet + 1 if self._is_quiet() else 0

    def _is_quiet(self) -> bool:
        with self._engine.connect() as connection:
            if unpublished_messages(connection) > 0:
                return False
            positions = next_positions(connection)
        ends = self._ear.ends(sorted({topic for _, topic, _ in positions}))
        return all(ends[f"{topic}/{number}"] <= position for (_, topic, number), position in positions.items())
