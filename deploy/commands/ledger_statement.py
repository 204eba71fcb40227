"""One account's statement in words: pure, figures in, text out."""

from connectors.words.calendar import jalali_moment
from connectors.words.language import Language
from connectors.words.money import in_words, rial
from consumers.settlement.domain.booking import BookingKind
from consumers.settlement.statement import Statement

_KINDS_FA = {
    BookingKind.HOLD: "نگهداشت کارمزد",
    BookingKind.COLLECT: "دریافت از شهروند",
    BookingKind.POST: "تسهیم",
    BookingKind.VOID: "ابطال نگهداشت",
    BookingKind.RETURN: "بازپرداخت به شهروند",
    BookingKind.LATE_CASH: "دریافت پس از پایان درخواست",
    BookingKind.REFUND: "برگشت تسهیم",
    BookingKind.OFFICE_PAYMENT: "واریز دفتر",
    BookingKind.FINE: "جریمه",
    BookingKind.FINE_LIFTED: "لغو جریمه",
    BookingKind.CORRECTION: "اصلاح",
}
_WORDS = {
    Language.FA: {
        "title": "صورت‌حساب {account}، دوره تسویه {window}",
        "closed": "دوره در {moment} بسته شد",
        "open": "دوره هنوز باز است؛ ارقام تغییر می‌کنند",
        "opening": "مانده اول دوره",
        "debit": "بدهکار",
        "credit": "بستانکار",
        "closing": "مانده پایان دوره",
        "owes": "صاحب حساب بدهکار است",
        "owed": "صاحب حساب بستانکار است",
        "even": "حساب تسویه است",
        "owed_citizens": "بدهی همه دفاتر به شهروندان در پایان دوره",
        "owed_by_office": "از آن این دفتر، هم‌اکنون",
    },
    Language.EN: {
        "title": "Statement of {account}, settlement window {window}",
        "closed": "closed on {moment} (Jalali, Tehran)",
        "open": "this window is still open; the figures will change",
        "opening": "opening balance",
        "debit": "debit",
        "credit": "credit",
        "closing": "closing balance",
        "owes": "the account's holder owes this",
        "owed": "the account's holder is owed this",
        "even": "the account is settled",
        "owed_citizens": "owed to citizens by all offices at the end of the window",
        "owed_by_office": "of this by this office, now",
    },
}


def statement_lines(statement: Statement, language: Language) -> list[str]:
    """Return the lines of a statement, with the account's movements by kind, to be shown to a person."""
    movement, closed_at, closing_rial = statement.movement, statement.closed_at, statement.closing_rial
    words = _WORDS[language]
    state = words["open"] if closed_at is None else words["closed"].format(moment=jalali_moment(closed_at, language))
    lines = [
        words["title"].format(account=movement.account, window=statement.window),
        state,
        "",
        f"{words['opening']}: {rial(movement.opening_rial, language)}",
    ]
    for kind, debits_rial, credits_rial in statement.kinds:
        name = _KINDS_FA[BookingKind(kind)] if language is Language.FA else BookingKind(kind).value.replace("_", " ")
        if debits_rial:
            lines.append(f"  {name}، {words['debit']}: {rial(debits_rial, language)}")
        if credits_rial:
            lines.append(f"  {name}، {words['credit']}: {rial(credits_rial, language)}")
    standing = words["owes"] if closing_rial > 0 else words["owed"] if closing_rial < 0 else words["even"]
    lines += [
        f"{words['closing']}: {rial(closing_rial, language)}",
        f"  {in_words(abs(closing_rial), language)}: {standing}" if closing_rial else f"  {standing}",
        "",
        f"{words['owed_citizens']}: {rial(statement.owed_rial, language)}",
    ]
    if statement.owed_by_office_rial is not None:
        lines.append(f"  {words['owed_by_office']}: {rial(statement.owed_by_office_rial, language)}")
    return lines if language is Language.FA else [line.replace("،", ",") for line in lines]
