"""Looking for requests: by state, reason, office, agency, service, day and lateness; page by page; both languages."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from rich.cells import cell_len
from sqlalchemy import Engine, insert
from typer.testing import CliRunner, Result

from connectors.database.requests.stores import request_stores
from connectors.database.schema.figure_tables import kpi_request_fact
from connectors.database.sql.engine import build_engine
from consumers.requests.domain.life.state import RequestStage, RequestState
from deploy.cli import build
from deploy.problem import Misused
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.requests_world import at

pytestmark = pytest.mark.integration
#: Noon of 1405/09/04 in Iran; the business clock of a command is the real one, far behind.
NOON = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STAGES = (RequestStage.ROUTED, RequestStage.ESCALATED, RequestStage.REFUSED, RequestStage.CANCELLED)


def request(number: int, stage: RequestStage, **changes: Any) -> RequestState:
    changes = {"request_id": UUID(int=number << 96), "agency": "water", **changes}
    return at(stage).model_copy(update=changes)


def fact(state: RequestState, opened_at: datetime, reason: str | None = None) -> dict[str, object]:
    return {
        "request_id": state.request_id,
        "sequence": 1,
        "office_sequence": 0,
        "county_sequence": 0,
        "opened_at": opened_at,
        "refusal_reason": reason,
    }


@pytest.fixture
def engine(migrated_database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Nine requests of one day: routed ones (1 late, 2 in time), 3 with a person, 4 refused, 5 cancelled; then more."""
    monkeypatch.setenv("PISHKHAN_DATABASE_URL", migrated_database.worker_url)
    monkeypatch.setenv("COLUMNS", "80")
    far = datetime.now(UTC) + 400 * DAY
    states = [
        request(1, RequestStage.ROUTED, accept_by=NOON - 400 * DAY, expires_at=far, office="office-1"),
        request(2, RequestStage.ROUTED, accept_by=far, expires_at=far, office="office-2"),
        request(3, RequestStage.ESCALATED, office=None),
        request(4, RequestStage.REFUSED, office=None, agency="gas"),
        request(5, RequestStage.CANCELLED, office="office-1"),
    ]
    engine = build_engine(migrated_database.worker_url, "tests")
    with engine.begin() as connection:
        request_stores(connection).requests.insert(states, NOON)
        facts = [fact(state, NOON + number * HOUR) for number, state in enumerate(states)]
        facts[3]["refusal_reason"] = "form_invalid"
        # The fifth was opened on the next day in Iran, though not in UTC.
        facts[4]["opened_at"] = datetime(2026, 11, 25, 21, 0, tzinfo=UTC)
        connection.execute(insert(kpi_request_fact), facts)
    yield engine
    engine.dispose()


def pishkhan(*arguments: str) -> Result:
    return CliRunner().invoke(build("requests"), ["requests", "list", *arguments], catch_exceptions=False)


def numbers(*arguments: str) -> list[int]:
    found = [json.loads(line) for line in pishkhan(*arguments, "--json").stdout.splitlines()]
    return [UUID(one["request_id"]).int >> 96 for one in found]


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), [5, 4, 3, 2, 1]),
        (("--state", "routed"), [2, 1]),
        (("--state", "routed", "--state", "refused"), [4, 2, 1]),
        (("--with-person",), [3]),
        (("--late",), [1]),
        (("--reason", "form_invalid"), [4]),
        (("--reason", "not_owner"), []),
        (("--office", "office-1"), [5, 1]),
        (("--agency", "gas"), [4]),
        (("--agency", "gas", "--state", "routed"), []),
        (("--day", "2026-11-25"), [4, 3, 2, 1]),
        (("--day", "۱۴۰۵/۰۹/۰۵"), [5]),
        (("--limit", "2"), [5, 4]),
        (("--limit", "2", "--older-than", str(UUID(int=4 << 96))), [3, 2]),
        (("--older-than", str(UUID(int=1 << 96))), []),
    ],
)
def test_what_is_given_together_holds_together(arguments: tuple[str, ...], expected: list[int]) -> None:
    assert numbers(*arguments) == expected


@pytest.mark.usefixtures("engine")
def test_a_person_sees_states_and_reasons_in_words_and_how_to_go_on() -> None:
    english, persian = pishkhan("--limit", "4").stdout, pishkhan("--lang", "fa").stdout
    assert "form_invalid: the form is incomplete or wrong" in english
    assert "…" not in english
    assert "with a person" in english
    assert "Older ones: --older-than 00000002" in english
    assert "ارجاع" in persian
    assert max(cell_len(line) for line in [*english.splitlines(), *persian.splitlines()]) <= 80
    assert pishkhan("--agency", "post").stdout == "There are no such requests.\n"


def test_a_day_that_is_none_is_refused_with_how_to_write_one() -> None:
    with pytest.raises(Misused, match="--day 1405/13/01: is no day"):
        pishkhan("--day", "1405/13/01")
