"""The machinery that tries pages: it finds every block, refuses unmarked ones, and fails when a command fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.blocks import Block, Unmarked, blocks
from tests.docs.running import folder_for, run


@dataclass(frozen=True, slots=True)
class BusWithWords:
    """A bus that is only spoken of."""

    environment: Mapping[str, str]
    words: Mapping[str, str]


def page(*lines: str) -> list[Block]:
    return blocks("page.md", "\n".join(lines) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_for(tmp_path / "page")


def test_blocks_are_found_with_their_marks() -> None:
    found = page(
        "# Title", "```text", "picture", "```", "1. step", "   ```json data file=a.json", '   {"a": 1}', "   ```"
    )
    assert found == [
        Block("page.md", 2, "text", "", "", "", "picture\n"),
        Block("page.md", 6, "json", "data", "a.json", "", '{"a": 1}\n'),
    ]


@pytest.mark.parametrize(
    ("info", "message"),
    [
        ("", "page.md:1: say behind ``` what this is"),
        ("bash", "page.md:1: say behind ``` what this is"),
        ("console", "page.md:1: say how this is tried: ```console alone or ```console bus or ```console make"),
        ("console alone bus", "page.md:1: say how this is tried"),
        ("python data", "page.md:1: say how this is tried: ```python alone or ```python bus"),
        ("json", "page.md:1: say how this is tried: ```json data"),
        ("json data name=x", "page.md:1: say how this is tried"),
    ],
)
def test_an_unmarked_block_is_refused_with_the_way_to_mark_it(info: str, message: str) -> None:
    with pytest.raises(Unmarked) as refused:
        page(f"```{info}", "x", "```")
    assert str(refused.value).startswith(message)


def test_a_fence_that_is_never_closed_is_refused() -> None:
    with pytest.raises(Unmarked, match="never closed"):
        page("```text", "x")


def test_commands_run_in_order_in_one_folder(folder: Path) -> None:
    [block] = page("```console alone", "# a comment", "printf a > kept", "test -f kept \\", "  && mv kept moved", "```")
    run(block, folder, None)
    assert (folder / "moved").read_text(encoding="utf-8") == "a"


@pytest.mark.parametrize("command", ["false", "false | true", "echo $UNSET_NAME", "pishkhan nonsense"])
def test_a_command_that_fails_is_named(folder: Path, command: str) -> None:
    [block] = page("```console alone", command, "```")
    with pytest.raises(AssertionError, match=r"page\.md:1: `"):
        run(block, folder, None)


def test_a_program_that_fails_is_named(folder: Path) -> None:
    good, bad = page("```python alone", "print('a')", "```", "```python alone", "raise SystemExit(3)", "```")
    run(good, folder, None)
    with pytest.raises(AssertionError, match=r"page.md:4: `python snippet_4\.py` ended with 3"):
        run(bad, folder, None)


def test_words_and_environment_of_the_bus_reach_its_blocks_only(folder: Path) -> None:
    bus = BusWithWords({"PISHKHAN_LOG_LEVEL": "debug"}, {"REQUEST_ID": "r-1"})
    with_bus, alone = page(
        "```console bus",
        'test "$PISHKHAN_LOG_LEVEL REQUEST_ID OTHER" = "debug r-1 OTHER"',
        "```",
        "```console alone",
        'test "${PISHKHAN_LOG_LEVEL:-none} REQUEST_ID" = "none REQUEST_ID"',
        "```",
    )
    run(with_bus, folder, bus)
    run(alone, folder, bus)


def test_a_command_until_ctrl_c_must_speak_and_end_well(folder: Path) -> None:
    listen = "python -c \"import signal; print('here', flush=True); signal.pause()\""
    good, bad = page(
        "```console alone",
        f"{listen}   # until Ctrl-C",
        "```",
        "```console alone",
        "bash -c 'trap \"exit 7\" INT; echo here; read -r -t 60 <> <(:)'  # until Ctrl-C",
        "```",
    )
    with pytest.raises(AssertionError, match="ended with 7"):
        run(bad, folder, None)
    run(good, folder, None)


def test_make_targets_must_exist(folder: Path) -> None:
    good, unknown, other = page(
        *("```console make", "make test   # every test", "```"),
        *("```console make", "make coffee", "```"),
        *("```console make", "ls", "```"),
    )
    run(good, folder, None)
    with pytest.raises(AssertionError, match="no target coffee"):
        run(unknown, folder, None)
    with pytest.raises(AssertionError, match="is not `make TARGET`"):
        run(other, folder, None)


def test_data_must_parse_and_is_there_for_later_blocks(folder: Path) -> None:
    good, bad = page("```json data file=events.ndjson", '{"a": 1}', '{"a": 2}', "```", "```yaml data", "a: [", "```")
    run(good, folder, None)
    assert (folder / "events.ndjson").read_text(encoding="utf-8").count("\n") == 2
    with pytest.raises(AssertionError, match=r"page\.md:5 is not yaml"):
        run(bad, folder, None)


def test_a_missing_foreign_program_skips_but_fails_in_ci(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [block] = page("```console alone needs=no-such-program", "no-such-program", "```")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="needs no-such-program"):
        run(block, folder, None)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="needs no-such-program"):
        run(block, folder, None)
