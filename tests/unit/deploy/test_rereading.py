"""Only what a consumer has passed is read again."""

import pytest

from consumers.runner.records import Partition, Record, Span
from deploy.operations.rereading import batches, part_of
from schemas.partition import Place
from tests.memory.broker import APPENDED

FIRST, SECOND = Partition("log", "id", 0), Partition("log", "id", 1)


@pytest.mark.parametrize(
    ("position", "span", "to_come"),
    [
        (9, (3, 7), 0),
        (7, (3, 7), 0),
        (5, (3, 5), 2),
        (3, (3, 3), 4),
        (0, (3, 3), 4),
    ],
)
def test_a_span_ends_where_the_consumer_stands(position: int, span: tuple[int, int], to_come: int) -> None:
    part = part_of({FIRST: position}, {Place("log", 0): Span(3, 7), Place("log", 1): Span(0, 9)})
    assert part.spans == {("log", 0): span}
    assert (part.records, part.to_come) == (span[1] - span[0], to_come)


def test_partitions_are_summed() -> None:
    part = part_of({FIRST: 5, SECOND: 1}, {Place("log", 0): Span(3, 7), Place("log", 1): Span(0, 9)})
    assert (part.records, part.to_come) == (3, 10)


def test_batches_hold_everything_in_order() -> None:
    records = [Record("log", 0, position, None, (), None, APPENDED) for position in range(7)]
    cut = list(batches(records, 3))
    assert [len(batch) for batch in cut] == [3, 3, 1]
    assert [record for batch in cut for record in batch] == records
    assert list(batches([], 3)) == []
