"""What a worker waits for or stands still at, and what to do about it: a meaning and a remedy per cause."""

from collections.abc import Mapping

from connectors.words.language import Phrase
from consumers.runner.outcomes import Setback

#: What a worker is said to have that gives no sign of life.
NO_ANSWER = "no answer"
#: What each cause means; of others, the name is said.
MEANINGS: Mapping[str, Phrase] = {
    Setback.BROKER_UNAVAILABLE.value: Phrase("کارگزار پیام پاسخ نمی‌دهد", "the broker does not answer"),
    Setback.DATABASE_UNAVAILABLE.value: Phrase("پایگاه داده پاسخ نمی‌دهد", "the database does not answer"),
    Setback.STUCK.value: Phrase(
        "در درخواستی از کارگزار پیام یا پایگاه داده مانده است", "it hangs in a call to the broker or the database"
    ),
    NO_ANSWER: Phrase("پاسخ نمی‌دهد", "it does not answer"),
}

SEE_THE_LOG = Phrase(
    "`partition halted` را در گزارشش و بخش آن را در docs/runbook.md ببینید",
    "see `partition halted` in its log, and the section on it in docs/runbook.md",
)
PASS_IT = Phrase(
    "`pishkhan repair halted` آن را نشان می‌دهد و `pishkhan repair pass` بی اجرا از آن می‌گذرد",
    "`pishkhan repair halted` shows it, and `pishkhan repair pass` passes it without applying it",
)
ANOTHER_CAUSE = Phrase(
    "خودش به کار برمی‌گردد؛ اگر برنگشت گزارشش را بخوانید", "it recovers by itself; if it does not, read its log"
)

REMEDIES: Mapping[str, Phrase] = {
    Setback.BROKER_UNAVAILABLE.value: Phrase(
        "کارگزار پیام را به کار برگردانید؛ کارگر خودش ادامه می‌دهد",
        "bring the broker back; the worker then recovers by itself",
    ),
    Setback.DATABASE_UNAVAILABLE.value: Phrase(
        "پایگاه داده را به کار برگردانید؛ کارگر خودش ادامه می‌دهد",
        "bring the database back; the worker then recovers by itself",
    ),
    Setback.STUCK.value: Phrase(
        "در درخواستی مانده است: ببینید کارگزار پیام، پایگاه داده و شبکه پاسخ می‌دهند؛ با پاسخ آن‌ها ادامه می‌دهد. اگر "
        "پاسخ می‌دهند پایانش دهید (kill -9) و دوباره آغازش کنید، چیزی از دست نمی‌رود",
        "it hangs in a call: see whether broker, database and network answer, and it recovers when they do; if they "
        "do, end it (kill -9) and start it again, nothing is lost",
    ),
    Setback.SET_ASIDE.value: Phrase(
        "یک کلید در انتظار است و بقیه منتشر می‌شود: `pishkhan outbox list` را ببینید",
        "one key waits, all others are published: see `pishkhan outbox list`",
    ),
    Setback.CLOCK_DIFFERS.value: Phrase(
        "بگذارید رایانه‌اش ساعت را از سرور زمان بگیرد (chrony، systemd-timesyncd)، یا کارگر را جای دیگری اجرا کنید؛ در "
        "این میان گفته‌ها را می‌پذیرد و کارهای زمان‌دار را خودش از سر می‌گیرد",
        "let its machine take the time from a time server (chrony, systemd-timesyncd), or run the worker elsewhere; it "
        "handles claims meanwhile, and resumes timed acts by itself",
    ),
    Setback.BROKER_CLOCK_DIFFERS.value: Phrase(
        "بگذارید رایانه‌های کارگزار پیام و پایگاه داده ساعت را از سرور زمان بگیرند؛ مهلت‌ها تا یکی شدنشان می‌ایستد و چیزی "
        "از دست نمی‌رود",
        "let the machines of broker and database take their time from a time server; deadlines wait until they agree, "
        "and nothing is lost",
    ),
    Setback.POSITION_LOST.value: SEE_THE_LOG,
    Setback.LEDGER_APART.value: Phrase(
        "پایگاه داده را همان‌گونه نگه دارید: `pishkhan ledger verify` سطرها را نام می‌برد؛ `pishkhan repair chain` آنچه "
        "کنارشان نگه داشته می‌شود را، جایی که سطرها همان سطرهای دفتر وقایع‌اند، دوباره می‌سازد",
        "keep the database as it is: `pishkhan ledger verify` names the rows; `pishkhan repair chain` makes what is "
        "kept beside them again where they are those of the log",
    ),
    Setback.PARK_FULL.value: Phrase(
        "آنچه به خطا می‌خورد را بردارید، سپس `pishkhan parked redrive --failed` یا `pishkhan parked skip`",
        "remove what fails, then `pishkhan parked redrive --failed` or `pishkhan parked skip`",
    ),
    Setback.FAILED_IN_A_ROW.value: Phrase(
        "خطا از برنامه است: نسخه‌ای بی آن خطا را به کار اندازید، خودش از سر می‌گیرد",
        "the code is at fault: start a version without the fault, and it resumes by itself",
    ),
    Setback.HANDLER_FAILED.value: Phrase(
        "حتی کنار گذاشتن هم نمی‌شود: `partition halted` را در گزارشش ببینید؛ پس از رفع آن از سر می‌گیرد",
        "not even parking works: see `partition halted` in its log; it resumes once repaired",
    ),
    Setback.UNREADABLE.value: Phrase(
        f"ببینید چه کسی آن را نوشته است؛ {PASS_IT.fa}", f"find out who wrote it; {PASS_IT.en}"
    ),
    Setback.CONNECTION_LOST.value: Phrase(
        f"در گزارش خود پایگاه داده ببینید چرا پایانش داد؛ {PASS_IT.fa}",
        f"see the database's own log for why it ended; {PASS_IT.en}",
    ),
}
