"""What a person agrees to before money moves: the amount in rial, in words and in toman."""

import sys

import typer

from connectors.words.language import Phrase
from connectors.words.money import amount
from deploy.problem import Problem
from deploy.terminal.speaking import Terminal

_QUESTION = Phrase("ثبت شود؟ (--yes بی‌پرسش ثبت می‌کند)", "Say it? (--yes does so without asking)")
_NOBODY = Phrase(
    "چیزی ثبت نشد: کسی نیست که بپرسیم؛ اگر همین مبلغ درست است --yes بدهید.",
    "Nothing was said: nobody is here to be asked; give --yes when this is the right amount.",
)


def agree_to(terminal: Terminal, amount_rial: int, *, yes: bool) -> None:
    """Show the amount, and ask whether it is right unless `yes` says so. Ends the command when it is not."""
    terminal.console.print(amount(amount_rial, terminal.language), style="bold")
    if yes:
        return
    if not sys.stdin.isatty():
        raise Problem(_NOBODY)
    typer.confirm(_QUESTION.of(terminal.language), abort=True)
