"""`pishkhan key` and `pishkhan audit`: keys are made, shown once, rotated and revoked, and everything is on record."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from connectors.database.access.keys import SqlKeys
from connectors.database.parking.park import ParkedStore
from consumers.parking import failed_event
from deploy.cli import build
from deploy.exits import ExitCode
from deploy.problem import Problem
from producers.access.keys import KeyState
from producers.access.tokens import hash_of, key_id_of
from tests.kit.on_sql.databases import engine_of
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.builders import AGENCY
from tests.kit.values.claims import intake_record

pytestmark = pytest.mark.integration

SECRET = "a secret of the tests"
Invoke = Callable[..., Result]


@pytest.fixture
def invoke(owner: Engine, migrated_database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run one command on a database that knows an agency and an office."""
    monkeypatch.setenv("PISHKHAN_DATABASE_URL", migrated_database.worker_url)
    monkeypatch.setenv("PISHKHAN_KEY_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("getpass.getuser", lambda: "sara")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(build(arguments[0]), list(arguments), catch_exceptions=False)

    return run


def issued(invoke: Invoke, *options: str) -> str:
    """Make a key that has nothing to do on a broker, and return its text."""
    result = invoke(
        "key", "issue", "--name", "billing", *(options or ("--agency", AGENCY, "--scopes", "read")), "--json"
    )
    return str(json.loads(result.output)["token"])


def audited(invoke: Invoke, *options: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in invoke("audit", "--json", *options).output.splitlines()]


def test_a_key_is_shown_once_with_a_call_to_try_it_by(invoke: Invoke, owner: Engine) -> None:
    result = invoke("key", "issue", "--agency", AGENCY, "--name", "billing", "--scopes", "read, submit")
    [token] = [line for line in result.output.splitlines() if line.startswith("pk_")]
    assert f'curl -H "Authorization: Bearer {token}" http' in result.output
    key_id = key_id_of(token)
    assert f"Key {key_id} of agency {AGENCY} is made" in result.output
    assert "sasl" not in result.output, "it has nothing to do on the broker"
    with owner.begin() as connection:
        [kept] = SqlKeys(connection).of()
    assert kept.hash == hash_of(token, SECRET.encode())
    for shown in (invoke("key", "list").output, invoke("key", "list", "--json").output, invoke("audit").output):
        assert str(key_id) in shown
        assert token[16:] not in shown


def test_keys_are_listed_by_party_and_those_that_are_over_when_asked_for(invoke: Invoke) -> None:
    assert invoke("key", "list").output.strip() == "There are no keys."
    gas = key_id_of(issued(invoke))
    desk = key_id_of(issued(invoke, "--office", "office-1", "--scopes", "desk"))
    all_of_them = [json.loads(line) for line in invoke("key", "list", "--json").output.splitlines()]
    assert [(one["key"], one["party"], one["state"], one["issued_by"]) for one in all_of_them] == [
        (gas, "agency", "active", "sara"),
        (desk, "office", "active", "sara"),
    ]
    assert (
        invoke("key", "revoke", str(desk)).output == f"Key {desk} is revoked; within 5 s it opens nothing anywhere.\n"
    )
    assert [json.loads(line)["key"] for line in invoke("key", "list", "--json").output.splitlines()] == [gas]
    assert invoke("key", "list", "--office", "office-1").output.strip() == "There are no keys."
    [over] = invoke("key", "list", "--office", "office-1", "--all", "--json").output.splitlines()
    assert json.loads(over)["state"] == KeyState.REVOKED.value
    assert "لغوشده" in invoke("key", "list", "--all", "--lang", "fa").output


def test_a_rotated_key_works_on_until_its_time_has_come(invoke: Invoke, owner: Engine) -> None:
    old = issued(invoke)
    result = invoke("key", "rotate", old, "--overlap", "24h", "--by", "reza")
    [new] = [line for line in result.output.splitlines() if line.startswith("pk_")]
    assert f"The old key, {key_id_of(old)}, works until 20" in result.output
    with owner.begin() as connection:
        by_id = {key.key_id: key for key in SqlKeys(connection).of()}
    before, after = by_id[str(key_id_of(old))], by_id[str(key_id_of(new))]
    assert before.state(datetime.now(UTC)) is KeyState.ENDING
    assert (after.replaces, after.scopes, after.issued_by) == (before.key_id, before.scopes, "reza")
    with pytest.raises(Problem, match="Another key took its place"):
        invoke("key", "rotate", str(key_id_of(old)))
    for overlap in ("soon", "-1h", "9999d"):
        with pytest.raises(Problem, match="0 to 90 days"):
            invoke("key", "rotate", new, "--overlap", overlap)


@pytest.mark.parametrize(
    ("options", "words", "ends"),
    [
        (
            ("--agency", AGENCY, "--scopes", "read,govern"),
            "may hold these alone: feed, keys, publish",
            ExitCode.REFUSED,
        ),
        (("--agency", "nobody", "--scopes", "read"), "There is no agency nobody", ExitCode.REFUSED),
        (("--office", "nowhere", "--scopes", "desk"), "There is no office nowhere", ExitCode.REFUSED),
        (("--agency", AGENCY, "--scopes", ","), "Say what the key may do", ExitCode.REFUSED),
        (("--agency", AGENCY, "--scopes", "everything"), "everything is no scope", ExitCode.USAGE),
        (("--scopes", "read"), "Say whose key it is", ExitCode.USAGE),
        (("--agency", AGENCY, "--auditor", "--scopes", "read"), "Say whose key it is", ExitCode.USAGE),
        (("--auditor", "--operator", "x", "--scopes", "read"), "none of auditor", ExitCode.REFUSED),
    ],
)
def test_what_no_key_may_be_is_refused_in_words(
    invoke: Invoke, options: tuple[str, ...], words: str, ends: ExitCode
) -> None:
    with pytest.raises(Problem, match=words) as refused:
        invoke("key", "issue", "--name", "billing", *options)
    assert refused.value.ends is ends
    assert invoke("key", "list").output.strip() == "There are no keys."
    # Wrong usage is no act; what was refused is one.
    expected = [("key issue", "refused", "sara")] if ends is ExitCode.REFUSED else []
    assert [(row["act"], row["outcome"], row["actor"]) for row in audited(invoke)] == expected


def test_without_a_broker_no_key_is_made_that_would_need_one(invoke: Invoke) -> None:
    options = ("--agency", AGENCY, "--name", "billing", "--scopes", "publish,submit")
    with pytest.raises(Problem, match="No broker is known"):
        invoke("key", "issue", *options)
    assert invoke("key", "list").output.strip() == "There are no keys."
    [row] = audited(invoke)
    assert (row["outcome"], row["about"]) == ("failed", f"agency {AGENCY}")


def test_decisions_on_what_waits_are_on_record_and_so_is_what_came_too_late(
    invoke: Invoke, migrated_database: DatabaseUrls
) -> None:
    with engine_of(migrated_database.worker_url, "test") as engine, engine.begin() as connection:
        store = ParkedStore(connection, "requests")
        store.park([failed_event("k", "ValueError", intake_record("e"))])
        [number] = [row.id for row in store.of_keys(["k"])]
    invoke("parked", "redrive", str(number), "--why", "w")
    with pytest.raises(Problem):
        invoke("parked", "skip", "99", "--why", "w", "--by", "reza")
    with pytest.raises(Problem):
        invoke("outbox", "retry", "7", "--why", "w")
    with pytest.raises(Problem):
        invoke("repair", "pass", "pishkhan.intake.gas", "0", "4711", "--reason", "w")
    rows = [(row["act"], row["about"], row["outcome"], row["actor"]) for row in audited(invoke)]
    assert rows == [
        ("repair pass", "pishkhan.intake.gas/0 at 4711", "refused", "sara"),
        ("outbox retry", "rows 7", "refused", "sara"),
        ("parked skip", "events 99", "refused", "reza"),
        ("parked redrive", f"events {number}", "done", "sara"),
    ]
    [skipped] = audited(invoke, "--by", "reza")
    assert skipped["detail"] == "decided on 0; not there: 99; typed by sara"


def test_the_audit_is_asked_by_who_what_when_and_how_it_ended(invoke: Invoke) -> None:
    assert invoke("audit").output.strip() == "Nothing of that kind is on record."
    token = issued(invoke)
    with pytest.raises(Problem):
        invoke("key", "revoke", "bcdfghjklmnp")
    assert [row["outcome"] for row in audited(invoke, "--act", "key issue")] == ["done"]
    assert [row["act"] for row in audited(invoke, "--outcome", "refused")] == ["key revoke"]
    assert audited(invoke, "--by", "nobody") == audited(invoke, "--to", "2020-01-01") == []
    assert len(audited(invoke, "--from", "2020-01-01")) == 2
    assert "1 of 2 are shown" in invoke("audit", "--limit", "1").output
    assert "رد شد" in invoke("audit", "--lang", "fa").output
    assert token[16:] not in invoke("audit", "--json").output
    with pytest.raises(Problem, match="is no time"):
        invoke("audit", "--from", "yesterday")


@pytest.mark.parametrize("language", ["fa", "en"])
def test_both_fit_80_columns(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    issued(invoke, "--office", "office-1", "--scopes", "desk,read,submit,feed,webhooks,reveal")
    invoke("key", "rotate", issued(invoke), "--overlap", "1d")
    monkeypatch.setenv("COLUMNS", "80")
    for command in (("key", "list", "--all"), ("audit",)):
        lines = invoke(*command, "--lang", language).output.splitlines()
        assert max(map(cell_len, lines)) <= 80
