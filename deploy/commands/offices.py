"""`pishkhan offices`: which offices there are, and what each may deliver."""

from typing import Annotated

import typer

from connectors.words.calendar import explained_moment
from connectors.words.catalogue import CLASSES, LICENCES, hours_words, name
from connectors.words.language import Language, Phrase, figures, in_figures, listed
from connectors.words.money import rial
from consumers.codes import CodeUnknown
from consumers.requests.directory import OfficeEntry
from consumers.requests.domain.registry.snapshot import OfficeFacts
from consumers.requests.incomes import OfficeIncome, incomes_of, jalali_month
from deploy.commands.options import DataOption, JsonOption, LanguageOption
from deploy.edge import Screen, say_json, say_lines
from deploy.settings import load_settings
from deploy.terminal.directory import directory_at, directory_now, listing, not_listed
from deploy.use_cases import opened

_HEADINGS = (
    Phrase("کد", "code"),
    Phrase("نام", "name"),
    Phrase("شهر", "city"),
    Phrase("نوع", "class"),
    Phrase("مجوز", "licence"),
    Phrase("ظرفیت", "places"),
)
_HEAD = Phrase("{code}، {name}؛ دفتر {kind} در {city}", "{code}, {name}: {kind} office in {city}")
_LICENCE = Phrase("مجوز {number}: {state}، تا {until}", "licence {number}: {state}, until {until}")
_LICENCE_OPEN = Phrase("مجوز {number}: {state}", "licence {number}: {state}")
_NOT_NOW = Phrase("؛ اکنون معتبر نیست", "; not valid now")
_CAPACITY = Phrase("ظرفیت: {places} درخواست در دست", "places: {places} requests in hand")
_MONEY = Phrase("سقف: {cap}؛ درآمد ماهانه پیش‌بینی‌شده: {expected}", "cap: {cap}; expected income of a month: {expected}")
_EQUIPMENT = Phrase("تجهیزات: {codes}", "equipment: {codes}")
_TRAINING = Phrase("آموزش: {codes}", "training: {codes}")
_OPERATORS = Phrase("کاربران: {codes}", "operators: {codes}")
_SERVICES = Phrase("می‌تواند ارائه کند ({count}): {codes}", "may deliver ({count}): {codes}")

_INCOME_HEADINGS = (
    Phrase("کد", "code"),
    Phrase("درآمد (ریال)", "earned (rial)"),
    Phrase("انتظار تا امروز", "expected so far"),
    Phrase("انتظار ماه", "of the month"),
    Phrase("رسیده", "reached"),
)
_INCOME_TITLE = Phrase("ماه {month}، روز {gone} از {days}", "Month {month}, day {gone} of {days}")
_INCOME_TOTAL = Phrase(
    "روی هم {total} از {so_far}؛ {behind} دفتر از {offices} دفتر عقب‌اند",
    "In all {total} of {so_far}; {behind} of {offices} offices are behind",
)
_PERCENT = Phrase("{percent}٪", "{percent}%")

CityOption = Annotated[str | None, typer.Option(help="Only offices in the city of this code.")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    offices = typer.Typer(help="Which offices there are, and what each may deliver.", no_args_is_help=True)
    offices.command("list")(list_offices)
    offices.command("show")(show)
    offices.command("income")(income)
    app.add_typer(offices, name="offices")


def list_offices(
    city: CityOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """List the offices in force: code, name, city, class, licence and places.

    [bold]Examples[/bold]

      pishkhan offices list --city bojnord
    """
    found = directory_now(data).offices(city)
    if as_json:
        for facts in found:
            say_json(_as_json(facts))
        return
    table = listing(_HEADINGS, language)
    for facts in found:
        office = facts.office
        words = CLASSES[office.office_class].of(language), LICENCES[office.licence.state].of(language)
        places = figures(office.daily_capacity, language)
        table.add_row(office.code, name(office.names, language), office.city, *words, places)
    Screen().print(table)


def show(
    code: Annotated[str, typer.Argument(metavar="OFFICE", help="Its code.")],
    as_json: JsonOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Show one office: licence, hours, places, money limits, and every service that it may deliver now.

    [bold]Examples[/bold]

      pishkhan offices show urban-001 --lang fa
    """
    try:
        entry = directory_now(data).office(code)
    except CodeUnknown as error:
        raise not_listed(error, language) from None
    if as_json:
        say_json({**_as_json(entry.facts), "services": list(entry.services)})
        return
    say_lines(_lines(entry, language))


def income(
    city: CityOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Show what each office has earned in this Jalali month, against what is expected of it so far.

    Who has reached least comes first. Earned is the office's own part of the fees that were posted, less what was given
    back; expected so far is the part of the month's expectation that falls on the days gone.

    [bold]Examples[/bold]

      pishkhan offices income --city bojnord

      pishkhan offices income --json
    """
    moment = load_settings(data).clock.now()
    with opened(data) as view:
        found = incomes_of(directory_at(view, moment).offices(city), view.loads, moment)
    if as_json:
        for one in found:
            say_json(_income_json(one))
        return
    month = jalali_month(moment)
    screen, table = Screen(), listing(_INCOME_HEADINGS, language)
    for one in found:
        amounts = (one.income_rial, one.expected_so_far_rial, one.expected_rial)
        table.add_row(one.facts.office.code, *(figures(rial, language) for rial in amounts), _reached(one, language))
    name = f"{month.year:04}/{month.month:02}"
    title = _INCOME_TITLE.fill(language, month=in_figures(name, language), gone=month.gone, days=month.days)
    screen.print(title, highlight=False)
    screen.print(table)
    total, so_far = sum(one.income_rial for one in found), sum(one.expected_so_far_rial for one in found)
    behind = sum(one.income_rial < one.expected_so_far_rial for one in found)
    sums = {"total": rial(total, language), "so_far": rial(so_far, language)}
    screen.print(_INCOME_TOTAL.fill(language, behind=behind, offices=len(found), **sums), highlight=False)


def _reached(one: OfficeIncome, language: Language) -> str:
    return "" if one.reached_per_mille is None else _PERCENT.fill(language, percent=one.reached_per_mille // 10)


def _income_json(one: OfficeIncome) -> dict[str, object]:
    return {
        "office": one.facts.office.code,
        "month": f"{one.month.year:04}-{one.month.month:02}",
        "days_gone": one.month.gone,
        "days": one.month.days,
        "income_rial": one.income_rial,
        "expected_so_far_rial": one.expected_so_far_rial,
        "expected_rial": one.expected_rial,
    }


def _lines(entry: OfficeEntry, language: Language) -> list[str]:
    facts, office = entry.facts, entry.facts.office
    kind, names = CLASSES[office.office_class], name(office.names, language)
    lists = ((_EQUIPMENT, office.equipment), (_TRAINING, office.training), (_OPERATORS, office.operators))
    return [
        _HEAD.fill(language, code=office.code, name=names, kind=kind, city=office.city),
        _licence(facts, language),
        *hours_words(office.hours, language),
        _CAPACITY.fill(language, places=office.daily_capacity),
        _MONEY.fill(
            language,
            cap=rial(facts.cap_rial, language),
            expected=rial(office.expected_monthly_income_rial, language),
        ),
        *(phrase.fill(language, codes=listed(codes, language)) for phrase, codes in lists if codes),
        _SERVICES.fill(language, count=len(entry.services), codes=listed(entry.services, language)),
    ]


def _licence(facts: OfficeFacts, language: Language) -> str:
    licence = facts.office.licence
    state = LICENCES[licence.state]
    if licence.valid_to is None:
        said = _LICENCE_OPEN.fill(language, number=licence.number, state=state)
    else:
        until = explained_moment(licence.valid_to, language)
        said = _LICENCE.fill(language, number=licence.number, state=state, until=until)
    return said if facts.licensed else said + _NOT_NOW.of(language)


def _as_json(facts: OfficeFacts) -> dict[str, object]:
    return {**facts.office.model_dump(mode="json"), "county": facts.county, "licensed": facts.licensed}
