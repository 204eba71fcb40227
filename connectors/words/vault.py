"""The vault and the persons in it, in both languages; no number of a person is ever repeated."""

from collections.abc import Mapping

from connectors.words.language import Phrase
from producers.vault.numbers import NumberKind, NumberProblem
from producers.vault.reveal import RevealRefusal

KINDS: Mapping[NumberKind, Phrase] = {
    NumberKind.NATIONAL: Phrase("کد ملی", "national id"),
    NumberKind.LEGAL: Phrase("شناسه ملی شخص حقوقی", "legal person's number"),
    NumberKind.FOREIGNER: Phrase("شماره اتباع خارجی", "foreigner's number"),
}
NUMBERS: Mapping[NumberProblem, Phrase] = {
    NumberProblem.NOT_DIGITS: Phrase("{kind} تنها رقم دارد.", "A {kind} has digits alone."),
    NumberProblem.LENGTH: Phrase(
        "شمار رقم‌های {kind} درست نیست (کد ملی 10، حقوقی 11، اتباع 8 تا 12).",
        "That is not the length of a {kind} (national 10, legal 11, foreigner 8 to 12 digits).",
    ),
    NumberProblem.CHECK: Phrase(
        "رقم‌های {kind} با هم نمی‌خوانند؛ یکی اشتباه نوشته شده است.",
        "The digits of the {kind} do not agree: one is mistyped.",
    ),
}
REFUSALS: Mapping[RevealRefusal, Phrase] = {
    RevealRefusal.NOT_YOURS: Phrase("چنین درخواستی نزد شما نیست.", "You have no such request."),
    RevealRefusal.NOT_ACCEPTED: Phrase("هنوز دفتری آن را نپذیرفته است.", "No office has accepted it yet."),
    RevealRefusal.TOO_LATE: Phrase("زمان آن گذشته است.", "The time for it has passed."),
    RevealRefusal.TOO_MANY: Phrase(
        "این کلید در یک ساعت بیش از این نمی‌بیند؛ دیرتر بخواهید.", "This key sees no more in an hour; ask later."
    ),
    RevealRefusal.VAULT_AWAY: Phrase("گنجینه پاسخ نمی‌دهد؛ دیرتر بخواهید.", "The vault does not answer; ask later."),
    RevealRefusal.NOTHING_KEPT: Phrase("داده شخصی نگه داشته نشده است.", "No personal fields are kept."),
}
AWAY = Phrase("گنجینه در کار نیست ({why}).", "The vault cannot be used: {why}.")
OTHER_KEY = Phrase(
    "گنجینه بسته می‌ماند: {path} کلید گنجینه دیگری است؛ رونوشت کلید {version} را بازگردانید",
    "the vault stays closed: {path} is another vault's key; restore the backup of key {version}",
)
CLOSED = Phrase(
    "گنجینه بسته می‌ماند ({why})؛ کلید را از رونوشتش بازگردانید",
    "the vault stays closed: {why}; restore the key from its backup",
)
KEY_NOT_WRITTEN = Phrase(
    "گنجینه بسته می‌ماند: {path} نوشتنی نیست ({why})", "the vault stays closed: {path} cannot be written ({why})"
)
TARGET_THERE = Phrase(
    "{target} هست و رونوشت روی چیزی نوشته نمی‌شود؛ نام دیگری بدهید.",
    "{target} is there, and a backup is written over nothing; give another name.",
)
NOT_WRITTEN = Phrase("{target} نوشتنی نیست ({why}).", "{target} cannot be written ({why}).")
BACKED_UP = Phrase(
    "کلید {version} در {target} است؛ آن را جایی بیرون از این ماشین نگه دارید که تنها شما می‌خوانید.",
    "Key {version} is in {target}; keep it somewhere that is not this machine, and that you alone read.",
)
ROTATED = Phrase(
    "کلید {version} به کار است و کلید {persons} نفر با آن بسته شد. رونوشت‌های پیشین آن را باز نمی‌کنند: "
    "`pishkhan vault key backup FILE`",
    "Key {version} is in use, and wraps the keys of {persons} persons. Earlier backups do not open it: `pishkhan vault "
    "key backup FILE`",
)
FORGOTTEN = Phrase(
    "فراموش شد: هیچ رونوشتی از داده‌های شخصی‌اش دیگر خوانده نمی‌شود.",
    "Forgotten: no copy of the personal fields can be read any more.",
)
NOBODY = Phrase("کسی با این شماره در گنجینه نیست.", "The vault knows nobody by that number.")
ASK_NUMBER = Phrase("شماره", "Number")
ONLY_KEY = Phrase(
    "گنجینه تنها یک کلید دارد: `pishkhan vault key backup FILE` یا `pishkhan vault key rotate`.",
    "What a vault has is its key: `pishkhan vault key backup FILE` or `pishkhan vault key rotate`.",
)
