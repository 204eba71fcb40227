"""What is said of a command that ends before its work is done, in both languages."""

from connectors.words.language import Phrase

INTERRUPTED = Phrase("قطع شد.", "Interrupted.")
PUBLISHING_INTERRUPTED = Phrase(
    "قطع شد: دست‌کم {count} رویداد منتشر شده است. همان را دوباره منتشر کنید: آنچه رسیده شناسه‌اش را دارد و کنار گذاشته "
    "می‌شود.",
    "Interrupted: at least {count} events are published. Publish the same again: what went through keeps its id and is "
    "skipped.",
)
REPLAY_INTERRUPTED = Phrase(
    "قطع شد: دست‌کم {count} درخواست از {total} منتشر شده است. همان گزارش را دوباره بازپخش کنید: هیچ‌چیز دو بار "
    "گفته نمی‌شود.",
    "Interrupted: at least {count} of {total} requests are published. Replay the same log again: nothing is said "
    "twice.",
)
OUTPUT_LOST = Phrase("خروجی نوشته نشد: {why}.", "What was to be shown could not be written: {why}.")
