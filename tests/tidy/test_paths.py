"""Files, folders and modules that pages and docstrings name are there, and the drawn layout is the layout."""

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import PurePosixPath

from tests.tidy.files import files, modules, own_texts, report, text

ROOMS = ("schemas", "producers", "consumers", "connectors", "deploy", "tests")
SUFFIXES = "py|toml|yaml|yml|csv|md|svg"
FENCED = re.compile(r"```.*?```", re.DOTALL)
SPAN = re.compile(r"`(?P<inside>[^`\s]+)`")
PATH = re.compile(rf"[\w*-][\w.*-]*(?:/[\w.*-]+)*(?:/|\.(?:{SUFFIXES}))|(?:{'|'.join(ROOMS)})(?:/[\w*-]+)+")
MODULE = re.compile(rf"(?:{'|'.join(ROOMS)})(?:\.\w+)+")
#: Made by a command for whoever runs it, or by the reader of a how-to.
MADE = {
    "deploy/workers/NAME.py",
    "asyncapi.yaml",
    "consumers/fines/",
    "deploy/workers/fines.py",
    "schemas/examples/ServiceRated.json",
}
ARCHITECTURE = "docs/architecture.md"
LAYOUT = re.compile(r"^```text\n(?P<tree>schemas/.*?)^```$", re.DOTALL | re.MULTILINE)
#: Folders that belong to the room around them and need no line of their own in the layout.
WITHIN = re.compile(r"/domain$|/migrations/versions$|/share_groups$|/strikes$")


@cache
def folders() -> set[str]:
    return {str(folder) for name in files() for folder in PurePosixPath(name).parents} - {"."}


@cache
def endings(*, of_folders: bool) -> set[str]:
    """Return every path from the root, or only those of folders, and the last parts of each."""
    parts = [PurePosixPath(name).parts for name in (folders() if of_folders else {*files(), *folders()})]
    return {"/".join(part[at:]) for part in parts for at in range(len(part))}


@cache
def is_there(path: str) -> bool:
    """Say whether a path from the root, or the last part of one, names a file or folder of the repository."""
    wanted = path.rstrip("/")
    known = endings(of_folders=path.endswith("/"))
    return wanted in known or ("*" in wanted and any(fnmatch(name, wanted) for name in known))


@cache
def is_module(dotted: str) -> bool:
    """Say whether a dotted name is a module, or one thing in a module (or two: a class and its method)."""
    parts = dotted.split(".")
    for end in range(len(parts), max(len(parts) - 3, 0), -1):
        base, rest = "/".join(parts[:end]), parts[end:]
        for name in (f"{base}.py", f"{base}/__init__.py"):
            if name in files() and all(re.search(rf"\b{part}\b", text(name) or "") for part in rest):
                return True
    return False


def spans() -> Iterator[tuple[str, str]]:
    """Yield page or module, and each thing that it names in backticks outside of its blocks."""
    pages = [(name, content) for name, content in own_texts() if name == "README.md" or name.startswith("docs/")]
    sources = [(name, text(name) or "") for name in modules(*(f"{room}/" for room in ROOMS))]
    for name, content in [*pages, *sources]:
        for found in SPAN.finditer(FENCED.sub("", content) if name.endswith(".md") else content):
            yield name, found["inside"]


def test_every_file_that_is_named_is_there() -> None:
    report(
        f"{name} names {span}, which is not there: give its path of today"
        for name, span in spans()
        if PATH.fullmatch(span) and span not in MADE and not is_there(span)
    )


def test_every_module_that_is_named_is_there() -> None:
    report(
        f"{name} names {span}, which is no module and nothing in one: give its name of today"
        for name, span in spans()
        if MODULE.fullmatch(span) and not is_there(span) and not is_module(span)
    )


def drawn() -> list[str]:
    """Return the paths of the layout in docs/architecture.md: two spaces of indentation are one folder deeper."""
    found = LAYOUT.search(text(ARCHITECTURE) or "")
    assert found is not None, f"{ARCHITECTURE} has no layout: a block `text` that begins with schemas/"
    paths: list[str] = []
    above: list[str] = []
    for line in found["tree"].splitlines():
        depth, name = (len(line) - len(line.lstrip())) // 2, line.split()[0]
        above[depth:] = [name]
        paths.append("".join(above))
    return paths


def test_the_drawn_layout_is_the_layout() -> None:
    there = set(files()) | {f"{folder}/" for folder in folders()}
    paths = drawn()
    report(f"{ARCHITECTURE} draws {path}, which is not there: draw what is" for path in paths if path not in there)
    rooms = {str(PurePosixPath(name).parent) for name in files() if name.endswith("/__init__.py")}
    report(
        f"{room}/ is missing from the layout in {ARCHITECTURE}: give it a line that says what goes there"
        for room in sorted(rooms)
        if not room.startswith("tests/") and not WITHIN.search(room) and f"{room}/" not in paths
    )


def test_the_rules_see_what_they_look_for() -> None:
    named = ["consumers/runner/loop.py", "schemas/", "tests/kit/real", "`x`", "a/b", "3/4", "text/plain", "loop.py"]
    assert [one for one in named if PATH.fullmatch(one)] == [*named[:3], "loop.py"]
    assert all(
        is_there(one) for one in ("loop.py", "consumers/*/domain/", "deploy/workers", "consumers/runner/loop.py")
    )
    assert not any(is_there(one) for one in ("consumers/requests/domain/lifecycle.py", "gone.py", "deploy/ports/"))
    assert is_module("consumers.runner.loop")
    assert is_module("consumers.runner.ports.Handler")
    assert not is_module("consumers.runner.ports.NotThere")
    assert not is_module("connectors.database.engine")
