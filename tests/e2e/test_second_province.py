"""A second province beside the first: 2,000 offices as data, and one of its counties split in two while all runs."""

import json
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from deploy.processes.processes import ProcessTable
from deploy.provinces.generate import main as generate
from deploy.provinces.loader import Province, read_province
from schemas.base import LocalizedText, Provenance
from schemas.territory import County, Territory
from tests.e2e.saying import new_request, publish, said, submitted, wait_for_states, wait_until_quiet
from tests.kit.real.running import BILL, RunningBus, pishkhan, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

CODE, OFFICES, COUNTIES = "eastland", 2000, 12
AGENCY, SERVICE = f"{CODE}-electricity", f"{CODE}-electricity.bill-payment"
#: The second district of the first county, and a town in each of its two districts.
DISTRICT_TOWNS = (f"{CODE}-1-town-2", f"{CODE}-1-town-4")
OLD, NEW = f"{CODE}-1", f"{CODE}-new"
STAYS, MOVES = f"{CODE}-1-town-1", f"{CODE}-1-town-2"


@dataclass(frozen=True, slots=True)
class Eastland:
    """The second province as its folder says it; `offices` are the codes of its offices."""

    province: Province
    offices: frozenset[str]

    def towns(self) -> list[str]:
        """Return one town of every county."""
        return [f"{CODE}-{number}-town-1" for number in range(1, COUNTIES + 1)]


@pytest.fixture(scope="module")
def eastland(
    running_bus: RunningBus, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Eastland:
    folder = tmp_path_factory.mktemp("provinces") / CODE
    arguments = ("--out", str(folder), "--code", CODE, "--offices", str(OFFICES), "--counties", str(COUNTIES))
    generate(arguments)
    started = time.monotonic()
    told = pishkhan(running_bus.environment, "province", "load", str(folder))
    seconds = time.monotonic() - started
    assert "claims taken" in told
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"loading a province of {OFFICES} offices beside another took {seconds:.1f} s")
    province = read_province(folder)
    return Eastland(province, frozenset(office.code for office in province.offices))


def routed_to(bus: RunningBus, request_ids: list[str]) -> dict[str, str]:
    query = "SELECT request_id::text, office FROM request WHERE request_id = ANY(%s::uuid[])"
    return dict(bus.rows(query, request_ids))


def test_every_office_of_it_is_known(eastland: Eastland, running_bus: RunningBus) -> None:
    query = "SELECT count(DISTINCT code) FROM registry_version WHERE kind = 'office' AND code = ANY(%s)"
    assert len(eastland.offices) == OFFICES
    assert running_bus.rows(query, sorted(eastland.offices)) == [(OFFICES,)]


def test_loading_it_again_says_nothing_new(eastland: Eastland, running_bus: RunningBus, tmp_path: Path) -> None:
    folder = tmp_path / CODE
    generate(("--out", str(folder), "--code", CODE, "--offices", str(OFFICES), "--counties", str(COUNTIES)))
    assert "Nothing new" in pishkhan(running_bus.environment, "province", "load", str(folder))


def test_its_requests_go_to_its_offices_and_those_of_the_first_province_to_theirs(
    eastland: Eastland, running_bus: RunningBus
) -> None:
    here = {new_request(): town for town in eastland.towns() for _ in range(5)}
    there = [new_request() for _ in range(20)]
    publish(
        running_bus,
        *(submitted(AGENCY, request_id, SERVICE, town, **BILL) for request_id, town in here.items()),
        *(submitted("electricity", request_id, "electricity.bill-payment", "bojnord", **BILL) for request_id in there),
    )
    wait_for_states(running_bus, dict.fromkeys((*here, *there), "routed"))
    assert set(routed_to(running_bus, list(here)).values()) <= eastland.offices
    assert not set(routed_to(running_bus, there).values()) & eastland.offices


def test_a_service_of_one_province_is_refused_in_the_other(eastland: Eastland, running_bus: RunningBus) -> None:
    astray = new_request()
    publish(running_bus, submitted(AGENCY, astray, SERVICE, "bojnord", **BILL))
    wait_for_states(running_bus, {astray: "refused"})


def split(territory: Territory, moment: datetime) -> Territory:
    """Return the next version: from `moment` on, the towns of the second district are a county of their own."""
    names = LocalizedText(fa="شهرستان تازه", en="New county")
    cities = [
        city.model_copy(update={"county": NEW}) if city.code in DISTRICT_TOWNS else city for city in territory.cities
    ]
    changes = {
        "version": territory.version + 1,
        "valid_from": moment,
        "counties": (*territory.counties, County(code=NEW, names=names, provenance=Provenance.GENERATED)),
        "cities": tuple(cities),
    }
    return territory.model_copy(update=changes)


def test_a_county_is_split_on_a_date_and_nothing_is_restarted(eastland: Eastland, running_bus: RunningBus) -> None:
    bus = running_bus
    processes = {entry.name: entry.process_id for entry in ProcessTable(bus.data_directory / "run").leftovers()}
    # The figures come a little after the decisions: counted from those, so that no earlier test's request comes late.
    before = opened(bus, OLD)
    moment = bus.settings.clock.now() + timedelta(seconds=15)
    territory = split(eastland.province.territories[-1], moment)
    publish(bus, said("/directorate", "TerritoryChanged", territory=territory.model_dump(mode="json")))
    query = "SELECT 1 FROM registry_version WHERE kind = 'territory' AND code = %s AND version = %s"
    until(lambda: bus.rows(query, territory.code, territory.version), "the new division to be taken")

    early, stays, moves, late = (new_request() for _ in range(4))
    publish(bus, submitted(AGENCY, early, SERVICE, MOVES, moment - timedelta(minutes=30), **BILL))
    until(lambda: bus.settings.clock.now() > moment, "the day of the split")
    publish(
        bus,
        submitted(AGENCY, stays, SERVICE, STAYS, **BILL),
        submitted(AGENCY, moves, SERVICE, MOVES, **BILL),
        # It came after the split and happened before it.
        submitted(AGENCY, late, SERVICE, MOVES, moment - timedelta(minutes=10), **BILL),
    )
    wait_for_states(bus, dict.fromkeys((early, stays, moves, late), "routed"))
    wait_until_quiet(bus)
    counties = [explained_county(bus, request_id) for request_id in (early, stays, moves, late)]
    assert counties == [OLD, OLD, NEW, OLD]
    until(lambda: (volume(bus, OLD) - before, volume(bus, NEW)) == (3, 1), "the figures of both counties")
    assert processes == {entry.name: entry.process_id for entry in ProcessTable(bus.data_directory / "run").leftovers()}


def explained_county(bus: RunningBus, request_id: str) -> str:
    """Return the county that `pishkhan explain` names, once the decision is verified."""
    explanation = json.loads(pishkhan(bus.environment, "explain", request_id, "--verify", "--json"))
    assert [one["finding"] for one in explanation["verification"]] == ["same"]
    county: str = explanation["county"]
    return county


def opened(bus: RunningBus, county: str) -> int:
    """Return how many requests were opened in a county."""
    return int(bus.rows("SELECT count(*) FROM request WHERE document ->> 'county' = %s", county)[0][0])


def volume(bus: RunningBus, county: str) -> int:
    """Return how many requests the days' figures count for a county."""
    query = """
        SELECT coalesce(sum(value), 0)::int FROM kpi_figure
        WHERE figure = 'volume' AND key_kind = 'county' AND key = %s AND window_to - window_from = interval '1 day'
    """
    return int(bus.rows(query, county)[0][0])
