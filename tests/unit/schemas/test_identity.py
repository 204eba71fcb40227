"""Derived ids: the same always, and different for different origins."""

from uuid import UUID, uuid5

from schemas.identity import NAMESPACE, derived_id


def test_the_same_origin_gives_the_same_id() -> None:
    assert derived_id("/agencies/water", "e-1", 2) == derived_id("/agencies/water", "e-1", 2)
    assert UUID(derived_id("/agencies/water", "e-1", 2)).version == 5


def test_every_part_counts() -> None:
    origins = [("/agencies/water", "e-1", 1), ("/agencies/roads", "e-1", 1), ("/agencies/water", "e-2", 1)]
    assert len({derived_id(*origin) for origin in origins} | {derived_id("/agencies/water", "e-1", 2)}) == 4


def test_the_ids_are_those_of_the_first_release() -> None:
    assert derived_id("/agencies/water", "e-1", 0) == "de23d5ea-e738-5354-9b6d-bfb62e75b86f"


def test_they_are_version_5_uuids() -> None:
    for number in range(200):
        expected = str(uuid5(NAMESPACE, f"/agencies/آب|e-1|{number}"))
        assert derived_id("/agencies/آب", "e-1", number) == expected
