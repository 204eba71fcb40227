"""What a client in another language takes for right by the document alone, the bus accepts, and nothing else."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consumers.intake import Claim, IntakeReader, objection, read_claim
from consumers.runner.records import Record
from schemas.examples import example
from schemas.intake_agency import RequestSubmitted
from tests.asyncapi.conftest import exported_to, program

MOMENT = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
TOPIC = f"pishkhan.intake.{example(RequestSubmitted)['source'].removeprefix('/agencies/')}"
#: What the document says in words, because no schema can: the subject is the body's id, the key the subject's text.
IN_WORDS: dict[str, dict[str, Any]] = {
    "another subject": {"ce_subject": "0199f3c2-7a10-7c3e-8f51-2b6d0e4a9c11"},
    "another key": {"key": "0199f3c2-7a10-7c3e-8f51-2b6d0e4a9c11"},
}


@pytest.fixture(scope="module")
def messages(parser: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The messages of the foreign client, each with what ajv says of it."""
    folder = tmp_path_factory.mktemp("foreign")
    path = folder / "document.json"
    path.write_text(json.dumps(exported_to(folder)), encoding="utf-8")
    command = ["node", str(program(parser, "foreign.mjs")), str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert said["unfit"] == [], "every example fits its own schema, by this validator too"
    found: list[dict[str, Any]] = said["messages"]
    return found


def accepted(message: dict[str, Any]) -> bool:
    """Say whether the bus takes `message` for a new claim."""
    headers = tuple((name, text.encode()) for name, text in message["headers"].items())
    key = None if message.get("key") is None else message["key"].encode()
    record = Record(TOPIC, 0, 0, key, headers, json.dumps(message["payload"]).encode(), MOMENT)
    read = read_claim(record, IntakeReader.REQUESTS)
    return isinstance(read, Claim) and objection(read) is None


def test_the_bus_accepts_what_fits_the_document_and_nothing_else(messages: list[dict[str, Any]]) -> None:
    verdicts = {message["name"]: (message["fits"], accepted(message)) for message in messages}
    assert {name for name, (fits, taken) in verdicts.items() if fits != taken} == set()
    assert len([fits for fits, _ in verdicts.values() if fits]) == 9
    assert len([fits for fits, _ in verdicts.values() if not fits]) == 23


@pytest.mark.parametrize("case", IN_WORDS)
def test_what_the_document_says_in_words_is_kept_too(messages: list[dict[str, Any]], case: str) -> None:
    [good] = [message for message in messages if message["name"] == "as it is"]
    assert accepted(good)
    changes = IN_WORDS[case]
    headers = {**good["headers"], **{name: text for name, text in changes.items() if name != "key"}}
    assert not accepted({**good, "headers": headers, "key": changes.get("key", headers["ce_subject"])})
