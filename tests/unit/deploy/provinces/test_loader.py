"""North Khorasan as loaded, and what is said of a folder in which one thing is wrong."""

import shutil
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from connectors.files.problem import FileProblem
from consumers.jalali import STANDARD_TIME
from consumers.requests.domain.registry.calendar import DAY_MINUTES, Schedule, local_minute
from deploy.provinces.files import ProvinceInvalid
from deploy.provinces.generate import NORTH_KHORASAN
from deploy.provinces.loader import Counts, Province, province_claims, read_province
from schemas.agreements import AgreementState
from schemas.base import Provenance
from schemas.intake_agency import AgreementConfirmed
from schemas.tariff import FixedRule, Party, Payer, Purpose, TariffLine, VariableRule


@pytest.fixture(scope="module")
def province() -> Province:
    return read_province(NORTH_KHORASAN)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "province"
    shutil.copytree(NORTH_KHORASAN, folder)
    return folder


def tariff(province: Province, service: str) -> tuple[TariffLine, ...]:
    """Return the tariff of a service in its agreement."""
    return next(
        terms.tariff
        for signed in province.agreements
        for terms in signed.agreement.services
        if terms.service == service
    )


def problems(folder: Path) -> tuple[FileProblem, ...]:
    """Return what is wrong with a folder."""
    with pytest.raises(ProvinceInvalid) as found:
        read_province(folder)
    return found.value.problems


def replace(path: Path, old: str, new: str) -> int:
    """Replace the first occurrence of `old` in a file and return its line."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_counts_are_the_stated_ones(province: Province) -> None:
    assert province.counts() == Counts(50, 152, 74, 32, 11)


def test_rural_services_lie_within_the_urban_ones(province: Province) -> None:
    assert all(service.channels.urban for service in province.services if service.channels.rural)
    assert all(service.channels.reason for service in province.services if not service.channels.rural)


def test_the_policy_waits_for_the_longest_closure_of_every_office(province: Province) -> None:
    closed = {day.on for calendar in province.calendars for day in calendar.holidays}
    first, last = (local_minute(datetime.combine(day, time(), STANDARD_TIME)) for day in (min(closed), max(closed)))
    longest = 0
    for schedule in {Schedule.of(office.hours, closed) for office in province.offices}:
        for midnight in range(first, last, DAY_MINUTES):
            opening = schedule.next_open(midnight)
            assert opening is not None
            longest = max(longest, opening - midnight)
    assert longest > 7 * DAY_MINUTES
    # Doors close up to a day before the midnight from which this counts.
    assert all(policy.opens_within_seconds // 60 > longest + DAY_MINUTES for policy in province.policies)


def test_counties_follow_the_dates_of_the_splits(province: Province) -> None:
    first, second, third = province.territories
    assert [len(version.counties) for version in province.territories] == [8, 9, 10]
    assert second.valid_from == datetime(2023, 2, 11, 20, 30, tzinfo=UTC)
    by_code = [{city.code: city.county for city in version.cities} for version in (first, second, third)]
    assert [cities["safiabad"] for cities in by_code] == ["esfarayen", "bam-and-safiabad", "bam-and-safiabad"]
    assert [cities["pish-qaleh"] for cities in by_code] == ["maneh-and-samalqan", "maneh-and-samalqan", "maneh"]
    assert [cities["ashkhaneh"] for cities in by_code] == ["maneh-and-samalqan", "maneh-and-samalqan", "samalqan"]
    assert next(county for county in third.counties if county.code == "garmeh").population is None


def test_the_designs_money_examples_are_in_the_tariffs(province: Province) -> None:
    bill, commission = tariff(province, "electricity.bill-payment")
    assert isinstance(bill.rule, VariableRule)
    assert (bill.payer, bill.purpose, bill.bill_id_field) == (Payer.CITIZEN, Purpose.PASS_THROUGH, "bill-id")
    assert (commission.payer, commission.rule) == (Payer.AGENCY, FixedRule(amount_rial=1200))
    (certificate,) = tariff(province, "bank-melli.balance-certificate")
    assert certificate.rule == FixedRule(amount_rial=30_000)
    assert [(part.party, part.numerator, part.denominator) for part in certificate.split] == [
        (Party.BANK, 30, 100),
        (Party.OFFICE, 70, 100),
    ]
    assert tariff(province, "post-bank.subsidy-account") == ()


def test_civil_registration_pays_the_published_fee_under_its_deposit_id(province: Province) -> None:
    state_fee, office_fee = tariff(province, "civil-registration.smart-card-lost-twice")
    assert state_fee.rule == FixedRule(amount_rial=700_000)
    (part,) = state_fee.split
    assert (part.party, part.deposit_id) == (Party.TREASURY, "387011100140149001055000035724")
    assert office_fee.payer is Payer.CITIZEN


def test_what_is_generated_says_so(province: Province) -> None:
    assert {office.provenance for office in province.offices} == {Provenance.GENERATED}
    assert {signed.agreement.provenance for signed in province.agreements} == {Provenance.GENERATED}
    assert {service.provenance for service in province.services} == {Provenance.FACT, Provenance.READING}
    zones = [city for city in province.territories[-1].cities if not city.urban]
    assert {city.provenance for city in zones} == {Provenance.GENERATED}


def test_agreements_are_signed_and_their_agencies_confirm_them(province: Province) -> None:
    assert {signed.agreement.state for signed in province.agreements} == {AgreementState.SIGNED}
    confirmed = [claim for claim in province_claims(province) if isinstance(claim.event, AgreementConfirmed)]
    assert {claim.source for claim in confirmed} == {f"/agencies/{code}" for code in province.agencies}


def test_ids_of_claims_follow_from_content(province: Province) -> None:
    first = [claim.identity for claim in province_claims(province)]
    assert first == [claim.identity for claim in province_claims(read_province(NORTH_KHORASAN))]
    assert len(set(first)) == len(first)


@pytest.mark.parametrize(
    ("file", "old", "new", "field", "words"),
    [
        ("offices.csv", ",urban,north-khorasan-urban-0001", ",town,north-khorasan-urban-0001", "class", "urban"),
        ("offices.csv", ",bojnord,37", ",atlantis,37", "urban-001", "is in no territory"),
        ("offices.csv", "mou-transport;", "mou-space;", "urban-001", "mou-space is not known"),
        ("offices.csv", ",regular,", ",never,", "hours", "opening_hours.yaml"),
        ("services.csv", ",bill,bill,no", ",bill,cheap,no", "tariff", "tariffs.yaml"),
        ("services.csv", ",bill,bill,no", ",letter,bill,no", "form", "bill-amount-rial"),
        ("services.csv", ",electricity,1,", ",electricity,2,", "electricity.bill-payment", "publish version 1 first"),
        ("services.csv", ",electricity,1,", ",steam,1,", "agency", "agencies.csv"),
        ("services.csv", "agency-visit", "no-reason", "reason", "reasons.yaml"),
        ("counties.csv", ",324083,", ",many,", "population", "integer"),
        ("cities.csv", "bojnord,Central", "atlantis,Central", "county", "does not exist"),
        ("transfers.csv", "2023-02-12", "12/2/2023", "valid_from", "date"),
        ("agreements.csv", ",daily,", ",weekly,", "settlement_cycle", "daily"),
        ("agreements.csv", "samalqan", "atlantis", "mou-bank-melli", "atlantis"),
        ("tariffs.yaml", "numerator: 70", "numerator: 60", "bank-certificate.lines.0.split", "9/10"),
        (
            *("tariffs.yaml", "{kind: fixed, amount_rial: 1200}"),
            "{kind: percentage, field: bill-amount-rial, numerator: 1, denominator: 9, floor_rial: 7, cap_rial: 6}",
            *("bill.lines.1.rule", "rule.floor_rial: 7 rial is above cap_rial, 6"),
        ),
        ("tariffs.yaml", "amount_rial: 1200", "amount_rial: much", "rule.fixed.amount_rial", "integer"),
        ("forms.yaml", "page-count:", "page-number:", "forms.bill-copy", "page-count"),
        ("policy.yaml", "attempts_limit: 3", "attempts_limit: 0", "attempts_limit", "greater"),
        ("calendars.yaml", "saturday: 08:00-14:00", "saturday: 8-14", "saturday", "opening"),
        ("holidays.csv", "2026-01-03", "2026-02-30", "on", "calendar"),
        ("state_fees.csv", "387011100140149001055000035724", "", "tariff", "deposit_id"),
        ("province.yaml", "urban_offices: 50", "urban_offices: 51", "urban_offices", "says 51; the files hold 50"),
    ],
)
def test_each_problem_names_file_line_field_and_remedy(
    copy: Path, file: str, old: str, new: str, field: str, words: str
) -> None:
    replace(copy / file, old, new)
    found = problems(copy)
    matching = [problem for problem in found if problem.field.endswith(field)]
    texts = [f"{problem.problem.en} {problem.remedy.en}" for problem in matching]
    assert any(words in text for text in texts), [str(one) for one in found]
    assert all(problem.remedy.fa and problem.line >= 1 for problem in found)


@pytest.mark.parametrize("file", ["offices.csv", "services.csv", "counties.csv"])
def test_the_line_is_the_one_where_it_stands(copy: Path, file: str) -> None:
    path = copy / file
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[6] = lines[6] + ",one cell too many"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    first = problems(copy)[0]
    assert (first.file, first.line) == (file, 7)


def test_a_missing_file_and_a_missing_column_are_told(copy: Path) -> None:
    (copy / "tariffs.yaml").unlink()
    assert [(found.file, found.problem.en) for found in problems(copy)] == [("tariffs.yaml", "is missing")]
    shutil.copy(NORTH_KHORASAN / "tariffs.yaml", copy)
    replace(copy / "offices.csv", "daily_capacity", "capacity")
    assert any(found.field == "daily_capacity" for found in problems(copy))


def test_a_key_that_stands_twice_is_told(copy: Path) -> None:
    with (copy / "reasons.yaml").open("a", encoding="utf-8") as file:
        file.write("branch-only: {fa: دوباره, en: again}\n")
    assert [found.problem.en for found in problems(copy)] == ["stands there twice"]


def test_a_split_is_two_lines_of_data(copy: Path) -> None:
    with (copy / "counties.csv").open("a", encoding="utf-8") as file:
        file.write("sarhad,سرحد,Sarhad,,2027-03-21,,,,generated,a trial\n")
    with (copy / "transfers.csv").open("a", encoding="utf-8") as file:
        file.write("2027-03-21,shirvan,Sarhad,,sarhad,a trial\n")
    divided = read_province(copy).territories
    assert [version.version for version in divided] == [1, 2, 3, 4]
    county = {city.code: city.county for city in divided[-1].cities}
    assert county["lujali"] == "sarhad"
    assert county["shirvan"] == "shirvan"
    assert county["shirvan-sarhad-1"] == "sarhad"
