"""What a fact keeps of each event."""

from datetime import timedelta

from consumers.kpi.domain.facts import TEACHING, Fact, Named, income_of, learn, subject_of
from schemas.intake_agency import Answer
from schemas.log_requests import AgencyReplied, WindowMarked
from schemas.topics import LOG_REQUESTS, LOG_SETTLEMENT
from tests.kit.values.kpi_log import MORNING, Life, Told


def fold(told: list[Told]) -> Fact:
    fact = Fact(Life(1).id)
    for one in told:
        fact = learn(fact, one.event, one.sequence or 0, one.time)
    return fact


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def test_a_whole_life() -> None:
    life = Life(1).opened(0).routed(1, "office-1").accepted(3, "office-1").completed(20, "office-1")
    assert fold(life.told) == Fact(
        request_id=life.id,
        sequence=6,
        agency="civil-registry",
        service="birth-certificate",
        office=Named("office-1", 6),
        county=Named("bojnord", 6),
        opened_at=MORNING,
        routed_at=MORNING + minutes(1),
        accepted_at=MORNING + minutes(3),
        started_at=MORNING + minutes(20),
        delivered_at=MORNING + minutes(20),
        completed_at=MORNING + minutes(20),
    )


def test_the_last_office_has_the_request_and_the_first_routing_counts() -> None:
    fact = fold(Life(1).opened(0).routed(1, "office-1").declined(2, "office-1").routed(3, "office-2", 2).told)
    assert fact.office.code == "office-2"
    assert fact.routed_at == MORNING + minutes(1)


def test_a_request_stays_with_the_agency_that_it_was_first_known_by() -> None:
    told = Life(1).opened(0).routed(1, "office-1").told
    fact = fold([told[0]])
    renamed = told[1].event.model_copy(update={"agency": "another"})
    assert learn(fact, renamed, 2, told[1].time).agency == fact.agency == "civil-registry"


def test_a_declining_office_has_it_no_more() -> None:
    fact = fold(Life(1).opened(0).routed(1, "office-1").declined(2, "office-1").told)
    assert fact.office == Named(None, 3)


def test_a_refusal_keeps_its_reason_and_the_desk_it_was_made_at() -> None:
    fact = fold(Life(1).opened(0, county="bojnord", office="office-1").refused(1).told)
    assert fact.refusal_reason == "no_eligible_office"
    assert fact.refused_at == MORNING + minutes(1)
    assert fact.office.code == "office-1"
    assert fact.county.code == "bojnord"


def test_a_closed_request_stays_with_its_office() -> None:
    fact = fold(Life(1).opened(0).routed(1, "office-1").closed(2, "office-1").told)
    assert fact.closed_at == MORNING + minutes(2)
    assert fact.office.code == "office-1"


def test_income_counts_up_and_a_refund_down() -> None:
    posted, refunded = Life(1).posted(1, "office-1", 700).refunded(2, "office-1", 300).told
    first, second = income_of(posted.event, posted.time), income_of(refunded.event, refunded.time)
    assert first is not None
    assert second is not None
    assert (first.rial, second.rial) == (700, -300)
    assert first.transaction_id != second.transaction_id


def test_a_post_without_an_office_part_is_no_income() -> None:
    [told] = Life(1).posted(1, "office-1", 0).told
    assert income_of(told.event, told.time) is None


def test_events_that_no_figure_rests_on_teach_nothing() -> None:
    life = Life(1)
    reply = AgencyReplied(request_id=life.id, agency="civil-registry", answer=Answer.APPROVED, document_wanted=None)
    assert subject_of(reply) is None
    assert subject_of(WindowMarked(window=1, partition=0, partitions=12)) is None
    assert learn(Fact(life.id), reply, 5, MORNING) == Fact(life.id)


def test_every_teaching_event_is_on_a_log() -> None:
    assert set(TEACHING) <= {*LOG_REQUESTS.events, *LOG_SETTLEMENT.events}
