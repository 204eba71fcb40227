"""What became of strange records, asked from outside: of the dead letters, the park and the two logs."""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from connectors.broker.source import KafkaSource
from consumers.intake import IntakeReader
from deploy.faults.bus import TrialBus
from deploy.faults.waiting import until
from schemas.envelope import EnvelopeInvalid, from_headers
from schemas.identity import derived_id
from schemas.log_registry import RegistryClaimRefused
from schemas.log_requests import ClaimRefused, RequestRefused
from schemas.topics import LOG_REGISTRY, LOG_REQUESTS
from tests.faults.strange.kinds import APPLIED, NOT_TAKEN, REPEATED, TOPIC, UNSEEN, End, Strange, dead, refused, waits

THROUGH_SECONDS = 60.0
POLL_SECONDS = 0.2
POLL_RECORDS = 5_000
#: A claim has at most so many events of its own.
EVENTS_MAX = 4
_REFUSALS = {model.type_name() for model in (ClaimRefused, RequestRefused, RegistryClaimRefused)}
_LETTERS = "SELECT partition, position, reason, field FROM dead_letter WHERE topic = %s"
_PARKED = "SELECT partition, position, reason FROM parked_event WHERE topic = %s"
#: A submission waits until the registry has read all that was there before it, and is decided on then.
_UNDECIDED = "SELECT count(*) FROM request WHERE state = 'parked' AND request_id::text = ANY(%s)"
_POSITIONS = "SELECT consumer, partition, next_position FROM consumer_offset WHERE topic = %s"


class Place(NamedTuple):
    """Where a record lies in the hostile agency's topic."""

    partition: int
    position: int


class Lying(NamedTuple):
    """One record that was written; it lies nowhere when the broker did not take it."""

    record: Strange
    partition: int
    position: int | None


class Answers:
    """Reads both logs from where they end now; close it at the end."""

    def __init__(self, bus: TrialBus) -> None:
        self._bus = bus
        logs = (LOG_REGISTRY.name, LOG_REQUESTS.name)
        self._log = KafkaSource(bus.settings.kafka_login(), lambda name: name in logs, "pishkhan.trial.strange")
        self._read = dict(self._log.ends(logs))
        self._log.assign({one: self._read[f"{one.topic}/{one.number}"] for one in self._log.partitions()})
        self._told: dict[str, End] = {}

    def ends(self, lying: Sequence[Lying]) -> list[End]:
        """Return what became of each, once all is through that was written. Raises `TrialFailed`."""
        self._wait_until_read(lying)
        keys = [(one.record.key or b"").decode("utf-8", "replace").replace("\x00", "") for one in lying]
        until(lambda: not self._bus.look.count(_UNDECIDED, keys), "every submission to be decided on", THROUGH_SECONDS)
        self._bus.look.wait_until_through()
        self._catch_up()
        letters = {Place(*place): dead(*why) for *place, why in self._rows(_LETTERS)}
        parked = {Place(*place): waits(*why) for *place, why in self._rows(_PARKED)}
        seen: set[tuple[str, str]] = set()
        found = []
        for one in lying:
            end = self._end_of(one, letters | parked)
            found.append(REPEATED if end is APPLIED and one.record.identity in seen else end)
            seen.add(one.record.identity)
        return found

    def close(self) -> None:
        """End the connection."""
        self._log.close()

    def _rows(self, query: str) -> list[tuple[int, int, tuple[str, ...]]]:
        return [(partition, position, tuple(why)) for partition, position, *why in self._bus.look.rows(query, TOPIC)]

    def _end_of(self, one: Lying, elsewhere: dict[Place, End]) -> End:
        if one.position is None:
            return NOT_TAKEN
        place = Place(one.partition, one.position)
        if place in elsewhere:
            return elsewhere[place]
        told = [self._told[name] for name in _derived(one.record) if name in self._told]
        return next((end for end in told if end is not APPLIED), APPLIED) if told else UNSEEN

    def _wait_until_read(self, lying: Sequence[Lying]) -> None:
        last: dict[int, int] = {}
        for one in lying:
            if one.position is not None:
                last[one.partition] = max(last.get(one.partition, 0), one.position)

        def through() -> bool:
            rows = self._bus.look.rows(_POSITIONS, TOPIC)
            stands = {(consumer, partition): position for consumer, partition, position in rows}
            return all(
                stands.get((reader, partition), 0) > position
                for reader in IntakeReader
                for partition, position in last.items()
            )

        until(through, "both readers to have read what is strange", THROUGH_SECONDS)

    def _catch_up(self) -> None:
        wanted = self._log.ends((LOG_REGISTRY.name, LOG_REQUESTS.name))
        while any(self._read[place] < end for place, end in wanted.items()):
            for record in self._log.poll(POLL_SECONDS, POLL_RECORDS):
                self._read[f"{record.topic}/{record.partition}"] = record.position + 1
                told = from_headers(record.headers)
                self._told[told.id] = APPLIED
                if told.type in _REFUSALS:
                    self._told[told.id] = refused(json.loads(record.value or b"")["reason"])


def _derived(record: Strange) -> list[str]:
    with suppress(EnvelopeInvalid):
        envelope = from_headers(record.headers)
        return [derived_id(envelope.source, envelope.id, number) for number in range(EVENTS_MAX)]
    return []
