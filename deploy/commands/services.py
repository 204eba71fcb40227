"""`pishkhan services`: which services can be asked for, with which form, at which price."""

from typing import Annotated

import typer

from connectors.words.catalogue import CLASSES, STAGES, field_words, line_words, name
from connectors.words.details import detail_words
from connectors.words.language import Language, Phrase, figures, listed
from connectors.words.refusals import refusal_phrase
from consumers.codes import CodeUnknown
from consumers.requests.directory import ServiceEntry
from deploy.commands.options import DataOption, JsonOption, LanguageOption
from deploy.edge import Grid, Screen, say_json
from deploy.terminal.directory import directory_now, listing, not_listed

_LIST_HEADINGS = (Phrase("کد", "code"), Phrase("نام", "name"), Phrase("دفترها", "offices"), Phrase("وضع", "state"))
_FORM_HEADINGS = (Phrase("فیلد", "field"), Phrase("نام", "name"), Phrase("مقدار", "value"), Phrase("لازم", "needed"))
_OPEN = Phrase("باز", "open")
_HEAD = Phrase(
    "{code}، {name}؛ خدمت {agency}، نسخه {version}", "{code}, {name}: a service of {agency}, version {version}"
)
_STATE = Phrase("{stage}؛ {offices} دفتر می‌تواند", "{stage}; {offices} offices may deliver it")
_CLOSED = Phrase("کسی نمی‌تواند بگیرد، {words} ({reason}): {detail}", "nobody can have it ({reason}): {detail}")
_AGENCY_ANSWERS = Phrase("دستگاه در میانه کار پاسخ می‌دهد", "the agency is asked on the way")
_WORK = Phrase("کار: {hours} ساعت کاری", "processing: {hours} working hours")
_UNDER = Phrase("زیر {agreement}، دفترهای {classes}:", "Under {agreement}, {classes} offices:")
_FREE = Phrase("رایگان", "free")
_NEEDS = Phrase("تجهیزات: {equipment}؛ آموزش: {training}", "equipment: {equipment}; training: {training}")
_NO_FORM = Phrase("فرمی ندارد", "It has no form.")
_YES, _NO = Phrase("بله", "yes"), Phrase("", "")
_PERSONAL = Phrase("بله، در بخش رمزشده", "yes, in the encrypted part")
_PERSONAL_OPTIONAL = Phrase("در بخش رمزشده", "in the encrypted part")
_SUBMIT = Phrase("ثبت:", "Submit one with:")

AgencyOption = Annotated[str | None, typer.Option(help="Only services of the agency of this code.")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    services = typer.Typer(help="Which services can be asked for, and with which form.", no_args_is_help=True)
    services.command("list")(list_services)
    services.command("show")(show)
    app.add_typer(services, name="services")


def list_services(
    agency: AgencyOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """List the services in force: code, name, how many offices may deliver it, and why nobody can have it, if so.

    [bold]Examples[/bold]

      pishkhan services list --agency electricity

      pishkhan services list --lang fa
    """
    entries = directory_now(data).services(agency)
    if as_json:
        for entry in entries:
            say_json(_as_json(entry))
        return
    table = listing(_LIST_HEADINGS, language)
    for entry in entries:
        state = _OPEN if entry.refused is None else refusal_phrase(entry.refused.reason)
        service = entry.service
        table.add_row(service.code, name(service.names, language), figures(entry.offices, language), state.of(language))
    Screen().print(table)


def show(
    code: Annotated[str, typer.Argument(metavar="SERVICE", help="Its code.")],
    as_json: JsonOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Show one service: what its form asks for, what it costs whom, and which offices may deliver it.

    [bold]Examples[/bold]

      pishkhan services show electricity.bill-copy
    """
    try:
        entry = directory_now(data).service(code)
    except CodeUnknown as error:
        raise not_listed(error, language) from None
    if as_json:
        say_json(_as_json(entry))
        return
    screen = Screen(highlight=False, soft_wrap=True)
    screen.print_lines(_head(entry, language))
    screen.print(_form(entry, language), soft_wrap=False)
    if entry.service.form and entry.refused is None:
        screen.print_lines((_SUBMIT.of(language), f"  {_submit_command(entry)}"))


def _head(entry: ServiceEntry, language: Language) -> list[str]:
    service, refused = entry.service, entry.refused
    version, names = str(service.version), name(service.names, language)
    lines = [
        _HEAD.fill(language, code=service.code, name=names, agency=service.agency, version=version),
        name(service.description, language),
        _STATE.fill(language, stage=STAGES[service.stage], offices=entry.offices),
    ]
    if refused is not None:
        words = refusal_phrase(refused.reason)
        lines.append(
            _CLOSED.fill(language, words=words, reason=refused.reason, detail=detail_words(refused.detail, language))
        )
    lines.append(_WORK.fill(language, hours=service.processing_working_hours))
    if service.needs_agency_answer:
        lines.append(_AGENCY_ANSWERS.of(language))
    if service.equipment or service.training:
        needed = (listed(codes, language) or "-" for codes in (service.equipment, service.training))
        lines.append(_NEEDS.fill(language, **dict(zip(("equipment", "training"), needed, strict=True))))
    for agreement, terms in entry.offers:
        classes = listed((CLASSES[one].of(language) for one in terms.office_classes), language)
        lines.append(_UNDER.fill(language, agreement=agreement.code, classes=classes))
        lines += [f"  {line_words(line, language)}" for line in terms.tariff] or [f"  {_FREE.of(language)}"]
    return lines


def _form(entry: ServiceEntry, language: Language) -> Grid | str:
    if not entry.service.form:
        return _NO_FORM.of(language)
    table = listing(_FORM_HEADINGS, language)
    for field in sorted(entry.service.form, key=lambda one: one.order):
        if field.personal:
            needed = _PERSONAL if field.required else _PERSONAL_OPTIONAL
        else:
            needed = _YES if field.required else _NO
        cells = (field.code, name(field.names, language), field_words(field, language), needed.of(language))
        table.add_row(*cells)
    return table


def _submit_command(entry: ServiceEntry) -> str:
    needed = (field for field in entry.service.form if field.required and not field.personal)
    fields = "".join(f" --field {field.code}=…" for field in sorted(needed, key=lambda one: one.order))
    return f"pishkhan agency {entry.service.agency} submit {entry.service.code} --city …{fields}"


def _as_json(entry: ServiceEntry) -> dict[str, object]:
    refused = None
    if entry.refused is not None:
        refused = {"reason": entry.refused.reason.value, "detail": entry.refused.detail}
    offers = [{"agreement": held.code, **terms.model_dump(mode="json")} for held, terms in entry.offers]
    service = entry.service.model_dump(mode="json")
    return {**service, "offices": entry.offices, "refused": refused, "agreements": offers}
