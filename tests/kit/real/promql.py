"""PromQL as Prometheus reads it: its own program judges, and names of series are picked out of what it accepts."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
_MATCHERS = re.compile(r"\{[^{}]*\}")
_RANGE = re.compile(r"\[[^\]]*\]")
_LABELS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)")
_WORD = re.compile(r"(?<![\w:.])[a-zA-Z_:][\w:]*(?!\s*\()(?![\w:])")
_KEYWORDS = frozenset(
    {"and", "or", "unless", "offset", "bool", "by", "without", "on", "ignoring", "group_left", "group_right", "inf"}
)
#: Aggregations whose parameter or labels stand before the bracket, as in `sum by (x) (y)`.
_AGGREGATIONS = frozenset({"sum", "min", "max", "avg", "count", "topk", "bottomk", "quantile", "stddev", "group"})


def promtool(*arguments: str) -> str:
    """Run Prometheus' own tool and return its output. Fails when it objects, and in CI when it is not there."""
    program = shutil.which("promtool")
    if program is None:
        message = "promtool is not installed: apt-get install prometheus"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    ended = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def accept(expressions: Mapping[str, str], folder: Path) -> None:
    """Let the server's own parser read every expression, each as a rule that records it. Fails on the first it refuses.

    The keys say in the message which one that was.
    """
    rules = [
        {"record": f"expression:{number}", "labels": {"stands_for": name}, "expr": expression}
        for number, (name, expression) in enumerate(expressions.items())
    ]
    path = folder / "expressions.rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "expressions", "rules": rules}]}), encoding="utf-8")
    promtool("check", "rules", str(path))


def names_in(expression: str) -> set[str]:
    """Return the names of all series that a valid expression asks for."""
    bare = _LABELS.sub(" ", _RANGE.sub(" ", _MATCHERS.sub(" ", _TEXT.sub(" ", expression))))
    return {word for word in _WORD.findall(bare) if word.lower() not in _KEYWORDS | _AGGREGATIONS}
