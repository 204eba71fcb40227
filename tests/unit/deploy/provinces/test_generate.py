"""Generated files come from the seed alone: the committed ones are what the generator writes today, byte for byte."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from deploy.provinces.generate import NORTH_KHORASAN, main, write_generated
from deploy.provinces.generation.facts import share
from deploy.provinces.loader import read_province

GENERATED = ("villages.csv", "offices.csv", "agreements.csv", "service_figures.csv", "holidays.csv")


def test_committed_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    for path in NORTH_KHORASAN.iterdir():
        if path.is_file() and path.name not in GENERATED:
            shutil.copy(path, tmp_path / path.name)
    written = write_generated(tmp_path)
    assert sorted(path.name for path in written) == sorted(GENERATED)
    for path in written:
        committed = (NORTH_KHORASAN / path.name).read_bytes()
        assert path.read_bytes() == committed, f"run python -m deploy.provinces.generate: {path.name} differs"


@pytest.mark.parametrize("seed", ["7", "8"])
def test_a_synthetic_province_is_the_same_for_the_same_seed(tmp_path: Path, seed: str) -> None:
    for name in ("one", "two"):
        main(["--out", str(tmp_path / name), "--offices", "40", "--counties", "3", "--seed", seed])
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_another_seed_gives_another_province(tmp_path: Path) -> None:
    main(["--out", str(tmp_path / "one"), "--offices", "40", "--counties", "3", "--seed", "7"])
    main(["--out", str(tmp_path / "two"), "--offices", "40", "--counties", "3", "--seed", "8"])
    assert (tmp_path / "one" / "offices.csv").read_bytes() != (tmp_path / "two" / "offices.csv").read_bytes()


def test_a_synthetic_province_loads_with_its_own_codes_and_its_split(tmp_path: Path) -> None:
    folder = tmp_path / "eastland"
    options = ["--code", "eastland", "--offices", "60", "--counties", "3", "--split", "2027-01-01"]
    main(["--out", str(folder), *options])
    province = read_province(folder)
    counts = province.counts()
    assert (counts.urban_offices, counts.rural_offices) == (15, 45)
    assert all(code.startswith("eastland-") for code in province.agencies)
    before, after = province.territories
    assert (len(before.counties), len(after.counties)) == (3, 4)
    assert after.valid_from.astimezone().date() >= date(2026, 12, 31)
    moved = {city.code for city in after.cities if city.county == "eastland-4"}
    assert moved
    assert {city.county for city in before.cities if city.code in moved} == {"eastland-1"}


def test_a_folder_that_holds_something_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [(10, [1, 1, 1], [4, 3, 3]), (50, [3, 1], [38, 12]), (0, [1, 2], [0, 0]), (5, [0, 1], [0, 5])],
)
def test_share_is_whole(total: int, weights: list[float], parts: list[int]) -> None:
    assert share(total, weights) == parts
