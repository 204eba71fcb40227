"""The lock decides what may go on the broker's class path."""

import hashlib
from pathlib import Path

import pytest

from deploy.engines.errors import JarsUnavailable
from deploy.engines.jars import Jar, ensure_jars, read_lock

GOOD = b"the right bytes"


class FakeRepository:
    """Serves the given bytes for every jar, and counts how often it is asked."""

    def __init__(self, content: bytes = GOOD) -> None:
        self.content = content
        self.asked: list[str] = []

    def fetch(self, jar: Jar, staging: Path) -> Path:
        self.asked.append(jar.coordinate)
        path = staging / jar.file_name
        path.write_bytes(self.content)
        return path


class NoNetwork:
    """Fails as a machine without a network does."""

    def fetch(self, jar: Jar, staging: Path) -> Path:
        raise OSError("network is unreachable")


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    digest = hashlib.sha256(GOOD).hexdigest()
    path = tmp_path / "jars.lock"
    path.write_text(f"# comment\norg.example:one:1.0  {digest}\norg.example:two:2.0  {digest}\n", encoding="utf-8")
    return path


def test_jars_are_fetched_once_and_then_taken_from_the_cache(tmp_path: Path, lock: Path) -> None:
    repository = FakeRepository()
    cache = tmp_path / "cache"
    first = ensure_jars(directory=cache, lock=lock, fetch=repository.fetch)
    second = ensure_jars(directory=cache, lock=lock, fetch=NoNetwork().fetch)
    assert first == second == [cache / "one-1.0.jar", cache / "two-2.0.jar"]
    assert sorted(repository.asked) == ["org.example:one:1.0", "org.example:two:2.0"]


def test_a_jar_that_is_not_the_locked_one_is_refused_and_nothing_is_kept(tmp_path: Path, lock: Path) -> None:
    with pytest.raises(JarsUnavailable, match="was refused: its SHA-256"):
        ensure_jars(directory=tmp_path / "cache", lock=lock, fetch=FakeRepository(b"other bytes").fetch)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cached_jar_that_was_changed_is_not_used(tmp_path: Path, lock: Path) -> None:
    cache = tmp_path / "cache"
    ensure_jars(directory=cache, lock=lock, fetch=FakeRepository().fetch)
    (cache / "one-1.0.jar").write_bytes(b"changed")
    repository = FakeRepository()
    ensure_jars(directory=cache, lock=lock, fetch=repository.fetch)
    assert repository.asked == ["org.example:one:1.0"]
    assert (cache / "one-1.0.jar").read_bytes() == GOOD


def test_without_a_network_the_message_says_what_is_needed(tmp_path: Path, lock: Path) -> None:
    with pytest.raises(JarsUnavailable, match="needs the network once"):
        ensure_jars(directory=tmp_path / "cache", lock=lock, fetch=NoNetwork().fetch)


def test_progress_counts_up_to_all(tmp_path: Path, lock: Path) -> None:
    steps: list[tuple[int, int]] = []
    ensure_jars(
        lambda ready, total: steps.append((ready, total)),
        directory=tmp_path / "cache",
        lock=lock,
        fetch=FakeRepository().fetch,
    )
    assert steps == [(0, 2), (1, 2), (2, 2)]


def test_the_committed_lock_names_the_broker_and_its_log() -> None:
    jars = read_lock()
    assert {"kafka_2.13", "kafka-clients", "log4j-slf4j-impl"} <= {jar.artifact for jar in jars}
    assert all(len(jar.sha256) == 64 for jar in jars)
    assert len({jar.file_name for jar in jars}) == len(jars)
