"""What the doctor says of the workers' own clocks."""

from deploy.operations.doctor.checks import Level
from deploy.operations.doctor.engines import judge_worker_clocks


def test_a_worker_with_a_wrong_clock_is_named_with_by_how_much() -> None:
    ahead = {"requests-a": 10_800.4, "requests-b": -40.0, "kpi-a": 4.9, "relay-a": -0.1}
    found = list(judge_worker_clocks(ahead, 5.0))
    assert [one.level for one in found] == [Level.WRONG, Level.WRONG]
    assert found[0].words == "requests-a's own clock is 10800 s ahead of the database's: it does no timed act"
    assert found[1].words == "requests-b's own clock is 40 s behind the database's: it does no timed act"
    assert all("time server" in one.remedy for one in found)
