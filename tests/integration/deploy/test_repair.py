"""`pishkhan repair topic` after a real log has lost its tail, or its topic; nothing is entered twice."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from confluent_kafka import ShareConsumer
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import CoordinatorLoadInProgressError
from kafka.structs import OffsetAndMetadata
from typer.testing import CliRunner, Result

from connectors.broker.login import librdkafka_arguments
from connectors.broker.share_groups.positions import done_by_share_groups
from connectors.database.settlement.audit import audit
from connectors.database.settlement.reads import ledger_rows
from consumers.reconciliation.domain.findings import DifferenceKind
from consumers.runner.records import Record
from deploy.agencies import provision
from deploy.cli import build
from deploy.engines.features import FEATURES, Feature, finalized_features, raise_features
from deploy.problem import Problem
from schemas.partition import partition_of
from schemas.topics import INTAKE_OFFICES, LOG_REGISTRY, LOG_REQUESTS, LOG_SETTLEMENT
from tests.kit.on_sql.databases import engine_of, wait_until
from tests.kit.on_sql.requests import AGENCY_SOURCE, claim_record, desk_steps, submission
from tests.kit.real.brokers import write
from tests.kit.real.cut_logs import cut_tail
from tests.kit.real.reconciling import run
from tests.kit.real.stepped import SmallBus, small_bus

pytestmark = pytest.mark.integration

LOG, INTAKE = LOG_REQUESTS.name, INTAKE_OFFICES.name
#: What a broker of 4.2 or newer is at when it is formatted with its own defaults: share groups are on.
WITH_SHARE_GROUPS = (
    *(row for row in FEATURES if row.level),
    Feature("metadata.version", 29),
    Feature("share.version", 1),
)
#: More records than any log here has.
ALL = 10_000
HARMLESS = {DifferenceKind.PUBLISHED_TWICE, DifferenceKind.POSITION_MOVED_BACK}


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallBus]:
    with small_bus(tmp_path_factory.mktemp("repair")) as small:
        yield small


def repair(bus: SmallBus, *options: str, answer: str | None = None) -> Result:
    environment = {f"PISHKHAN_{name.upper()}": value for name, value in bus.settings.values().items()}
    return CliRunner().invoke(build("repair"), ["repair", "topic", *options], env=environment, input=answer)


def ledger(bus: SmallBus) -> list[object]:
    with engine_of(bus.settings.worker_database_url(), "test") as engine, engine.begin() as connection:
        assert list(audit(connection)) == []
        return [tuple(row) for row in ledger_rows(connection)]


def harmful(bus: SmallBus) -> set[DifferenceKind]:
    return {finding.kind for finding in bus.compared()[0]} - HARMLESS


def read_from_outside(bus: SmallBus, group: str, partition: int) -> None:
    """Commit, as somebody who was given the right to read the requests' log, that all of a partition is read."""
    place = TopicPartition(LOG, partition)
    reader = KafkaConsumer(**bus.settings.kafka_login(), group_id=group, enable_auto_commit=False)
    try:
        reader.assign([place])
        reader.commit({place: OffsetAndMetadata(bus.ends()[LOG, partition], "", -1)})
    finally:
        reader.close()


def shared_from_outside(bus: SmallBus, group: str, partition: int) -> int:
    """Read the requests' log to its end as a share group; return before which position the broker says it is done."""
    login, end = bus.settings.kafka_login(), bus.ends()[LOG, partition]
    admin = KafkaAdminClient(**login)
    try:
        admin.alter_configs([ConfigResource(ConfigResourceType.GROUP, group, {"share.auto.offset.reset": "earliest"})])
        reader = ShareConsumer({**librdkafka_arguments(login, "test"), "group.id": group})
        taken: set[int | None] = set()
        try:
            reader.subscribe([LOG])

            def has_taken_the_last() -> bool:
                taken.update(message.offset() for message in reader.poll(0.5) if message.partition() == partition)
                reader.commit_sync(10)
                return end - 1 in taken

            wait_until(has_taken_the_last, "the share group has taken everything", 60.0)
        finally:
            reader.close()
        return done_by_share_groups(admin, [group], LOG)[group][partition]
    finally:
        admin.close()


def groups_of(admin: KafkaAdminClient) -> set[str]:
    """Return the groups that the broker knows by now."""
    try:
        return {str(group["group_id"]) for group in admin.list_groups()}
    except CoordinatorLoadInProgressError:
        return set()


def cut(bus: SmallBus, *tails: tuple[str, int, int]) -> None:
    """Stop the broker, shorten logs, and start it again."""
    bus.engines.kafka.stop()
    for topic, partition, records in tails:
        cut_tail(bus.settings.data_directory / "kafka", topic, partition, records)
    bus.engines.kafka.start()


def delete_log(bus: SmallBus) -> None:
    """Delete the requests' log."""
    admin = KafkaAdminClient(**bus.settings.kafka_login())
    try:
        admin.delete_topics([LOG])
        wait_until(lambda: LOG not in admin.list_topics(), "the topic is gone")
    finally:
        admin.close()


def test_topics_that_lost_their_tails_halt_their_readers_and_are_brought_back(
    bus: SmallBus, capsys: pytest.CaptureFixture[str]
) -> None:
    request_id = bus.served()
    partition = bus.log_partition(request_id)
    # One claim that its writer put there himself: the outbox has never seen it.
    stranger = claim_record(f"/offices/{bus.office_of(request_id)}", desk_steps(request_id)[0])
    write(bus.settings.kafka_login(), INTAKE, [stranger.value or b""], headers=_headers(stranger))
    bus.settle()
    read_from_outside(bus, "boards", partition)
    before, claims, ends = ledger(bus), bus.compared()[1].claims, bus.ends()
    capsys.readouterr()
    cut(bus, (LOG, partition, 3), (LOG_SETTLEMENT.name, partition, 1), (LOG_REGISTRY.name, 0, 2), (INTAKE, 0, ALL))
    found, _ = bus.compared()
    assert {finding.kind for finding in found} == {DifferenceKind.NOT_IN_LOG, DifferenceKind.POSITION_OUTSIDE_LOG}
    assert {finding.topic for finding in found} == {LOG, LOG_SETTLEMENT.name, LOG_REGISTRY.name, INTAKE}

    # Nothing is read past the end, and nothing is published to where it would not be read.
    other = uuid4()
    bus.say(AGENCY_SOURCE, submission(other))
    bus.go_round()
    told = capsys.readouterr().out
    for place in (f"{LOG}/{partition}", f"{INTAKE}/0"):
        assert f"why='{place}: it lost its tail" in told
        assert f"run `pishkhan repair topic {place.partition('/')[0]}`" in told
    assert "events wait for a topic that lost its tail" in told
    position = bus.position("settlement", LOG, partition)
    assert position == ends[LOG, partition] > bus.ends()[LOG, partition]

    shown = repair(bus, LOG, "--dry-run")
    assert shown.exit_code == 0, shown.output
    outside = f"boards, a group outside the bus, has read partition {partition} up to {position}"
    assert outside in shown.stdout
    assert "pishkhan.settlement, a group" not in shown.stdout
    assert "events were published and are not in it" in shown.stdout
    assert f"settlement goes back in partition {partition} from {position} to" in shown.stdout
    assert repair(bus, LOG, answer="n\n").exit_code == 1
    assert bus.position("settlement", LOG, partition) == position

    done = repair(bus, LOG, answer="y\n")
    assert done.exit_code == 0, done.output
    assert "events are on their way" in done.stdout
    assert repair(bus, LOG_SETTLEMENT.name, "--yes", "--lang", "fa").exit_code == 0
    assert repair(bus, LOG_REGISTRY.name, "--yes").exit_code == 0
    intake = repair(bus, INTAKE, "--yes")
    assert f"requests goes back in partition 0 from {ends[INTAKE, 0]} to 0" in intake.stdout
    assert "up to 1 claims were written by agencies themselves" in intake.stdout

    bus.start_again()
    bus.settle()
    assert harmful(bus) == set()
    assert ledger(bus) == before
    assert bus.ends()[LOG_REGISTRY.name, 0] == ends[LOG_REGISTRY.name, 0]
    # Each claim was applied once, whatever was read again; the stranger's record is gone, and the new one came.
    assert bus.compared()[1].claims.total() == claims.total()
    assert bus.position("registry", INTAKE, 0) == bus.ends()[INTAKE, 0] == ends[INTAKE, 0] - 1
    assert bus.rows("SELECT state FROM request WHERE request_id = %s", other) == [("routed",)]
    assert bus.rows("SELECT state FROM request WHERE request_id = %s", bus.served()) == [("completed",)]
    assert harmful(bus) == set()
    assert "there is nothing to repair" in repair(bus, LOG).stdout


def test_a_topic_that_was_made_anew_gets_its_events_and_its_readers_again(bus: SmallBus) -> None:
    bus.served()
    before = ledger(bus)
    delete_log(bus)
    assert isinstance(repair(bus, LOG).exception, Problem)
    provision(bus.settings)
    assert harmful(bus) == {DifferenceKind.NOT_IN_LOG, DifferenceKind.POSITION_OF_ANOTHER_TOPIC}
    done = repair(bus, LOG, "--yes")
    assert done.exit_code == 0, done.output
    assert "settlement goes over in partition 0 from the topic that was" in done.stdout
    bus.start_again()
    bus.settle()
    assert {finding.kind for finding in bus.compared()[0]} - {DifferenceKind.PUBLISHED_TWICE} == set()
    assert ledger(bus) == before
    assert bus.rows("SELECT state FROM request WHERE request_id = %s", bus.served()) == [("completed",)]
    assert harmful(bus) == set()


def test_decisions_verify_after_a_repair_that_brings_events_back_behind_later_ones(bus: SmallBus) -> None:
    before = [bus.served(), bus.served()]
    delete_log(bus)
    provision(bus.settings)
    # The relay does not miss the topic, and publishes what is new before what was lost, in the same partition.
    partition = bus.log_partition(before[0])
    new = next(one for one in iter(uuid4, None) if partition_of(str(one), LOG_REQUESTS.partitions) == partition)
    bus.say(AGENCY_SOURCE, submission(new))
    bus.step("relay", "registry", "requests", "relay")
    assert sum(bus.ends()[LOG, number] for number in range(LOG_REQUESTS.partitions)) == 2
    lost = run(bus, "explain", str(new), "--verify")
    assert "was not recomputed: load revision 1 of" in lost.stdout, lost.output
    assert repair(bus, LOG, "--yes").exit_code == 0
    bus.start_again()
    bus.settle()
    for request_id in (*before, new, bus.served()):
        shown = run(bus, "explain", str(request_id), "--verify")
        assert shown.exit_code == 0, shown.output
        assert "recomputed from the logs: the same" in shown.stdout


def test_records_that_were_skipped_by_hand_are_read_after_all(bus: SmallBus) -> None:
    request_id = bus.served(0)
    bus.serve(request_id, 1)
    bus.settle("relay", "requests")
    partition = bus.log_partition(request_id)
    bus.move("settlement", LOG, partition, 1)
    bus.serve(request_id, 2, 3)
    bus.settle()
    assert harmful(bus) == {DifferenceKind.RECORD_SKIPPED}
    assert repair(bus, LOG, "--yes").exit_code == 0
    bus.settle()
    assert harmful(bus) == set()
    kinds = "SELECT DISTINCT kind FROM ledger_transfer WHERE request_id = %s ORDER BY kind"
    assert bus.rows(kinds, request_id) == [("collect",), ("hold",), ("post",)]


def test_a_share_group_that_has_read_what_is_lost_is_named(bus: SmallBus) -> None:
    request_id = bus.served()
    partition = bus.log_partition(request_id)
    admin = KafkaAdminClient(**bus.settings.kafka_login())
    try:
        raise_features(admin, WITH_SHARE_GROUPS)
        assert finalized_features(admin)["share.version"] == 1
    finally:
        admin.close()
    done = shared_from_outside(bus, "queue", partition)
    cut(bus, (LOG, partition, 2))
    admin = KafkaAdminClient(**bus.settings.kafka_login())
    try:
        # A broker that has just started knows its groups a moment later.
        wait_until(lambda: "queue" in groups_of(admin), "the broker has loaded its groups")
    finally:
        admin.close()
    shown = repair(bus, LOG, "--dry-run")
    assert shown.exit_code == 0, shown.output
    named = f"queue, a share group outside the bus, is done with partition {partition} up to {done} at least"
    assert named in shown.stdout
    assert f"go back to {min(done, bus.ends()[LOG, partition])} and leave out" in shown.stdout
    assert "queue, a group outside" not in shown.stdout
    assert repair(bus, LOG, "--yes").exit_code == 0
    bus.start_again()
    bus.settle()
    assert harmful(bus) == set()


def test_a_topic_that_is_none_of_ours_is_refused(bus: SmallBus) -> None:
    refused = repair(bus, "somebody-elses").exception
    assert isinstance(refused, Problem)
    assert "somebody-elses is no topic of the bus" in str(refused)


def _headers(record: Record) -> list[tuple[str, bytes]]:
    return [(name, value or b"") for name, value in record.headers]
