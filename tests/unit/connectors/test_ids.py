"""New ids are version 7 and sort by the time of their making."""

from connectors.ids import new_id


def test_ids_are_unique_and_in_order() -> None:
    ids = [new_id() for _ in range(1_000)]
    assert {each.version for each in ids} == {7}
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)
