"""Every answer of the requests' log has words in both languages, and every stage a name."""

import pytest

from connectors.words.language import Language
from connectors.words.outcomes import STAGES, stage, told
from consumers.requests.domain.life.state import RequestStage
from schemas.base import Event
from schemas.log_requests import RequestClosed, RequestEscalated, RequestLogEvent, RequestOpened
from tests.kit.values.requests_world import (
    ACCEPTED,
    APPROVED,
    ASKED,
    CANCELLED,
    COLLECTED,
    DECLINED,
    DELIVERED,
    RETURNED,
    STARTED,
    SUBMITTED,
    walk,
)

SERVED = walk(SUBMITTED, ACCEPTED, COLLECTED, STARTED, ASKED, APPROVED, DELIVERED)[1]
ENDED = walk(SUBMITTED, ACCEPTED, COLLECTED, CANCELLED, RETURNED)[1]
GIVEN_UP = walk(SUBMITTED, DECLINED, DECLINED)[1]
REFUSED = walk(SUBMITTED.model_copy(update={"city": "atlantis"}))[1]


@pytest.mark.parametrize("event", [*SERVED, *ENDED, *GIVEN_UP, *REFUSED], ids=lambda event: type(event).__name__)
def test_every_answer_is_told_in_both_languages(event: Event) -> None:
    assert isinstance(event, RequestLogEvent)
    persian, english = told(event, Language.FA), told(event, Language.EN)
    assert persian != english
    assert english.isascii()
    assert any("\u0600" <= letter <= "\u06ff" for letter in persian)


def test_every_stage_has_a_name() -> None:
    assert STAGES.keys() == {found.value for found in RequestStage}
    assert stage("routed", Language.EN) == "routed"
    assert stage("routed", Language.FA) == "تخصیص یافته"


def test_money_that_is_due_back_is_told_in_words() -> None:
    closed = next(event for event in ENDED if isinstance(event, RequestClosed))
    assert "give back 30,000 rial (3,000 toman)" in told(closed, Language.EN)
    assert "سه هزار تومان" in told(closed, Language.FA)


@pytest.mark.parametrize("language", Language)
def test_who_submits_is_told_the_citizens_tracking_code(language: Language) -> None:
    opened = SERVED[0]
    assert isinstance(opened, RequestOpened)
    assert opened.tracking_code is not None
    assert opened.tracking_code in told(opened, language)
    assert "None" not in told(opened.model_copy(update={"tracking_code": None}), language)


def test_counts_have_the_figures_of_the_language() -> None:
    escalated = next(event for event in GIVEN_UP if isinstance(event, RequestEscalated))
    assert "after 2 attempts" in told(escalated, Language.EN)
    assert "پس از ۲ نوبت" in told(escalated, Language.FA)
