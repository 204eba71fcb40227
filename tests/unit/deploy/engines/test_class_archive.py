"""An archive of classes is made once, used while it fits, and never in the way of a start."""

import gzip
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.engines.class_archive import ARCHIVES_KEPT, CLASSES_FILE, archive_options, write_classes

#: Stands for the runtime: writes down that it was asked, and makes what it is asked for.
_RUNTIME = """#!/bin/sh
echo asked >> "{asked}"
{then}
for word in "$@"; do
  case $word in -XX:SharedArchiveFile=*) echo classes > "${{word#*=}}" ;; esac
done
exit {code}
"""


class Runtime:
    """A Java runtime in a folder, as far as an archive asks for one."""

    def __init__(self, folder: Path, code: int = 0, then: str = "") -> None:
        self.java = folder / "bin" / "java"
        self._asked = folder / "asked"
        (folder / "lib").mkdir(parents=True)
        (folder / "lib" / "modules").write_text("modules", encoding="utf-8")
        self.java.parent.mkdir()
        self.java.write_text(_RUNTIME.format(asked=self._asked, code=code, then=then), encoding="utf-8")
        self.java.chmod(0o755)

    @property
    def times_asked(self) -> int:
        return len(self._asked.read_text(encoding="utf-8").splitlines()) if self._asked.exists() else 0


@pytest.fixture
def jar(tmp_path: Path) -> Path:
    path = tmp_path / "one.jar"
    path.write_bytes(b"a jar")
    return path


def archive_of(options: tuple[str, ...]) -> Path:
    return Path(options[0].removeprefix("-XX:SharedArchiveFile="))


def test_it_is_made_once_and_nothing_else_is_left(tmp_path: Path, jar: Path) -> None:
    runtime, cache = Runtime(tmp_path / "java"), tmp_path / "cache"
    first = archive_options(runtime.java, [jar], cache)
    assert archive_options(runtime.java, [jar], cache) == first
    assert runtime.times_asked == 1
    assert list(cache.iterdir()) == [archive_of(first)]
    assert archive_of(first).read_text(encoding="utf-8") == "classes\n"


def test_of_several_that_start_at_once_one_makes_it(tmp_path: Path, jar: Path) -> None:
    runtime = Runtime(tmp_path / "java", then="sleep 0.3")
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(archive_options, runtime.java, [jar], tmp_path / "cache") for _ in range(4)]
    assert len({one.result() for one in waiting}) == 1
    assert runtime.times_asked == 1


def test_what_does_not_fit_must_not_stop_the_runtime_and_is_looked_through(tmp_path: Path, jar: Path) -> None:
    options = archive_options(Runtime(tmp_path / "java").java, [jar], tmp_path / "cache")
    assert {"-Xshare:auto", "-XX:+VerifySharedSpaces"} <= set(options)


def test_another_jar_or_runtime_has_another_one(tmp_path: Path, jar: Path) -> None:
    runtime, cache = Runtime(tmp_path / "java"), tmp_path / "cache"
    made = {archive_options(runtime.java, [jar], cache)}
    jar.write_bytes(b"a jar of another size")
    made.add(archive_options(runtime.java, [jar], cache))
    os.utime(jar, (0, 0))
    made.add(archive_options(runtime.java, [jar], cache))
    assert len(made) == 3
    assert archive_options(Runtime(tmp_path / "other").java, [jar], cache) not in made


def test_those_used_last_are_kept(tmp_path: Path, jar: Path) -> None:
    cache = tmp_path / "cache"
    runtimes = [Runtime(tmp_path / f"java-{number}") for number in range(ARCHIVES_KEPT + 1)]
    made = []
    for number, runtime in enumerate(runtimes[:-1]):
        made.append(archive_of(archive_options(runtime.java, [jar], cache)))
        os.utime(made[-1], (number, number))
    # The oldest is used again.
    archive_options(runtimes[0].java, [jar], cache)
    made.append(archive_of(archive_options(runtimes[-1].java, [jar], cache)))
    assert set(cache.iterdir()) == {path for number, path in enumerate(made) if number != 1}


def test_a_runtime_that_cannot_make_one_is_not_asked_at_every_start(tmp_path: Path, jar: Path) -> None:
    runtime, cache = Runtime(tmp_path / "java", code=1), tmp_path / "cache"
    assert archive_options(runtime.java, [jar], cache) == archive_options(runtime.java, [jar], cache)
    assert runtime.times_asked == 1
    assert [path.stat().st_size for path in cache.iterdir()] == [0], "half an archive is none"


def test_a_start_goes_on_where_nothing_can_be_written(tmp_path: Path, jar: Path) -> None:
    in_the_way = tmp_path / "cache"
    in_the_way.write_text("a file", encoding="utf-8")
    assert archive_options(Runtime(tmp_path / "java").java, [jar], in_the_way) == ()


def test_a_path_that_the_runtime_takes_for_two_is_not_given_to_it(tmp_path: Path, jar: Path) -> None:
    assert archive_options(Runtime(tmp_path / "java").java, [jar], tmp_path / "a:b") == ()


def test_the_list_is_what_any_runtime_loaded_from_a_jar(tmp_path: Path) -> None:
    first, second, written = (tmp_path / name for name in ("first", "second", "written"))
    first.write_text("# note\njava/lang/Object id: 0\n@lambda-proxy A run\nA id: 1\n", encoding="utf-8")
    second.write_text("java/lang/Object id: 0\nB id: 7\nMade super: 0 source: __JVM__\n", encoding="utf-8")
    write_classes([first, second], written)
    assert gzip.decompress(written.read_bytes()).decode().split("\n") == [
        *("java/lang/Object", "A", "B", "@lambda-proxy A run", "")
    ]


def test_the_broker_and_what_formats_its_folder_are_in_the_list() -> None:
    lines = gzip.decompress(CLASSES_FILE.read_bytes()).decode().splitlines()
    assert {"kafka/Kafka", "kafka/tools/StorageTool", "java/lang/Object"} <= set(lines)
