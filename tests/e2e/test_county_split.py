"""The example of deploy/provinces/README.md: two lines of data split a county at midnight, on a bus of its own.

Long, because it starts a bus that night: `make faults` runs it, or PISHKHAN_LONG=1.
"""

import json
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from deploy.processes.processes import ProcessTable
from deploy.settings import load_settings
from tests.e2e.saying import new_request, publish, submitted, wait_for_states, wait_until_quiet
from tests.kit.real.running import BILL, RunningBus, asked, pishkhan, started_bus, until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(900),
    pytest.mark.skipif("PISHKHAN_LONG" not in os.environ, reason="long; set PISHKHAN_LONG=1"),
]

PROVINCES = Path(__file__).parents[2] / "deploy" / "provinces"
#: Ten minutes past midnight, Asia/Tehran, on the first day of 1406. What is said may be up to an hour old.
CLOCK_START = "2027-03-20T20:40:00Z"
THE_EVENING_BEFORE = datetime.fromisoformat("2027-03-20T23:50:00+03:30")
#: A town of Sarhad District, and one that stays in Shirvan.
MOVES, STAYS = "lujali", "shirvan"
DAYS = ("2027-03-20", "2027-03-21")


@pytest.fixture(scope="module")
def night_bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBus]:
    data = tmp_path_factory.mktemp("night")
    with started_bus(data, CLOCK_START) as environment:
        settings = load_settings(data)
        with asked(settings) as rows:
            yield RunningBus(data, settings, environment, {}, rows)


def example_lines() -> dict[str, str]:
    """Return the lines that the page tells people to add, by file."""
    page = (PROVINCES / "README.md").read_text(encoding="utf-8")
    lines = {}
    for line in page.splitlines():
        file, _, rest = line.strip().partition(".csv ")
        if line.startswith("    ") and file in ("counties", "transfers"):
            lines[f"{file}.csv"] = rest.strip()
    return lines


def test_requests_before_midnight_count_for_the_old_county_and_later_ones_for_the_new(
    night_bus: RunningBus, tmp_path: Path
) -> None:
    bus, folder = night_bus, tmp_path / "north_khorasan"
    shutil.copytree(PROVINCES / "north_khorasan", folder)
    pishkhan(bus.environment, "province", "load", str(folder))
    processes = running(bus)

    added = example_lines()
    assert added.keys() == {"counties.csv", "transfers.csv"}
    for name, line in added.items():
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    assert "1 claims taken" in pishkhan(bus.environment, "province", "load", str(folder))

    before, after, elsewhere = (new_request() for _ in range(3))
    publish(
        bus,
        # It comes after midnight and happened before it.
        submitted("electricity", before, "electricity.bill-payment", MOVES, THE_EVENING_BEFORE, **BILL),
        submitted("electricity", after, "electricity.bill-payment", MOVES, **BILL),
        submitted("electricity", elsewhere, "electricity.bill-payment", STAYS, **BILL),
    )
    wait_for_states(bus, dict.fromkeys((before, after, elsewhere), "routed"))
    wait_until_quiet(bus)
    assert [explained_county(bus, one) for one in (before, after, elsewhere)] == ["shirvan", "sarhad", "shirvan"]
    expected = {(DAYS[0], "shirvan"): 1, (DAYS[1], "shirvan"): 1, (DAYS[1], "sarhad"): 1}
    until(lambda: volumes(bus) == expected, "the figures of both counties on both days")
    assert running(bus) == processes


def running(bus: RunningBus) -> dict[str, int]:
    """Return the processes of the bus."""
    return {entry.name: entry.process_id for entry in ProcessTable(bus.data_directory / "run").leftovers()}


def explained_county(bus: RunningBus, request_id: str) -> str:
    """Return the county that `pishkhan explain` names, once the decision is verified."""
    explanation = json.loads(pishkhan(bus.environment, "explain", request_id, "--verify", "--json"))
    assert [one["finding"] for one in explanation["verification"]] == ["same"]
    county: str = explanation["county"]
    return county


def volumes(bus: RunningBus) -> dict[tuple[str, str], int]:
    """Return the days' figures of opened requests, by day in Iran and county."""
    query = """
        SELECT to_char(window_from AT TIME ZONE 'Asia/Tehran', 'YYYY-MM-DD'), key, value::int FROM kpi_figure
        WHERE figure = 'volume' AND key_kind = 'county' AND window_to - window_from = interval '1 day'
    """
    return {(day, county): value for day, county, value in bus.rows(query)}
