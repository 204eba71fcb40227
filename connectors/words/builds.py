"""What is said of builds that do not fit a database, in both languages."""

from connectors.words.language import Phrase

TOO_NEW = Phrase(
    "نسخه تازه‌تری پایگاه داده را دگرگون کرده است (گام {steps}) و این نسخه نمی‌تواند با آن کار کند؛ نسخه تازه‌تر را راه "
    "بیندازید یا رونوشت پیشین داده‌ها را برگردانید (docs/how-to/upgrade-and-go-back.md).",
    "The database was changed by a newer build (step {steps}), and this one cannot work on it; start the newer build, "
    "or restore a copy of the data from before (docs/how-to/upgrade-and-go-back.md).",
)
