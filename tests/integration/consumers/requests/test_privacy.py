"""What a citizen's form says in clear and should not: it reaches no log, no row and nothing that people read."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from schemas.catalogue import Datatype, FormAttribute
from schemas.intake_agency import FormEntry, Origin, RequestCancelled
from schemas.log_requests import RequestOpened
from tests.kit.on_sql.requests import AGENCY_SOURCE, RequestsBus, claim_record, load_registry, submission
from tests.kit.values.builders import entry, service, words

SECRET = "0012345678"
#: Columns that hold the raw record for trying it again; only the database's own users can read them.
RAW = {("parked_event", "body"), ("dead_letter", "body")}


@pytest.fixture(autouse=True)
def form(owner: Engine) -> None:
    """Let the service ask for a reason, and for a national id in the encrypted part."""
    fields = (
        FormAttribute(code="reason", datatype=Datatype.STRING, required=False, order=1, names=words("reason")),
        FormAttribute(
            code="national-id", datatype=Datatype.STRING, required=False, order=2, personal=True, names=words("id")
        ),
    )
    with owner.begin() as connection:
        load_registry(connection, [entry(service(version=2, form=fields), 100)])


def places_of_the_secret(owner: Engine) -> set[tuple[str, str]]:
    """Return every table and column where the secret can be read, the raw records excepted."""
    columns = text(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "JOIN information_schema.tables USING (table_schema, table_name) "
        "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    found: set[tuple[str, str]] = set()
    with owner.begin() as connection:
        for table, column, kind in connection.execute(columns).all():
            value = f"encode({column}, 'escape')" if kind == "bytea" else f"{column}::text"
            query = text(f"SELECT count(*) FROM {table} WHERE {value} LIKE :pattern")
            if connection.execute(query, {"pattern": f"%{SECRET}%"}).scalar_one():
                found.add((table, column))
    return found - RAW


@pytest.mark.parametrize(
    "stray",
    [{"national-id": SECRET}, {"mobile": SECRET}, {SECRET: 1}, {"reason": (SECRET,)}],
    ids=["personal", "undeclared", "as-a-name", "ill-typed"],
)
def test_a_form_that_is_refused_leaves_no_trace_of_what_came_in_clear(
    bus: RequestsBus, owner: Engine, stray: dict[str, FormEntry]
) -> None:
    asked = submission(form={"reason": "lost", **stray})
    bus.say(AGENCY_SOURCE, asked)
    assert bus.names(asked.request_id) == ["RequestOpened", "RequestRefused"]
    assert places_of_the_secret(owner) == set()
    opened = bus.log(asked.request_id)[0].event
    assert isinstance(opened, RequestOpened)
    assert opened.form == {key: value for key, value in {"reason": "lost", **stray}.items() if value == "lost"}


@pytest.mark.parametrize("cancelled", [True, False])
def test_while_it_waits_for_the_registry_only_the_parked_record_holds_it(
    bus: RequestsBus, owner: Engine, cancelled: bool
) -> None:
    bus.ends.ends = {"pishkhan.intake.civil-registry/0": 5}
    asked = submission(service="late", form={"national-id": SECRET})
    bus.say(AGENCY_SOURCE, asked)
    assert bus.counts().parked == 1
    assert places_of_the_secret(owner) == set()
    if cancelled:
        bus.say(AGENCY_SOURCE, RequestCancelled(request_id=asked.request_id, reason="no longer wanted"))
    else:
        bus.clock.advance(3_600)
        assert bus.sweep() == 1
    assert bus.names(asked.request_id) == ["RequestOpened", "RequestRefused"]
    assert places_of_the_secret(owner) == set()


def test_failures_and_dead_letters_tell_nothing_of_it(bus: RequestsBus, owner: Engine) -> None:
    record = claim_record(AGENCY_SOURCE, submission(form={"national-id": SECRET}))
    bus.park_failed(record, ValueError(SECRET))
    unreadable = claim_record(AGENCY_SOURCE, submission(origin=Origin.AGENCY, form={"national-id": SECRET}))
    body = (unreadable.value or b"").replace(b'"origin":"agency"', b'"origin":"' + SECRET.encode() + b'"')
    bus.handle(replace(unreadable, value=body))
    with owner.begin() as connection:
        counts = [
            connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("parked_event", "dead_letter")
        ]
    assert counts == [1, 1]
    assert places_of_the_secret(owner) == set()
