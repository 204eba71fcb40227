"""`pishkhan province check` and `pishkhan replay-log --dry-run`: neither needs a running bus."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import build
from deploy.problem import Problem
from deploy.provinces.generate import NORTH_KHORASAN


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(build(arguments[0]), list(arguments))


@pytest.mark.parametrize("folder", ["north_khorasan", str(NORTH_KHORASAN)])
def test_a_folder_in_order_is_summed_up(folder: str) -> None:
    result = run("province", "check", folder)
    assert result.exit_code == 0
    assert "North Khorasan (north-khorasan) is in order: 305 claims." in result.output
    assert "urban offices" in result.output
    assert "152" in result.output


def test_problems_are_listed_and_counted(tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(NORTH_KHORASAN, folder)
    offices = folder / "offices.csv"
    offices.write_text(offices.read_text(encoding="utf-8").replace(",active,", ",asleep,"), encoding="utf-8")
    result = run("province", "check", str(folder))
    assert isinstance(result.exception, Problem)
    words = str(result.exception)
    assert "offices.csv, line 2, licence_state:" in words
    assert "(and in lines 3, 4, 5, 6, 7 and 196 more)" in words
    assert words.count("licence_state") == 1


def test_a_folder_that_is_not_there_is_told() -> None:
    result = run("province", "check", "atlantis")
    assert isinstance(result.exception, Problem)
    assert "There is no folder atlantis" in str(result.exception)


def test_a_dry_run_tells_what_is_mapped_and_what_is_dropped_and_why() -> None:
    replay = NORTH_KHORASAN / "replay"
    log, mapping = replay / "boston_311_2011-09-26.csv.gz", replay / "boston_311_2011.yaml"
    result = run("replay-log", str(log), "--mapping", str(mapping), "--dry-run")
    assert result.exit_code == 0
    assert "596 rows read: 533 become requests, 63 do not." in result.output
    assert "Saturday → Thursday, Sunday → Friday" in result.output
    assert "municipality.bulky-waste" in result.output
    assert "no place" in result.output
    assert "published" not in result.output
