"""The way out to a terminal: whatever draws, nothing from outside steers it, and nobody's words are markup."""

from io import StringIO

import pytest
from rich.live import Live
from rich.panel import Panel
from rich.progress import Progress
from rich.syntax import Syntax
from rich.text import Text

from deploy.edge import Grid, Screen, say, say_json, say_lines

HOSTILE = "\x1b]0;title\x07\x1b[2J[red]x[/red] :smile: \u202eltr\nall is well"
SHOWN = r"\x1b]0;title\x07\x1b[2J[red]x[/red] :smile: \u202eltr\nall is well"


def drawn(*what: object, **options: object) -> str:
    file = StringIO()
    screen = Screen(file=file, width=200, highlight=False)
    for each in what:
        screen.print(each, **options)
    return file.getvalue()


def test_a_text_is_one_line_as_it_is() -> None:
    assert drawn(HOSTILE, soft_wrap=True) == SHOWN + "\n"


def test_cells_and_headings_of_a_table() -> None:
    grid = Grid("name", title="of \x1b[31m office", box=None)
    grid.add_row(HOSTILE)
    grid.add_row(("first\x07", "second\nline"))
    text = drawn(grid)
    assert SHOWN in text
    assert r"of \x1b[31m office" in text
    lines = [line.strip() for line in text.splitlines()]
    assert lines[-2:] == [r"first\x07", r"second\nline"]


@pytest.mark.parametrize(
    "what",
    [Text(HOSTILE), Panel(HOSTILE, title="\x1b[1m"), Panel(Text(HOSTILE)), Syntax(HOSTILE, "yaml"), [HOSTILE]],
    ids=["text", "panel", "panel of text", "syntax", "list"],
)
def test_whatever_draws_lets_no_control_through(what: object) -> None:
    text = drawn(what)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert ":smile:" in text


def test_live_views_and_bars_steer_the_terminal_themselves() -> None:
    file = StringIO()
    screen = Screen(file=file, force_terminal=True, width=100)
    with Live(Text(HOSTILE), console=screen, auto_refresh=False, screen=True) as live:
        live.refresh()
    with Progress(console=screen) as bar:
        bar.add_task("reading")
    text = file.getvalue()
    assert "\x1b[?1049h" in text, "rich's own controls work"
    assert "\x1b]0;" not in text
    assert "\x07" not in text


def test_plain_lines_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    say_lines(["one\x1b", "two"])
    say_json({"name": "\x9b\u202e\u2028\nنام"})
    assert capsys.readouterr().out == SHOWN + "\n" + "one\\x1b\ntwo\n" + '{"name": "\\u009b\\u202e\\u2028\\nنام"}\n'
