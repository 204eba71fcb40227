"""What a command says when the database is not there, and when somebody else has the rows in hand."""

import pytest
from sqlalchemy import Engine, text

from deploy.problem import Problem
from deploy.use_cases import opened
from tests.kit.real.engines import DatabaseUrls

pytestmark = pytest.mark.integration


def test_rows_in_another_hand_are_no_absent_database(
    database: DatabaseUrls, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PISHKHAN_DATABASE_URL", database.worker_url)
    lock = text("SELECT revision FROM load_clock FOR UPDATE NOWAIT")
    with engine.begin() as other:
        other.execute(lock)
        with pytest.raises(Problem, match=r"in hand just now\. Nothing was changed"), opened(None) as mine:
            mine.connection.execute(lock)
    with opened(None) as mine:
        assert mine.connection.execute(lock).scalar_one() == 0


def test_a_database_that_is_not_there_is_asked_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PISHKHAN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Problem, match=r"does not answer: .*Is `pishkhan up` running"), opened(None):
        pass
