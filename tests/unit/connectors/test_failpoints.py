"""A failpoint acts once, at the pass that it is armed for, and nothing happens where none is armed."""

import signal
import subprocess
import sys

import pytest

from connectors.failpoints import Armed, Failpoint, arm, failpoint

PASSING = """
from connectors.failpoints import Armed, Failpoint, arm, failpoint
arm(Armed.read("before_commit:kill:3"))
for number in range(1, 5):
    failpoint(Failpoint.INSIDE_COPY)
    print(number, flush=True)
    failpoint(Failpoint.BEFORE_COMMIT)
"""


def test_what_is_written_is_read_back() -> None:
    assert str(Armed.read("inside_copy:stop:7")) == "inside_copy:stop:7"


@pytest.mark.parametrize(
    "text", ["", "before_commit", "somewhere:kill:1", "before_commit:hurt:1", "before_commit:kill:0"]
)
def test_what_names_no_failpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        Armed.read(text)


def test_a_process_kills_itself_at_the_pass_it_is_armed_for() -> None:
    ended = subprocess.run([sys.executable, "-c", PASSING], capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout.split() == ["1", "2", "3"]
    assert ended.returncode == -signal.SIGKILL


def test_where_nothing_is_armed_nothing_happens() -> None:
    arm(None)
    for point in Failpoint:
        failpoint(point)
