"""Each judgement: when it is good, when it is worth a note, when it is wrong and with which remedy."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType
from pydantic import SecretStr

from connectors.broker.admin import topic_rows
from connectors.database.publication.days import OutboxDays
from connectors.database.requests.owed import Owed
from connectors.telemetry.standing import Halt, Standing
from connectors.words.remedies import REMEDIES
from consumers.letters import LetGo
from deploy.operations.doctor.accounts import judge_accounts
from deploy.operations.doctor.checks import CheckResult, Level, Patient, since_words
from deploy.operations.doctor.contents import (
    ConsumerPosition,
    agencies_of,
    judge_lag,
    judge_rights,
    judge_topics,
    writers_of_all,
)
from deploy.operations.doctor.engines import check_broker, check_database, check_failpoint, judge_clock, judge_standing
from deploy.operations.doctor.flow import (
    Parked,
    Unpublished,
    judge_days,
    judge_halted,
    judge_let_go,
    judge_outbox,
    judge_owed,
    judge_parked,
    judge_set_aside,
)
from deploy.operations.doctor.machine import GIGABYTE, check_disk, judge_disk, judge_memory
from deploy.settings import AccountLogin, Settings
from deploy.workers.table import worker_names

AGENCIES = ["bank-melli", "gas"]
NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


def faults(findings: Iterable[CheckResult]) -> list[str]:
    found = list(findings)
    assert all(finding.remedy for finding in found if finding.level is Level.WRONG), "every fault has a remedy"
    return [finding.words for finding in found if finding.level is Level.WRONG]


def rule(user: str, topic: str, operation: ACLOperation = ACLOperation.WRITE) -> ACL:
    pattern = ResourcePattern(ResourceType.TOPIC, topic)
    return ACL(user, "*", operation, ACLPermissionType.ALLOW, pattern)


def declared_rules() -> list[ACL]:
    rows = [row for row in topic_rows(AGENCIES) if row.writer_user is not None]
    return [rule(f"User:{row.writer_user}", row.name) for row in rows]


def declared_topics() -> dict[str, int]:
    return {row.name: row.row.partitions for row in topic_rows(AGENCIES)}


def test_days_of_the_outbox_are_judged_by_both_ends() -> None:
    assert judge_days(OutboxDays(11, 7, 3)).level is Level.GOOD
    # Around midnight the relay has a minute.
    assert judge_days(OutboxDays(11, 8, 2)).level is Level.GOOD
    stays = judge_days(OutboxDays(12, 9, 3))
    assert (stays.level, stays.words) == (
        Level.NOTE,
        "12 daily partitions, the oldest 9 day(s) old, the newest 3 ahead: days over 7 should have gone",
    )
    assert faults([judge_days(OutboxDays(8, 7, 1)), judge_days(OutboxDays(0, 0, -1))]) == [
        "8 daily partitions, the oldest 7 day(s) old, the newest 1 ahead: soon nothing can be committed",
        "0 daily partitions, the oldest 0 day(s) old, the newest -1 ahead: soon nothing can be committed",
    ]


def test_memory_is_judged_by_what_is_still_to_start() -> None:
    assert judge_memory(3 * GIGABYTE, running=False).level is Level.GOOD
    assert judge_memory(3 * GIGABYTE - 1, running=False).level is Level.WRONG
    assert judge_memory(1 * GIGABYTE, running=True).level is Level.GOOD
    assert judge_memory(GIGABYTE // 10, running=True).level is Level.WRONG


def test_disk_is_noted_before_it_is_wrong() -> None:
    levels = [judge_disk(free * GIGABYTE, Path("data")).level for free in (0, 1, 4, 5)]
    assert levels == [Level.WRONG, Level.NOTE, Level.NOTE, Level.GOOD]
    assert judge_disk(5_400_000, Path("data")).words == "5 MB free for data"


def test_an_engine_with_a_disk_of_its_own_is_judged_by_that_one(tmp_path: Path) -> None:
    patient = Patient(Settings(data_directory=tmp_path), None, "", None, "", {})
    assert [finding.words.partition(" for ")[2] for finding in check_disk(patient)] == [str(tmp_path)]
    # A file system that has no room, and is certainly another one.
    (tmp_path / "postgres").symlink_to("/proc")
    assert f"0 MB free for {tmp_path / 'postgres'}" in faults(check_disk(patient))


def test_clocks_that_agree_within_the_time_of_asking_are_good() -> None:
    slow_answer = NOON + timedelta(seconds=30)
    assert judge_clock(NOON, NOON + timedelta(seconds=15), slow_answer).level is Level.GOOD
    assert judge_clock(NOON, slow_answer + timedelta(seconds=1), slow_answer).level is Level.GOOD


def test_clocks_that_differ_are_wrong_in_both_directions() -> None:
    assert judge_clock(NOON, NOON - timedelta(seconds=90), NOON).words.endswith("differ by 90.0 s")
    assert judge_clock(NOON, NOON + timedelta(seconds=2), NOON).level is Level.WRONG


def test_agencies_are_those_with_an_intake_topic() -> None:
    assert agencies_of(declared_topics()) == AGENCIES


def test_declared_topics_are_good() -> None:
    assert faults(judge_topics(declared_topics(), AGENCIES)) == []


def test_a_missing_topic_and_a_wrong_partition_count_are_named() -> None:
    topics = declared_topics() | {"pishkhan.log.requests": 3}
    del topics["pishkhan.kpi.measured"]
    missing, misshapen = sorted(faults(judge_topics(topics, AGENCIES)))
    assert missing == "pishkhan.kpi.measured is missing"
    assert misshapen.startswith("pishkhan.log.requests has 3 partitions, not 12")


def test_declared_rights_are_good() -> None:
    assert faults(judge_rights(declared_rules(), AGENCIES)) == []


def test_a_missing_right_is_named() -> None:
    rules = [one for one in declared_rules() if one.principal != "User:agency-gas"]
    assert faults(judge_rights(rules, AGENCIES)) == ["User:agency-gas may not write pishkhan.intake.gas"]


def test_a_right_beyond_the_table_is_a_fault_whatever_form_it_has() -> None:
    extra = [
        rule("User:agency-gas", "pishkhan.log.requests"),
        rule("User:*", "pishkhan.intake.gas", ACLOperation.ALL),
        rule("User:mallory", "*"),
        rule("User:mallory", "pish"),
    ]
    assert faults(judge_rights([*declared_rules(), *extra], AGENCIES)) == [
        "User:mallory may write *, which only its own writer should",
        "User:mallory may write pish, which only its own writer should",
        "User:* may write pishkhan.intake.gas, which only its own writer should",
        "User:agency-gas may write pishkhan.log.requests, which only its own writer should",
    ]


def test_rights_to_read_or_on_other_topics_are_nobodys_business() -> None:
    extra = [rule("User:board", "pishkhan.log.requests", ACLOperation.READ), rule("User:shop", "orders")]
    assert faults(judge_rights([*declared_rules(), *extra], AGENCIES)) == []


def position(next_position: int, *, held: bool = True, topic_id: str = "id-1") -> ConsumerPosition:
    return ConsumerPosition("settlement", "pishkhan.log.requests", topic_id, 0, next_position, held)


def judged(one: ConsumerPosition, end: int | None) -> CheckResult:
    ends = {} if end is None else {(one.topic, one.partition): end}
    (finding,) = list(judge_lag([one], {"pishkhan.log.requests": "id-1"}, ends))[:1]
    return finding


def test_a_consumer_at_the_end_or_a_little_behind_is_good() -> None:
    assert judged(position(10), 10).level is Level.GOOD
    assert judged(position(10), 1_010).words == "settlement is 1000 events behind"
    assert judged(position(10, held=False), 10).level is Level.GOOD


def test_a_consumer_far_behind_is_noted_and_one_that_nobody_runs_is_wrong() -> None:
    assert judged(position(0), 1_001).level is Level.NOTE
    assert "nobody works on 1 of its partitions" in judged(position(0, held=False), 1).words
    assert judged(position(0, held=False), 1).level is Level.WRONG


def test_another_topic_a_vanished_partition_and_a_lost_end_are_wrong() -> None:
    assert "knows another pishkhan.log.requests" in judged(position(1, topic_id="id-0"), 5).words
    assert "knows another pishkhan.log.requests" in judged(position(1), None).words
    beyond = judged(position(9), 5)
    assert beyond.words == "settlement is at 9 of pishkhan.log.requests-0, which ends at 5"
    # From here a lost tail and a position that somebody moved look alike.
    assert "the log lost its tail, or somebody moved the position: `pishkhan reconcile` names" in beyond.remedy


def test_events_that_wait_for_a_missing_topic_are_wrong_and_others_only_when_they_are_old() -> None:
    lost, young, old = (
        Unpublished("pishkhan.intake.nosuch", 2, 5.0),
        Unpublished("pishkhan.log.requests", 3, 60.0),
        Unpublished("pishkhan.intake.gas", 4, 61.0),
    )
    topics = {"pishkhan.log.requests", "pishkhan.intake.gas"}
    (good,) = judge_outbox([young], topics)
    assert (good.level, good.words) == (Level.GOOD, "3 event(s) wait to be published")
    missing, late = judge_outbox([lost, young, old], topics)
    assert missing.level is Level.WRONG
    assert missing.words == "2 event(s) wait for pishkhan.intake.nosuch, which does not exist"
    assert "DELETE FROM outbox WHERE topic = 'pishkhan.intake.nosuch'" in missing.remedy
    assert (late.level, late.words) == (Level.NOTE, "7 event(s) wait to be published, the oldest for 61 s")


def test_without_a_broker_no_topic_is_called_missing() -> None:
    (finding,) = judge_outbox([Unpublished("pishkhan.intake.nosuch", 2, 5.0)], None)
    assert finding.level is Level.GOOD


def test_a_missing_log_is_made_by_starting_the_bus() -> None:
    missing, _ = judge_outbox([Unpublished("pishkhan.log.requests", 1, 0.0)], {"pishkhan.intake.gas"})
    assert "pishkhan up" in missing.remedy


def test_failed_events_are_wrong_and_waiting_ones_a_note() -> None:
    parked = [
        Parked("requests", "failed", 5, 3, 12.3),
        Parked("requests", "predecessor", 5),
        Parked("requests", "registry", 1),
    ]
    failed, retried, waiting = judge_parked(parked)
    assert failed.level is Level.WRONG
    assert "requests failed on 2 event(s) at every try" in failed.words
    assert "redrive" in failed.remedy
    assert retried.level is Level.NOTE
    assert retried.words == "the code of requests failed on 3 event(s); the next is tried again in 12 s"
    assert (waiting.level, waiting.words) == (Level.NOTE, "requests has parked events: 5 predecessor, 1 registry")


def test_halted_partitions_are_wrong_by_cause_and_since_when() -> None:
    assert faults(judge_halted("requests", Standing())) == []
    later = NOON + timedelta(minutes=5)
    full = [Halt("log", number, "park_full", later if number else NOON) for number in range(3)]
    failed = Halt("log", 4, "failed_in_a_row", later)
    first, second = judge_halted("requests", Standing(halts=(*full, failed)))
    assert first.words.startswith("requests has halted 1 partition(s) since 2025-03-01 12:05:00 UTC")
    assert first.words.endswith(": failed_in_a_row; log/4")
    assert "a version without the fault" in first.remedy
    assert second.words.startswith("requests has halted 3 partition(s) since 2025-03-01 12:00:00 UTC")


def test_a_worker_that_waits_is_wrong_and_says_for_what_and_since_when() -> None:
    assert judge_standing("requests", 9462, Standing()).level is Level.GOOD
    waits = judge_standing("requests", 9462, Standing("broker_unavailable", NOON))
    assert waits.level is Level.WRONG
    assert waits.words.startswith("requests is not ready since 2025-03-01 12:00:00 UTC")
    assert waits.words.endswith(": broker_unavailable")
    assert "by itself" in waits.remedy


def test_an_engine_that_does_not_answer_is_away_since_a_worker_first_waited_for_it(tmp_path: Path) -> None:
    later = NOON + timedelta(minutes=5)
    workers = {
        "relay": Standing("broker_unavailable", later),
        "requests": Standing("broker_unavailable", NOON),
        "settlement": Standing("database_unavailable", later),
        "kpi": Standing(),
    }
    patient = Patient(
        Settings(data_directory=tmp_path), None, "no broker answers", None, "no database answers", workers
    )
    [broker], [database] = check_broker(patient), check_database(patient)
    assert broker.words.startswith("no broker answers; workers wait for it since 2025-03-01 12:00:00 UTC")
    assert database.words.startswith("no database answers; workers wait for it since 2025-03-01 12:05:00 UTC")
    [alone] = check_broker(replace(patient, workers={}))
    assert alone.words == "no broker answers"
    [frozen] = check_database(replace(patient, workers={"relay": Standing("stuck", NOON)}))
    assert frozen.words.startswith("no database answers; workers hang since 2025-03-01 12:00:00 UTC")


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7_199, "119 min"), (7_200, "2 h"), (2e5, "2 d")]
)
def test_how_long_ago_something_began_is_said_in_the_unit_that_fits(seconds: float, words: str) -> None:
    said = since_words(NOON, NOON + timedelta(seconds=seconds))
    assert said == f"since 2025-03-01 12:00:00 UTC ({words})"


def test_an_armed_failpoint_is_wrong(tmp_path: Path) -> None:
    def found(failpoint: str) -> list[str]:
        patient = Patient(Settings(data_directory=tmp_path, failpoint=failpoint), None, "", None, "", {})
        return faults(check_failpoint(patient))

    assert found("") == []
    [words] = found("before_commit:kill:1")
    assert "before_commit:kill:1" in words


def test_money_owed_to_citizens_is_told_with_where_to_see_whose_it_is() -> None:
    found = judge_owed([Owed("cancelled", 2, 60_000, 2), Owed("refunded", 1, 5_000, 1)])
    assert found.level is Level.NOTE
    assert found.words == (
        "65,000 rial are to be given back to citizens: 60,000 rial of 2 cancelled, 5,000 rial of 1 refunded"
    )
    assert "office OFFICE inbox" in found.remedy
    assert judge_owed([]).level is Level.GOOD


def test_letters_that_were_let_go_are_told_and_too_many_of_one_topic_are_worth_a_note() -> None:
    [old, many] = judge_let_go([LetGo("intake.gas", 3, 900, 0, NOON), LetGo("intake.water", 9, 900, 7, NOON)])
    assert (old.level, many.level) == (Level.GOOD, Level.NOTE)
    assert "of intake.gas 3 dead letter(s) were let go" in old.words
    assert "of intake.water 9 dead letter(s) were let go" in many.words
    assert "7 of them before they were old" in many.words


def test_the_doctor_says_where_a_partition_halted_why_and_how_to_pass_it() -> None:
    halts = [Halt("intake", number, "unreadable", NOON, f"at position {number}: it is damaged") for number in range(5)]
    [finding] = judge_halted("requests", Standing(halts=tuple(halts)))
    assert "unreadable; intake/0, intake/1, intake/2, …: at position 0: it is damaged" in finding.words
    assert "pishkhan repair pass" in finding.remedy


def test_every_cause_for_which_a_partition_stands_still_has_a_remedy_of_its_own() -> None:
    halting = {"position_lost", "park_full", "failed_in_a_row", "handler_failed", "unreadable", "connection_lost"}
    halting |= {"ledger_apart"}
    assert halting <= REMEDIES.keys()


def test_what_no_broker_takes_is_wrong_topic_by_topic() -> None:
    assert faults(judge_set_aside({})) == []
    first, second = faults(judge_set_aside({"pishkhan.intake.offices": 1, "pishkhan.log.registry": 2}))
    assert first.startswith("1 event(s) for pishkhan.intake.offices can never be published")
    assert second.startswith("2 event(s) for pishkhan.log.registry")


def test_the_bus_s_own_writers_are_no_strangers() -> None:
    relay = rule("User:worker-relay", "pishkhan.")
    assert faults(judge_rights([*declared_rules(), relay], AGENCIES, {("pishkhan.", "User:worker-relay")})) == []
    assert len(faults(judge_rights([*declared_rules(), relay], AGENCIES))) == 1


def test_whoever_is_told_of_no_account_knows_the_bus_s_writers_by_their_names(tmp_path: Path) -> None:
    untold = Settings(data_directory=tmp_path)
    assert writers_of_all(untold) == {("pishkhan.", "User:worker-relay")}
    renamed = Settings(data_directory=tmp_path, accounts={"relay": AccountLogin(kafka_user="publisher")})
    assert writers_of_all(renamed) == {("pishkhan.", "User:publisher")}


def test_workers_that_share_a_user_or_a_role_are_noted(tmp_path: Path) -> None:
    shared = Settings(data_directory=tmp_path, database_url=SecretStr("postgresql://w@db/pishkhan"))
    user, role = judge_accounts(shared)
    assert user.level is role.level is Level.NOTE
    assert user.words == (
        "relay, registry, requests, settlement, kpi, gateway, delivery log in to the broker as bus, who also makes "
        "topics, users and rules"
    )
    assert "PISHKHAN_ACCOUNTS__RELAY__KAFKA_USER" in user.remedy
    assert role.words.endswith("share one role of the database")
    login = AccountLogin(kafka_user="u", database_url=SecretStr("postgresql://u@db/pishkhan"))
    own = shared.model_copy(update={"accounts": dict.fromkeys(worker_names(), login)})
    assert [finding.level for finding in judge_accounts(own)] == [Level.GOOD]
    administrator = shared.model_copy(update={"kafka_admin_user": "root"})
    assert "makes topics" not in next(iter(judge_accounts(administrator))).words
