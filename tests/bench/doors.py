"""The gateway beside plain doors: single submissions, batches, and the time to answer at half the rate."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from secrets import token_bytes
from urllib.error import URLError
from urllib.request import urlopen

import orjson
from pydantic import SecretStr

from connectors.clock import real_now
from connectors.database.access.keys import SqlKeys
from connectors.database.sql.engine import build_engine
from connectors.ids import new_id
from connectors.roles import WORKER_ROLE
from deploy.processes.processes import choose_port
from producers.access.keys import Key
from producers.access.parties import GRANTABLE, Party, PartyKind
from producers.access.tokens import hash_of, new_token
from schemas.log_registry import RegistryEntry
from tests.bench.benches import Measured
from tests.bench.bus import BenchBus
from tests.bench.callers import as_fast_as_they_can, at_a_rate, request_of
from tests.bench.corpus import AGENCY
from tests.bench.plain_doors import Base

CALLERS = 64
BATCH_LINES = 1_000
READY_SECONDS_MAX = 60.0
SUBMISSION = {
    "service": f"{AGENCY}.bill-payment",
    "origin": "agency",
    "city": "bojnord",
    "form": {"bill-id": "1234567890123", "payment-id": "1250000", "bill-amount-rial": 1_250_000},
}
JSON = {"content-type": "application/json"}


def doors(bus: BenchBus, registry: list[RegistryEntry], seconds: float, runs: int) -> Measured:
    """Single submissions a second, their p99 at half that rate, and lines of batches a second; durable each."""
    measured = Measured()
    for _ in range(runs):
        bus.new_database(registry)
        headers = JSON | {"authorization": f"Bearer {_key(bus)}"}
        with _gateway(bus) as port:
            _one(measured, "gateway", port, partial(_submissions, headers, keyed=True), seconds)
            batches = as_fast_as_they_can(port, partial(_batches, headers), 4, seconds)
            measured.note("batched lines/s", BATCH_LINES * batches)
        _make_plain_table(bus)
        for name in ("sqlalchemy", "aiokafka"):
            with _plain(bus, name) as port:
                _one(measured, f"FastAPI + {name}", port, partial(_submissions, JSON), seconds)
    return measured


def _one(measured: Measured, name: str, port: int, requests: partial[Iterator[bytes]], seconds: float) -> None:
    as_fast_as_they_can(port, requests, CALLERS, min(2.0, seconds))
    rate = as_fast_as_they_can(port, requests, CALLERS, seconds)
    _, p99 = at_a_rate(port, requests, rate / 2, seconds)
    measured.note(f"{name}/s", rate)
    measured.note(f"{name}: p99 ms at half the rate", p99)


def _submissions(headers: dict[str, str], *, keyed: bool = False) -> Iterator[bytes]:
    while True:
        request_id = str(new_id())
        body = orjson.dumps(SUBMISSION | {"request_id": request_id})
        yield request_of("/v1/requests", body, headers | ({"idempotency-key": request_id} if keyed else {}))


def _batches(headers: dict[str, str]) -> Iterator[bytes]:
    while True:
        lines = [
            orjson.dumps({"id": str(new_id()), "act": "submit-request", "data": SUBMISSION}) for _ in range(BATCH_LINES)
        ]
        yield request_of("/v1/batch", b"\n".join(lines), headers | {"content-type": "application/x-ndjson"})


def _key(bus: BenchBus) -> str:
    bus.settings = bus.settings.model_copy(update={"key_secret": SecretStr("bench")})
    party = Party(PartyKind.AGENCY, AGENCY)
    key_id, token = new_token(token_bytes)
    hashed = hash_of(token, bus.settings.key_hash_secret())
    engine = build_engine(bus.settings.owner_database_url(), "bench keys")
    with engine.begin() as connection:
        SqlKeys(connection).add(Key(key_id, party, "bench", GRANTABLE[party.kind], None, hashed, real_now(), "bench"))
    engine.dispose()
    return token


def _make_plain_table(bus: BenchBus) -> None:
    engine = build_engine(bus.settings.owner_database_url(), "bench table")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"GRANT ALL ON plain_submission TO {WORKER_ROLE}")
    engine.dispose()


@contextmanager
def _gateway(bus: BenchBus) -> Iterator[int]:
    port = choose_port(None)
    limits = {"http_port": port, "http_key_per_second": 1_000_000}
    bus.settings = bus.settings.model_copy(update=limits)
    with bus.worker("gateway"):
        _until_ready(f"http://127.0.0.1:{port}/readyz")
        yield port


@contextmanager
def _plain(bus: BenchBus, name: str) -> Iterator[int]:
    port = choose_port(None)
    with bus.process([sys.executable, "-m", "tests.bench.plain_doors", name, str(port)]):
        _until_ready(f"http://127.0.0.1:{port}/openapi.json")
        yield port


def _until_ready(address: str) -> None:
    ends = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < ends:
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, ConnectionError, OSError):
            time.sleep(0.1)
    raise TimeoutError(address)
