"""`pishkhan province`: check a province's folder, and load it into the bus."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, time
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from connectors.files.days import typed_day
from connectors.files.problem import Wrong
from connectors.words.catalogue import name
from connectors.words.changes import plan_lines
from connectors.words.details import detail_words
from connectors.words.language import EMPTY, Language, Phrase
from consumers.jalali import STANDARD_TIME
from consumers.runner.errors import BrokerUnavailable, Contention, DatabaseUnavailable
from deploy.agencies import provision
from deploy.commands.options import DataOption, LanguageOption
from deploy.edge import Grid, Screen
from deploy.exits import ExitCode
from deploy.operations.administering import attempted
from deploy.problem import Misused, Problem, Unreachable
from deploy.provinces.files import ProvinceInvalid
from deploy.provinces.loader import Province, province_claims, read_province
from deploy.provinces.loading import Loading, plan_province, publish_plan
from deploy.running.demonstration import note_use
from deploy.settings import Settings, load_settings
from producers.access.audit import AdminAct
from producers.ports import OutboxUnavailable
from producers.registration import Plan

BUILT_IN = Path(__file__).parent.parent / "provinces"
#: More problems than a person reads at once only hide the first ones.
PROBLEMS_SHOWN = 20
_MORE = Phrase("… و {count} مشکل دیگر.", "… and {count} more problems.")
_WOULD = Phrase("{count} ادعا منتشر می‌شد.", "{count} claims would be published.")
_WOULD_NOT = Phrase("چیزی تغییر نمی‌کرد.", "Nothing would change.")
_QUESTION = Phrase("منتشر شود؟ (--yes بی‌پرسش منتشر می‌کند)", "Publish this? (--yes does so without asking)")
_FOLLOW = Phrase(
    "{count} مشکل دیگر پیامد این‌هاست و با درست‌کردن این‌ها از میان می‌رود.",
    "{count} more problems only follow from these, and go when these are mended.",
)
_SILENT = Phrase(
    "گذرگاه پاسخ نمی‌دهد: {error}. آیا `pishkhan up` در کار است؟",
    "The bus does not answer: {error}. Is `pishkhan up` running?",
)
_REFUSED_ONE = Phrase("{name} از {source}: {reason}: {detail}", "{name} of {source}: {reason}: {detail}")
_REFUSED = Phrase(
    "دفتر ثبت {count} گفته را نپذیرفت؛ پرونده‌ها را درست کنید و دوباره بارگذاری کنید.",
    "The registry refused {count} claims; correct the files and load them again.",
)
_IN_ORDER = Phrase("{name} ({code}) درست است: {count} گفته.", "{name} ({code}) is in order: {count} claims.")
_LOADING = Phrase("بارگذاری {name}", "loading {name}")
_NO_FOLDER = Phrase(
    "پوشه {folder} نیست؛ پوشه استانی را نام ببرید، یا north_khorasan.",
    "There is no folder {folder}; name a province's folder, or north_khorasan.",
)
_NOTHING_NEW = Phrase(
    "چیز تازه‌ای نیست: هر {known} گفته دانسته بود. بازبینی ثبت {revision}.",
    "Nothing new: all {known} claims were known. Registry revision {revision}.",
)
_TAKEN = Phrase(
    "{taken} گفته پذیرفته شد{before}. بازبینی ثبت {revision}.",
    "{taken} claims taken{before}. Registry revision {revision}.",
)
_BEFORE = Phrase("، {known} تا پیش‌تر دانسته بود", ", {known} known before")

FolderArgument = Annotated[
    Path, typer.Argument(help="A province's folder, or the name of one that comes with the bus: north_khorasan.")
]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    province = typer.Typer(
        help="Provinces as data: another province is another folder.\n\n"
        "[bold]Examples[/bold]\n\n"
        "pishkhan province check ./my_province\n\n"
        "pishkhan province load north_khorasan",
        no_args_is_help=True,
    )
    province.command("check")(check)
    province.command("load")(load)
    app.add_typer(province, name="province")


def check(folder: FolderArgument, language: LanguageOption = Language.EN) -> None:
    """Read a province's files and say everything that is wrong, with file, line, field and remedy. Changes nothing.

    [bold]Example[/bold]

      pishkhan province check ./my_province
    """
    province = _read(folder, language)
    console = Screen()
    shown, count = name(province.names, language), len(province_claims(province))
    console.print(_IN_ORDER.fill(language, name=shown, code=province.code, count=count))
    console.print(_summary(province))


def load(
    folder: FolderArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change, and for whom.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Publish it without asking.")] = False,
    begins: Annotated[
        str | None,
        typer.Option("--from", help="Day from which changes hold, 2027-03-21 or 1406-01-01; now by default."),
    ] = None,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Publish a province as its agencies and the directorate would, and wait until the registry has taken it.

    Loading the same folder again changes nothing. What is written otherwise than before becomes the next version of its
    service, agreement or office: first it is shown what will change and for whom, then it is asked for. Rows that are
    already in force need no new row. What agencies paused or withdrew, and suspended licences, stay as they are. What
    the registry refused is shown with the reason.

    [bold]Examples[/bold]

      pishkhan province load north_khorasan

      pishkhan province load ./my_province --dry-run

      pishkhan province load ./my_province --yes --from 1406-01-01
    """
    moment = None if begins is None else _beginning(begins, language)
    province = _read(folder, language)
    settings = load_settings(data)
    note_use(settings.data_directory)
    console = Screen()
    try:
        plan = plan_province(settings, province, moment)
        console.print_lines(plan_lines(plan, province.offices, language))
        if dry_run:
            console.print((_WOULD if plan.claims else _WOULD_NOT).fill(language, count=len(plan.claims)))
            return
        if plan.changes and not yes:
            typer.confirm(_QUESTION.of(language), abort=True)
        with attempted(data, AdminAct.PROVINCE_LOAD, province.code) as deed:
            loading = _publish(settings, province, plan, language)
            deed.note(f"{loading.published} claims published, {len(loading.refused)} refused")
    except (BrokerUnavailable, DatabaseUnavailable, Contention, OutboxUnavailable) as error:
        raise Unreachable(_SILENT.filled(error=str(error))) from error
    console.print(_outcome(loading, language))
    console.print(_summary(province))
    if loading.refused:
        for refused in loading.refused[:PROBLEMS_SHOWN]:
            event = refused.claim_type.removeprefix("ir.pishkhan.")
            detail = detail_words(refused.detail, language)
            text = _REFUSED_ONE.fill(
                language, name=event, source=refused.claim_source, reason=refused.reason, detail=detail
            )
            console.print(text, highlight=False, soft_wrap=True)
        raise Problem(_REFUSED.filled(count=len(loading.refused)), ExitCode.REFUSED)


def _publish(settings: Settings, province: Province, plan: Plan, language: Language) -> Loading:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    provision(settings, sorted(province.agencies))
    with Progress(*columns, console=Screen(stderr=True), transient=True) as progress:
        task = progress.add_task(_LOADING.fill(language, name=name(province.names, language)), total=None)
        return publish_plan(
            settings, plan, lambda decided, total: progress.update(task, completed=decided, total=total)
        )


def _beginning(text: str, language: Language) -> datetime:
    """Return when a day begins in Iran, written on either calendar: nobody means a year 1406 of Gregory."""
    day = typed_day(text)
    if isinstance(day, Wrong):
        raise Misused(f"--from {text}: {day.problem.of(language)}; {day.remedy.of(language)}")
    return datetime.combine(day, time(), STANDARD_TIME)


def _read(folder: Path, language: Language) -> Province:
    path = folder if folder.is_dir() else BUILT_IN / folder
    if not path.is_dir():
        raise Misused(_NO_FOLDER.filled(folder=str(folder)))
    try:
        return read_province(path)
    except ProvinceInvalid as invalid:
        raise Problem("\n".join(_problems(invalid, language)), ExitCode.DIFFERS) from None


def _problems(invalid: ProvinceInvalid, language: Language) -> Iterator[str]:
    """Yield the causes, each once, and how much follows from them."""
    shown = invalid.problems[:PROBLEMS_SHOWN]
    yield from (problem.words(language) for problem in shown)
    if len(invalid.problems) > len(shown):
        yield _MORE.fill(language, count=len(invalid.problems) - len(shown))
    if invalid.follow_ups:
        yield _FOLLOW.fill(language, count=invalid.follow_ups)


def _outcome(loading: Loading, language: Language) -> str:
    known, revision = loading.known_before, str(loading.revision)
    if loading.published == 0:
        return _NOTHING_NEW.fill(language, known=known, revision=revision)
    before = _BEFORE.filled(known=known) if known else EMPTY
    taken = loading.published - len(loading.refused)
    return _TAKEN.fill(language, taken=taken, before=before, revision=revision)


def _summary(province: Province) -> Grid:
    counts = province.counts()
    table = Grid("", "count")
    for field in fields(counts):
        table.add_row(field.name.replace("_", " "), str(getattr(counts, field.name)))
    latest = province.territories[-1]
    table.add_row("counties today", str(len(latest.counties)))
    table.add_row("towns and rural zones", str(len(latest.cities)))
    table.add_row("agencies", str(len(province.agencies)))
    return table
