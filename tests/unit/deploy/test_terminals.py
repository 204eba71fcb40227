"""Every terminal there is: any encoding, a full disk, a closed pipe, 80 columns; and help that can be believed."""

import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any, TextIO

import pytest
import typer

from connectors.words.language import Language
from connectors.words.running import RUNS
from consumers.letters import LetterLine
from deploy.cli import build, main
from deploy.commands.dead_letters import letters_table
from deploy.commands.up import console_voice
from deploy.edge import Grid, OutputLost, Screen, open_outputs, say_json
from deploy.exits import ExitCode
from deploy.terminal.hints import hint

TREE = typer.main.get_command(build(None))
#: A command in front of which nothing but a shell's own words stands: variables, a pipe, a comment behind it.
EXAMPLE = re.compile(r"^\s*(?:[A-Z_]+=\S+ |[a-z-]+ \| )*pishkhan (.*)$", re.MULTILINE)


def leaves(command: Any = TREE, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that lead to it."""
    below = getattr(command, "commands", None)
    if below is None:
        yield words, command
        return
    # A party's group takes its code first.
    party = ("x",) if words in (("office",), ("agency",)) else ()
    for name, one in below.items():
        yield from leaves(one, (*words, *party, name))


LEAVES = dict(leaves())


def examples() -> Iterator[tuple[str, list[str]]]:
    """Every example of every help, as a shell would split it; one that is broken into lines is joined."""
    for words, command in [*LEAVES.items(), *((("group",), one) for one in TREE.commands.values())]:  # type: ignore[attr-defined]  # a group
        text = re.sub(r"(?<=\S)\n +(?=--)", " ", command.help or "")
        for found in EXAMPLE.finditer(text):
            line = re.split(r" [>|] ", found[1])[0]
            yield " ".join(words), shlex.split(line, comments=True)


EXAMPLES = list(examples())


def parsed(words: list[str]) -> Any:
    """The command that these words mean, if they can be typed: nothing is done."""
    command: Any = TREE
    context = TREE.make_context("pishkhan", list(words))
    while hasattr(command, "commands"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)
    return command


def test_every_command_has_an_example_of_itself() -> None:
    shown = {words: [parsed(line) for name, line in EXAMPLES if name == " ".join(words)] for words in LEAVES}
    assert [" ".join(words) for words, command in LEAVES.items() if command not in shown[words]] == []


@pytest.mark.parametrize("line", [line for _, line in EXAMPLES], ids=" ".join)
def test_every_example_can_be_typed(line: list[str]) -> None:
    parsed(line)


def test_what_cannot_be_typed_is_noticed() -> None:
    for line in ("parked shows 17", "parked show", "office urban-001 decline 019a --reason fault", "demo --sed 7"):
        with pytest.raises(Exception, match=r"No such|Missing|not one of"):
            parsed(shlex.split(line))


def run(words: tuple[str, ...], output: TextIO, monkeypatch: pytest.MonkeyPatch) -> object:
    """How `pishkhan` ends with these words when its output is this one."""
    monkeypatch.setattr(sys, "argv", ["pishkhan", *words])
    monkeypatch.setattr(sys, "stdout", output)
    monkeypatch.setattr(sys, "__stdout__", output)
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1256"])
def test_every_help_in_any_encoding(encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, words in enumerate([(), *LEAVES]):
        with (tmp_path / str(number)).open("w", encoding=encoding) as output:
            assert run((*words, "--help"), output, monkeypatch) == ExitCode.DONE
        assert "Usage" in (tmp_path / str(number)).read_text(encoding=encoding)


def full_disk() -> TextIO:
    return Path("/dev/full").open("w")


def closed_pipe() -> TextIO:
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w")


@pytest.mark.parametrize(
    ("lost", "told"), [(full_disk, "No space left on device"), (closed_pipe, "")], ids=["full", "pipe"]
)
def test_every_help_into_an_output_that_takes_nothing(
    lost: Callable[[], TextIO], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in [(), *LEAVES]:
        with lost() as output:
            assert run((*words, "--help"), output, monkeypatch) == ExitCode.PROBLEM
        said = capsys.readouterr().err
        assert (told in said) if told else (said == "")
        assert len(said.splitlines()) == bool(told)


def test_what_is_persian_is_escaped_where_it_must_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "shown"
    with path.open("w", encoding="ascii") as output:
        monkeypatch.setattr(sys, "stdout", output)
        open_outputs()
        Screen().print("نام é")
        say_json({"name": "نام é \U0001f600"})
    assert path.read_text().splitlines() == [
        r"\u0646\u0627\u0645 \xe9",
        r'{"name": "\u0646\u0627\u0645 \u00e9 \ud83d\ude00"}',
    ]


def test_a_bus_goes_on_when_nobody_hears_of_it() -> None:
    class Lost(StringIO):
        def write(self, _: str) -> int:
            raise OutputLost(28, "No space left on device")

    voice = console_voice(Screen(file=Lost()), Language.EN)
    voice.line(RUNS)
    with pytest.raises(OutputLost):
        Screen(file=Lost()).print("engines answer")


def test_flags_take_no_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, words in enumerate([(), *LEAVES]):
        with (tmp_path / str(number)).open("w") as output:
            run((*words, "--help"), output, monkeypatch)
        text = (tmp_path / str(number)).read_text()
        assert "<bool>" not in text
        assert "--help" in text


LETTER = LetterLine(
    id=1,
    consumer="requests",
    topic="pishkhan.intake.electricity",
    partition=3,
    position=4711,
    reason="identity_conflict",
    field="subject",
    detail="the same id came before with another subject",
    source="urn:pishkhan:agency:electricity",
    event_id="019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
    recorded_at=datetime(2026, 11, 25, 6, 0, tzinfo=UTC),
)


def drawn(table: Grid, width: int) -> str:
    file = StringIO()
    Screen(file=file, width=width).print(table)
    return file.getvalue()


@pytest.mark.parametrize("width", [40, 80, 120, 400])
def test_no_word_of_a_table_is_cut_however_narrow_the_screen(width: int) -> None:
    text = drawn(letters_table([LETTER, LETTER]), width)
    for word in ("identity_conflict", "4711", "2026-11-25", "requests", "ce_id"):
        assert word in text
    if width >= 80:
        assert text.count(str(LETTER.event_id)) == 2
        assert text.count(LETTER.topic) == 2
        assert text.count(str(LETTER.source)) == 2
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    # A heading stands over all rows where there is room for that, else beside each.
    assert text.count("ce_id") == (1 if width == 400 else 2)


def test_title_and_caption_stay_on_a_narrow_screen() -> None:
    table = Grid("first", "second", title="What waits", caption="for whom")
    table.add_row("x" * 30, ("y" * 30, "z"))
    lines = [line.strip() for line in drawn(table, 40).splitlines()]
    assert (lines[0], lines[-1]) == ("What waits", "for whom")
    assert any(line.startswith("first") for line in lines)


def test_hints_can_be_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/opt/my bus/pishkhan", "up"])
    line = hint("doctor", "--data", Path("/srv/a folder/نام"))
    assert shlex.split(line) == ["/opt/my bus/pishkhan", "doctor", "--data", "/srv/a folder/نام"]
