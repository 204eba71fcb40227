"""What people are told: why this office, who else, under which terms; and a phrase in both languages for everything."""

from datetime import timedelta
from enum import Enum
from typing import Any

import pytest

from connectors.words.explanation import explanation_lines, verification_lines
from connectors.words.language import Language, Phrase
from connectors.words.vocabulary import (
    DECLINES,
    ENDS,
    EXCLUSIONS,
    FATES,
    FINDINGS,
    ORIGINS,
    PHRASES,
    REFUSALS,
    VALUES,
)
from consumers.requests.domain.life.state import Speaker
from consumers.requests.domain.registry.view import RegistryView
from consumers.requests.domain.review.explain import CANDIDATES, Explanation, Fate, explain, opened_of, question_of
from consumers.requests.domain.review.verify import Difference, Verification, VerificationResult, decisions_of
from consumers.requests.domain.routing.roll import roll_call
from schemas.agreements import AgreementState
from schemas.base import OfficeClass
from schemas.intake_agency import Origin
from schemas.intake_office import DeclineReason, RequestAccepted
from schemas.log_requests import CloseReason, Exclusion, RefusalReason, RequestRouted
from schemas.offices import Office
from tests.kit.values import builders
from tests.kit.values.builders import AGREEMENT, MOMENT
from tests.kit.values.journal import Journal, Said, decline, ident, journal, office_of, submission


def explained(bus: Journal, number: int = 1) -> Explanation:
    return explain(bus.history(ident(number)), bus.view)


def province(*offices: Office, **changes: Any) -> Journal:
    things: list[builders.Registrable] = [builders.territory(), builders.policy(), builders.service()]
    things += [builders.agreement(**changes), *offices]
    return Journal(RegistryView.empty().with_entries(builders.entries(things)))


def test_the_ring_that_was_drawn_from_is_said_in_both_languages() -> None:
    things: list[builders.Registrable] = [builders.territory(), builders.policy(rings_m=(5_000,)), builders.service()]
    offices = [builders.office("near"), builders.office("far", latitude=37.6)]
    bus = Journal(RegistryView.empty().with_entries(builders.entries([*things, builders.agreement(), *offices])))
    bus.batch(submission(1))
    assert office_of(bus, 1) == "near"
    english, persian = (
        "\n".join(explanation_lines(explained(bus), language)) for language in (Language.EN, Language.FA)
    )
    assert "2 offices were looked at; all could have it" in english
    assert "1 of these are within 5,000 m, the nearest ring with enough free places" in english
    assert "۱ دفتر از آن‌ها تا ۵٬۰۰۰ متری است" in persian
    assert "Only one was left to draw" in english
    without = journal()
    without.batch(submission(1))
    assert "ring" not in "\n".join(explanation_lines(explained(without), Language.EN))


def test_a_routed_request_shows_office_sums_and_versions() -> None:
    bus = journal()
    bus.batch(submission(1), submission(2))
    answer = explained(bus, 2)
    (decision,) = answer.decisions
    assert decision.office.code == office_of(bus, 2)
    assert [score.chosen for score in decision.scores].count(True) == 1
    for score in decision.scores:
        assert score.load_points + score.income_points + score.distance_points == score.sample.score
    assert decision.agreement is not None
    assert (decision.agreement.code, decision.agreement.entry, decision.agreement.tariff) == (
        AGREEMENT,
        1,
        ("certificate",),
    )
    assert decision.fate is Fate.WAITING
    text = "\n".join(explanation_lines(answer, Language.EN))
    for said in (
        "5 offices were looked at; all could have it",
        "Two were drawn",
        AGREEMENT,
        decision.decision.seed,
        "letter 1405/100",
    ):
        assert said in text


def test_a_request_that_came_back_shows_both_attempts_and_their_fate() -> None:
    bus = journal()
    bus.batch(submission(1))
    first = office_of(bus, 1)
    bus.batch(decline(1, first))
    second = office_of(bus, 1)
    accepted = RequestAccepted(request_id=ident(1), operator="op-1")
    bus.batch(Said(ident(1), accepted, Speaker(office=second), MOMENT + timedelta(hours=2)))
    answer = explained(bus)
    assert [(one.office.code, one.fate) for one in answer.decisions] == [
        (first, Fate.DECLINED),
        (second, Fate.ACCEPTED),
    ]
    assert answer.decisions[0].declined_for is DeclineReason.NO_CAPACITY
    text = "\n".join(explanation_lines(answer, Language.EN))
    assert "The office declined it (no capacity)" in text
    assert "1 excluded: had the request before and gave it back" in text


def test_persian_words_have_persian_digits_and_names_but_codes_as_they_are() -> None:
    bus = journal()
    bus.batch(submission(1))
    text = "\n".join(explanation_lines(explained(bus), Language.FA))
    assert "۵ دفتر بررسی شد" in text
    assert str(ident(1)) in text
    assert office_of(bus, 1) in text


def test_a_refusal_at_the_desk_names_clause_and_way_out() -> None:
    rural = builders.office("village", office_class=OfficeClass.RURAL, latitude=37.5)
    urban_only = (builders.terms(office_classes=(OfficeClass.URBAN,)),)
    bus = province(rural, builders.office("town"), services=urban_only)
    bus.batch(submission(1, Speaker(office="village"), origin=Origin.WALK_IN, office="village"))
    answer = explained(bus)
    assert answer.refusal is not None
    assert answer.refusal.clause is not None
    assert (answer.refusal.clause.excluded, answer.refusal.clause.says) == (Exclusion.OFFICE_CLASS, ("urban",))
    assert answer.refusal.nearest is not None
    text = "\n".join(explanation_lines(answer, Language.EN))
    for said in ("Clause on office classes: urban offices only", "The nearest office that can: town", AGREEMENT):
        assert said in text


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"territory": ("shirvan",)}, "Clause on territory: counties shirvan only"),
        ({"revoked_offices": ("town",)}, "Clause on revocation"),
        ({"services": (builders.terms(paused=True),)}, "Clause on pauses"),
        ({"state": AgreementState.SUSPENDED}, "Clause on validity: the agreement is suspended"),
    ],
)
def test_every_clause_of_an_agreement_can_be_named(changes: dict[str, Any], clause: str) -> None:
    bus = province(builders.office("town"), **changes)
    bus.batch(submission(1, Speaker(office="town"), origin=Origin.WALK_IN, office="town"))
    assert clause in "\n".join(explanation_lines(explained(bus), Language.EN))


def test_names_are_those_of_the_decisions_time() -> None:
    bus = journal()
    bus.batch(submission(1))
    renamed = [
        builders.office(office, version=2, names=builders.words("Renamed")) for office in bus.view.at(MOMENT).offices
    ]
    bus.view = bus.view.with_entries(builders.entries(renamed, bus.view.revision + 1))
    assert "Renamed" not in "\n".join(explanation_lines(explained(bus), Language.EN))


def test_lists_hold_exactly_the_counted_offices() -> None:
    bus = province(
        builders.office("a"),
        builders.office("b"),
        builders.office("far", city="faruj"),
        builders.office("left-out", accessions=()),
    )
    bus.batch(submission(1))
    history = bus.history(ident(1))
    (decided,) = decisions_of(history)
    loads = bus.loads([decided.place]).loads(0)
    roll = roll_call(question_of(opened_of(history), decided), bus.view, loads, decided.tried)
    assert roll == {None: ["a", "b"], Exclusion.DISTANCE: ["far"], Exclusion.ACCESSION: ["left-out"]}
    assert isinstance(decided.event, RequestRouted)
    assert decided.event.decision.excluded == {reason: len(held) for reason, held in roll.items() if reason}
    lists = {reason.value if reason else CANDIDATES: tuple(held) for reason, held in roll.items()}
    text = "\n".join(explanation_lines(explain(history, bus.view, {0: lists}), Language.EN))
    assert "could have it: a, b" in text
    assert "farther away than the limit: far" in text


def test_no_lists_when_only_one_office_was_asked() -> None:
    bus = province(builders.office("a"), builders.office("b"))
    bus.batch(submission(1, origin=Origin.CITIZEN_CHOICE, office="a"))
    history = bus.history(ident(1))
    (decided,) = decisions_of(history)
    loads = bus.loads([decided.place]).loads(0)
    assert roll_call(question_of(opened_of(history), decided), bus.view, loads, ()) == {}
    assert "Only this office was asked" in "\n".join(explanation_lines(explained(bus), Language.EN))


def test_verifications_explanation_lines() -> None:
    found = [
        Verification(attempt=1, event="RequestRouted", finding=VerificationResult.SAME),
        Verification(
            attempt=2,
            event="RequestRouted",
            finding=VerificationResult.DIFFERENT,
            differences=(Difference(field="decision.office", logged="a", recomputed="b"),),
        ),
        Verification(
            attempt=3, event="RequestRouted", finding=VerificationResult.NOT_RECOMPUTED, why="the log is short"
        ),
    ]
    lines = verification_lines(found, Language.EN)
    assert lines == [
        "Attempt 1, recomputed from the logs: the same",
        "Attempt 2, recomputed from the logs: DIFFERENT",
        "  decision.office: logged a, recomputed b",
        "Attempt 3 was not recomputed: the log is short",
    ]
    assert verification_lines(found, Language.FA) != lines


@pytest.mark.parametrize(
    ("phrases", "members"),
    [
        (ORIGINS, Origin),
        (EXCLUSIONS, Exclusion),
        (REFUSALS, RefusalReason),
        (DECLINES, DeclineReason),
        (FATES, Fate),
        (FINDINGS, VerificationResult),
    ],
)
def test_every_member_of_a_closed_enum_has_its_phrase(phrases: dict[Enum, Phrase], members: type[Enum]) -> None:
    assert phrases.keys() == set(members)


def test_every_state_and_class_has_its_phrase() -> None:
    assert VALUES.keys() == {*AgreementState, *OfficeClass}


def test_every_end_has_its_phrase() -> None:
    assert ENDS.keys() == {"completed", *(reason.value for reason in CloseReason)}


@pytest.mark.parametrize("name", sorted(PHRASES))
def test_both_languages_say_the_same_values(name: str) -> None:
    def values(text: str) -> set[str]:
        return {part.split("}")[0] for part in text.split("{")[1:]}

    assert values(PHRASES[name].fa) == values(PHRASES[name].en)
