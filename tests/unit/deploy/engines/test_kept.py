"""Ports and secrets survive, and only their owner reads them."""

import stat
from pathlib import Path

from deploy.engines.kept import Kept


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    first = Kept(path).secret("password")
    assert Kept(path).secret("password") == first
    assert Kept(path).secret("other") != first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_numbers_and_texts_are_kept(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "kept.json")
    assert kept.number("port") is None
    kept.keep("port", 9092)
    kept.keep("name", "bus")
    again = Kept(tmp_path / "kept.json")
    assert again.number("port") == 9092
    assert again.text("name") == "bus"


def test_no_unfinished_file_is_left(tmp_path: Path) -> None:
    Kept(tmp_path / "kept.json").keep("port", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.json"]
