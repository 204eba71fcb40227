"""What a person types: digits of any keyboard, and wrong usage told in Persian with where the help is."""

import sys

import pytest

from deploy.cli import main
from deploy.exits import ExitCode
from deploy.terminal.usage import typed


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("۲۰۰۰۰", "20000"),
        ("٤٠٧caf38", "407caf38"),
        ("۴۰۷caf38-5d6e", "407caf38-5d6e"),
        ("--amount=۲۰۰۰۰", "--amount=20000"),
        ("--day=۱۴۰۵/۰۹/۰۴", "--day=1405/09/04"),
        ("\u200f۲۰", "20"),
        ("page-count=۲", "page-count=2"),
        # Somebody's text stays as it was typed.
        ("رسید ۲۰", "رسید ۲۰"),
        ("--reason=خانه۲", "--reason=خانه۲"),
        (" ab ", " ab "),
        ("", ""),
    ],
)
def test_numbers_codes_and_options_are_read_in_any_digits_and_texts_are_left_alone(word: str, read: str) -> None:
    assert typed([word]) == [read]


def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    monkeypatch.setattr(sys, "argv", ["pishkhan", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == ExitCode.USAGE
    return capsys.readouterr().err.replace("\n", " ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("requests", "list", "--stat", "x"), "گزینه --stat در این فرمان نیست. شاید"),
        (("requests", "list", "--limit", "many"), "عدد صحیح می‌خواهد"),
        (("requests", "list", "--limit", "۰"), "دست‌کم 1 باید باشد"),
        (("requests", "list", "--limit", "1001"), "حداکثر 1000 باید باشد"),
        (("requests", "list", "--state", "lost"), "'lost' هیچ‌یک از این‌ها نیست: 'awaited'"),
        (("explain",), "'REQUEST_ID' داده نشده است. راهنما: `pishkhan explain --help`"),
        (("office", "o", "accept"), "راهنما: `pishkhan office OFFICE_ID accept --help`"),
        (("nosuch",), "فرمان 'nosuch' نیست"),
        (("requests", "list", "extra"), "زیادی است: extra"),
    ],
)
def test_wrong_usage_is_told_in_persian(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    monkeypatch.setenv("PISHKHAN_LANG", "fa")
    found = told(monkeypatch, capsys, *words)
    assert said in found
    assert "Usage" not in found


def test_in_english_it_is_told_as_typer_tells_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PISHKHAN_LANG", raising=False)
    found = told(monkeypatch, capsys, "requests", "list", "--stat", "x")
    assert found.startswith("No such option: --stat (Possible options: ")
    assert found.endswith("Help: `pishkhan requests list --help` ")


def test_without_a_word_the_help_is_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["pishkhan", "services"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == ExitCode.USAGE
    shown = capsys.readouterr()
    assert "pishkhan services" in shown.out
    assert shown.err == ""
