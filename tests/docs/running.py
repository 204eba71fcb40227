"""Runs the blocks of one page, in order, in a folder of their own."""

import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest
import yaml

from tests.docs.blocks import Block
from tests.kit.real import warm

ROOT = Path(__file__).parents[2]
COMMAND_SECONDS_MAX = 120
MAKE = re.compile(r"^make (?P<target>[a-z-]+)(?: [A-Z_]+=\S+)*$")
#: Folders of the repository that commands of a page may name.
REACHABLE = (".venv", "deploy", "docs", "schemas", "tests")


class Bus(Protocol):
    """A running bus, as pages need it."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the variables by which commands find the bus."""

    @property
    def words(self) -> Mapping[str, str]:
        """Return what replaces words in capitals in a page (REQUEST_ID, AGENCY, ...)."""


def folder_for(page_folder: Path) -> Path:
    """Make and return a folder in which a page's commands run."""
    page_folder.mkdir()
    _programs(page_folder).mkdir()
    warm.launcher(_programs(page_folder))
    for name in REACHABLE:
        if (ROOT / name).exists():
            (page_folder / name).symlink_to(ROOT / name)
    return page_folder


def run(block: Block, folder: Path, bus: Bus | None) -> None:
    """Try one block. Fails, naming place and command, when it does not do what a reader was told."""
    if block.needs and not shutil.which(block.needs):
        message = f"{block.place} needs {block.needs}: apt-get install {block.needs}"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    words = bus.words if bus and block.kind == "bus" else {}
    content = re.sub(r"\b[A-Z][A-Z_]+\b", lambda found: words.get(found[0], found[0]), block.content)
    block = replace(block, content=content)
    environment = _environment(bus if block.kind == "bus" else None, folder)
    if block.kind == "make":
        _check_targets(block)
    elif block.language == "console":
        for command in block.commands():
            _run_command(block, command, folder, environment)
    elif block.language == "python":
        _run_program(block, folder, environment)
    elif block.kind == "data":
        _keep_data(block, folder)


def _programs(page_folder: Path) -> Path:
    """Return where the programs are that stand before the installed ones."""
    return page_folder.with_name(f"{page_folder.name}-programs")


def _environment(bus: Bus | None, folder: Path) -> dict[str, str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PISHKHAN_")}
    path = os.pathsep.join([str(_programs(folder)), str(Path(sys.executable).parent), outside.get("PATH", "")])
    # The bus's variables hold a PATH too; a page's commands are found as a reader's are.
    return {**outside, **(bus.environment if bus else {}), "PATH": path, "COLUMNS": "120"}


def _check_targets(block: Block) -> None:
    targets = set(re.findall(r"^([a-z.-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for command in block.commands():
        found = MAKE.match(command.split("#")[0].strip())
        assert found, f"{block.place}: `{command}` is not `make TARGET`"
        assert found["target"] in targets, f"{block.place}: the Makefile has no target {found['target']}"


def _run_command(block: Block, command: str, folder: Path, environment: dict[str, str]) -> None:
    if re.search(r"#.*until Ctrl-C", command):
        _run_until_interrupted(block, command, folder, environment)
        return
    _finish(block, command, ["bash", "-euo", "pipefail", "-c", command], folder, environment)


def _run_program(block: Block, folder: Path, environment: dict[str, str]) -> None:
    program = folder / (block.file or f"snippet_{block.line}.py")
    program.write_text(block.content, encoding="utf-8")
    _finish(block, f"python {program.name}", [sys.executable, program.name], folder, environment)


def _finish(block: Block, shown: str, command: list[str], folder: Path, environment: dict[str, str]) -> None:
    ended = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS_MAX,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    said = f"{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
    assert ended.returncode == 0, f"{block.place}: `{shown}` ended with {ended.returncode}:\n{said}"


def _run_until_interrupted(block: Block, command: str, folder: Path, environment: dict[str, str]) -> None:
    with subprocess.Popen(
        ["bash", "-c", f"exec {command}"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(process.stdout, selectors.EVENT_READ)
                spoke = selector.select(COMMAND_SECONDS_MAX)
            assert spoke, f"{block.place}: `{command}` said nothing for {COMMAND_SECONDS_MAX} s"
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=COMMAND_SECONDS_MAX)[0].decode(errors="replace")
        finally:
            if process.poll() is None:
                process.kill()
    allowed = (0, 130, -signal.SIGINT)
    assert process.returncode in allowed, f"{block.place}: `{command}` ended with {process.returncode}:\n{said[-3000:]}"


def _keep_data(block: Block, folder: Path) -> None:
    try:
        if block.language == "yaml":
            yaml.safe_load(block.content)
        elif block.file.endswith(".ndjson"):
            for line in block.content.splitlines():
                json.loads(line)
        else:
            json.loads(block.content)
    except (yaml.YAMLError, json.JSONDecodeError) as error:
        raise AssertionError(f"{block.place} is not {block.language}: {error}") from None
    if block.file:
        (folder / block.file).write_text(block.content, encoding="utf-8")
