"""A statement says in both languages what moved, who owes whom, and what is owed to citizens."""

import pytest

from connectors.words.language import Language
from connectors.words.statement import KINDS, statement_lines
from consumers.settlement.domain.booking import BookingKind
from consumers.settlement.domain.windows import AccountMovement
from consumers.settlement.statement import KindMovement, Statement
from tests.kit.values.builders import MOMENT

DRAWER = "office:urban-001:drawer"


def statement(opening_rial: int = 0, *, closed: bool = False, owed_by_office_rial: int | None = None) -> Statement:
    return Statement(
        movement=AccountMovement(DRAWER, opening_rial, 50_000, 20_000),
        window=1_000,
        closed_at=MOMENT if closed else None,
        kinds=(KindMovement("late_cash", 50_000, 0), KindMovement("return", 0, 20_000)),
        owed_rial=70_000,
        owed_by_office_rial=owed_by_office_rial,
    )


def test_every_kind_of_transaction_has_words() -> None:
    assert set(KINDS) == set(BookingKind)


def test_a_statement_in_english() -> None:
    assert statement_lines(statement(closed=True, owed_by_office_rial=10), Language.EN) == [
        "Statement of office:urban-001:drawer, settlement window 1000",
        "closed on 2026-11-23 09:30 (Tehran)",
        "",
        "opening balance: 0 rial",
        "  late cash, debit: 50,000 rial",
        "  return, credit: 20,000 rial",
        "closing balance: 30,000 rial",
        "  3,000 toman: the account's holder owes this",
        "",
        "owed to citizens by all offices at the end of the window: 70,000 rial",
        "  of this by this office, now: 10 rial",
    ]


def test_a_statement_in_persian() -> None:
    lines = statement_lines(statement(), Language.FA)
    assert lines[:2] == [f"صورت‌حساب {DRAWER}، دوره تسویه 1000", "دوره هنوز باز است؛ ارقام تغییر می‌کنند"]
    assert lines[4] == "  دریافت پس از پایان درخواست، بدهکار: ۵۰٬۰۰۰ ریال"
    assert lines[7] == "  سه هزار تومان: صاحب حساب بدهکار است"
    assert len(lines) == 10, "an account of no office says nothing of one"


@pytest.mark.parametrize(
    ("opening_rial", "words"),
    [
        (0, "  3,000 toman: the account's holder owes this"),
        (-30_000, "  the account is settled"),
        (-60_000, "  3,000 toman: the account's holder is owed this"),
    ],
)
def test_who_owes_whom_is_the_sign_of_the_balance(opening_rial: int, words: str) -> None:
    assert words in statement_lines(statement(opening_rial), Language.EN)
