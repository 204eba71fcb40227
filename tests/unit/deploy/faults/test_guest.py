"""What somebody is told before anything is done on a bus of theirs."""

from connectors.failpoints import Failpoint
from deploy.faults.guest import Host, announcement
from deploy.faults.strikes.workers import within_reach
from deploy.faults.table import FAULTS

EMPTY = Host({}, 0, "cluster-1")


def test_beside_other_workers_only_what_means_something_is_played() -> None:
    busy = Host({"relay": 1}, 0, "cluster-1")
    assert EMPTY.faults() == list(FAULTS)
    assert {fault.name for fault in busy.faults()} == {"kill", "zombie", "disorder", "poison"}


def test_what_is_published_and_what_stays_is_said() -> None:
    said = "\n".join(announcement(EMPTY, EMPTY.faults(), 3))
    for words in (
        "cluster-1",
        "pishkhan.intake.faulttrial-registry",
        "faulttrial-...",
        "3 run(s) each of kill",
        "stays",
    ):
        assert words in said
    assert "Other workers" not in said
    assert "have not ended" not in said


def test_whom_it_meets_there_is_said() -> None:
    host = Host({"requests": 2, "relay": 1}, 1_234, "cluster-1")
    said = "\n".join(announcement(host, host.faults(), 1))
    assert "1 relay, 2 requests" in said
    assert "relay, storm, backlog could be played, too" in said
    assert "1,234 requests of others have not ended" in said


def test_beside_others_workers_are_struck_where_they_come_by() -> None:
    points = {"registry": Failpoint.INSIDE_COPY, "requests": Failpoint.INSIDE_COPY, "relay": Failpoint.RELAY_SENT}
    assert within_reach(points, frozenset()) == points
    assert within_reach(points, frozenset({"requests"})) == points
    beside = within_reach(points, frozenset({"registry", "relay", "requests"}))
    assert beside == {"registry": Failpoint.AFTER_COMPARE_AND_SET, "requests": Failpoint.INSIDE_COPY}
