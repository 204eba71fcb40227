"""The table of workers: each row has its module, and reads what its consumer reads."""

import pytest

from consumers.kpi.reading import TOPICS
from deploy.workers.table import WORKERS, WorkerRow, readers, worker_row
from schemas.topics import INTAKE_DIRECTORATE, INTAKE_OFFICES, LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT

LOGS = (LOG_REGISTRY.name, LOG_REQUESTS.name, LOG_SETTLEMENT.name)


@pytest.mark.parametrize("row", WORKERS, ids=lambda row: row.name)
def test_a_row_is_built_by_the_module_of_its_name(row: WorkerRow) -> None:
    parts = row.parts()
    assert callable(parts.build)
    assert callable(getattr(parts, "again", None)) == (row in readers())


def test_the_relay_and_the_doors_read_no_topic_and_all_others_do() -> None:
    assert [row.name for row in WORKERS if row not in readers()] == ["relay", "gateway"]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("settlement", {LOG_REQUESTS.name}), ("kpi", set(TOPICS)), ("registry", set()), ("requests", set())],
)
def test_a_worker_reads_its_logs_and_no_other(name: str, wanted: set[str]) -> None:
    assert {topic for topic in LOGS if worker_row(name).reads(topic)} == wanted


@pytest.mark.parametrize("name", ["registry", "requests"])
def test_intake_is_read_by_those_who_take_claims(name: str) -> None:
    intake = (INTAKE_OFFICES.name, INTAKE_DIRECTORATE.name, "pishkhan.intake.electricity")
    assert all(worker_row(name).reads(topic) for topic in intake)


def test_an_unknown_worker_is_answered_with_those_there_are() -> None:
    with pytest.raises(KeyError, match="relay, registry, requests, settlement, kpi"):
        worker_row("nobody")
