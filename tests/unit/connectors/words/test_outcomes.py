"""Every answer of the requests' log has words in both languages, and every stage a name."""

from uuid import UUID

import pytest

from connectors.words.claims import claim_name
from connectors.words.language import Language
from connectors.words.outcomes import STAGES, outcome_lines, stage, told
from connectors.words.refusals import REGISTRY_REFUSALS, refusal_phrase
from connectors.words.vocabulary import REFUSALS
from consumers.requests.domain.life.state import RequestStage
from producers.outcomes import Decided, Forgotten, Held, Outcome, SetAside
from schemas.base import Event
from schemas.log_registry import RegistryClaimRefused, RegistryRefusal
from schemas.log_requests import (
    AgencyReplied,
    ClaimRefusal,
    ClaimRefused,
    CorrectionAccepted,
    DisputeMarked,
    FineAccepted,
    OfficePaymentAccepted,
    RefusalReason,
    RequestClosed,
    RequestEscalated,
    RequestLogEvent,
    RequestOpened,
    WindowMarked,
)
from tests.kit.values.builders import MOMENT, agreement, calendar, entries, office, policy, service, territory
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


#: A sentence that no rule says: it stays as it is.
DETAIL = "office: nobody is called office-77"
IN_FORCE = list(entries([territory(), policy(), calendar(), service(), agreement(), office("office-1")]))
ACTS: list[Event] = [
    OfficePaymentAccepted(office="office-1", amount_rial=5_000, reference="bank-1"),
    FineAccepted(fine_id=UUID(int=1), office="office-1", amount_rial=5_000, lifted=False, minutes_number="1"),
    FineAccepted(fine_id=UUID(int=1), office="office-1", amount_rial=5_000, lifted=True, minutes_number="1"),
    CorrectionAccepted(debit_account="suspense", credit_account="state", amount_rial=5_000, minutes_number="1"),
    WindowMarked(window=9, partition=0, partitions=4),
    DisputeMarked(request_id=UUID(int=1), open=True, reason="r"),
    DisputeMarked(request_id=UUID(int=1), open=False, reason="r"),
    RegistryClaimRefused(
        claim_id="c", claim_source="/directorate", claim_type="t", reason=RegistryRefusal.ALREADY_KNOWN, detail="d"
    ),
]


@pytest.mark.parametrize("event", [*IN_FORCE, *ACTS], ids=lambda event: type(event).__name__)
def test_acts_and_versions_are_told_in_both_languages(event: Event) -> None:
    persian, english = told(event, Language.FA), told(event, Language.EN)
    assert english.isascii()
    assert type(event).__name__ not in english
    assert any("\u0600" <= letter <= "\u06ff" for letter in persian)


@pytest.mark.parametrize("reason", [*ClaimRefusal, *RegistryRefusal, *RefusalReason], ids=repr)
def test_every_code_of_a_refusal_has_its_meaning(reason: ClaimRefusal | RegistryRefusal | RefusalReason) -> None:
    phrase = refusal_phrase(reason)
    assert phrase.en.isascii()
    assert any("\u0600" <= letter <= "\u06ff" for letter in phrase.fa)


def test_the_same_code_of_two_enums_has_each_its_own_meaning() -> None:
    assert refusal_phrase(RefusalReason.NOT_OWNER) == REFUSALS[RefusalReason.NOT_OWNER]
    assert refusal_phrase(RegistryRefusal.NOT_OWNER) == REGISTRY_REFUSALS[RegistryRefusal.NOT_OWNER]
    assert REFUSALS[RefusalReason.NOT_OWNER] != REGISTRY_REFUSALS[RegistryRefusal.NOT_OWNER]


def test_a_refusal_is_told_in_persian_with_its_code_and_what_it_is_about() -> None:
    refused = ClaimRefused(
        request_id=None,
        claim_id="c",
        claim_source="/directorate",
        claim_type="t",
        reason=ClaimRefusal.UNKNOWN_OFFICE,
        detail=DETAIL,
    )
    assert told(refused, Language.FA) == f"پذیرفته نشد، چنین دفتری نیست (unknown_office): {DETAIL}"
    assert told(refused, Language.EN) == f"not accepted (unknown_office): {DETAIL}"


@pytest.mark.parametrize(
    "outcome",
    [
        Held("predecessor", DETAIL, None),
        Held("predecessor", DETAIL, MOMENT),
        SetAside("malformed", "body", DETAIL),
        Forgotten(),
        None,
    ],
)
def test_every_outcome_is_told_in_both_languages(outcome: Outcome | None) -> None:
    [persian], [english] = outcome_lines(outcome, Language.FA), outcome_lines(outcome, Language.EN)
    assert english.isascii()
    assert persian != english


def test_the_markers_of_a_window_are_one_statement() -> None:
    marks = tuple(WindowMarked(window=9, partition=number, partitions=4) for number in range(4))
    assert outcome_lines(Decided(marks), Language.EN) == ["settlement window 9 is closing"]


def test_nobody_is_told_the_names_of_events() -> None:
    held = Held("predecessor", "AgencyAnswered must come first; the agency says it", None)
    assert outcome_lines(held, Language.EN) == ["waits: answer must come first; the agency says it"]
    assert outcome_lines(held, Language.FA) == ["در انتظار است: نخست باید «پاسخ» بیاید؛ دستگاه آن را می‌گوید"]
    assert claim_name("ir.pishkhan.FeeCollected.v1", Language.EN) == "collect"
    assert claim_name("Strange", Language.FA) == "Strange"


def test_codes_have_their_names_beside_them_in_persian() -> None:
    closed = next(event for event in ENDED if isinstance(event, RequestClosed))
    replied = next(event for event in SERVED if isinstance(event, AgencyReplied))
    assert told(closed, Language.FA).startswith("پایان یافت، لغو شده (cancelled)")
    assert told(replied, Language.FA) == "پاسخ دستگاه: تأیید"
    assert told(replied, Language.EN) == "the agency's answer: approved"
