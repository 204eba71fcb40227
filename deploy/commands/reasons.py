"""`pishkhan reasons`: every code by which the bus says why something was not done, with its meaning."""

from enum import StrEnum

import typer

from connectors.words.dead_letters import REASONS
from connectors.words.language import Language, Phrase
from connectors.words.refusals import CLAIM_REFUSALS, REGISTRY_REFUSALS
from connectors.words.vocabulary import DECLINES, EXCLUSIONS, REFUSALS
from deploy.commands.options import JsonOption, LanguageOption
from deploy.edge import Grid, Screen, say_json

_HEADINGS = (Phrase("کد", "code"), Phrase("معنا", "meaning"))
#: What the codes are said of, by a name for machines; two tables may have the same code with another meaning.
_TABLES: tuple[tuple[str, Phrase, tuple[tuple[StrEnum, Phrase], ...]], ...] = (
    ("request", Phrase("درخواست رد شد", "A request is refused (RequestRefused)"), tuple(REFUSALS.items())),
    ("office", Phrase("دفتر کنار گذاشته شد", "An office is passed over"), tuple(EXCLUSIONS.items())),
    ("decline", Phrase("دفتر نپذیرفت", "An office declines (RequestDeclined)"), tuple(DECLINES.items())),
    ("claim", Phrase("گفته پذیرفته نشد", "A claim is refused (ClaimRefused)"), tuple(CLAIM_REFUSALS.items())),
    (
        "registry",
        Phrase("نسخه پذیرفته نشد", "A version is not taken (RegistryClaimRefused)"),
        tuple(REGISTRY_REFUSALS.items()),
    ),
    ("dead_letter", Phrase("رویداد کنار گذاشته شد", "An event is set aside (dead letter)"), tuple(REASONS.items())),
)


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    reasons = typer.Typer(
        help="Why something is not done: every code and its meaning.\n\n[bold]Example[/bold]\n\npishkhan reasons list"
    )
    reasons.command("list")(list_reasons)
    # Keeps it a group while it has only one command.
    reasons.callback()(lambda: None)
    app.add_typer(reasons, name="reasons")


def list_reasons(as_json: JsonOption = False, language: LanguageOption = Language.EN) -> None:
    """List every code by which the bus says why something is not done, and what it means.

    [bold]Examples[/bold]

      pishkhan reasons list --lang fa

      pishkhan reasons list --json
    """
    screen = Screen()
    for of, title, table in _TABLES:
        if as_json:
            for code, meaning in table:
                say_json({"of": of, "code": code.value, "fa": meaning.fa, "en": meaning.en})
            continue
        headings = (heading.of(language) for heading in _HEADINGS)
        grid = Grid(*headings, title=title.of(language), title_justify="left", box=None, pad_edge=False)
        for code, meaning in table:
            grid.add_row(code.value, meaning.of(language))
        screen.print(grid)
