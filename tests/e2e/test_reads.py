"""What parties see of a running bus over HTTP, with keys of their own."""

import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from connectors.reads.table import READS
from deploy.use_cases import Bus
from producers.access.keys import Key
from producers.access.parties import GRANTABLE, Party, PartyKind, only_party
from producers.access.tokens import hash_of, new_token
from tests.kit.real.running import BILL_AGENCY, BILL_SERVICE, RunningBus, until

pytestmark = pytest.mark.e2e
OTHER = Party(PartyKind.AGENCY, "gas")
OWNER = Party(PartyKind.AGENCY, BILL_AGENCY)
DIRECTORATE, AUDITOR = only_party(PartyKind.DIRECTORATE), only_party(PartyKind.AUDITOR)


class Gateway:
    """The gateway of a running bus, asked with keys that are made for it."""

    def __init__(self, bus: RunningBus) -> None:
        self._bus = bus
        self._tokens: dict[Party, str] = {}

    def look(self, party: Party, path: str, status: int = 200, **query: str | int) -> Any:
        """Look as a party, and return what is told. Fails with another status."""
        headers = {"authorization": f"Bearer {self._token(party)}"}
        answer = httpx.get(self._bus.settings.gateway_address + path, headers=headers, params=query, timeout=30)
        assert answer.status_code == status, f"{party} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    def _token(self, party: Party) -> str:
        if party not in self._tokens:
            key_id, token = new_token(secrets.token_bytes)
            hashed = hash_of(token, self._bus.settings.key_hash_secret())
            now = datetime.now(UTC)
            key = Key(key_id, party, "tests", frozenset(GRANTABLE[party.kind]), None, hashed, now, "tests")
            with Bus(self._bus.settings, "tests") as bus, bus.deciding() as view:
                view.keys.add(key)
            self._tokens[party] = token
            headers = {"authorization": f"Bearer {token}"}
            address = f"{self._bus.settings.gateway_address}/v1/cities"
            until(lambda: httpx.get(address, headers=headers, timeout=30).status_code == 200, "the key to be known")
        return self._tokens[party]


@pytest.fixture(scope="module")
def gateway(running_bus: RunningBus) -> Gateway:
    """The gateway of the shared bus."""
    return Gateway(running_bus)


def test_every_read_answers_every_party_that_may_have_it(gateway: Gateway, running_bus: RunningBus) -> None:
    request, office = running_bus.words["REQUEST_ID"], running_bus.words["OFFICE"]
    desk = Party(PartyKind.OFFICE, office)
    values = {"request_id": request, "office": office, "service": BILL_SERVICE, "agreement": f"mou-{BILL_AGENCY}"}
    parties = {one.kind: one for one in (OWNER, desk, DIRECTORATE, AUDITOR, only_party(PartyKind.WORKING_GROUP))}
    for read in READS:
        for kind, party in parties.items():
            query: dict[str, int] = {}
            # Nothing is in the books of this bus, or little: an account without an entry is not there.
            status = 200 if kind in read.parties else 403
            if read.name == "show-statement":
                query, status = {"window": 1}, 404
            told = gateway.look(party, read.path.format(account="treasury:1", **values), status, **query)
            assert isinstance(told, dict)


def test_a_request_is_its_partys_and_its_history_what_it_was_told(gateway: Gateway, running_bus: RunningBus) -> None:
    request = running_bus.words["REQUEST_ID"]
    told = gateway.look(OWNER, f"/v1/requests/{request}")
    assert (told["service"], told["office"]) == (BILL_SERVICE, running_bus.words["OFFICE"])
    path = f"/v1/requests/{request}/history"
    kinds = until(
        lambda: [entry["type"].split(".")[2] for entry in gateway.look(OWNER, path)["items"]],
        "delivery to tell of the request",
    )
    assert kinds[:2] == ["RequestOpened", "RequestRouted"]
    gateway.look(OTHER, f"/v1/requests/{request}", 404)
    gateway.look(OTHER, path, 404)
    assert gateway.look(AUDITOR, path)["items"]


def test_requests_are_listed_page_by_page(gateway: Gateway, running_bus: RunningBus) -> None:
    def all_of(party: Party, limit: int) -> list[str]:
        found: list[str] = []
        after: dict[str, str] = {}
        while True:
            page = gateway.look(party, "/v1/requests", 200, limit=limit, **after)
            found += [one["request_id"] for one in page["items"]]
            if page["next"] is None:
                return found
            after = {"after": page["next"]}

    request = running_bus.words["REQUEST_ID"]
    mine = until(lambda: request in (found := all_of(OWNER, 25)) and found, "the figures to know the request")
    everybodys = all_of(DIRECTORATE, 200)
    assert len(set(mine)) == len(mine)
    assert set(mine) <= set(everybodys)
    assert request not in all_of(OTHER, 25)
    assert all(UUID(one) for one in everybodys)


def test_the_directory_is_as_the_registry_has_it(gateway: Gateway) -> None:
    services = gateway.look(OWNER, "/v1/services")["items"]
    assert services
    assert {one["service"]["agency"] for one in services} == {BILL_AGENCY}
    assert len(gateway.look(DIRECTORATE, "/v1/services")["items"]) > len(services)
    gateway.look(OTHER, f"/v1/services/{BILL_SERVICE}", 404)
    offices = gateway.look(OWNER, "/v1/offices", city="bojnord")["items"]
    assert {one["city"] for one in offices} == {"bojnord"}
    assert not any("operators" in one for one in offices)
    assert len(gateway.look(AUDITOR, "/v1/income")["items"]) >= 202
    assert gateway.look(AUDITOR, "/v1/ledger/balances")["sum_rial"] == 0
