"""Facts from records that are read again: what they teach that is not known yet."""

from collections.abc import Collection, Sequence
from uuid import UUID

from consumers.kpi.domain.facts import Fact, learn
from consumers.kpi.handlers import KpiHandler
from consumers.kpi.ports import Stores
from consumers.kpi.reading import Lesson, read_lesson
from consumers.runner.outcomes import Outcome
from consumers.runner.ports import Telemetry
from consumers.runner.records import Record
from schemas.partition import Place


class FactsAgain:
    """Implements `consumers.runner.ports.Handler` over records that were read before.

    `handler` keeps the facts, and tells nobody; `telemetry` hears how many records taught something new.
    """

    def __init__(self, handler: KpiHandler, telemetry: Telemetry) -> None:
        self._handler = handler
        self._telemetry = telemetry

    def handle(self, stores: Stores, records: Sequence[Record]) -> Collection[Place]:
        """Keep what the records teach."""
        read = [read_lesson(record) for record in records]
        lessons = [one for one in read if isinstance(one, Lesson)]
        new = _new_lessons(stores, lessons)
        self._handler.handle(stores, records, complete=True)
        self._telemetry.count(Outcome.HANDLED, new)
        self._telemetry.count(Outcome.DUPLICATE, sum(one is not None for one in read) - new)
        return {record.place for record in records}

    def park_failed(self, stores: Stores, record: Record, error: Exception) -> None:
        """Park a record, as the first time."""
        self._handler.park_failed(stores, record, error)
        self._telemetry.count(Outcome.PARKED)

    def sweep(self, stores: Stores) -> int:
        """Nothing is due by itself."""
        return 0


def _new_lessons(stores: Stores, lessons: Sequence[Lesson]) -> int:
    """Count the lessons that change a fact or bring an income, as the handler will find them."""
    request_ids = sorted({lesson.request_id for lesson in lessons})
    facts = dict(stores.facts.lock(request_ids))
    known: set[UUID] = {one.transaction_id for some in stores.facts.incomes(request_ids).values() for one in some}
    new = 0
    for lesson in lessons:
        before = facts.get(lesson.request_id)
        after = learn(before or Fact(lesson.request_id), lesson.event, lesson.sequence, lesson.time)
        income = lesson.income()
        brings_income = income is not None and income.transaction_id not in known
        if income is not None:
            known.add(income.transaction_id)
        new += after != before or brings_income
        facts[lesson.request_id] = after
    return new
