"""The command line: one table, problems in words, only the wanted module imported."""

import sys

import pytest
import typer

from deploy.cli import COMMANDS, build, main
from deploy.problem import Problem


def all_help(command: object) -> str:
    """The help of a command and of those below it."""
    below = command.commands.values() if isinstance(command, typer.core.TyperGroup) else ()
    return "\n".join([str(getattr(command, "help", "")), *(all_help(one) for one in below)])


def test_every_row_registers_the_command_of_its_name() -> None:
    group = typer.main.get_command(build(None))
    assert isinstance(group, typer.core.TyperGroup)
    assert set(group.commands) == {row.name for row in COMMANDS}


def test_every_command_explains_itself_with_examples() -> None:
    group = typer.main.get_command(build(None))
    assert isinstance(group, typer.core.TyperGroup)
    untaught = [name for name, command in group.commands.items() if "Example" not in all_help(command)]
    assert untaught == []


def test_only_the_wanted_command_is_registered() -> None:
    group = typer.main.get_command(build("doctor"))
    assert isinstance(group, typer.core.TyperGroup)
    assert set(group.commands) == {"doctor"}


def test_a_problem_is_told_in_words_with_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(name: str | None) -> typer.Typer:
        raise Problem("The disk is full. Make room.")

    monkeypatch.setattr("deploy.cli.build", failing)
    monkeypatch.setattr(sys, "argv", ["pishkhan", "up"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "The disk is full. Make room.\n"


def test_help_teaches(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["pishkhan", "--help"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "pishkhan doctor" in shown
    assert "Start here" in shown
