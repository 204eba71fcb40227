"""Where the doors listen, and what is refused because everybody on the way could read keys."""

from pathlib import Path

import pytest

from connectors.words.language import Language, Phrase
from deploy.doors import Door, door_of
from deploy.exits import ExitCode
from deploy.problem import Misused
from deploy.running.up import UpOptions, Voice, running_bus
from deploy.settings import Settings


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_plain_http_is_for_this_machine(address: str) -> None:
    door = door_of(Settings(http_host=address))
    assert door == Door(address)
    assert door.scheme == "http"


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "::", "192.168.1.4", "10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1", "bus.example"]
)
def test_plain_http_on_another_address_is_refused_unless_it_is_wanted(address: str) -> None:
    with pytest.raises(Misused) as refused:
        door_of(Settings(http_host=address))
    assert refused.value.ends is ExitCode.USAGE
    for language in Language:
        told = refused.value.told(language)
        assert address in told
        assert "--insecure" in told
        assert "--tls-cert" in told
    assert door_of(Settings(http_host=address, http_insecure=True)) == Door(address)


@pytest.mark.parametrize("given", ["http_certificate", "http_certificate_key"])
def test_half_a_certificate_is_none(given: str, tmp_path: Path) -> None:
    file = tmp_path / "one.pem"
    file.write_text("x")
    with pytest.raises(Misused, match="needed together"):
        door_of(Settings.model_validate({given: file}))


def test_what_is_no_certificate_is_found_before_anything_starts(tmp_path: Path) -> None:
    file = tmp_path / "one.pem"
    file.write_text("no certificate")
    with pytest.raises(Misused, match="no certificate and key that work together"):
        door_of(Settings(http_host="0.0.0.0", http_certificate=file, http_certificate_key=file))


def test_a_bus_does_not_start_with_an_open_door(tmp_path: Path) -> None:
    said: list[Phrase] = []
    wanted = UpOptions(tmp_path / "data", doors={"http_host": "0.0.0.0"})
    with pytest.raises(Misused, match="plain HTTP"), running_bus(wanted, Voice(said.append)):
        pass
    assert said == []
    assert not (tmp_path / "data").exists()
