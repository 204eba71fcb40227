"""Node packages, locked by hash in this folder and installed once per machine into the user's cache."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

from deploy.commands.schemas import export

HERE = Path(__file__).parent


def unavailable(reason: str) -> NoReturn:
    """Skip for a person without Node or network; fail where everything must be there."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (install nodejs and npm)")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def parser() -> Path:
    """The folder with the installed packages, and the programs of this one."""
    if not (shutil.which("node") and shutil.which("npm")):
        unavailable("the official AsyncAPI parser needs node and npm")
    files = [HERE / name for name in ("package.json", "package-lock.json")]
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


def program(folder: Path, name: str) -> Path:
    """Return the program `name` of this folder, beside the packages in `folder` that it imports."""
    content = (HERE / name).read_bytes()
    path = folder / f"{hashlib.sha256(content).hexdigest()[:16]}-{name}"
    path.write_bytes(content)
    return path


def exported_to(folder: Path) -> dict[str, Any]:
    """Export the contract into `folder` and return its document."""
    export(folder, "localhost:9092")
    document: dict[str, Any] = yaml.safe_load((folder / "asyncapi.yaml").read_text(encoding="utf-8"))
    return document
