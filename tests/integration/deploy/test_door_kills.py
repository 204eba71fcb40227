"""Clients that repeat on every error while what they speak to is killed: each submission is kept once, none is lost."""

import os
import signal
import threading
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random

import httpx
import pytest

from deploy.processes.processes import ProcessTable
from deploy.settings import Settings, load_settings
from producers.access.parties import Party, PartyKind
from tests.kit.real.doors import door, issued
from tests.kit.real.running import AGENCY, CITY, MORNING, SERVICE, asked, pishkhan, started_bus, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
#: A slice that CI can wait for; PISHKHAN_LONG plays the whole.
LONG = bool(os.environ.get("PISHKHAN_LONG"))
CLIENTS = 20
SUBMITS = 10_000 if LONG else 400
SEED = int(os.environ.get("PISHKHAN_SEED", "1"))
#: Who is killed, as often as the seed's order comes round.
VICTIMS = ("gateway", "requests", "postgres", "gateway", "kafka", "relay")
PARTY = Party(PartyKind.AGENCY, AGENCY)


class Client(threading.Thread):
    """Submits its share, each until it is answered with 201."""

    def __init__(self, settings: Settings, token: str, keys: list[str]) -> None:
        super().__init__(daemon=True)
        self._settings = settings
        self._token = token
        self._keys = keys
        self.kept: dict[str, str] = {}
        self.repeats = 0
        self.surprises: list[str] = []

    def run(self) -> None:
        body = {"service": SERVICE, "origin": "agency", "city": CITY}
        with door(self._settings, self._token) as client:
            for key in self._keys:
                while key not in self.kept and not self.surprises:
                    try:
                        answer = client.post("/v1/requests", json=body, headers={"idempotency-key": key}, timeout=15)
                    except httpx.TransportError:
                        self.repeats += 1
                        continue
                    if answer.status_code == 201:
                        self.kept[key] = answer.json()["event_id"]
                    elif answer.status_code in (401, 409, 429, 503):
                        self.repeats += 1
                        threading.Event().wait(0.05)
                    else:
                        self.surprises.append(answer.text)


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Settings]]:
    """A bus of one's own, with North Khorasan."""
    data = tmp_path_factory.mktemp("killed")
    with started_bus(data, MORNING) as environment:
        pishkhan(environment, "province", "load", "north_khorasan")
        yield data, load_settings(data)


def test_every_submission_is_kept_once_whoever_is_killed(
    bus: tuple[Path, Settings], request: pytest.FixtureRequest
) -> None:
    data, settings = bus
    token = issued(settings, PARTY)
    with door(settings, token) as client:
        until(lambda: client.get("/v1/feed").status_code == 200, "the key to be known", 20.0)
    chance = Random(SEED)
    keys = [f"case-{number}" for number in range(SUBMITS)]
    clients = [Client(settings, token, keys[number::CLIENTS]) for number in range(CLIENTS)]
    for client_thread in clients:
        client_thread.start()

    def kept() -> int:
        return sum(len(one.kept) for one in clients)

    def reached(due: int) -> bool:
        return kept() >= due

    processes = ProcessTable(data / "run")
    order = chance.sample(VICTIMS, len(VICTIMS))
    for number, victim in enumerate(order, start=1):
        due = SUBMITS * number // (len(order) + 1)
        until(partial(reached, due), "the clients to go on", 300.0)
        for recorded in processes.leftovers():
            if recorded.name == victim:
                os.kill(recorded.process_id, signal.SIGKILL)
    for client_thread in clients:
        client_thread.join(300)
    assert [one.surprises for one in clients if one.surprises] == []
    assert kept() == SUBMITS, f"seed {SEED}"
    assert sum(one.repeats for one in clients) > 0, "somebody had to repeat"
    answered = {event_id for one in clients for event_id in one.kept.values()}
    assert len(answered) == SUBMITS
    rows = asked(settings)
    request.addfinalizer(rows.close)
    query = "SELECT count(*), count(DISTINCT key) FROM outbox WHERE topic = %s AND type = %s"
    values = (f"pishkhan.intake.{AGENCY}", "ir.pishkhan.RequestSubmitted.v1")
    assert until(lambda: rows.rows(query, values), "the database to answer") == [(SUBMITS, SUBMITS)]
    decided = "SELECT count(*) FROM request WHERE agency = %s"
    until(lambda: rows.rows(decided, (AGENCY,)) == [(SUBMITS,)], "the bus to decide on all of them", 240.0)
    assert uuid.UUID(next(iter(answered))).version == 7
