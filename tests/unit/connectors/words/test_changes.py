"""What a plan says before anybody agrees to it: what changes, by how much, from when and for whom."""

from connectors.words.changes import plan_lines
from connectors.words.language import Language
from connectors.words.tariffs import split_words
from producers.changes import Change, Held
from producers.registration import Plan
from schemas.agreements import AgreementState
from schemas.base import OfficeClass
from schemas.tariff import FixedRule
from tests.kit.values import builders
from tests.kit.values.builders import MOMENT

OFFICES = [
    builders.office("one"),
    builders.office("two", office_class=OfficeClass.RURAL),
    builders.office("three", accessions=()),
]


def said(plan: Plan, language: Language) -> list[str]:
    """Return what is said of a plan."""
    return list(plan_lines(plan, OFFICES, language))


def plan(*changes: Change, new: tuple[Change, ...] = (), held: tuple[Held, ...] = ()) -> Plan:
    """Return a plan of nothing but these."""
    return Plan((), new, changes, held, 0)


def fee(amount_rial: int, code: str = "certificate") -> dict[str, object]:
    """Return terms with one fixed line."""
    line = builders.certificate_line(code=code, rule=FixedRule(amount_rial=amount_rial))
    return {"services": (builders.terms(tariff=(line,)),)}


def test_a_fee_is_told_in_rial_with_its_day_and_its_offices() -> None:
    before = builders.agreement(**fee(30_000))  # type: ignore[arg-type]  # fields by name
    after = builders.agreement(version=3, valid_from=MOMENT, **fee(35_000))  # type: ignore[arg-type]  # likewise
    lines = plan(Change(before, after, confirmed=True))
    assert said(lines, Language.EN) == [
        "agreement civil-registry-2026 (civil-registry-2026), from 1405/09/02 (2026-11-23 09:30), version 3:",
        "  civil-registry.birth-certificate, certificate: 30,000 rial → 35,000 rial",
        "  civil-registry confirms it",
        "  for citizens at 1 urban and 1 rural offices; requests that are open keep their terms",
    ]
    assert "  civil-registry.birth-certificate، certificate: ۳۰٬۰۰۰ ریال ← ۳۵٬۰۰۰ ریال" in said(lines, Language.FA)
    assert "  it does not hold until civil-registry confirms it" in said(plan(Change(before, after)), Language.EN)


def test_lines_that_come_go_and_are_divided_otherwise_are_told() -> None:
    before, after = builders.agreement(**fee(1_000)), builders.agreement(**fee(2_000, "page"))  # type: ignore[arg-type]  # fields by name
    lines = said(plan(Change(before, after)), Language.EN)
    assert "  civil-registry.birth-certificate, page: is added: 2,000 rial" in lines
    assert "  civil-registry.birth-certificate, certificate: is removed" in lines
    [line] = before.services[0].tariff
    halves = line.model_copy(update={"split": (line.split[0].model_copy(update={"numerator": 1, "denominator": 1}),)})
    other = before.model_copy(update={"services": (builders.terms(tariff=(halves,), sla_working_hours=7),)})
    lines = said(plan(Change(before, other)), Language.EN)
    assert any("split of certificate" in one and one.endswith("1/1") for one in lines)
    assert "  civil-registry.birth-certificate, sla_working_hours: 16 → 7" in lines


def test_new_things_are_counted_and_what_is_left_alone_is_told() -> None:
    new = (Change(None, builders.service()), Change(None, builders.office()), Change(None, builders.office("b")))
    held = Held(builders.agreement(state=AgreementState.SUSPENDED))
    lines = said(plan(new=new, held=(held,)), Language.EN)
    assert lines[0] == "New: 1 service, 2 office."
    assert lines[1].startswith("Agreement civil-registry-2026 is suspended and is left as it is")


def test_parts_are_named() -> None:
    words = split_words(builders.certificate_line(), Language.FA)
    assert "دفتر" in words
