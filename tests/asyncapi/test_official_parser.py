"""The official parser accepts the exported document, without an error or a warning.

It is a Node package, locked by hash in this folder and installed once per machine into the user's cache.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

from deploy.commands.schemas import export

HERE = Path(__file__).parent
#: The parser's severities: 0 is an error, 1 a warning, 2 and more are hints.
WARNING = 1


def unavailable(reason: str) -> NoReturn:
    """Skip for a person without Node or network; fail where everything must be there."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (install nodejs and npm)")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def parser() -> Path:
    """The folder with the installed parser."""
    if not (shutil.which("node") and shutil.which("npm")):
        unavailable("the official AsyncAPI parser needs node and npm")
    files = [HERE / name for name in ("package.json", "package-lock.json", "check.mjs")]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pishkhan-tests"
    folder = cache / f"asyncapi-{digest}"
    if folder.is_dir():
        return folder
    fresh = cache / f"asyncapi-{digest}.{os.getpid()}"
    fresh.mkdir(parents=True)
    for path in files:
        shutil.copy(path, fresh)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved"]
    installed = subprocess.run(command, cwd=fresh, capture_output=True, text=True, timeout=170, check=False)
    if installed.returncode:
        shutil.rmtree(fresh)
        unavailable(f"npm could not install the official AsyncAPI parser: {installed.stderr[-500:]}")
    if not folder.is_dir():  # another test run may have been quicker
        fresh.rename(folder)
    return folder


@pytest.fixture
def exported(tmp_path: Path) -> dict[str, Any]:
    export(tmp_path, "localhost:9092", "SASL_PLAINTEXT")
    document: dict[str, Any] = yaml.safe_load((tmp_path / "asyncapi.yaml").read_text(encoding="utf-8"))
    return document


def judged(parser: Path, document: dict[str, Any], folder: Path) -> tuple[bool, list[dict[str, Any]]]:
    """Return whether the parser accepts `document`, and its errors and warnings."""
    path = folder / "judged.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    command = ["node", str(parser / "check.mjs"), str(path)]
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
