"""The directory of what can be asked for, read from the bus's database."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from connectors.words.language import Language, Phrase, listed
from consumers.codes import CodeUnknown
from consumers.requests.directory import Directory
from consumers.requests.domain.registry.view import RegistryView
from deploy.edge import Grid
from deploy.problem import Problem
from deploy.settings import load_settings
from deploy.use_cases import View, opened

_KINDS = {"service": Phrase("خدمتی", "service"), "office": Phrase("دفتری", "office")}
_NOT_LISTED = Phrase(
    "{kind} با کد {code} در کار نیست؛ `pishkhan {list}` فهرست را نشان می‌دهد.",
    "No {kind} {code} is in force; `pishkhan {list}` shows which are.",
)
_NEAR = Phrase("{said} نزدیک به آن: {near}", "{said} Near it: {near}")


def directory_now(data: Path | None) -> Directory:
    """Return what can be asked for now. Raises `Unreachable`."""
    moment = load_settings(data).clock.now()
    with opened(data) as view:
        return directory_at(view, moment)


def directory_at(view: View, moment: datetime) -> Directory:
    """Return what can be asked for at a moment of business time."""
    return Directory(RegistryView.empty().with_entries(view.registry.since(0)), moment)


def listing(headings: Iterable[Phrase], language: Language) -> Grid:
    """Return an empty table, the first column of which holds codes: they are copied, so they are never broken."""
    table = Grid(box=None, pad_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(heading.of(language), no_wrap=number == 0, overflow="fold")
    return table


def not_listed(error: CodeUnknown, language: Language) -> Problem:
    """Return the problem of a code that nothing has, with those that look like it."""
    said = _NOT_LISTED.fill(language, kind=_KINDS[error.kind], code=error.code, list=f"{error.kind}s list")
    return Problem(_NEAR.fill(language, said=said, near=listed(error.near, language)) if error.near else said)
