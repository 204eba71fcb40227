"""A whole running bus for tests that look at it from outside: `pishkhan up`, with North Khorasan loaded.

Started once per run, as a person would start it, on a working morning of business time.
"""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.database.sql.engine import plain_url
from deploy.agencies import Agencies
from deploy.mistakes import PREFIX
from deploy.settings import Settings, load_settings
from producers.access.parties import Party, PartyKind
from tests.kit.real import warm
from tests.kit.real.asking import Asked
from tests.kit.real.doors import issued

#: A Monday, 09:30 in Asia/Tehran: offices are open for hours.
MORNING = "2026-11-23T06:00:00Z"
START_SECONDS_MAX = 150
#: An agency with a service whose form asks for nothing, so that a short example is a good request.
AGENCY, SERVICE, CITY = "civil-registration", "civil-registration.electronic-signature", "bojnord"
BILL_AGENCY, BILL_SERVICE = "electricity", "electricity.bill-payment"
BILL = {"bill-id": "1234567890123", "payment-id": "1250000", "bill-amount-rial": 1_250_000}


@dataclass(frozen=True, slots=True)
class RunningBus:
    """A running bus; commands find it by `environment`. `words` stand for the capitals in documentation."""

    data_directory: Path
    settings: Settings
    environment: Mapping[str, str]
    words: Mapping[str, str]
    asked: Asked

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return a query's rows, as the workers' role."""
        return self.asked.rows(query, values)

    def password(self, agency: str) -> str:
        """Return the broker password of an agency."""
        return Agencies(self.data_directory).password(agency)


def until(condition: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """Return the condition's value once it is true. Fails, saying what was awaited, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.1)
    return value


def pishkhan(environment: Mapping[str, str], *words: str, said: str | None = None) -> str:
    """Run a command beside the bus and return its output. Fails when it does."""
    ended = warm.run(words, environment, said)
    assert ended.returncode == 0, f"pishkhan {' '.join(words)}: {ended.stdout[-2000:]}\n{ended.stderr[-2000:]}"
    return ended.stdout


class OneBus:
    """The one bus of a process of tests: started when it is first asked for, and anew when it was stopped meanwhile."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self._folders = folders
        self._running = ExitStack()
        self._bus: RunningBus | None = None

    def bus(self) -> RunningBus:
        """Return the bus, running, with the words that pages speak of."""
        if self._bus is None:
            data = self._folders.mktemp("bus")
            environment = self._running.enter_context(started_bus(data, MORNING))
            pishkhan(environment, "province", "load", "north_khorasan")
            self._bus = _with_words(data, environment, self._running.enter_context(asked(load_settings(data))))
        return self._bus

    def stop(self) -> None:
        """Stop it, if it runs: one that nobody asks takes an eighth of a core."""
        self._bus = None
        self._running.close()


#: Where the one bus is kept, for whoever knows that no more tests will ask for it.
ONE_BUS = pytest.StashKey[OneBus]()


@pytest.fixture(scope="session")
def one_bus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneBus]:
    """The process's bus, not running yet."""
    one = request.config.stash[ONE_BUS] = OneBus(tmp_path_factory)
    yield one
    one.stop()


@pytest.fixture(scope="module")
def running_bus(one_bus: OneBus) -> RunningBus:
    """The process's bus, running, the same for every module that asks."""
    return one_bus.bus()


@contextmanager
def started_bus(data: Path, clock_start: str) -> Iterator[dict[str, str]]:
    """Run an empty bus whose business time begins at `clock_start`; give the variables by which commands find it."""
    log = data / "up.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment[f"{PREFIX}DATA_DIRECTORY"] = str(data)
    with log.open("wb") as output:
        up = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", "up"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**environment, f"{PREFIX}CLOCK_START": clock_start},
        )
    try:
        until(
            lambda: "The bus runs." in log.read_text(encoding="utf-8") or up.poll() is not None,
            "the bus to start",
            START_SECONDS_MAX,
        )
        assert up.poll() is None, log.read_text(encoding="utf-8")
        yield environment
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(90)


def asked(settings: Settings) -> Asked:
    """Return what is asked for a bus's rows, as the workers' role."""
    return Asked(plain_url(settings.worker_database_url()))


def _with_words(data: Path, environment: Mapping[str, str], rows: Asked) -> RunningBus:
    """Return the bus with a routed bill in an office's inbox, for pages that speak of one."""
    settings = load_settings(data)
    bus = RunningBus(data, settings, environment, {}, rows)
    request_id = str(uuid.uuid4())
    submitted = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"/agencies/{BILL_AGENCY}",
        "type": "ir.pishkhan.RequestSubmitted.v1",
        "subject": request_id,
        "data": {
            "request_id": request_id,
            "service": BILL_SERVICE,
            "origin": "agency",
            "city": CITY,
            "form": BILL,
        },
    }
    pishkhan(environment, "publish", "-", said=json.dumps(submitted) + "\n")
    query = "SELECT office FROM request WHERE request_id = %s AND office IS NOT NULL"
    [(office,)] = until(lambda: bus.rows(query, uuid.UUID(request_id)), "the bill to be routed")
    words = {
        "ADDRESS": settings.kafka_bootstrap,
        "AGENCY": AGENCY,
        "PASSWORD": bus.password(AGENCY),
        "SERVICE": SERVICE,
        "FORM": "{}",
        "EVENT_ID": str(submitted["id"]),
        "CITY": CITY,
        "REQUEST_ID": request_id,
        "OFFICE": office,
        "GATEWAY": settings.gateway_address,
        "TOKEN": issued(settings, Party(PartyKind.AGENCY, AGENCY)),
        "DIR": str(data.parent / "another-bus"),
    }
    return RunningBus(data, settings, environment, words, rows)
