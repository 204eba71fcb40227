"""What a person finds who must know a code: the province of North Khorasan, as the registry has taken it."""

import json
from collections.abc import Sequence

import pytest
from rich.cells import cell_len
from sqlalchemy import text
from typer.testing import CliRunner, Result

from connectors.database.sql.engine import build_engine
from deploy.cli import build
from deploy.problem import Problem
from deploy.provinces.generate import NORTH_KHORASAN
from deploy.provinces.loader import read_province
from tests.bench.corpus import registry_log
from tests.kit.on_sql.requests import load_registry
from tests.kit.real.engines import DatabaseUrls

pytestmark = pytest.mark.integration
LISTS = ("services", "cities", "offices", "agencies")


@pytest.fixture
def province(migrated_database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that knows North Khorasan."""
    engine = build_engine(migrated_database.owner_url, "tests")
    with engine.begin() as connection:
        load_registry(connection, registry_log(read_province(NORTH_KHORASAN)))
    engine.dispose()
    monkeypatch.setenv("PISHKHAN_DATABASE_URL", migrated_database.worker_url)
    monkeypatch.setenv("COLUMNS", "80")


def pishkhan(*arguments: str) -> Result:
    return CliRunner().invoke(build(arguments[0]), list(arguments), catch_exceptions=False)


def read(*arguments: str) -> Sequence[dict[str, object]]:
    return [json.loads(line) for line in pishkhan(*arguments, "--json").stdout.splitlines()]


@pytest.mark.usefixtures("province")
def test_every_list_fits_eighty_columns_in_both_languages_and_is_json_for_machines() -> None:
    for name in LISTS:
        codes = [str(one["code"]) for one in read(name, "list")]
        assert codes
        for language in ("en", "fa"):
            lines = pishkhan(name, "list", "--lang", language).stdout.splitlines()
            assert max(map(cell_len, lines)) <= 80
        shown = pishkhan(name, "list").stdout
        assert [code for code in codes if code not in shown] == []


@pytest.mark.usefixtures("province")
def test_a_service_says_what_to_send_and_what_it_costs() -> None:
    shown = pishkhan("services", "show", "electricity.bill-copy").stdout
    assert "subscription-number  Subscription" in shown
    assert "rial for each of page-count" in shown
    assert (
        "pishkhan agency electricity submit electricity.bill-copy --city … --field subscription-number=… "
        "--field page-count=…" in shown
    )
    [machine] = read("services", "show", "electricity.bill-copy")
    assert machine["refused"] is None
    persian = pishkhan("services", "show", "electricity.bill-copy", "--lang", "fa").stdout
    assert "شهروند، نقد در دفتر" in persian


@pytest.mark.usefixtures("province")
def test_an_office_says_when_it_is_open_and_what_it_may_deliver() -> None:
    [office] = read("offices", "show", "urban-001")
    services = office["services"]
    assert isinstance(services, list)
    assert "electricity.bill-copy" in services
    shown = pishkhan("offices", "show", "urban-001").stdout
    assert f"may deliver ({len(services)}): " in shown
    assert "Sat to " in shown


@pytest.mark.usefixtures("province")
def test_a_code_that_nothing_has_is_answered_with_those_near_it() -> None:
    with pytest.raises(Problem, match=r"No service electricity.bil-copy is in force.*Near it: .*electricity.bill-copy"):
        pishkhan("services", "show", "electricity.bil-copy")
    with pytest.raises(Problem, match="دفتری با کد urban-1"):
        pishkhan("offices", "show", "urban-1", "--lang", "fa")


@pytest.mark.usefixtures("province")
def test_offices_that_have_earned_least_of_what_is_expected_come_first(migrated_database: DatabaseUrls) -> None:
    [month] = {str(one["month"]) for one in read("offices", "income")}
    engine = build_engine(migrated_database.worker_url, "tests")
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE office_position SET income_rial = 7000000, income_month = :month WHERE office = 'urban-001'"),
            {"month": int(month.replace("-", ""))},
        )
    engine.dispose()
    found = read("offices", "income", "--city", "bojnord")
    assert (found[-1]["office"], found[-1]["income_rial"]) == ("urban-001", 7_000_000)
    shown = pishkhan("offices", "income", "--city", "bojnord").stdout
    assert f"In all 7,000,000 rial of {sum(int(str(one['expected_so_far_rial'])) for one in found):,} rial; " in shown
    persian = pishkhan("offices", "income", "--lang", "fa").stdout
    assert "۷٬۰۰۰٬۰۰۰" in persian
    assert max(cell_len(line) for line in [*shown.splitlines(), *persian.splitlines()]) <= 80


def test_every_reason_is_told_with_its_code_in_both_languages() -> None:
    machine = [json.loads(line) for line in pishkhan("reasons", "list", "--json").stdout.splitlines()]
    assert len({(one["of"], one["code"]) for one in machine}) == len(machine)
    shown = pishkhan("reasons", "list", "--lang", "fa").stdout
    assert [one["code"] for one in machine if one["code"] not in shown] == []
