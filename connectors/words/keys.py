"""Keys of parties as people see them, and what is refused about them, in both languages."""

from collections.abc import Iterator, Mapping

from connectors.words.calendar import operators_moment
from connectors.words.language import EMPTY, Language, Phrase, listed
from producers.access.keys import LIVE_KEYS_MAX, NAME_LENGTH_MAX, OVERLAP_MAX, Key, KeyRefusal, KeyState
from producers.access.parties import GRANTABLE, Party, PartyKind, Scope

KINDS: Mapping[PartyKind, Phrase] = {
    PartyKind.AGENCY: Phrase("دستگاه {code}", "agency {code}"),
    PartyKind.OFFICE: Phrase("دفتر {code}", "office {code}"),
    PartyKind.DIRECTORATE: Phrase("اداره کل", "directorate"),
    PartyKind.WORKING_GROUP: Phrase("کارگروه", "working group"),
    PartyKind.AUDITOR: Phrase("حسابرس", "auditor"),
}
STATES: Mapping[KeyState, Phrase] = {
    KeyState.ACTIVE: Phrase("به کار", "active"),
    KeyState.ENDING: Phrase("تا {until}", "until {until}"),
    KeyState.ENDED: Phrase("پایان‌یافته", "ended"),
    KeyState.REVOKED: Phrase("لغوشده", "revoked"),
}
#: What each scope lets a key do.
SCOPES: Mapping[Scope, Phrase] = {
    Scope.PUBLISH: Phrase("خدمت‌ها و تفاهم‌نامه‌های دستگاه", "the agency's services and agreements"),
    Scope.SUBMIT: Phrase("ثبت، لغو و پاسخ درخواست‌ها", "submit, cancel and answer requests"),
    Scope.DESK: Phrase("گام‌های دفتر", "the office's steps"),
    Scope.GOVERN: Phrase("دفترها، تفاهم‌نامه‌ها، سیاست و تقویم", "offices, agreements, policy, calendars"),
    Scope.MONEY: Phrase("پرداخت، استرداد، جریمه و دوره‌ها", "payments, refunds, fines, windows"),
    Scope.READ: Phrase("دیدن", "look"),
    Scope.FEED: Phrase("خوراک رویدادها", "the feed"),
    Scope.REVEAL: Phrase("داده‌های شخصی شهروند", "a citizen's personal fields"),
    Scope.WEBHOOKS: Phrase("نشانی‌های خبررسانی", "webhooks"),
    Scope.KEYS: Phrase("کلیدهای خود", "the party's own keys"),
}
REFUSALS: Mapping[KeyRefusal, Phrase] = {
    KeyRefusal.UNKNOWN_PARTY: Phrase(
        "{party} شناخته نیست؛ نخست آن را با `pishkhan province load` یا در فهرست ثبت کنید.",
        "There is no {party}; load it first with `pishkhan province load`, or license the office.",
    ),
    KeyRefusal.NAME_INVALID: Phrase(
        f"نام کلید از 1 تا {NAME_LENGTH_MAX} نویسه در یک خط است، بی‌فاصله در دو سر (--name).",
        f"A key's name has 1 to {NAME_LENGTH_MAX} characters on one line, and no space at its ends (--name).",
    ),
    KeyRefusal.NO_SCOPES: Phrase(
        "بگویید کلید چه می‌تواند (--scopes)؛ برای {party}: {scopes}.",
        "Say what the key may do (--scopes); of {party} these: {scopes}.",
    ),
    KeyRefusal.SCOPE_NOT_OF_PARTY: Phrase(
        "کلید {party} تنها این‌ها را می‌تواند داشته باشد: {scopes}.", "A key of {party} may hold these alone: {scopes}."
    ),
    KeyRefusal.OPERATOR_NOT_OF_OFFICE: Phrase(
        "این کاربر از {party} نیست؛ `pishkhan offices show` کاربران را نشان می‌دهد.",
        "The operator is none of {party}; `pishkhan offices show` names those of an office.",
    ),
    KeyRefusal.TOO_MANY_KEYS: Phrase(
        f"{{party}} {LIVE_KEYS_MAX} کلید دارد و بیش از این نمی‌شود؛ یکی را لغو کنید.",
        f"{{party}} has {LIVE_KEYS_MAX} keys, and may have no more; revoke one.",
    ),
    KeyRefusal.UNKNOWN_KEY: Phrase(
        "چنین کلیدی نیست؛ `pishkhan key list` نام‌ها را نشان می‌دهد.",
        "There is no such key; `pishkhan key list` shows what keys are called.",
    ),
    KeyRefusal.KEY_OVER: Phrase(
        "این کلید دیگر به کار نیست: لغو شده یا پایان یافته است.", "That key is over: it was revoked, or it has ended."
    ),
    KeyRefusal.ALREADY_REPLACED: Phrase(
        "کلید دیگری جای این را گرفته است؛ آن را عوض کنید، یا این را لغو کنید.",
        "Another key took its place already; rotate that one, or revoke this one.",
    ),
    KeyRefusal.OVERLAP_INVALID: Phrase(
        f"هم‌پوشانی از 0 تا {OVERLAP_MAX.days} روز است، مانند 24h یا 7d (--overlap).",
        f"The overlap is 0 to {OVERLAP_MAX.days} days, such as 24h or 7d (--overlap).",
    ),
}
HEADINGS = (
    Phrase("کلید", "key"),
    Phrase("از آن", "of"),
    Phrase("نام", "name"),
    Phrase("می‌تواند", "may"),
    Phrase("وضع", "state"),
    Phrase("آخرین کاربرد", "last used"),
)
NOTHING = Phrase("هیچ کلیدی نیست.", "There are no keys.")
_NEVER = Phrase("هرگز", "never")
_NAMED = Phrase("{name}، کاربر {operator}", "{name}, operator {operator}")
ISSUED = Phrase(
    "کلید {key} از {party} ساخته شد. متن آن تنها همین یک بار نشان داده می‌شود:",
    "Key {key} of {party} is made. Its text is shown now and never again:",
)
ENDS = Phrase("کلید پیشین، {key}، تا {until} کار می‌کند.", "The old key, {key}, works until {until}.")
TRY = Phrase("آزمایش:", "Try it:")
KAFKA = Phrase("برای Kafka (librdkafka):", "For a Kafka client (librdkafka's properties):")
REVOKED = Phrase(
    "کلید {key} لغو شد؛ ظرف 5 ثانیه هیچ‌جا کار نمی‌کند.", "Key {key} is revoked; within 5 s it opens nothing anywhere."
)
BROKER_AWAY = Phrase(
    "کارگزار پیام پاسخ نمی‌دهد ({why})؛ کلیدی ساخته نشد.", "The broker does not answer ({why}); no key was made."
)
USER_REMAINS = Phrase(
    "کلید لغو شد، اما کارگزار پیام پاسخ نمی‌دهد ({why})؛ کاربر {user} با بازگشت آن به دست `pishkhan up` برداشته می‌شود.",
    "The key is revoked, but the broker does not answer ({why}); `pishkhan up` takes its user {user} when it does.",
)
USER_TAKEN = Phrase(
    "کلید {key} به سر آمده و کاربرش در کارگزار پیام برداشته شد", "key {key} is over: its user on the broker is gone"
)
ONE_PARTY = Phrase(
    "بگویید کلید از آن کیست: یکی از --agency CODE، --office CODE، --directorate، --working-group یا --auditor.",
    "Say whose key it is: one of --agency CODE, --office CODE, --directorate, --working-group and --auditor.",
)
NO_SCOPE = Phrase("{scope} اختیار شناخته‌شده‌ای نیست؛ این‌ها هستند: {scopes}.", "{scope} is no scope; there are {scopes}.")


def party_words(party: Party, language: Language) -> str:
    """Name a party."""
    return KINDS[party.kind].fill(language, code=party.code)


def refusal_words(refusal: KeyRefusal, party: Party | None) -> Phrase:
    """Say why an act on a key is refused, and the remedy."""
    if party is None:
        return REFUSALS[refusal].filled(party=EMPTY, scopes=EMPTY)
    name = KINDS[party.kind].filled(code=party.code)
    scopes = sorted(scope.value for scope in GRANTABLE[party.kind])
    both = Phrase(listed(scopes, Language.FA), listed(scopes, Language.EN))
    return REFUSALS[refusal].filled(party=name, scopes=both)


def cells(key: Key, state: KeyState, language: Language) -> Iterator[str]:
    """Yield one row of the table, in the order of `HEADINGS`."""
    yield key.key_id
    yield party_words(key.party, language)
    yield key.name if key.operator is None else _NAMED.fill(language, name=key.name, operator=key.operator)
    yield " ".join(sorted(key.scopes))
    until = "" if key.ends_at is None else operators_moment(key.ends_at, language)
    yield STATES[state].fill(language, until=until)
    yield _NEVER.of(language) if key.last_used_at is None else operators_moment(key.last_used_at, language)
