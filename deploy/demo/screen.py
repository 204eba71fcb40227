"""What the terminal shows while a day runs, and the summary when it is over. Pure: figures in, renderables out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from connectors.words.calendar import local_moment
from connectors.words.language import EMPTY, Language, Phrase, figures, listed
from connectors.words.outcomes import stage
from connectors.words.vocabulary import REFUSALS
from deploy.demo.report import Report
from deploy.demo.steering import Steering
from deploy.edge import Grid

#: So many requests that were left to a person are named.
NAMED_MAX = 3
_UNDER_WAY = Phrase("در دست انجام", "under way")
#: What the summary says of routed requests, by state.
_ENDS: Mapping[str, Phrase] = {
    "completed": Phrase("انجام شد", "completed"),
    "rejected": Phrase("رد شد از سوی دستگاه", "rejected by their agency"),
    "cancelled": Phrase("لغو شد", "cancelled"),
    "expired": Phrase("مهلتش گذشت", "expired"),
    "escalated": Phrase(
        "به کارشناس واگذار شد، چون هیچ دفتری به هنگام نپذیرفت", "left to a person because no office took them in time"
    ),
    "routed": Phrase("در انتظار دفتر خود", "waiting for their office"),
    "accepted": _UNDER_WAY,
    "fee_collected": _UNDER_WAY,
    "started": _UNDER_WAY,
    "agency_awaited": _UNDER_WAY,
}
_TITLE = Phrase(
    "پیشخوان · {now} تهران · {submitted} از {planned} درخواست ({percent} ٪)",
    "Pishkhan · {now} Tehran · {submitted} of {planned} requests ({percent} %)",
)
_HELD, _POSTED = Phrase("رزروشده", "held"), Phrase("ثبت‌شده", "posted")
_VOIDED, _SUM = Phrase("باطل‌شده", "voided"), Phrase("Σ همه حساب‌ها", "Σ of all accounts")
_OUTBOX, _LATEST = Phrase("صندوق خروجی", "outbox"), Phrase("آخرین تخصیص‌ها", "latest decisions")
_LINE = Phrase("{now}  {states}؛ {posted} ریال ثبت‌شده", "{now}  {states}; {posted} rial posted")
_NO_REQUESTS = Phrase("هنوز درخواستی نیست", "no requests yet")
_COUNTED = Phrase("{count} {what}", "{count} {what}")
_PROVINCE = Phrase(
    "{urban} دفتر شهری و {rural} دفتر روستایی، {urban_services} خدمت در دفترهای شهری و {rural_services} خدمت در "
    "دفترهای روستایی، زیر {agreements} تفاهم‌نامه.\n",
    "{urban} urban and {rural} rural offices, {urban_services} services at urban and {rural_services} at rural "
    "offices, under {agreements} agreements.\n",
)
_REQUESTS = Phrase(
    "{submitted} درخواست ثبت شد: {routed} تخصیص یافت، {refused} با دلیل رد شد، {parked} در انتظار ماند.\n",
    "{submitted} requests were submitted: {routed} routed, {refused} refused with a reason, {parked} parked.\n",
)
_REFUSED = Phrase("رد شد: {reasons}.\n", "Refused were: {reasons}.\n")
_REASON = Phrase("{count} {words} ({code})", "{count} {words} ({code})")
_AT_END, _NONE = Phrase("در پایان روز: {ends}.\n", "At the end of the day: {ends}.\n"), Phrase("هیچ", "none")
_LEFT, _MORE = (
    Phrase("واگذار به کارشناس: {named}{more}.\n", "Left to a person: {named}{more}.\n"),
    Phrase(
        " و {count} درخواست دیگر (`pishkhan requests list --with-person`)",
        " and {count} more (`pishkhan requests list --with-person`)",
    ),
)
_BOOKS = Phrase(
    "{held} ریال رزرو شد = {posted} ثبت‌شده + {voided} باطل‌شده + {still} هنوز رزرو؛ جمع همه حساب‌ها {sum} است.\n",
    "{held} rial were held = {posted} posted + {voided} voided + {still} still held; all accounts add up to {sum}.\n",
)
_FAR = Phrase(
    "{whose} به طور میانگین {mean} کیلومتر (نیمی حداکثر {median}، ۹۵٪ حداکثر {p95})",
    "{whose} {mean} km on average (half {median} at most, 95 % {p95})",
)
_OF_AGENCIES, _CHOSEN = Phrase("درخواست دستگاه‌ها", "of agencies' requests"), Phrase("دفتر برگزیده", "of chosen offices")
_STEERED = Phrase(
    "فاصله‌ها: {agency}؛ {chosen}. ۹۵٪ در {minutes} دقیقه پذیرفته می‌شود؛ ضریب جینی درآمد بر انتظار {gini} است.\n",
    "Distances: {agency}; {chosen}. 95 % are accepted within {minutes} minutes; the Gini coefficient of income over "
    "expectation is {gini}.\n",
)
_TOOK = Phrase(
    "موتورها {engines} ثانیه، استان {load} ثانیه و روز {run} ثانیه گرفت.",
    "Engines took {engines} s, the province {load} s, the day {run} s.",
)
_AGREE = Phrase("حساب‌ها می‌خواند.", "The books agree.")


@dataclass(frozen=True, slots=True)
class Glance:
    """One look at the running day. Amounts are rial; `unpublished` is what the relay has still to publish."""

    now: datetime
    planned: int
    submitted: int
    states: Mapping[str, int]
    held_rial: int
    posted_rial: int
    voided_rial: int
    sum_rial: int
    unpublished: int
    latest: Sequence[str]


def screen(glance: Glance, language: Language) -> RenderableType:
    """Return the live view: requests by state, the ledger, the pipes, and the latest decisions in words."""
    title = _TITLE.fill(
        language,
        now=local_moment(glance.now, language),
        submitted=glance.submitted,
        planned=glance.planned,
        percent=100 * glance.submitted // max(glance.planned, 1),
    )
    requests = _figures(
        "requests · درخواست‌ها",
        {stage(name, language): figures(count, language) for name, count in sorted(glance.states.items())},
    )
    amounts = {
        _HELD: glance.held_rial,
        _POSTED: glance.posted_rial,
        _VOIDED: glance.voided_rial,
        _SUM: glance.sum_rial,
    }
    ledger = _figures(
        "ledger, rial · دفتر کل",
        {name.of(language): figures(amount_rial, language) for name, amount_rial in amounts.items()},
    )
    pipes = _figures("waiting · در صف", {_OUTBOX.of(language): figures(glance.unpublished, language)})
    decisions = Text("\n".join(glance.latest) or "…", overflow="ellipsis", no_wrap=True)
    latest = Panel(decisions, title=_LATEST.of(language))
    return Panel(Group(Columns([requests, ledger, pipes]), latest), title=title, border_style="cyan")


def line(glance: Glance, language: Language) -> str:
    """Return a glance in one line, for logs and pipes."""
    states = listed(
        (
            _COUNTED.fill(language, count=count, what=stage(name, language))
            for name, count in sorted(glance.states.items())
        ),
        language,
    )
    return _LINE.fill(
        language,
        now=local_moment(glance.now, language),
        states=states or _NO_REQUESTS.of(language),
        posted=glance.posted_rial,
    )


def summary(report: Report, states: Mapping[str, int], faults: Sequence[str], language: Language) -> RenderableType:
    """Return the day in words and numbers: `states` counts the requests at its end, `faults` is what does not agree."""
    requests, ledger, seconds = report.requests, report.ledger, report.seconds
    words = Text.assemble(
        _PROVINCE.fill(
            language,
            urban=report.offices.urban,
            rural=report.offices.rural,
            urban_services=report.services.urban,
            rural_services=report.services.rural,
            agreements=report.agreements,
        ),
        _REQUESTS.fill(
            language,
            submitted=requests.submitted,
            routed=requests.routed,
            refused=requests.refused,
            parked=requests.parked,
        ),
        _refused(report, language),
        _AT_END.fill(language, ends=_ends(states, language)),
        _left_to_a_person(report, language),
        _BOOKS.fill(
            language,
            held=ledger.held_rial,
            posted=ledger.posted_rial,
            voided=ledger.voided_rial,
            still=ledger.still_held_rial,
            sum=ledger.sum_rial,
        ),
        _steered(report.steering, language),
        _TOOK.fill(language, engines=f"{seconds.engines:.1f}", load=f"{seconds.load:.1f}", run=f"{seconds.run:.1f}"),
    )
    agree = Text(_AGREE.of(language), style="green")
    verdict = agree if not faults else Text("\n".join(faults), style="bold red")
    return Panel(Group(words, verdict), title="The day · روز کاری", border_style="green")


def look_next(steps: Sequence[tuple[str, Phrase]], language: Language) -> Text:
    """Return where to look next: each command with what it shows. Print it softly wrapped, so that it can be copied."""
    text = Text()
    for command, purpose in steps:
        text.append(f"\n{purpose.of(language)}\n").append(f"  {command}\n", style="bold")
    return text


def _refused(report: Report, language: Language) -> str:
    """Return why requests were refused, the most first; nothing when none was."""
    if not report.refusals:
        return ""
    reasons = (
        _REASON.fill(language, count=count, words=REFUSALS[reason], code=reason.value)
        for reason, count in report.refusals.items()
    )
    return _REFUSED.fill(language, reasons=listed(reasons, language))


def _left_to_a_person(report: Report, language: Language) -> str:
    """Name the requests that no office took in time; nothing when there is none."""
    named, more = report.with_person[:NAMED_MAX], len(report.with_person) - NAMED_MAX
    if not named:
        return ""
    return _LEFT.fill(language, named=listed(named, language), more=_MORE.filled(count=more) if more > 0 else EMPTY)


def _steered(steering: Steering, language: Language) -> str:
    """Return how far people go, how long they wait, and how evenly income falls."""
    agency, chosen = (
        _FAR.fill(language, whose=whose, mean=_km(one.mean_m), median=_km(one.median_m), p95=_km(one.p95_m))
        for whose, one in ((_OF_AGENCIES, steering.agency), (_CHOSEN, steering.chosen))
    )
    return _STEERED.fill(
        language,
        agency=agency,
        chosen=chosen,
        minutes=steering.wait_p95_seconds // 60,
        gini=f"{steering.income_gini:.3f}",
    )


def _km(metres: int) -> str:
    return f"{metres / 1000:.1f}"


def _ends(states: Mapping[str, int], language: Language) -> str:
    """Return where the routed requests are, the most first."""
    counts: Counter[Phrase] = Counter()
    for name, count in states.items():
        if name in _ENDS:
            counts[_ENDS[name]] += count
    told = (_COUNTED.fill(language, count=count, what=words) for words, count in counts.most_common())
    return listed(told, language) or _NONE.of(language)


def _figures(title: str, rows: Mapping[str, str]) -> RenderableType:
    table = Grid.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    for name, value in rows.items():
        table.add_row(name, value)
    return Panel(table, title=title)
