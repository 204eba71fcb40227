"""What the terminal shows of a day: words, figures, commands that can be copied, a picture that needs nothing else."""

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console, RenderableType

from connectors.database.requests.requests import RequestCounts
from connectors.words.language import Language, Phrase
from connectors.words.outcomes import STAGES
from consumers.settlement.books import LedgerSummary
from deploy.demo.picture import save_picture
from deploy.demo.report import ByClass, Report, Seconds
from deploy.demo.screen import Glance, line, look_next, screen, summary
from deploy.demo.steering import Distances, Steering
from schemas.log_requests import RefusalReason
from tests.kit.values.builders import MOMENT

STATES = {"completed": 70, "escalated": 5, "accepted": 3, "started": 4, "routed": 2, "refused": 9, "parked": 7}
GLANCE = Glance(MOMENT, 100, 100, STATES, 30_000, 20_000, 6_000, 0, 3, ["water.leak-report → urban-001 · completed"])
REPORT = Report(
    requests=RequestCounts(submitted=100, routed=84, refused=9, parked=7, completed=70, cancelled=0),
    ledger=LedgerSummary(held_rial=30_000, posted_rial=20_000, voided_rial=6_000, still_held_rial=4_000, sum_rial=0),
    offices=ByClass(50, 152),
    services=ByClass(74, 32),
    agreements=11,
    steering=Steering(Distances(60, 7_420, 2_300, 25_660), Distances(24, 1_300, 1_330, 2_441), 1163, 0.5351),
    seconds=Seconds(10.0, 3.0, 60.0),
    refusals={RefusalReason.FORM_INVALID: 6, RefusalReason.NO_ELIGIBLE_OFFICE: 3},
    with_person=tuple(f"id-{number}" for number in range(5)),
)


def shown(what: RenderableType, *, soft_wrap: bool = False) -> str:
    """Return what a terminal of 80 columns shows."""
    console = Console(file=StringIO(), width=80)
    console.print(what, soft_wrap=soft_wrap)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # the file is the one given above
    return text


def words(text: str) -> str:
    """Return `text` without frames and line breaks."""
    return " ".join(text.replace("│", " ").split())


def test_the_summary_says_where_every_routed_request_is() -> None:
    said = words(shown(summary(REPORT, STATES, [], Language.EN)))
    assert "100 requests were submitted: 84 routed, 9 refused with a reason, 7 parked." in said
    assert "At the end of the day: 70 completed, 7 under way, 5 left to a person" in said
    assert "2 waiting for their office" in said
    assert "30,000 rial were held = 20,000 posted + 6,000 voided + 4,000 still held" in said
    assert "of agencies' requests 7.4 km on average (half 2.3 at most, 95 % 25.7)" in said
    assert "of chosen offices 1.3 km on average (half 1.3 at most, 95 % 2.4)" in said
    assert "95 % are accepted within 19 minutes; the Gini coefficient of income over expectation is 0.535." in said
    assert "The books agree." in said


def test_the_summary_names_why_requests_were_refused_and_which_were_left_to_a_person() -> None:
    said = words(shown(summary(REPORT, STATES, [], Language.EN)))
    assert (
        "Refused were: 6 the form is incomplete or wrong (form_invalid), "
        "3 no office within reach can have it (no_eligible_office)." in said
    )
    assert "Left to a person: id-0, id-1, id-2 and 2 more (`pishkhan requests list --with-person`)." in said
    nobody = words(shown(summary(replace(REPORT, refusals={}, with_person=()), STATES, [], Language.EN)))
    assert "Refused were" not in nobody
    assert "Left to a person" not in nobody


def test_a_day_whose_books_do_not_agree_is_not_called_sound() -> None:
    said = words(shown(summary(REPORT, STATES, ["100 requests were played, 99 are known"], Language.EN)))
    assert "100 requests were played, 99 are known" in said
    assert "The books agree." not in said


def test_no_state_of_a_request_is_shown_as_a_code() -> None:
    states = dict.fromkeys(STAGES, 1)
    view = Glance(MOMENT, 13, 13, states, 0, 0, 0, 0, 0, [])
    assert "_" not in shown(screen(view, Language.EN)) + line(view, Language.EN)


def test_a_long_command_stays_on_its_line() -> None:
    command = "pishkhan explain " + "x" * 100 + " --verify"
    assert f"  {command}\n" in shown(look_next([(command, Phrase("چرا", "why"))], Language.EN), soft_wrap=True)


def test_the_picture_names_nothing_that_must_be_fetched(tmp_path: Path) -> None:
    picture = tmp_path / "demo.svg"
    save_picture(picture, "make demo", screen(GLANCE, Language.EN))
    text = picture.read_text(encoding="utf-8")
    assert "url(" not in text.replace("url(#", "")
    assert "دفتر" in text


def test_all_of_it_is_told_in_persian_too() -> None:
    said = words(shown(summary(REPORT, STATES, [], Language.FA)))
    assert "۱۰۰ درخواست ثبت شد: ۸۴ تخصیص یافت، ۹ با دلیل رد شد، ۷ در انتظار ماند." in said
    assert "حساب‌ها می‌خواند." in said
    views = said + words(shown(screen(replace(GLANCE, latest=[]), Language.FA))) + line(GLANCE, Language.FA)
    english = set(re.findall(r"[a-z][a-z_-]+", views))
    commands = {"pishkhan", "requests", "list", "--with-person", "id-", "with-person", "id"}
    codes = {"form_invalid", "no_eligible_office"}
    titles = {"he", "day", "ledger", "rial", "waiting"}
    assert english <= commands | codes | titles
