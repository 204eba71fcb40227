"""The official parser accepts the exported document, without an error or a warning."""

import json
import subprocess
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.asyncapi.conftest import exported_to, program

#: The parser's severities: 0 is an error, 1 a warning, 2 and more are hints.
WARNING = 1


def channel_that_is_not_there(document: dict[str, Any]) -> None:
    document["operations"]["sendAgencyIntake"]["channel"]["$ref"] = "#/channels/nowhere"


def type_that_is_none(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["RequestSubmitted"]["properties"]["city"]["type"] = "town"


def mechanism_that_is_none(document: dict[str, Any]) -> None:
    document["components"]["securitySchemes"]["scram"]["type"] = "scram"


FAULTS: tuple[Callable[[dict[str, Any]], None], ...] = (
    channel_that_is_not_there,
    type_that_is_none,
    mechanism_that_is_none,
)


class Judged(NamedTuple):
    """Whether the parser accepts a document, and its errors and warnings."""

    accepted: bool
    complaints: list[dict[str, Any]]


@pytest.fixture(scope="module")
def judged(parser: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judged]:
    """What the parser says of the exported document (`exported`), and of it with each fault. Asked all at once."""
    folder = tmp_path_factory.mktemp("judged")
    exported = exported_to(folder)
    documents = {"exported": exported}
    for fault in FAULTS:
        documents[fault.__name__] = deepcopy(exported)
        fault(documents[fault.__name__])
    paths = [folder / f"{name}.json" for name in documents]
    for path, document in zip(paths, documents.values(), strict=True):
        path.write_text(json.dumps(document), encoding="utf-8")
    # As it is handed out, in YAML.
    command = ["node", str(program(parser, "check.mjs")), str(folder / "asyncapi.yaml"), *map(str, paths[1:])]
    answers = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout)
    return {
        name: Judged(answer["accepted"], [each for each in answer["diagnostics"] if each["severity"] <= WARNING])
        for name, answer in zip(documents, answers, strict=True)
    }


def test_the_official_parser_accepts_the_exported_document(judged: dict[str, Judged]) -> None:
    assert judged["exported"] == (True, [])


@pytest.mark.parametrize("fault", FAULTS)
def test_the_official_parser_refuses_a_document_with_a_fault(
    judged: dict[str, Judged], fault: Callable[[dict[str, Any]], None]
) -> None:
    """The judge can say no."""
    assert not judged[fault.__name__].accepted
