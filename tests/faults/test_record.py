"""A series that was played in parts is whole in its file."""

from pathlib import Path

from deploy.faults.harness import TrialOutcome
from tests.faults.record import keep, kept


def outcome(seed: int, *problems: str) -> TrialOutcome:
    return TrialOutcome("kill", seed, 100, 4, 0, 0, problems, ("  0.10 s  armed",), ("fast",), (1.0, 2.5), 7, 9.0)


def test_what_came_of_runs_is_read_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "series.ndjson"
    assert kept(path) == []
    first, second = outcome(1), outcome(2, "it is gone")
    assert list(keep(path, [first])) == [first]
    assert list(keep(path, [second])) == [second]
    assert kept(path) == [first, second]


def test_without_a_file_nothing_is_kept() -> None:
    assert list(keep(None, [outcome(1)])) == [outcome(1)]
    assert kept(None) == []
