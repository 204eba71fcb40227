"""What people call the claims that can be made: by the words of their commands, and not by the names of events."""

import re
from collections.abc import Mapping

from connectors.words.language import Language, Phrase

CLAIMS: Mapping[str, Phrase] = {
    "RequestSubmitted": Phrase("ثبت", "submit"),
    "RequestCancelled": Phrase("لغو", "cancel"),
    "AgencyAnswered": Phrase("پاسخ", "answer"),
    "RequestAccepted": Phrase("پذیرش", "accept"),
    "RequestDeclined": Phrase("نپذیرفتن", "decline"),
    "FeeCollected": Phrase("دریافت", "collect"),
    "FeeReturned": Phrase("بازپرداخت", "return"),
    "ServiceStarted": Phrase("آغاز", "start"),
    "AgencyAwaited": Phrase("پرسش", "await"),
    "ServiceDelivered": Phrase("تحویل", "deliver"),
}
_NAMES = re.compile("|".join(rf"\b{name}\b" for name in CLAIMS))


def event_name(type_name: str) -> str:
    """Return the event's name in a type: `FeeCollected` of `ir.pishkhan.FeeCollected.v1`."""
    return type_name.split(".")[-2] if type_name.count(".") > 1 else type_name


def claim_name(type_name: str, language: Language) -> str:
    """Return what people call a claim of that type."""
    name = event_name(type_name)
    return CLAIMS.get(name, Phrase(name, name)).of(language)


def in_commands(detail: str, language: Language) -> str:
    """Return what the bus says of a case with the words of commands in place of the names of events."""
    return _NAMES.sub(lambda found: CLAIMS[found[0]].of(language), detail)
