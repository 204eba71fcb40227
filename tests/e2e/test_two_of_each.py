"""Two of each worker on one bus: they share the work, one is killed in the middle of it, and nobody can tell."""

import csv
import io
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from connectors.broker.history import KafkaHistory
from deploy.processes.processes import ProcessTable
from deploy.provinces.generate import main as generate
from schemas.envelope import from_headers
from schemas.topics import LOG_REQUESTS
from tests.e2e.saying import Line, new_request, publish, said, states, wait_for_states, wait_until_quiet
from tests.kit.real.running import RunningBus, pishkhan, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

#: Workers that share partitions; a second relay stands by.
SHARING = ("registry", "requests", "settlement")
VISITS = 300
#: Offices of Bojnord that are open on the bus's morning and take electricity's bills.
OFFICES = tuple(f"urban-{number:03}" for number in (1, 2, 3, 5, 6, 8, 9, 10))
BILL_RIAL, COMMISSION_RIAL = 10_000, 1_200
FORM = {"bill-id": "1234567890123", "payment-id": "10000", "bill-amount-rial": BILL_RIAL}
SECOND_PROVINCE = "westland"


Visits = Mapping[str, str]


@contextmanager
def second(bus: RunningBus, name: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run another worker of a kind beside the supervised one, as on another machine."""
    command = [sys.executable, "-m", "deploy.cli", "worker", name, "--port", "0"]
    with log.open("wb") as output:
        worker = subprocess.Popen(command, env=dict(bus.environment), stdout=output, stderr=subprocess.STDOUT)
    try:
        yield worker
    finally:
        if worker.poll() is None:
            worker.terminate()
        worker.wait(60)


def owners(bus: RunningBus, consumer: str) -> set[str]:
    query = "SELECT DISTINCT owner FROM consumer_offset WHERE consumer = %s AND lease_until > clock_timestamp()"
    return {owner for (owner,) in bus.rows(query, consumer)}


def relays(bus: RunningBus) -> int:
    query = "SELECT count(*) FROM worker WHERE consumer = 'relay' AND seen_at > clock_timestamp() - interval '5 s'"
    return int(bus.rows(query)[0][0])


def visit(request_id: str, office: str) -> list[Line]:
    """Return a whole walk-in: a bill is paid at the counter."""
    desk, at_the_desk = f"/offices/{office}", {"request_id": request_id, "operator": "operator-1"}
    walk_in = {"origin": "walk_in", "city": "bojnord", "office": office, "service": "electricity.bill-payment"}
    paid = {"amount_rial": BILL_RIAL, "method": "cash", "receipt_number": "R-1"}
    return [
        said(desk, "RequestSubmitted", request_id=request_id, **walk_in, form=FORM),
        said(desk, "RequestAccepted", **at_the_desk),
        said(desk, "FeeCollected", **at_the_desk, **paid),
        said(desk, "ServiceStarted", **at_the_desk),
        said(desk, "ServiceDelivered", **at_the_desk),
    ]


@pytest.fixture(scope="module")
def visits(running_bus: RunningBus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visits]:
    """Play the visits while two workers are killed; return each one's office, by request id."""
    bus, folder = running_bus, tmp_path_factory.mktemp("two")
    chance = random.Random(4)
    played = {new_request(): chance.choice(OFFICES) for _ in range(VISITS)}
    rounds = list(zip(*(visit(request_id, office) for request_id, office in played.items()), strict=True))
    with ExitStack() as seconds:
        workers = {
            name: seconds.enter_context(second(bus, name, folder / f"{name}.log")) for name in (*SHARING, "relay")
        }
        until(lambda: all(len(owners(bus, name)) == 2 for name in SHARING), "two of each to share the work")
        until(lambda: relays(bus) == 2, "a second relay to stand by")

        publish(bus, *(line for each in rounds[:2] for line in each))
        publish(bus, *(line for each in rounds[2:] for line in each))
        # In the middle of it: the second requests worker, and the relay that holds the locks.
        until(lambda: "completed" in states(bus, list(played)).values(), "the first request to be complete")
        workers["requests"].kill()
        first_relay = next(
            entry.process_id for entry in ProcessTable(bus.data_directory / "run").leftovers() if entry.name == "relay"
        )
        os.kill(first_relay, signal.SIGKILL)
        load(bus, folder / SECOND_PROVINCE)
        wait_for_states(bus, dict.fromkeys(played, "completed"), 120)
        wait_until_quiet(bus)
        yield played


def load(bus: RunningBus, folder: Path) -> None:
    """Give two registries something to agree on."""
    generate(("--out", str(folder), "--code", SECOND_PROVINCE, "--offices", "40", "--counties", "2"))
    assert "claims taken" in pishkhan(bus.environment, "province", "load", str(folder))


def test_every_request_has_its_events_once_in_order_and_without_a_gap(visits: Visits, running_bus: RunningBus) -> None:
    """A relay that was killed may have said something twice; it says the same, and what follows still follows."""
    told: dict[str, list[tuple[int, str]]] = defaultdict(list)
    with KafkaHistory(running_bus.settings.kafka_login()) as history:
        for record in history.records([LOG_REQUESTS.name]):
            envelope = from_headers(record.headers)
            request_id = envelope.subject or ""
            if request_id in visits and envelope.sequence is not None:
                told[request_id].append((envelope.sequence, envelope.id))
    assert told.keys() == visits.keys()
    for events in told.values():
        first_told = list(dict.fromkeys(events))
        assert [sequence for sequence, _ in first_told] == list(range(1, len(first_told) + 1))


def test_the_books_of_the_visits_agree(visits: Visits, running_bus: RunningBus) -> None:
    text = pishkhan(running_bus.environment, "ledger", "export", "--format", "csv")
    balances: Counter[str] = Counter()
    everything = 0
    for line in csv.DictReader(io.StringIO(text)):
        everything += int(line["amount_rial"])
        if line["request_id"] in visits:
            balances[line["account"]] += int(line["amount_rial"])
    by_office = Counter(visits.values())
    expected = {f"office:{office}:drawer": BILL_RIAL * number for office, number in by_office.items()}
    expected |= {f"office:{office}": -COMMISSION_RIAL * number for office, number in by_office.items()}
    expected["agency:electricity"] = (COMMISSION_RIAL - BILL_RIAL) * VISITS
    assert {account: amount for account, amount in balances.items() if amount} == expected
    assert everything == 0
    assert "The ledger is sound" in pishkhan(running_bus.environment, "ledger", "verify")


def test_topics_outbox_requests_ledger_and_cash_agree(visits: Visits, running_bus: RunningBus) -> None:
    told = json.loads(pishkhan(running_bus.environment, "reconcile", "--json"))
    assert told["differences"] == 0
    assert told["cash_rial"]["ledger"] == told["cash_rial"]["requests"] >= BILL_RIAL * len(visits)


def test_the_second_province_is_known_to_the_last_office(visits: Visits, running_bus: RunningBus) -> None:
    """Two registries number their revisions without a gap, whoever of them accepted."""
    query = "SELECT count(DISTINCT code) FROM registry_version WHERE kind = 'office' AND code LIKE %s"
    assert running_bus.rows(query, f"{SECOND_PROVINCE}-%") == [(40,)]
    assert running_bus.rows("SELECT count(*) = max(revision) FROM registry_version") == [(True,)]


def test_those_that_are_left_share_the_work_of_the_killed(visits: Visits, running_bus: RunningBus) -> None:
    query = "SELECT count(*) FROM consumer_offset WHERE consumer = 'requests' AND lease_until < clock_timestamp()"
    until(
        lambda: len(owners(running_bus, "requests")) == 1 and running_bus.rows(query) == [(0,)],
        "the worker that is left to own every partition",
    )
