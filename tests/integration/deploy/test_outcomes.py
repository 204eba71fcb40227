"""What became of published lines, told at once and asked for later: done, refused, waiting, set aside, too old."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from connectors.database.publication.outbox import outbox_opener
from connectors.database.requests.outcomes import SqlOutcomes
from connectors.database.runner.dead_letters import DeadLetterStore
from consumers.intake import Unreadable
from consumers.runner.outcomes import DeadLetterReason
from deploy.cli import build
from deploy.exits import ExitCode
from deploy.problem import Misused
from producers.outcomes import Decided, Forgotten, SaidClaim, SetAside, ask
from schemas.decode import encode
from schemas.envelope import Envelope
from schemas.identity import derived_id
from schemas.intake_office import RequestAccepted
from schemas.log_registry import RegistryClaimRefused, RegistryRefusal
from schemas.message import Message
from schemas.speakers import DIRECTORATE
from schemas.topics import LOG_REGISTRY
from tests.kit.on_sql.courier import Courier
from tests.kit.on_sql.requests import claim_record
from tests.kit.values.builders import AGENCY, SERVICE

pytestmark = pytest.mark.integration
AGENCY_SOURCE = f"/agencies/{AGENCY}"


def line(event_id: str, source: str, name: str, **data: Any) -> str:
    event = {"specversion": "1.0", "id": event_id, "source": source, "type": f"ir.pishkhan.{name}.v1", "data": data}
    return f"{json.dumps(event)}\n"


def fine(event_id: str, office: str) -> str:
    return line(
        event_id,
        DIRECTORATE,
        "FineImposed",
        fine_id=str(uuid4()),
        office=office,
        amount_rial=500_000,
        minutes_number="12/3",
    )


def pishkhan(*arguments: str, said: str | None = None) -> Result:
    return CliRunner().invoke(build(arguments[0]), list(arguments), input=said, catch_exceptions=False)


@pytest.mark.usefixtures("courier")
def test_every_line_is_answered_with_its_id_and_refused_acts_are_listed() -> None:
    request_id = str(uuid4())
    lines = [
        fine("fine-1", "office-1"),
        fine("fine-2", "office-77"),
        line("window-9", DIRECTORATE, "WindowCloseRequested", window=9),
        line(
            "submit-1",
            AGENCY_SOURCE,
            "RequestSubmitted",
            request_id=request_id,
            service=SERVICE,
            origin="agency",
            city="bojnord",
            form={},
        ),
        line("answer-1", AGENCY_SOURCE, "AgencyAnswered", request_id=request_id, answer="approved"),
    ]
    result = pishkhan("publish", "-", "--wait", "5", said="".join(lines))
    assert result.exit_code == ExitCode.REFUSED
    told = result.stdout.splitlines()
    assert told[0] == "line 1, fine-1: the fine of 500,000 rial (50,000 toman) on office office-1 is accepted"
    assert told[1].startswith("line 2, fine-2: not accepted (unknown_office): ")
    assert told[2].startswith("line 3, window-9: not accepted (window_not_open): ")
    assert told[3].startswith(f"line 4, submit-1: request {request_id} is opened; ")
    assert told[4].startswith("line 5, answer-1: waits, until ")
    assert told[5] == "5 published, 0 refused"

    listed = pishkhan("outcomes", "--refused").stdout.splitlines()
    assert ["window-9" in listed[0], "fine-2" in listed[1], len(listed)] == [True, True, 2]
    persian = pishkhan("outcomes", "fine-2", "--lang", "fa")
    assert (persian.exit_code, "چنین دفتری نیست" in persian.stdout) == (ExitCode.REFUSED, True)
    machine = [json.loads(text) for text in pishkhan("outcomes", "answer-1", "submit-1", "--json").stdout.splitlines()]
    assert [one["outcome"] for one in machine] == ["waits", "done"]
    assert machine[1]["events"][0]["type"] == "ir.pishkhan.RequestOpened.v1"
    assert pishkhan("outcomes", "answer-1").exit_code == ExitCode.WAITS
    assert pishkhan("outcomes", "fine-1").exit_code == ExitCode.DONE


@pytest.mark.usefixtures("courier")
def test_a_file_that_is_published_again_has_the_same_answers_and_is_not_published_twice(owner: Engine) -> None:
    lines = fine("fine-1", "office-77")
    first = pishkhan("publish", "-", "--wait", "5", said=lines)
    again = pishkhan("publish", "-", "--wait", "5", said=lines + fine("fine-1", "office-1"))
    assert again.stdout.splitlines()[0] == first.stdout.splitlines()[0]
    assert "1 published, 1 of them before now, 1 refused" in again.stdout
    assert "line 2: id: was used for another event" in again.stderr
    with owner.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM outbox WHERE event_id = 'fine-1'")).scalar_one() == 1


@pytest.mark.usefixtures("owner")
def test_without_a_consumer_nothing_is_decided_and_what_it_waits_for_is_told(
    migrated_database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PISHKHAN_DATABASE_URL", migrated_database.worker_url)
    result = pishkhan("publish", "-", "--wait", "0.1", said=fine("fine-1", "office-1"))
    assert result.exit_code == ExitCode.UNANSWERED
    assert "line 1, fine-1: kept, and will not be lost; not decided yet" in result.stdout
    assert "no relay is at work" in result.stdout
    assert pishkhan("outcomes", "fine-1").exit_code == ExitCode.UNANSWERED
    unknown = pishkhan("outcomes", "fine-9")
    assert (unknown.exit_code, unknown.stdout.startswith("fine-9: nothing was said")) == (ExitCode.UNKNOWN, True)
    assert "nothing was refused of what /directorate has said" in pishkhan("outcomes", "--refused").stdout


@pytest.mark.parametrize("arguments", [(), ("an-id", "--refused"), ("--refused", "--source", "/nobody")])
def test_what_is_asked_must_be_clear(arguments: tuple[str, ...]) -> None:
    with pytest.raises(Misused):
        pishkhan("outcomes", *arguments)


def test_the_registrys_refusal_a_dead_letter_and_what_is_kept_no_more(courier: Courier) -> None:
    engine, now = courier.bus.engine, datetime.now(UTC)
    reads = SqlOutcomes(engine.connect)
    refused = RegistryClaimRefused(
        claim_id="service-1",
        claim_source=AGENCY_SOURCE,
        claim_type="ir.pishkhan.ServicePublished.v1",
        reason=RegistryRefusal.VERSION_NOT_NEXT,
        detail="the next version is 2",
    )
    answer = Envelope(derived_id(AGENCY_SOURCE, "service-1", 1), "/bus", refused.type_name(), "service-1", now)
    letter = claim_record(
        "/offices/office-1", RequestAccepted(request_id=uuid4(), operator="o"), event_id="bad-1", topic="x"
    )
    with outbox_opener(engine)() as outbox:
        outbox.add([Message(LOG_REGISTRY.name, "service-1", answer, encode(refused))])
    with engine.begin() as connection:
        about = Envelope("bad-1", "/offices/office-1", RequestAccepted.type_name(), "s", now)
        unreadable = Unreadable(letter, DeadLetterReason.WRONG_TOPIC, "topic", "is another", about)
        DeadLetterStore(connection).add("requests", [unreadable])
        connection.execute(
            text("INSERT INTO intake_event (source, event_id, body_hash) VALUES (:source, :id, 'x')"),
            [{"source": AGENCY_SOURCE, "id": name} for name in ("service-1", "old-1")],
        )
    dead = SaidClaim("/offices/office-1", "bad-1")
    assert reads.outcomes([dead]) == {dead: SetAside("wrong_topic", "topic", "is another")}
    found = ask(reads, ["service-1", "old-1"])
    assert found == [(SaidClaim(AGENCY_SOURCE, "service-1"), Decided((refused,))), (found[1][0], Forgotten())]
    assert [one.event for one in reads.refusals(AGENCY_SOURCE, 5)] == [refused]
    assert reads.refusals("/agencies/gas", 5) == []
    assert "not accepted (version_not_next): the next version is 2" in pishkhan("outcomes", "service-1").stdout


def test_a_decision_goes_before_a_dead_letter_of_a_later_copy(courier: Courier) -> None:
    pishkhan("publish", "-", "--wait", "5", said=fine("fine-1", "office-1"))
    record = claim_record(DIRECTORATE, RequestAccepted(request_id=uuid4(), operator="o"), event_id="fine-1")
    with courier.bus.engine.begin() as connection:
        about = Envelope("fine-1", DIRECTORATE, "t", "s", datetime.now(UTC) + timedelta(seconds=1))
        letter = Unreadable(record, DeadLetterReason.IDENTITY_CONFLICT, "id", "was used", about)
        DeadLetterStore(connection).add("requests", [letter])
    assert pishkhan("outcomes", "fine-1").exit_code == ExitCode.DONE
