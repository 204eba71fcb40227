"""What an office owes, what is reserved for it, and its cap: which of these do not agree."""

import pytest

from consumers.settlement.domain.audit import OfficeExposure, audit_exposure


@pytest.mark.parametrize(
    ("owes", "reserved", "late_cash", "said"),
    [
        (0, 0, 0, []),
        (100, 100, 0, []),
        (101, 100, 0, ["owes 101 rial under its cap, but only 100 are reserved"]),
        (0, 101, 0, ["101 rial are reserved, its cap is 100"]),
        # Late cash is in the drawer whatever the cap.
        (0, 120, 20, []),
        (0, 121, 20, ["121 rial are reserved, its cap is 100, and 20 are late cash"]),
        (0, 0, -5, ["more late cash was given back than taken, by 5 rial", "0 rial are reserved"]),
    ],
)
def test_an_office_owes_no_more_than_is_reserved_and_that_is_within_its_cap(
    owes: int, reserved: int, late_cash: int, said: list[str]
) -> None:
    cap_rial = 0 if late_cash < 0 else 100
    found = list(audit_exposure([OfficeExposure("office-1", owes, reserved, cap_rial, late_cash)]))
    assert [line.startswith(f"office office-1: {words}") for line, words in zip(found, said, strict=True)] == [
        True
    ] * len(said)
