"""Files of one thing's versions: as a province's folder has them, on either calendar, and what is told of errors."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.words.language import Language
from deploy.problem import Misused
from deploy.provinces.generate import NORTH_KHORASAN
from deploy.provinces.loader import read_province
from deploy.terminal.records import Numbers, draft_of, read_records
from producers.changes import Value
from schemas.agreements import Agreement, AgreementState
from schemas.catalogue import Service
from schemas.offices import Office
from schemas.policy import Calendar, Policy
from schemas.territory import Territory

NEXT = Numbers(4, datetime(2026, 11, 25, 8, 0, tzinfo=UTC))
POLICY = {
    "code": "routing",
    "income_weight_per_mille": 300,
    "distance_weight_per_mille": 200,
    "distance_limit_m": 60000,
    "detour_per_mille": 1300,
    "attempts_limit": 3,
    "acceptance_seconds": 1800,
    "opens_within_seconds": 1209600,
    "expiry_seconds": 432000,
    "lateness_seconds": 3600,
    "park_seconds": 3600,
}
PROVINCE = read_province(NORTH_KHORASAN)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[Any]]:
    """Read a text as a file of versions of a model; what is left out is as in `NEXT`."""

    def values(text: str, model: type[Value], name: str = "file.yaml", **said: Any) -> list[Any]:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return [record.value for record in read_records(path, model, lambda code: NEXT, said)]

    return values


def problem(read: Callable[..., list[Any]], *arguments: Any) -> Misused:
    with pytest.raises(Misused) as told:
        read(*arguments)
    return told.value


def test_a_provinces_own_files_say_what_loading_them_says() -> None:
    policies = read_records(NORTH_KHORASAN / "policy.yaml", Policy, lambda code: NEXT, {})
    assert tuple(record.value for record in policies) == PROVINCE.policies
    calendars = read_records(NORTH_KHORASAN / "calendars.yaml", Calendar, lambda code: NEXT, {})
    assert tuple(record.value for record in calendars) == PROVINCE.calendars


@pytest.mark.parametrize(
    "value",
    [
        PROVINCE.policies[0],
        PROVINCE.calendars[0],
        PROVINCE.territories[-1],
        PROVINCE.services[0],
        PROVINCE.agreements[0].agreement,
        PROVINCE.offices[0],
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_a_draft_is_the_same_thing_as_its_next_version(
    value: Value, suffix: str, read: Callable[..., list[Any]]
) -> None:
    draft = draft_of(value)
    assert not {"version", "valid_from"} & draft.keys()
    text = json.dumps(draft) if suffix == "json" else yaml.safe_dump(draft, allow_unicode=True)
    [found] = read(text, type(value), f"draft.{suffix}")
    assert found == value.model_copy(update={"version": 4, "valid_from": NEXT.valid_from})


def test_an_agreement_in_force_is_drafted_as_it_is_put() -> None:
    active = PROVINCE.agreements[0].agreement.model_copy(update={"state": AgreementState.ACTIVE})
    assert draft_of(active)["state"] == "signed"


def test_days_stand_on_either_calendar(read: Callable[..., list[Any]]) -> None:
    texts = [{**POLICY, "valid_from": "2027-03-21"}, {**POLICY, "valid_from_jalali": "۱۴۰۶/۰۱/۰۱"}]
    first, second = (read(yaml.safe_dump(text, allow_unicode=True), Policy)[0] for text in texts)
    assert first == second
    assert first.valid_from == datetime(2027, 3, 20, 20, 30, tzinfo=UTC)
    [moment] = read(yaml.safe_dump({**POLICY, "valid_from": "2027-03-21T06:00:00Z"}), Policy)
    assert moment.valid_from == datetime(2027, 3, 21, 6, tzinfo=UTC)


def test_days_within_are_days_too(read: Callable[..., list[Any]]) -> None:
    office = draft_of(PROVINCE.offices[0])
    del office["licence"]["valid_from"]
    office["licence"]["valid_from_jalali"] = "1406-01-01"
    [found] = read(yaml.safe_dump(office, allow_unicode=True), Office)
    assert found.licence.valid_from == datetime(2027, 3, 20, 20, 30, tzinfo=UTC)
    agreement = draft_of(PROVINCE.agreements[0].agreement)
    agreement["letter_date_jalali"] = "1406-01-01"
    del agreement["letter_date"]
    [put] = read(yaml.safe_dump(agreement, allow_unicode=True), Agreement)
    assert put.letter_date.isoformat() == "2027-03-21"


def test_a_week_is_written_as_people_write_it(read: Callable[..., list[Any]]) -> None:
    office = draft_of(PROVINCE.offices[0])
    del office["hours"]
    office["open"] = {"saturday": "08:00-12:00"}
    [found] = read(yaml.safe_dump(office, allow_unicode=True), Office)
    assert [(one.weekday, one.opens_minute, one.closes_minute) for one in found.hours] == [(5, 480, 720)]


def test_several_of_one_thing_are_its_next_versions(read: Callable[..., list[Any]]) -> None:
    records = [POLICY, {**POLICY, "attempts_limit": 5}, {**POLICY, "code": "other"}]
    assert [(one.code, one.version) for one in read(yaml.safe_dump(records), Policy)] == [
        ("routing", 4),
        ("routing", 5),
        ("other", 4),
    ]


def test_what_the_speaker_says_by_itself_need_not_stand_there(read: Callable[..., list[Any]]) -> None:
    service = draft_of(PROVINCE.services[0])
    del service["agency"]
    [found] = read(yaml.safe_dump(service, allow_unicode=True), Service, "file.yaml", agency="electricity")
    assert found.agency == "electricity"


def test_what_another_speaker_would_say_is_told(tmp_path: Path) -> None:
    service = {**draft_of(PROVINCE.services[0]), "agency": "gas"}
    path = tmp_path / "service.yaml"
    path.write_text(yaml.safe_dump(service, allow_unicode=True), encoding="utf-8")
    with pytest.raises(Misused, match="agency"):
        read_records(path, Service, lambda code: NEXT, {"agency": "electricity"})


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        (yaml.safe_dump({**POLICY, "attempts_limit": "3 times"}, sort_keys=False), "a.yaml", "line 6, attempts_limit"),
        (yaml.safe_dump({**POLICY, "atempts": 3}), "a.yaml", "atempts"),
        (yaml.safe_dump({**POLICY, "valid_from": "1406-01-01"}), "a.yaml", "valid_from"),
        ("", "a.yaml", "holds nothing"),
        ("[]", "a.json", "holds nothing"),
        ("[{}]", "a.json", "holds nothing"),
        ("{", "a.json", "is not JSON"),
        ("a: [", "a.yaml", "is not YAML"),
        ("3", "a.json", "document"),
        ("- 3", "a.yaml", "document: is no record"),
        (json.dumps({**POLICY, "code": 3}), "a.json", "code"),
    ],
)
def test_what_is_wrong_is_told_with_its_field_and_remedy(
    text: str, name: str, words: str, read: Callable[..., list[Any]]
) -> None:
    told = problem(read, text, Policy, name)
    assert words in told.told(Language.EN)
    assert name in told.told(Language.FA)


def test_territories_are_read_whole(read: Callable[..., list[Any]]) -> None:
    territory = PROVINCE.territories[-1]
    [found] = read(json.dumps(draft_of(territory)), Territory, "t.json")
    assert found.cities == territory.cities
