"""`pishkhan outcomes`: what became of claims, asked later, and what was refused of all that somebody has said."""

from collections.abc import Sequence
from datetime import UTC
from typing import Annotated

import typer

from connectors.words.calendar import operators_moment
from connectors.words.claims import event_name
from connectors.words.details import field_phrase
from connectors.words.language import Language, Phrase
from connectors.words.outcomes import outcome_lines, told
from deploy.commands.options import DataOption, JsonOption, LanguageOption
from deploy.edge import Screen, say_json
from deploy.exits import ExitCode, end_with
from deploy.problem import Misused
from deploy.terminal.outcomes import code_of, style_of, worst
from deploy.use_cases import outcomes_of
from producers.outcomes import Decided, Outcome, Refusal, SaidClaim, ask, summary
from schemas.speakers import DIRECTORATE, sender_of

REFUSALS_SHOWN = 50
_UNKNOWN = Phrase(
    "{id}: گفته‌ای با این شناسه نیست، یا چنان کهنه است که دیگر نگه داشته نمی‌شود",
    "{id}: nothing was said under this id, or it is so old that it is no longer kept",
)
_NOTHING = Phrase(
    "از آنچه {source} گفته و هنوز نگه داشته می‌شود چیزی رد نشده است",
    "nothing was refused of what {source} has said and is still kept",
)

_ONE_OF_TWO = Phrase(
    "شناسه رویدادها را بدهید، یا --refused را برای فهرست ردشده‌ها؛ یکی از این دو.",
    "Give ids of events, or --refused to list what was refused; one of the two.",
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("outcomes")(outcomes)


def outcomes(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of events that were published.")
    ] = None,
    refused: Annotated[
        bool, typer.Option("--refused", help="List what was refused of all that --source said.")
    ] = False,
    source: Annotated[
        str, typer.Option(help="With --refused: /directorate, /agencies/CODE or /offices/CODE.")
    ] = DIRECTORATE,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="With --refused: the newest so many.")] = REFUSALS_SHOWN,
    as_json: JsonOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Say what became of events that were published: done, refused and why, waiting, or set aside.

    Give their ids, as `publish` prints them; or --refused, for every act of the directorate that was not done. Answers
    are found for as long as the outbox keeps what is published: some days.

    [bold]Examples[/bold]

      pishkhan outcomes 019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071

      pishkhan outcomes --refused

      pishkhan outcomes --refused --source /agencies/electricity --json
    """
    if refused == bool(ids):
        raise Misused(_ONE_OF_TWO)
    if sender_of(source) is None:
        raise Misused(field_phrase("--source", "must be /agencies/CODE, /offices/CODE or /directorate"))
    reads = outcomes_of(data)
    if refused:
        _show_refusals(reads.refusals(source, limit), source, language, as_json=as_json)
        return
    asked = list(dict.fromkeys(ids or ()))
    end_with(_show(asked, ask(reads, asked), language, as_json=as_json))


def _show(
    asked: list[str], found: list[tuple[SaidClaim, Outcome | None]], language: Language, *, as_json: bool
) -> ExitCode:
    """Print what became of each claim; return how that ends the command."""
    screen = Screen(highlight=False, soft_wrap=True)
    codes = {code_of(outcome) for _, outcome in found}
    for claim, outcome in found:
        if as_json:
            say_json(summary(claim, outcome))
            continue
        head = " ".join(filter(None, (claim.event_id, claim.source, event_name(claim.type))))
        screen.print(f"{head}: {'; '.join(outcome_lines(outcome, language))}", style=style_of(outcome))
    for missing in dict.fromkeys(asked).keys() - {claim.event_id for claim, _ in found}:
        codes.add(ExitCode.UNKNOWN)
        if as_json:
            say_json({"id": missing, "outcome": "unknown"})
        else:
            screen.print(_UNKNOWN.fill(language, id=missing), style="yellow")
    return worst(codes)


def _show_refusals(found: Sequence[Refusal], source: str, language: Language, *, as_json: bool) -> None:
    screen = Screen(highlight=False, soft_wrap=True)
    for time, claim, event in found:
        if as_json:
            said_at = time.astimezone(UTC).isoformat()
            say_json({"time": said_at, **summary(claim, Decided((event,)))})
            continue
        name = event_name(claim.type)
        screen.print(f"{operators_moment(time, language)} {name} {claim.event_id}: {told(event, language)}")
    if not (found or as_json):
        screen.print(_NOTHING.fill(language, source=source))
