"""One account's statement in both languages: figures in, text out."""

from collections.abc import Mapping

from connectors.words.calendar import local_moment
from connectors.words.language import Language, Phrase
from connectors.words.money import in_words, rial
from consumers.settlement.domain.booking import BookingKind
from consumers.settlement.statement import Statement

#: What people call each kind of transaction.
KINDS: Mapping[BookingKind, Phrase] = {
    BookingKind.HOLD: Phrase("نگهداشت کارمزد", "hold"),
    BookingKind.COLLECT: Phrase("دریافت از شهروند", "collect"),
    BookingKind.POST: Phrase("تسهیم", "post"),
    BookingKind.VOID: Phrase("ابطال نگهداشت", "void"),
    BookingKind.RETURN: Phrase("بازپرداخت به شهروند", "return"),
    BookingKind.LATE_CASH: Phrase("دریافت پس از پایان درخواست", "late cash"),
    BookingKind.REFUND: Phrase("برگشت تسهیم", "refund"),
    BookingKind.OFFICE_PAYMENT: Phrase("واریز دفتر", "office payment"),
    BookingKind.FINE: Phrase("جریمه", "fine"),
    BookingKind.FINE_LIFTED: Phrase("لغو جریمه", "fine lifted"),
    BookingKind.CORRECTION: Phrase("اصلاح", "correction"),
}
_TITLE = Phrase("صورت‌حساب {account}، دوره تسویه {window}", "Statement of {account}, settlement window {window}")
_CLOSED = Phrase("دوره در {moment} بسته شد", "closed on {moment} (Tehran)")
_OPEN = Phrase("دوره هنوز باز است؛ ارقام تغییر می‌کنند", "this window is still open; the figures will change")
_OPENING = Phrase("مانده اول دوره: {amount}", "opening balance: {amount}")
_DEBIT = Phrase("  {kind}، بدهکار: {amount}", "  {kind}, debit: {amount}")
_CREDIT = Phrase("  {kind}، بستانکار: {amount}", "  {kind}, credit: {amount}")
_CLOSING = Phrase("مانده پایان دوره: {amount}", "closing balance: {amount}")
_OWES = Phrase("  {words}: صاحب حساب بدهکار است", "  {words}: the account's holder owes this")
_OWED = Phrase("  {words}: صاحب حساب بستانکار است", "  {words}: the account's holder is owed this")
_EVEN = Phrase("  حساب تسویه است", "  the account is settled")
_OWED_CITIZENS = Phrase(
    "بدهی همه دفاتر به شهروندان در پایان دوره: {amount}",
    "owed to citizens by all offices at the end of the window: {amount}",
)
_OWED_BY_OFFICE = Phrase("  از آن این دفتر، هم‌اکنون: {amount}", "  of this by this office, now: {amount}")


def statement_lines(statement: Statement, language: Language) -> list[str]:
    """Return the lines of a statement, with the account's movements by kind, to be shown to a person."""
    movement, closed_at = statement.movement, statement.closed_at
    # A window's number is its name, not a count.
    title = _TITLE.fill(language, account=movement.account, window=str(statement.window))
    state = _OPEN.of(language)
    if closed_at is not None:
        state = _CLOSED.fill(language, moment=local_moment(closed_at, language))
    lines = [title, state, "", _OPENING.fill(language, amount=rial(movement.opening_rial, language))]
    for kind, debits_rial, credits_rial in statement.kinds:
        for side, side_rial in ((_DEBIT, debits_rial), (_CREDIT, credits_rial)):
            if side_rial:
                lines.append(side.fill(language, kind=KINDS[BookingKind(kind)], amount=rial(side_rial, language)))
    lines += [
        _CLOSING.fill(language, amount=rial(statement.closing_rial, language)),
        _standing(statement.closing_rial, language),
        "",
        _OWED_CITIZENS.fill(language, amount=rial(statement.owed_rial, language)),
    ]
    if statement.owed_by_office_rial is not None:
        lines.append(_OWED_BY_OFFICE.fill(language, amount=rial(statement.owed_by_office_rial, language)))
    return lines


def _standing(closing_rial: int, language: Language) -> str:
    """Say who owes whom; a positive balance is owed by the account's holder."""
    if closing_rial == 0:
        return _EVEN.of(language)
    phrase = _OWES if closing_rial > 0 else _OWED
    return phrase.fill(language, words=in_words(abs(closing_rial), language))
