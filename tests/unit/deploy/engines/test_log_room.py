"""Of an engine's log the newest files stay, and a full one makes room while its program goes on writing."""

from pathlib import Path

from deploy.engines.log_room import LogRoom, let_oldest_go, turn_over


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


def test_a_full_log_makes_room_while_its_program_has_it_open(tmp_path: Path) -> None:
    log, room = tmp_path / "prometheus.log", LogRoom(bytes_max=10, older=2)
    turn_over(log, room)
    with log.open("ab", buffering=0) as program:
        for number in range(4):
            program.write(b"123456789")
            turn_over(log, room)
            assert log.stat().st_size == 9, "it is not full"
            program.write(b"%d" % number)
            turn_over(log, room)
            assert log.stat().st_size == 0
        program.write(b"now")
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert files == {
        "prometheus.log": b"now",
        "prometheus.log.1": b"1234567893",
        "prometheus.log.2": b"1234567892",
    }


def test_without_older_files_only_the_newest_stays(tmp_path: Path) -> None:
    log = tmp_path / "prometheus.log"
    log.write_bytes(b"x" * 10)
    turn_over(log, LogRoom(bytes_max=10, older=0))
    assert [(path.name, path.stat().st_size) for path in tmp_path.iterdir()] == [("prometheus.log", 0)]
