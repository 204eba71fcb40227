"""The command line: one table, problems in words, only the wanted module imported."""

import csv
import re
import sys
from pathlib import Path

import pytest
import typer

import deploy.provinces
from deploy.cli import COMMANDS, build, main
from deploy.problem import Problem


def all_help(command: object) -> str:
    """The help of a command and of those below it."""
    below = command.commands.values() if isinstance(command, typer.core.TyperGroup) else ()
    return "\n".join([str(getattr(command, "help", "")), *(all_help(one) for one in below)])


def shipped_codes(name: str) -> set[str]:
    """The codes in one file of the province that comes with the project."""
    path = Path(deploy.provinces.__file__).parent / "north_khorasan" / f"{name}.csv"
    with path.open(encoding="utf-8") as file:
        return {row["code"] for row in csv.DictReader(file)}


def test_every_row_registers_the_command_of_its_name() -> None:
    group = typer.main.get_command(build(None))
    assert isinstance(group, typer.core.TyperGroup)
    assert set(group.commands) == {row.name for row in COMMANDS}


def test_every_command_explains_itself_with_examples() -> None:
    group = typer.main.get_command(build(None))
    assert isinstance(group, typer.core.TyperGroup)
    untaught = [name for name, command in group.commands.items() if "Example" not in all_help(command)]
    assert untaught == []


def test_examples_name_what_the_shipped_province_has() -> None:
    shown = all_help(typer.main.get_command(build(None)))
    codes = {name: shipped_codes(name) for name in ("offices", "agencies", "services")}
    named = {
        "offices": re.findall(r"pishkhan office (\S+)|ledger statement office:([a-z0-9-]+)", shown),
        "agencies": re.findall(r"pishkhan agency (\S+)|ledger statement bank:([a-z0-9-]+)", shown),
        "services": re.findall(r"pishkhan agency \S+ submit (\S+)", shown),
    }
    for name, found in named.items():
        wanted = {"".join(one) for one in found}
        assert wanted, f"no example names any of the {name}"
        assert wanted <= codes[name]


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
