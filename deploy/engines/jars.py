"""The broker's jars: fetched once into a per-user cache, each checked against the committed SHA-256 lock.

`jars.lock` lists every jar that goes on the class path: `group:artifact:version  sha256`, one a line. It is written by
`python -m deploy.engines.jars`, which resolves the dependencies of `BROKER` anew; a start only fetches what the lock
names.
"""

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import requests
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import MavenContext

from deploy.edge import say
from deploy.engines.errors import JarsUnavailable

LOCK_FILE = Path(__file__).with_name("jars.lock")
BROKER = "org.apache.kafka:kafka_2.13:4.4.0"
# SLF4J binding, so that the broker's log is kept. Named one by one and not resolved: its parent also pins
# versions of the broker's own parts.
LOGGING = (
    "org.apache.logging.log4j:log4j-api:2.25.5",
    "org.apache.logging.log4j:log4j-core:2.25.5",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5",
)
DOWNLOAD_THREADS = 8
NETWORK_TIMEOUT_SECONDS = 60

# Called with (jars ready, jars in all).
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Jar:
    """One line of the lock."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    @property
    def coordinate(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"


def cache_directory() -> Path:
    """Where fetched things are kept for this user, across all data directories."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pishkhan"


def read_lock(path: Path = LOCK_FILE) -> list[Jar]:
    """The locked jars; comments and empty lines are skipped."""
    jars = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            coordinate, sha256 = line.split()
            group, artifact, version = coordinate.split(":")
            jars.append(Jar(group, artifact, version, sha256))
    return jars


def ensure_jars(
    progress: Progress = lambda ready, total: None,
    *,
    directory: Path | None = None,
    lock: Path = LOCK_FILE,
    fetch: Callable[[Jar, Path], Path] | None = None,
) -> list[Path]:
    """The class path: every locked jar in the cache, checked. Uses the network only for jars that are not there yet.

    A cached file that does not match the lock is never used: it is fetched again. A fetched file that does not match is
    refused. Raises JarsUnavailable, with nothing half-written left in the cache.
    """
    directory = directory or cache_directory() / "jars"
    directory.mkdir(parents=True, exist_ok=True)
    jars = read_lock(lock)
    missing = [jar for jar in jars if not _matches(directory / jar.file_name, jar.sha256)]
    ready = len(jars) - len(missing)
    progress(ready, len(jars))
    if missing:
        with (
            tempfile.TemporaryDirectory(prefix="fetching-", dir=directory) as staging,
            ThreadPoolExecutor(DOWNLOAD_THREADS) as pool,
        ):
            waiting = [pool.submit(_fetch_one, jar, directory, Path(staging), fetch or _download) for jar in missing]
            try:
                for done in as_completed(waiting):
                    done.result()
                    ready += 1
                    progress(ready, len(jars))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    return [directory / jar.file_name for jar in jars]


def _fetch_one(jar: Jar, directory: Path, staging: Path, fetch: Callable[[Jar, Path], Path]) -> None:
    try:
        fetched = fetch(jar, staging)
    except (requests.RequestException, RuntimeError, OSError) as failure:
        raise JarsUnavailable(
            f"{jar.coordinate} could not be fetched ({type(failure).__name__}). The first start needs the network "
            "once; a mirror can be named in jgo's settings file, section [repositories]."
        ) from failure
    actual = sha256_of(fetched)
    if actual != jar.sha256:
        raise JarsUnavailable(
            f"{jar.coordinate} was refused: its SHA-256 is {actual}, the lock wants {jar.sha256}. Either the source "
            "was tampered with, or deploy/engines/jars.lock is out of date. Nothing was kept."
        )
    os.replace(fetched, directory / jar.file_name)


def _download(jar: Jar, staging: Path) -> Path:
    component = _context(staging).project(jar.group, jar.artifact).at_version(jar.version)
    path: Path = component.artifact().resolve()
    return path


def _context(cache: Path) -> MavenContext:
    # jgo notes its own check of weaker digests at warning level; ours is the one that decides.
    logging.getLogger("jgo").setLevel(logging.ERROR)
    mirrors = GlobalSettings.load().repositories
    return MavenContext(
        repo_cache=cache,
        remote_repos={**mirrors, "central": MAVEN_CENTRAL_URL},
        timeout=NETWORK_TIMEOUT_SECONDS,
    )


def _matches(path: Path, sha256: str) -> bool:
    return path.exists() and sha256_of(path) == sha256


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def resolve_lock() -> Iterable[Jar]:
    """Resolve BROKER's dependencies and yield every jar with its digest. Needs the network."""
    with tempfile.TemporaryDirectory() as staging:
        context = _context(Path(staging))
        broker = context.create_dependency(BROKER)
        _, nodes = context.resolver.get_dependency_list([broker])
        artifacts = [broker.artifact, *(node.dep.artifact for node in nodes)]
        artifacts += [context.create_dependency(coordinate).artifact for coordinate in LOGGING]
        unique = {(artifact.groupId, artifact.artifactId): artifact for artifact in artifacts}
        for key in sorted(unique):
            artifact = unique[key]
            yield Jar(artifact.groupId, artifact.artifactId, artifact.version, sha256_of(artifact.resolve()))


def write_lock(path: Path = LOCK_FILE) -> None:
    """Write the lock anew: whoever commits it vouches for the digests."""
    lines = [f"# Class path of {BROKER}. Written by: python -m deploy.engines.jars"]
    lines += [f"{jar.coordinate}  {jar.sha256}" for jar in resolve_lock()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_lock()
    say(f"{LOCK_FILE.name}: {len(read_lock())} jars")
