"""Faults in the readers of what people write: a value that is read as another one, or not at all, without a word."""

from tests.mutants.mutant import Mutant

TABLES = "tests/unit/connectors/files/test_tables.py"
VALUES = "tests/unit/connectors/files/test_values.py"
YAML_TEXT = "tests/unit/connectors/files/test_yaml_text.py"
INPUT = "tests/unit/deploy/test_input.py"
REGISTRATION = "tests/unit/producers/test_registration.py"

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
    Mutant(
        "what was planned and given up is still what was stated",
        "producers/changes.py",
        "        inherited = {} if before is None else stated[before.version]\n",
        "        inherited = {name: said for one in stated.values() for name, said in one.items()}\n",
        (f"{REGISTRATION}::test_what_was_planned_and_then_given_up_counts_no_more_as_what_was_stated",),
    ),
    Mutant(
        "a change elsewhere lifts what others did",
        "producers/changes.py",
        "{name: getattr(version, name) for name in _fields(version) if _of(version, name) != _of(before, name)}",
        "{name: getattr(version, name) for name in _fields(version)}",
        (f"{REGISTRATION}::test_a_suspended_licence_stays_suspended_until_the_folder_says_otherwise",),
    ),
    Mutant(
        "what was planned for a day is undone by a change before it",
        "producers/changes.py",
        "    return sorted({begins, *later})\n",
        "    return sorted({begins, *later})[:1]\n",
        (f"{REGISTRATION}::test_a_withdrawn_service_stays_withdrawn",),
    ),
    Mutant(
        "an appended row gives the row before it its fees",
        "producers/changes.py",
        "if row is None or (not latest and isinstance(row, Agreement | Service)):",
        "if row is None:",
        (f"{REGISTRATION}::test_an_appended_row_is_a_version_from_its_own_day",),
    ),
    Mutant(
        "an agreement that was ended is begun anew",
        "producers/changes.py",
        "if isinstance(before, Agreement) and before.state in ENDINGS:",
        "if False:",
        (f"{REGISTRATION}::test_an_agreement_that_was_ended_is_left_alone_and_told",),
    ),
)
