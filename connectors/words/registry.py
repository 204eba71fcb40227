"""Why the registry does not take a claim, in words."""

from collections.abc import Mapping

from connectors.words.language import Phrase
from schemas.log_registry import RegistryRefusal

_REFUSALS: Mapping[RegistryRefusal, Phrase] = {
    RegistryRefusal.NOT_OWNER: Phrase("از آنِ گوینده نیست", "it does not belong to who speaks"),
    RegistryRefusal.VERSION_NOT_NEXT: Phrase("نسخه بعدی نیست", "it is not the next version"),
    RegistryRefusal.UNKNOWN_SUBJECT: Phrase("آنچه از آن می‌گوید شناخته نیست", "what it speaks of is not known"),
    RegistryRefusal.ALREADY_KNOWN: Phrase("پیش‌تر شناخته شده است", "it is known already"),
    RegistryRefusal.VALIDITY_ENDS_BEFORE_START: Phrase(
        "اعتبارش پیش از آغاز پایان می‌یابد", "its validity ends before it starts"
    ),
    RegistryRefusal.STATE_FORBIDS: Phrase("وضعیت کنونی آن را روا نمی‌دارد", "its state forbids it"),
    RegistryRefusal.REFERS_TO_UNKNOWN: Phrase("به چیزی ناشناخته اشاره دارد", "it refers to what is not known"),
    RegistryRefusal.SPLIT_NOT_WHOLE: Phrase("تسهیم تعرفه کامل نیست", "the split of a tariff line is not whole"),
    RegistryRefusal.FEE_RULE_AMBIGUOUS: Phrase("قاعده تعرفه یک مبلغ نمی‌دهد", "a fee rule does not come to one amount"),
    RegistryRefusal.RINGS_NOT_GROWING: Phrase("حلقه‌های فاصله بزرگ‌شونده نیستند", "the rings do not grow"),
}


def refusal_words(reason: RegistryRefusal) -> Phrase:
    """Return a reason of the registry in words."""
    return _REFUSALS[reason]
