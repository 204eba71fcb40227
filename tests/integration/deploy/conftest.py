"""A database with one service and one office, and the requests consumer at work on it behind the outbox."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from connectors.database.sql.engine import build_engine
from schemas.offices import OpeningHours
from tests.kit.on_sql.courier import Courier
from tests.kit.on_sql.requests import RequestsBus, SetClock, load_registry
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.builders import AGENCY, Registrable, certificate_line, entries, terms
from tests.kit.values.builders import agreement as make_agreement
from tests.kit.values.builders import calendar as make_calendar
from tests.kit.values.builders import office as make_office
from tests.kit.values.builders import policy as make_policy
from tests.kit.values.builders import service as make_service
from tests.kit.values.builders import territory as make_territory


@pytest.fixture
def owner(migrated_database: DatabaseUrls) -> Iterator[Engine]:
    """A database that knows one service, which needs an answer, and one office that is always open."""
    engine = build_engine(migrated_database.owner_url, "tests")
    hours = tuple(OpeningHours(weekday=day, opens_minute=0, closes_minute=1440) for day in range(7))
    things: list[Registrable] = [
        make_territory(),
        make_policy(),
        make_calendar(),
        make_service(needs_agency_answer=True),
        make_agreement(services=(terms(tariff=(certificate_line(),)),)),
        make_office("office-1", hours=hours),
    ]
    with engine.begin() as connection:
        load_registry(connection, entries(things))
        # The workers have found the agency's topic.
        connection.execute(
            text(
                "INSERT INTO consumer_offset (consumer, cluster_id, topic, topic_id, partition, next_position) "
                "VALUES ('requests', 'c', :topic, 't', 0, 0)"
            ),
            {"topic": f"pishkhan.intake.{AGENCY}"},
        )
    yield engine
    engine.dispose()


@pytest.fixture
def courier(owner: Engine, migrated_database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Courier]:
    """The consumer at work, and settings that lead commands to its database."""
    monkeypatch.setenv("PISHKHAN_DATABASE_URL", migrated_database.worker_url)
    monkeypatch.setenv("COLUMNS", "200")
    engine = build_engine(migrated_database.worker_url, "tests")
    courier = Courier(RequestsBus(engine, SetClock(datetime.now(UTC))))
    courier.start()
    yield courier
    courier.ended.set()
    courier.join(10)
    engine.dispose()
