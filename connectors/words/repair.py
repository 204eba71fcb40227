"""What a repair reports to people, in both languages: what will be done, what cannot be, and what comes next."""

from collections.abc import Iterator, Sequence

from connectors.words.language import Language, Phrase
from consumers.reconciliation.domain.repair import PositionRepair, RepairPlan
from consumers.settlement.chains import ChainRepair

_TOPIC = Phrase("دفتر {topic}:", "Topic {topic}:")
_NOTHING = Phrase("  چیزی برای ترمیم نیست.", "  there is nothing to repair.")
_MISSING = Phrase(
    "  {count} رویداد منتشر شده و در آن نیست؛ صندوق خروجی آن‌ها را دارد و دوباره منتشر می‌شوند.",
    "  {count} events were published and are not in it; the outbox has them, and they are published again.",
)
_REMOVED = Phrase(
    "  {count} ردیف را کسی از صندوق خروجی پاک کرده بود؛ بازگردانده می‌شوند.",
    "  {count} rows had been deleted from the outbox; they are put back, and what was not published yet is published.",
)
_POSITION = Phrase(
    "  {consumer} در بخش {partition} از {before} به {after} بازمی‌گردد.",
    "  {consumer} goes back in partition {partition} from {before} to {after}.",
)
_FORWARD = Phrase(
    "  {consumer} در بخش {partition} از {before} به {after} پیش می‌رود؛ آنچه میان این دو بود از دست رفته است.",
    "  {consumer} goes forward in partition {partition} from {before} to {after}: what lay between is gone.",
)
_CARRIED = Phrase(
    "  {consumer} در بخش {partition} از دفتر پیشین (جایگاه {before}) به دفتر کنونی می‌رود، از {after}.",
    "  {consumer} goes over in partition {partition} from the topic that was (at {before}) to the new one, at {after}.",
)
_LOST_EVENTS = Phrase(
    "  {count} رویداد نه در دفتر است و نه در صندوق خروجی و بازساختنی نیست؛ pishkhan reconcile آن‌ها را نام می‌برد.",
    "  {count} events are in neither the log nor the outbox and cannot be made again; `pishkhan reconcile` names them.",
)
_LOST_CLAIMS = Phrase(
    "  تا {count} ادعا را دستگاه‌ها خود نوشته بودند و خوانده شده بود: اثرشان می‌ماند، ولی متنشان بازنوشتنی نیست.",
    "  up to {count} claims were written by agencies themselves and had been read: what they led to stays, but they "
    "cannot be written again, for nobody keeps their bodies.",
)
_UNREAD_CLAIMS = Phrase(
    "  آنچه نوشته شده و هنوز خوانده نشده بود بر گذرگاه پوشیده است: دستگاه‌ها دوباره بفرستند؛ تکراری‌ها کنار می‌روند.",
    "  What was written and not read yet is unknown to the bus: let the writers publish it again; repetitions are "
    "skipped.",
)
_READER = Phrase(
    "  گروه {group} که از گذرگاه نیست بخش {partition} را تا {before} خوانده است: صاحبش آن را به {after} بازگرداند "
    "و آنچه را دارد کنار بگذارد.",
    "  {group}, a group outside the bus, has read partition {partition} up to {before}: let its owner go back to "
    "{after} and leave out what he has.",
)
_SHARING_READER = Phrase(
    "  گروه اشتراکی {group} که از گذرگاه نیست کار بخش {partition} را دست‌کم تا {before} تمام کرده و شاید رکوردهای "
    "پس از آن را هم گرفته است: صاحبش آن را به {after} بازگرداند و آنچه را دارد کنار بگذارد.",
    "  {group}, a share group outside the bus, is done with partition {partition} up to {before} at least, and may "
    "have taken records beyond: let its owner go back to {after} and leave out what he has.",
)
_CHAINS_WHOLE = Phrase(
    "زنجیره هر بخش همان است که ردیف‌های دفتر کل می‌سازند؛ چیزی برای ترمیم نیست.",
    "What is kept of every partition is what the ledger's rows make: there is nothing to repair.",
)
_CHAIN = Phrase(
    "  بخش {partition}: زنجیره‌ای که برای {before} ردیف نگه داشته شده برای {after} ردیف و دوره {window} بازساخته می‌شود؛ "
    "ردیف‌ها همان‌اند که دفتر وقایع می‌سازد.",
    "  partition {partition}: its chain, kept for {before} rows, is made again for {after}, in window {window}: the "
    "rows are those that the log makes.",
)
_CHAIN_NOT_PROVEN = Phrase(
    "  بخش {partition}: بازساخته نمی‌شود: {why}", "  partition {partition}: is not made again: {why}"
)
_CHAIN_DONE = Phrase(
    "انجام شد. تسویه خود در نیم دقیقه راه می‌افتد. سپس: pishkhan ledger verify",
    "Done. Settlement resumes by itself within half a minute. Then: `pishkhan ledger verify`",
)
_QUESTION = Phrase("انجام شود؟", "Do this?")
_DONE = Phrase(
    "انجام شد: {count} رویداد در راه است. مصرف‌کننده‌هایی که ایستاده بودند، خود در نیم دقیقه راه می‌افتند.",
    "Done: {count} events are on their way. Consumers that had halted resume by themselves within half a minute.",
)
_THEN = Phrase("سپس: pishkhan reconcile", "Then: `pishkhan reconcile`")


def plan_lines(plan: RepairPlan, language: Language) -> Iterator[str]:
    """Yield what will be done for a topic, and what cannot be."""
    yield _TOPIC.fill(language, topic=plan.topic)
    if not plan.needed:
        yield _NOTHING.of(language)
    if plan.missing:
        yield _MISSING.fill(language, count=len(plan.missing))
    if plan.removed:
        yield _REMOVED.fill(language, count=plan.removed)
    for change in plan.positions:
        yield _position(change, language)
    for reader, back_to in plan.readers:
        phrase = _SHARING_READER if reader.shares else _READER
        partition = str(reader.place.partition)
        yield phrase.fill(language, group=reader.group, partition=partition, before=reader.position, after=back_to)
    if plan.lost_events:
        yield _LOST_EVENTS.fill(language, count=plan.lost_events)
    if plan.lost_claims:
        yield _LOST_CLAIMS.fill(language, count=plan.lost_claims)
        yield _UNREAD_CLAIMS.of(language)


def chain_lines(plan: Sequence[ChainRepair], language: Language) -> Iterator[str]:
    """Yield what is made again beside the ledger's rows, and where it cannot be."""
    if not plan:
        yield _CHAINS_WHOLE.of(language)
    for one in plan:
        partition = str(one.partition)
        if one.after is None:
            yield _CHAIN_NOT_PROVEN.fill(language, partition=partition, why=one.why)
        else:
            counts = {"before": one.before.chain.count, "after": one.after.chain.count, "window": one.after.window}
            yield _CHAIN.fill(language, partition=partition, **counts)


def chain_done(language: Language) -> str:
    """Return what follows a repair of chains."""
    return _CHAIN_DONE.of(language)


def question(language: Language) -> str:
    """Return what is asked before anything is done."""
    return _QUESTION.of(language)


def done_lines(again: int, language: Language) -> Iterator[str]:
    """Yield what was done, and what to do next."""
    yield _DONE.fill(language, count=again)
    yield _THEN.of(language)


def _position(change: PositionRepair, language: Language) -> str:
    phrase = _CARRIED if change.carried else _FORWARD if change.after > change.before else _POSITION
    partition = str(change.place.partition)
    return phrase.fill(
        language, consumer=change.consumer, partition=partition, before=change.before, after=change.after
    )
