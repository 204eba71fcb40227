"""Faults in the readers of what people write: a value that is read as another one, or not at all, without a word."""

from tests.mutants.mutant import Mutant

TABLES = "tests/unit/connectors/files/test_tables.py"
VALUES = "tests/unit/connectors/files/test_values.py"
YAML_TEXT = "tests/unit/connectors/files/test_yaml_text.py"
INPUT = "tests/unit/deploy/test_input.py"

WRITING: tuple[Mutant, ...] = (
    Mutant(
        "a table that ends in the middle of a row is taken for whole",
        "connectors/files/tables.py",
        "            if not self._lines.ended:\n",
        "            if False:\n",
        (f"{INPUT}::test_a_log_that_is_cut_in_mid_row_is_not_played",),
    ),
    Mutant(
        "cells beyond the columns are dropped",
        "connectors/files/tables.py",
        "if any(cell.strip() for cell in cells[width:]):",
        "if len(cells) > width + 5:",
        (f"{TABLES}::test_what_is_no_row_is_told_with_its_line_and_the_next_one_is_read",),
    ),
    Mutant(
        "bytes that are no text are passed on",
        "connectors/files/tables.py",
        "if not line.isascii() and _NO_TEXT.search(line):",
        "if False:",
        (f"{TABLES}::test_what_cannot_be_read_is_refused_from_its_line_on",),
    ),
    Mutant(
        "a Jalali year is read as one of Gregory",
        "connectors/files/days.py",
        "    if year in _JALALI_YEARS:\n        meant",
        "    if year == 0:\n        meant",
        (f"{INPUT}::test_a_jalali_year_is_refused_with_the_day_that_is_meant",),
    ),
    Mutant(
        "what a spreadsheet made of an account is taken for the account",
        "connectors/files/numbers.py",
        "return _MADE_A_NUMBER if rounded or _SHOWN_POWER.fullmatch(plain) else None",
        "return _MADE_A_NUMBER if _SHOWN_POWER.fullmatch(plain) else None",
        (f"{VALUES}::test_an_account_that_a_spreadsheet_has_spoiled_is_seen",),
    ),
    Mutant(
        "names of fields are what YAML makes of them",
        "connectors/files/yaml_text.py",
        '            key.tag = "tag:yaml.org,2002:str"\n',
        "",
        (f"{YAML_TEXT}::test_names_of_fields_are_what_was_written",),
    ),
    Mutant(
        "hours that close before they open are taken",
        "deploy/provinces/weeks.py",
        "for opens, closes in read if closes <= opens]",
        "for opens, closes in read if closes == opens]",
        (f"{INPUT}::test_hours_that_close_before_they_open_are_refused_with_the_way_to_write_a_night",),
    ),
    Mutant(
        "equal rows of a log without ids are one",
        "deploy/operations/replay/reading.py",
        "replace(case, case_id=row_id(row.cells, time))",
        "Dropped.REPEATED",
        (f"{INPUT}::test_a_log_without_ids_and_places_has_ids_made_of_its_rows_and_one_place",),
    ),
)
