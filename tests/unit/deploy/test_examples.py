"""What `--help` teaches can be typed: every example of every command is read by the command that it is of."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from deploy.cli import build
from deploy.terminal.usage import typed
from producers.acts import ACTS, Act
from schemas.speakers import SpeakerKind

GROUP: Any = typer.main.get_command(build(None))
#: A line that goes on has two more blanks before it than the command's own.
CONTINUED = re.compile(r"\n(?! *pishkhan)(?=[^\n]*\S)")


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    yield name, command
    if isinstance(command, typer.core.TyperGroup):
        for word, below in command.commands.items():
            yield from commands(below, f"{name} {word}")


def examples(help_text: str) -> Iterator[str]:
    """Yield the commands below "Example" or "Examples", without what a shell does with their output."""
    _, _, taught = help_text.partition("[bold]Example")
    for block in re.split(r"\n\s*\n", taught.partition("[/bold]")[2]):
        line = " ".join(CONTINUED.sub(" ", block).split())
        if "pishkhan " in line:
            yield re.split(r" [>|] ", line[line.index("pishkhan ") :])[0]


TAUGHT = [(name, example) for name, command in commands(GROUP, "pishkhan") for example in examples(command.help or "")]


def read(words: list[str]) -> list[str]:
    """Return the names of the commands that the words reach. Raises what typer raises for wrong usage."""
    command: Any = GROUP
    reached = ["pishkhan"]
    context = command.make_context("pishkhan", typed(words), resilient_parsing=False)
    while isinstance(command, typer.core.TyperGroup):
        rest = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        reached.append(str(name))
        context = command.make_context(name, rest, parent=context)
    return reached


@pytest.mark.parametrize(("name", "example"), TAUGHT, ids=[example for _, example in TAUGHT])
def test_an_example_can_be_typed(name: str, example: str) -> None:
    reached = " ".join(read(shlex.split(example, comments=True)[1:]))
    group = " ".join(name.split()[:2])
    assert reached.startswith(group) or " registry show " in f" {reached} ", "it is an example of another command"


def test_examples_are_found() -> None:
    taught = {name for name, _ in TAUGHT}
    assert len(TAUGHT) > 80
    leaves = {name for name, command in commands(GROUP, "pishkhan") if not isinstance(command, typer.core.TyperGroup)}
    parties = ("pishkhan agency ", "pishkhan office ", "pishkhan directorate ")
    assert sorted(name for name in leaves - taught if name.startswith(parties)) == []


@pytest.mark.parametrize("act", ACTS, ids=lambda act: f"{act.speaker}-{act.name}")
def test_every_act_is_a_command_with_an_id_of_ones_own(act: Act) -> None:
    group, word = act.command
    command = GROUP.commands[group].commands[word]
    options = {option for param in command.params for option in getattr(param, "opts", ())}
    assert {"--id", "--wait", "--lang"} <= options
    assert act.speaker is not SpeakerKind.DIRECTORATE or command.callback.__module__.startswith(
        "deploy.commands.directorate"
    )
