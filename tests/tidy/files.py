"""The repository's files, as git sees them, and the syntax trees of the Python ones."""

import ast
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Copied unchanged from their origins, which are named beside them.
FOREIGN = ("tests/data/",)


@cache
def files() -> tuple[str, ...]:
    """Return every tracked or new file that git does not ignore, as a path from the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    return tuple(sorted(name for name in set(listed) if name and (ROOT / name).is_file()))


@cache
def text(name: str) -> str | None:
    """Return a file's text, or none when it is not text."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def own_texts() -> list[tuple[str, str]]:
    """Return name and text of every text file that was written here."""
    named = [(name, text(name)) for name in files() if not name.startswith(FOREIGN)]
    return [(name, content) for name, content in named if content is not None]


def modules(*folders: str) -> list[str]:
    """Return the Python files below `folders`, or all of them."""
    return [name for name in files() if name.endswith(".py") and (not folders or name.startswith(folders))]


@cache
def tree(name: str) -> ast.Module:
    """Return a Python file's syntax tree."""
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), filename=name)


def report(problems: Iterable[str]) -> None:
    """Fail with every problem, one a line."""
    lines = list(problems)
    assert not lines, "\n" + "\n".join(lines)
