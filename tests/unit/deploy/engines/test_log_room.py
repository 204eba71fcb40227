"""Of an engine's log the newest files stay."""

from pathlib import Path

from deploy.engines.log_room import let_oldest_go


def test_the_newest_stay_and_nothing_else_is_touched(tmp_path: Path) -> None:
    for name in (
        "postgres-20261130-000000.log",
        "postgres-20261130-000001.log",
        "postgres-20261201-000000.log",
        "x.log",
    ):
        (tmp_path / name).touch()
    let_oldest_go(tmp_path, "postgres-*.log", 2)
    let_oldest_go(tmp_path, "postgres-*.log", 2)
    names = ["postgres-20261130-000001.log", "postgres-20261201-000000.log", "x.log"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    let_oldest_go(tmp_path / "missing", "postgres-*.log", 2)
