"""Why not this office: one answer per decision, from the lists that the decision's account holds."""

import pytest

from connectors.words.language import Language
from connectors.words.standing import standing_lines
from connectors.words.vocabulary import EXCLUSIONS
from consumers.requests.domain.review.explain import Explanation
from consumers.requests.domain.review.standing import Place, Standing, standings
from schemas.intake_agency import Origin
from schemas.log_requests import Exclusion
from tests.kit.values.journal import OFFICES, Journal, journal, submission
from tests.unit.consumers.requests.test_account import ASKED, LogsInMemory, account, given_back


def explained(bus: Journal) -> Explanation:
    return account(LogsInMemory(bus), lists=True).explanation


def test_who_has_it_who_lost_and_who_gave_it_back_is_told_by_attempt() -> None:
    bus = given_back()
    found = explained(bus)
    first, second = (one.decision for one in found.decisions)
    assert [one.place for one in standings(found, first.office)] == [Place.GIVEN, Place.EXCLUDED]
    assert standings(found, first.office)[1].excluded is Exclusion.TRIED_BEFORE
    lost = next(one for one in first.samples if one.office != first.office)
    [outscored, *_] = standings(found, lost.office)
    chosen = next(one for one in first.samples if one.office == first.office)
    assert outscored.place is Place.OUTSCORED
    assert (outscored.score, outscored.chosen_score, outscored.chosen) == (lost.score, chosen.score, first.office)
    assert standings(found, second.office)[1].place is Place.GIVEN


def test_every_office_of_the_registry_has_a_place_and_no_other_one_has() -> None:
    found = explained(given_back())
    drawn = {one.office for one in found.decisions[0].decision.samples}
    places = {office.code: standings(found, office.code)[0].place for office in OFFICES}
    assert {code for code, place in places.items() if place is Place.NOT_DRAWN} == set(places) - drawn
    assert [one.place for one in standings(found, "office-99")] == [Place.UNKNOWN] * 2


def test_beside_a_chosen_office_nobody_is_asked() -> None:
    bus = journal()
    bus.batch(submission(ASKED, origin=Origin.CITIZEN_CHOICE, office="office-1"))
    found = explained(bus)
    assert [one.place for one in standings(found, "office-1")] == [Place.GIVEN]
    assert [one.place for one in standings(found, "office-2")] == [Place.NOT_ASKED]


def test_without_lists_the_place_is_not_known_and_never_guessed() -> None:
    found = account(LogsInMemory(given_back())).explanation
    stranger = next(
        office.code for office in OFFICES if all(office.code != one.office.code for one in found.decisions[0].scores)
    )
    assert standings(found, stranger)[0].place is Place.NOT_KNOWN


@pytest.mark.parametrize("language", Language)
def test_every_place_and_every_reason_has_its_words(language: Language) -> None:
    said = [
        Standing(attempt=number, place=place, office="o-1", chosen="o-2", score=1, chosen_score=2)
        for number, place in enumerate(Place)
    ]
    said += [Standing(attempt=1, place=Place.EXCLUDED, office="o-1", excluded=reason) for reason in Exclusion]
    lines = standing_lines(said, "o-1", language)
    assert len(set(lines)) == len(said)
    assert all("{" not in line for line in lines)
    assert EXCLUSIONS[Exclusion.CAP].of(language) in "".join(lines)
    assert len(standing_lines((), "o-1", language)) == 1
