"""Reading logs: plain and gzipped, every row accounted for; and the committed mapping and slice."""

import gzip
from pathlib import Path

import pytest

from deploy.operations.replay.mapping import Dropped, request_of
from deploy.operations.replay.reading import load_mapping, read_log
from deploy.problem import Problem
from deploy.provinces.generate import NORTH_KHORASAN
from deploy.provinces.loader import read_province
from tests.unit.deploy.replay.test_mapping import mapping

BOSTON = NORTH_KHORASAN / "replay" / "boston_311_2011.yaml"
SLICE = NORTH_KHORASAN / "replay" / "boston_311_2011-09-26.csv.gz"
LOG = """case,open,type,where
2,2011-07-04 10:00:00,Lamp out,Harbour
1,2011-07-04 09:00:00,Lamp out,Harbour
1,2011-07-04 09:00:00,Lamp out,Harbour
3,2011-07-04 11:00:00,Opinion,Harbour
4,2011-07-04 12:00:00,Rocket,Harbour
5,never,Lamp out,Harbour
"""


@pytest.mark.parametrize("packed", [False, True])
def test_every_row_is_a_case_or_dropped_with_a_reason(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(gzip.compress(LOG.encode()) if packed else LOG.encode())
    replay = read_log(path, mapping())
    assert [case.case_id for case in replay.cases] == ["1", "2"]
    assert replay.dropped == {
        (Dropped.REPEATED, ""): 1,
        (Dropped.LEFT_OUT, "Opinion"): 1,
        (Dropped.UNKNOWN_CATEGORY, "Rocket"): 1,
        (Dropped.UNREADABLE, ""): 1,
    }
    assert replay.rows == len(replay.cases) + sum(replay.dropped_by_reason().values())


def test_a_limit_stops_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    replay = read_log(path, mapping(), limit=1)
    assert (replay.rows, len(replay.cases)) == (1, 1)


def test_problems_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    with pytest.raises(Problem, match="cannot be read"):
        read_log(path, mapping())
    path.write_text("case,open\n1,2\n")
    with pytest.raises(Problem, match="no column type, where"):
        read_log(path, mapping())
    path.write_bytes(gzip.compress(LOG.encode())[:-20])
    with pytest.raises(Problem, match="cannot be read"):
        read_log(path, mapping())
    broken = tmp_path / "mapping.yaml"
    broken.write_text("name: [")
    with pytest.raises(Problem, match="not YAML"):
        load_mapping(broken)


def test_the_committed_mapping_fits_the_committed_province() -> None:
    boston = load_mapping(BOSTON)
    province = read_province(NORTH_KHORASAN)
    owners = {service.code: service.agency for service in province.services}
    assert {code: target.agency for code, target in boston.services.items()}.items() <= owners.items()
    assert set(boston.places.values()) <= {city.code for city in province.territories[-1].cities}
    forms = {service.code: service.form for service in province.services}
    for code, target in boston.services.items():
        required = {field.code for field in forms[code] if field.required and not field.personal}
        assert required <= set(target.form), code


def test_the_slice_is_one_working_day_and_accounted_for() -> None:
    replay = read_log(SLICE, load_mapping(BOSTON))
    assert replay.rows == 596
    assert len(replay.cases) == 533
    assert replay.dropped_by_reason() == {Dropped.LEFT_OUT: 52, Dropped.NO_PLACE: 11}
    assert {case.opened_at.strftime("%A") for case in replay.cases} == {"Saturday"}
    assert len({request_of(case, replay.mapping).request_id for case in replay.cases}) == 533
