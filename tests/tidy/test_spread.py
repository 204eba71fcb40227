"""The tables of what goes together and first name what is there, and every file that asks the one bus."""

import re
from pathlib import Path

import pytest

from tests.kit.spread import LONGEST_FIRST, ON_THE_BUS, TEST_BY_TEST, on_the_bus, rank, together

ROOT = Path(__file__).parents[2]
GROUPED = [file for files in ON_THE_BUS.values() for file in files]
ASKS_THE_BUS = re.compile(r"^def \w+\([^)]*\brunning_bus: RunningBus", re.MULTILINE)


@pytest.mark.parametrize("name", [*GROUPED, *TEST_BY_TEST, *(name for name in LONGEST_FIRST if name not in ON_THE_BUS)])
def test_what_is_named_is_there(name: str) -> None:
    assert (ROOT / name).exists()


def test_whatever_asks_the_one_bus_is_in_one_group() -> None:
    asking = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "tests").rglob("test_*.py")
        if ASKS_THE_BUS.search(file.read_text(encoding="utf-8"))
    }
    assert sorted(asking) == sorted(GROUPED)
    assert all(on_the_bus(f"{file}::test_a") for file in GROUPED)
    assert not on_the_bus(f"{TEST_BY_TEST[0]}::test_a")


def test_tests_of_a_file_go_together_unless_a_table_says_otherwise() -> None:
    assert (
        together("tests/unit/test_x.py::test_a[1]")
        == together("tests/unit/test_x.py::test_b")
        == "tests/unit/test_x.py"
    )
    assert together(f"{GROUPED[0]}::test_a") == together(f"{GROUPED[1]}::test_b") == next(iter(ON_THE_BUS))
    assert together(f"{TEST_BY_TEST[0]}::test_a") != together(f"{TEST_BY_TEST[0]}::test_b")


def test_buses_go_first_and_what_is_not_named_last() -> None:
    in_order = [
        f"{GROUPED[0]}::test_a",
        "tests/e2e/test_up.py::test_a",
        "tests/e2e/test_x.py::test_a",
        "tests/test_x.py::test_a",
    ]
    assert sorted(in_order, key=rank) == in_order
    assert rank(in_order[-1]) == len(LONGEST_FIRST)
