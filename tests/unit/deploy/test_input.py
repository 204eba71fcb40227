"""Inputs that were read wrongly once, through the commands' own readers, with the right values."""

import csv
import re
import shutil
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import pytest
import yaml
from persiantools import digits

from connectors.words.language import Language
from consumers.jalali import jalali_day
from deploy.operations.replay.mapping import Dropped, LogMapping, read_mapping
from deploy.operations.replay.reading import Replay, load_mapping, read_log
from deploy.problem import Problem
from deploy.provinces.files import ProvinceInvalid
from deploy.provinces.generate import NORTH_KHORASAN
from deploy.provinces.loader import read_province

QUOTE = '"'
CASES = Path(__file__).parents[2] / "data" / "cases"
DAY = re.compile(r"\b20\d\d-\d\d-\d\d\b")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "province"
    shutil.copytree(NORTH_KHORASAN, copy)
    return copy


def said_of(folder: Path) -> ProvinceInvalid:
    """Return what is said of a folder that cannot be loaded."""
    with pytest.raises(ProvinceInvalid) as found:
        read_province(folder)
    return found.value


def edit(path: Path, change: Callable[[str], str]) -> None:
    """Change a file as an editor does."""
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, encoding="utf-8")


def replay(tmp_path: Path, log: bytes, **changes: object) -> Replay:
    """Return what becomes of a log under the cases' mapping with some of its fields changed."""
    path = tmp_path / "log.csv"
    path.write_bytes(log)
    return read_log(path, mapping(**changes))


def mapping(**changes: object) -> LogMapping:
    """Return the cases' mapping with some of its fields changed; None takes one out."""
    content = {**yaml.safe_load((CASES / "R_base.yaml").read_text(encoding="utf-8")), **changes}
    return read_mapping({name: value for name, value in content.items() if value is not None})


# --- logs of other cities ----------------------------------------------------------------------------------------


def test_a_short_row_of_a_log_is_dropped_and_counted() -> None:
    found = read_log(CASES / "01_short_row.csv", load_mapping(CASES / "R_base.yaml"))
    assert [case.case_id for case in found.cases] == ["1", "3"]
    assert found.rows == 3
    assert found.dropped == {(Dropped.BROKEN_ROW, ""): 1}


def test_unquoted_times_of_day_are_times_of_day() -> None:
    found = load_mapping(CASES / "03_sexagesimal.yaml")
    assert found.day is not None
    assert (found.day.source, found.day.target) == ((time(7), time(20)), (time(7, 30), time(13, 45)))
    first = read_log(CASES / "01_short_row.csv", found).cases[0]
    assert f"{first.opened_at:%H:%M:%S}" == "08:27:41"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("[20:00, 07:00]", "line 5, day: source ends before it begins; "),
        ("[7, 20]", "line 5, day.source.0: is no time of day; write it as 07:30; "),
        ("[07:00, 25:00]", "line 5, day.source.1: "),
        ("[۰۷:۰۰, 7:00]", "line 5, day: source ends before it begins; "),
    ],
)
def test_a_reversed_or_unreadable_time_is_refused_with_its_line(tmp_path: Path, written: str, words: str) -> None:
    path = tmp_path / "mapping.yaml"
    text = (CASES / "03_sexagesimal.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("[07:00, 20:00]", written), encoding="utf-8")
    with pytest.raises(Problem) as refused:
        load_mapping(path)
    assert words in f"{refused.value}; "


def test_a_category_no_is_the_word(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    text = (CASES / "R_base.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("{Leak: water", "{no: water.leak-report, 311: water"), encoding="utf-8")
    assert set(load_mapping(path).categories) == {"no", "311"}


def test_a_log_that_is_cut_in_mid_row_is_not_played(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="line 3, row: the file ends in the middle of this row"):
        replay(tmp_path, b"id,opened,category,place\n1,2026-01-05 09:00:00,Leak,North\n2,2026-01-05 10:00:00,Le")


def test_a_log_from_a_spreadsheet_is_the_same_log(tmp_path: Path) -> None:
    plain = (CASES / "01_short_row.csv").read_text(encoding="utf-8")
    for log in (plain.replace(",", ";"), f"\ufeff{plain}", plain.replace("\n", "\r\n"), f"{plain},,,\n\n"):
        assert replay(tmp_path, log.encode()).cases == replay(tmp_path, plain.encode()).cases


def test_an_arabic_keyboard_names_the_same_category_and_place(tmp_path: Path) -> None:
    log = "id,opened,category,place\n1,۲۰۲۶-۰۱-۰۵ ۰۹:۰۰:۰۰,خرابي,شمالي\n".encode()
    found = replay(tmp_path, log, categories={"خرابی": "water.leak-report"}, places={"شمالی": "bojnord"})
    assert [(case.category, case.place) for case in found.cases] == [("خرابی", "شمالی")]


def test_an_id_that_a_spreadsheet_has_rounded_is_none(tmp_path: Path) -> None:
    log = b"id,opened,category,place\n1.00007E+11,2026-01-05 09:00:00,Leak,North\n"
    assert replay(tmp_path, log).dropped == {(Dropped.UNREADABLE, ""): 1}


def test_a_jalali_log_says_so_or_is_refused_with_the_remedy(tmp_path: Path) -> None:
    log = b"id,opened,category,place\n1,1404-02-31 09:00:00,Leak,North\n"
    with pytest.raises(Problem, match=r"line 2, opened: has a Jalali year .* `calendar: jalali` into the mapping"):
        replay(tmp_path, log)
    [case] = replay(tmp_path, log, calendar="jalali").cases
    assert case.opened_at == datetime(2025, 5, 21, 9)  # noqa: DTZ001  wall clock
    with pytest.raises(Problem, match="leave `calendar: jalali` out of the mapping"):
        replay(tmp_path, (CASES / "01_short_row.csv").read_bytes(), calendar="jalali")


WITHOUT_IDS = b"opened,category\n2026-01-05 09:00:00,Leak\n2026-01-05 09:00:00,Leak\n2026-01-05 10:00:00,Leak\n"
COLUMNS = {"opened": "opened", "category": "category"}


def test_a_log_without_ids_and_places_has_ids_made_of_its_rows_and_one_place(tmp_path: Path) -> None:
    found = replay(tmp_path, WITHOUT_IDS, columns=COLUMNS, places=None, place="bojnord")
    again = replay(tmp_path, WITHOUT_IDS + WITHOUT_IDS[-25:], columns=COLUMNS, places=None, place="bojnord")
    assert {case.city for case in found.cases} == {"bojnord"}
    ids = [case.case_id for case in found.cases]
    assert len(set(ids)) == 3
    assert {case.case_id for case in again.cases} > set(ids)


@pytest.mark.parametrize("changes", [{"place": "bojnord"}, {"places": None}, {"columns": COLUMNS}])
def test_a_log_has_places_by_column_or_one_place(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"name either columns\.place and places, or the one city of all rows"):
        mapping(**changes)


# --- a province's files ------------------------------------------------------------------------------------------


def test_a_jalali_year_is_refused_with_the_day_that_is_meant(folder: Path) -> None:
    row = (CASES / "jalali_year_in_counties.csv").read_text(encoding="utf-8").splitlines()[1]
    edit(folder / "counties.csv", lambda text: f"{text}{row}\n")
    [problem] = said_of(folder).problems
    assert (problem.file, problem.line, problem.field) == ("counties.csv", 14, "valid_from")
    assert "write 2027-03-21" in problem.words(Language.EN)
    assert "2027-03-21 بنویسید" in problem.words(Language.FA)


def test_a_column_that_says_it_is_jalali_is_taken_in_persian_digits(folder: Path) -> None:
    plain = read_province(folder)
    for file, column in (("transfers.csv", "valid_from"), ("holidays.csv", "on"), ("agreements.csv", "letter_date")):
        edit(folder / file, lambda text: DAY.sub(_in_jalali, text))
        assert all(problem.file == file for problem in said_of(folder).problems)
        path = folder / file
        path.write_text(path.read_text(encoding="utf-8").replace(column, f"{column}_jalali", 1), encoding="utf-8")
    edit(folder / "agreements.csv", lambda text: text.replace(",valid_from,", ",valid_from_jalali,"))
    edit(
        folder / "province.yaml",
        lambda text: text.replace("territory_from: 2016-01-01", "territory_from_jalali: ۱۳۹۴/۱۰/۱۱"),
    )
    assert read_province(folder) == plain


def _in_jalali(found: re.Match[str]) -> str:
    return str(digits.en_to_fa("{:04}/{:02}/{:02}".format(*jalali_day(date.fromisoformat(found[0])))))


def test_a_column_on_both_calendars_is_refused(folder: Path) -> None:
    edit(folder / "holidays.csv", lambda text: text.replace("on,name_fa", "on,on_jalali,name_fa", 1))
    assert any(problem.problem.en == "the column is there on both calendars" for problem in said_of(folder).problems)


def test_hours_that_close_before_they_open_are_refused_with_the_way_to_write_a_night(folder: Path) -> None:
    edit(
        folder / "opening_hours.yaml",
        lambda text: text + (CASES / "hours.yaml").read_text(encoding="utf-8"),
    )
    night, sunday, slip = said_of(folder).problems
    assert (night.file, night.line, night.field) == ("opening_hours.yaml", 14, "saturday")
    assert night.problem.en == slip.problem.en == "closes before it opens"
    assert "`saturday: 20:00-24:00` and `sunday: 00:00-02:00`" in night.remedy.en
    assert "monday: 00:00-02:00" in sunday.remedy.en


def test_a_line_break_in_a_cell_is_kept(folder: Path) -> None:
    name = (CASES / "line_break_in_a_cell.csv").read_text(encoding="utf-8").split('"')[1]
    edit(folder / "agencies.csv", lambda text: text.replace("بانک ملی ایران", f'"{name}"', 1))
    assert read_province(folder).agencies["bank-melli"].name_fa == name
    assert "\n" in name


def _semicolons(folder: Path) -> None:
    for path in folder.glob("*.csv"):
        rows = [*csv.reader(path.read_text(encoding="utf-8").splitlines())]
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, delimiter=";").writerows([*row, "", ""] for row in [*rows, [""] * len(rows[0]), []])


def _libreoffice(folder: Path) -> None:
    """Export as LibreOffice does: names and texts between quotation marks, numbers and empty cells as they are."""
    for path in folder.glob("*.csv"):
        lines = (
            ";".join(cell if re.fullmatch(r"[0-9.-]*", cell) else f'"{cell.replace(QUOTE, QUOTE * 2)}"' for cell in row)
            for row in csv.reader(path.read_text(encoding="utf-8").splitlines())
        )
        path.write_text("\r\n".join([*lines, ""]), encoding="utf-8", newline="")


def _other_keyboard(folder: Path) -> None:
    edit(folder / "agencies.csv", lambda text: text.replace("ی", "ي").replace("ک", "ك"))
    edit(folder / "counties.csv", lambda text: text.replace("324083", "۳۲۴۰۸۳").replace("2023-02-12", "٢٠٢٣-٠٢-١٢"))
    edit(folder / "cities.csv", lambda text: re.sub(r"37\.\d+", lambda found: str(digits.en_to_fa(found[0])), text))
    edit(folder / "tariffs.yaml", lambda text: text.replace("amount_rial: 1200", "amount_rial: ۱۲۰۰"))
    edit(folder / "opening_hours.yaml", lambda text: text.replace("08:00-14:00", "۸:۰۰–۱۴:۰۰"))


@pytest.mark.parametrize("change", [_semicolons, _libreoffice, _other_keyboard])
def test_what_spreadsheets_and_keyboards_do_changes_nothing(folder: Path, change: Callable[[Path], None]) -> None:
    plain = read_province(folder)
    change(folder)
    assert read_province(folder) == plain


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("cities.csv", "37.47", "3_7.47", "line 2, latitude: must be a number"),
        ("state_fees.csv", "387011100140149001055000035724", "3.15011E+29", "deposit_id: was made a rounded number by"),
        ("state_fees.csv", "387011100140149001055000035724", "387011100140149" + "0" * 15, "deposit_id: was made a"),
        ("counties.csv", ",324083,", ",1e5,", "line 2, population: was made a rounded number by a spreadsheet"),
        ("agencies.csv", "bank-melli,", "bank-melli,,", "line 3, row: has more cells than columns"),
        ("agencies.csv", ",fact,named among the eleven", "", "provenance: has no cell for this column"),
        ("counties.csv", ",1006,", ',"1006,', "line 3, row: opens a quotation mark that runs on into line 4"),
        ("counties.csv", "valid_to", "valid_from", "line 1, row: valid_from: the column stands there twice"),
        ("tariffs.yaml", "lines: []", "lines: {}", "free.lines: Input should be a valid list"),
        ("policy.yaml", "- code: routing", "code: routing", "is not YAML at column"),
        ("opening_hours.yaml", "08:00-18:00", "[08:00-12:00, 11:00-18:00]", "saturday: has spans that overlap"),
        ("counties.csv", ",2023-03-21,", ",2016-01-01,", "valid_to: is not after valid_from"),
    ],
)
def test_what_is_wrong_is_told_at_its_own_place_once(folder: Path, file: str, old: str, new: str, words: str) -> None:
    if old in (",1006,", ",2023-03-21,"):
        lines = (folder / file).read_text(encoding="utf-8").splitlines()
        cells = next(line for line in lines if line.startswith("shirvan,")).split(",")
        old, new = (
            ",".join(cells),
            ",".join(
                [*cells[:3], '"1006', *cells[4:]]
                if '"' in new
                else [*cells[:4], "2020-01-01", "2016-01-01", *cells[6:]]
            ),
        )
    edit(folder / file, lambda text: text.replace(old, new, 1))
    first = said_of(folder).problems[0]
    assert first.file == file
    assert words in str(first)


def test_a_bad_split_is_told_once_where_it_stands(folder: Path) -> None:
    edit(folder / "tariffs.yaml", lambda text: text.replace("numerator: 80", "numerator: 81", 1))
    found = said_of(folder)
    [problem] = found.problems
    lines = (folder / "tariffs.yaml").read_text(encoding="utf-8").splitlines()
    assert (problem.file, problem.field) == ("tariffs.yaml", "office-fee.lines.0.split")
    assert "numerator: 81" in lines[problem.line - 1]
    assert problem.problem.en.endswith("the fractions add up to 101/100; they must add up to 1")


def test_a_wrong_party_is_told_once(folder: Path) -> None:
    edit(
        folder / "tariffs.yaml",
        lambda text: text.replace("{party: office, numerator: 80", "{party: offices, numerator: 80", 1),
    )
    [problem] = said_of(folder).problems
    assert (problem.file, problem.field) == (
        "tariffs.yaml",
        "office-fee.lines.0.split.0.party".removeprefix("office-fee.lines.0."),
    )


@pytest.mark.parametrize("number", [2, 3])
def test_a_second_row_of_an_agreement_is_the_next_signed_version(folder: Path, number: int) -> None:
    path = folder / "agreements.csv"
    [row] = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("mou-gas,")]
    later = row.replace(",gas,1,", f",gas,{number},").replace(",2026-03-21,", ",2027-03-21,")
    edit(path, lambda text: f"{text}{later}\n")
    found = [signed.agreement for signed in read_province(folder).agreements if signed.agreement.code == "mou-gas"]
    assert [(one.version, one.valid_from.year) for one in found] == [(1, 2026), (3, 2027)]


def test_what_follows_from_a_cause_is_only_counted(folder: Path) -> None:
    edit(folder / "counties.csv", lambda text: text.replace("shirvan,", "Shirvan,", 1))
    found = said_of(folder)
    assert [(one.file, one.field) for one in found.problems] == [("counties.csv", "code")]
    assert found.follow_ups > 10


def test_what_the_registry_would_refuse_is_told_without_what_follows(folder: Path) -> None:
    edit(
        folder / "agreements.csv",
        lambda text: text.replace("mou-bank-melli,bank-melli,1,", "mou-bank-melli,bank-melli,2,", 1),
    )
    found = said_of(folder)
    assert [(one.file, one.field) for one in found.problems] == [("agreements.csv", "mou-bank-melli")]
    assert found.follow_ups > 50
