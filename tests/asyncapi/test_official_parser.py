"""The official parser accepts the exported document, without an error or a warning."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.asyncapi.conftest import program

#: The parser's severities: 0 is an error, 1 a warning, 2 and more are hints.
WARNING = 1


def judged(parser: Path, document: dict[str, Any], folder: Path) -> tuple[bool, list[dict[str, Any]]]:
    """Return whether the parser accepts `document`, and its errors and warnings."""
    path = folder / "judged.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    command = ["node", str(program(parser, "check.mjs")), str(path)]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout)
    return answer["accepted"], [each for each in answer["diagnostics"] if each["severity"] <= WARNING]


def test_the_official_parser_accepts_the_exported_document(
    parser: Path, exported: dict[str, Any], tmp_path: Path
) -> None:
    assert judged(parser, exported, tmp_path) == (True, [])


def channel_that_is_not_there(document: dict[str, Any]) -> None:
    document["operations"]["sendAgencyIntake"]["channel"]["$ref"] = "#/channels/nowhere"


def type_that_is_none(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["RequestSubmitted"]["properties"]["city"]["type"] = "town"


def mechanism_that_is_none(document: dict[str, Any]) -> None:
    document["components"]["securitySchemes"]["scram"]["type"] = "scram"


@pytest.mark.parametrize("fault", [channel_that_is_not_there, type_that_is_none, mechanism_that_is_none])
def test_the_official_parser_refuses_a_document_with_a_fault(
    parser: Path, exported: dict[str, Any], tmp_path: Path, fault: Callable[[dict[str, Any]], None]
) -> None:
    """The judge can say no."""
    fault(exported)
    assert not judged(parser, exported, tmp_path)[0]
