"""What people are told of a repair, in both languages."""

import pytest

from connectors.words.language import Language
from connectors.words.repair import done_lines, plan_lines
from consumers.reconciliation.domain.repair import Missing, PositionRepair, Reader, RepairPlan
from schemas.partition import Place
from schemas.topics import INTAKE_OFFICES, LOG_REQUESTS

LOG = Place(LOG_REQUESTS.name, 3)
PLAN = RepairPlan(
    LOG.topic,
    (Missing("/bus", "a"), Missing("/bus", "b")),
    (
        PositionRepair("settlement", LOG, 1_200, 800, False),
        PositionRepair("kpi", LOG, 2, 4, False),
        PositionRepair("settlement", Place(LOG.topic, 4), 900, 0, True),
    ),
    lost_events=5,
    lost_claims=0,
    removed=1,
    readers=((Reader("boards", LOG, 1_200), 800),),
)


READER_LINE = (
    "  boards, a group outside the bus, has read partition 3 up to 1,200: let its owner go back to 800 and "
    "leave out what he has."
)


def test_everything_that_will_be_done_is_told_before() -> None:
    assert list(plan_lines(PLAN, Language.EN)) == [
        f"Topic {LOG.topic}:",
        "  2 events were published and are not in it; the outbox has them, and they are published again.",
        "  1 rows had been deleted from the outbox; they are put back, and what was not published yet is published.",
        "  settlement goes back in partition 3 from 1,200 to 800.",
        "  kpi goes forward in partition 3 from 2 to 4: what lay between is gone.",
        "  settlement goes over in partition 4 from the topic that was (at 900) to the new one, at 0.",
        READER_LINE,
        "  5 events are in neither the log nor the outbox and cannot be made again; `pishkhan reconcile` names them.",
    ]


def test_a_share_group_is_told_what_nobody_knows_of_it() -> None:
    plan = RepairPlan(LOG.topic, (), (), 0, 0, readers=((Reader("queue", LOG, 7, shares=True), 7),))
    assert list(plan_lines(plan, Language.EN))[-1] == (
        "  queue, a share group outside the bus, is done with partition 3 up to 7 at least, and may have taken records "
        "beyond: let its owner go back to 7 and leave out what he has."
    )
    assert "گروه اشتراکی queue" in list(plan_lines(plan, Language.FA))[-1]


@pytest.mark.parametrize("language", Language)
def test_claims_that_cannot_be_written_again_are_told(language: Language) -> None:
    plan = RepairPlan(INTAKE_OFFICES.name, (), (PositionRepair("requests", LOG, 7, 3, False),), 0, 4)
    lines = list(plan_lines(plan, language))
    assert len(lines) == 4
    assert ("up to 4 claims" in lines[2]) is (language is Language.EN)
    assert ("تا ۴ ادعا" in lines[2]) is (language is Language.FA)


def test_a_sound_topic_is_told_so() -> None:
    assert list(plan_lines(RepairPlan(LOG.topic, (), (), 0, 0), Language.EN))[1:] == ["  there is nothing to repair."]


def test_what_comes_next_is_told_at_the_end() -> None:
    assert list(done_lines(2, Language.EN))[-1] == "Then: `pishkhan reconcile`"
    assert "۲ رویداد" in next(done_lines(2, Language.FA))
