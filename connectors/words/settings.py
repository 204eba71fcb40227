"""Mistakes in settings, in both languages: one sentence that names the setting, what is wrong and the remedy."""

from collections.abc import Mapping

from connectors.words.language import Phrase

_URL = Phrase(
    "نشانی پایگاه داده، مانند postgresql://USER:PASSWORD@HOST:5432/NAME (در گذرواژه %40 به جای @ و %2F به جای /)",
    "a database's address, such as postgresql://USER:PASSWORD@HOST:5432/NAME (in a password %40 for @, %2F for /)",
)
_MOMENT = Phrase(
    "زمانی میلادی از سال 2000 تا 2199 همراه با منطقه زمانی، مانند 2026-11-25T07:30+03:30",
    "a Gregorian time of the years 2000 to 2199 with its zone, such as 2026-11-25T07:30+03:30",
)
_USER = Phrase("نام کاربر کارگزار پیام", "a user's name on the broker")
_SECRET = Phrase("متنی که تنها دارنده‌اش می‌داند", "a text that only its owner knows")

#: What every setting takes, in the order of `deploy.settings.Settings`; docs/settings.md shows it.
TAKES: Mapping[str, Phrase] = {
    # Where everything lies.
    "data_directory": Phrase("پوشه‌ای که بتوان در آن نوشت", "a folder that can be written"),
    # The broker.
    "kafka_bootstrap": Phrase(
        "HOST:PORT، و چندتا با ویرگول، مانند broker-1:9092,broker-2:9092",
        "HOST:PORT, several with commas, such as broker-1:9092,broker-2:9092",
    ),
    "kafka_user": _USER,
    "kafka_password": _SECRET,
    "kafka_admin_user": _USER,
    "kafka_admin_password": _SECRET,
    "kafka_security": Phrase(
        "یکی از PLAINTEXT، SSL، SASL_PLAINTEXT و SASL_SSL", "one of PLAINTEXT, SSL, SASL_PLAINTEXT and SASL_SSL"
    ),
    "kafka_mechanism": Phrase(
        "یکی از SCRAM-SHA-256، SCRAM-SHA-512 و PLAIN", "one of SCRAM-SHA-256, SCRAM-SHA-512 and PLAIN"
    ),
    "kafka_replicas": Phrase("عددی درست از 1 تا 7", "a whole number from 1 to 7"),
    "kafka_ca_file": Phrase(
        "فایلی خواندنی از گواهی‌ها، مانند /etc/ssl/ca.pem",
        "a file of certificates that can be read, such as /etc/ssl/ca.pem",
    ),
    # The database.
    "database_url": _URL,
    "database_owner_url": _URL,
    # Workers' own credentials.
    "accounts": Phrase(
        "حساب‌ها به نام کارگران، مانند PISHKHAN_ACCOUNTS__RELAY__KAFKA_USER=worker-relay",
        "accounts by the workers' names, such as PISHKHAN_ACCOUNTS__RELAY__KAFKA_USER=worker-relay",
    ),
    "account": Phrase("نام یک کارگر، مانند relay", "a worker's name, such as relay"),
    "routing_secret": _SECRET,
    "key_secret": _SECRET,
    # The vault.
    "vault_url": _URL,
    "vault_key_file": Phrase(
        "فایلی با کلید گنجینه، مانند /etc/pishkhan/vault.json",
        "a file with the vault's key, such as /etc/pishkhan/vault.json",
    ),
    # Time.
    "clock_start": _MOMENT,
    "clock_factor": Phrase(
        "عددی بزرگ‌تر از صفر تا 1000000، مانند 60 (هر ثانیه یک دقیقه)",
        "a number above 0 up to 1000000, such as 60 (a minute in each second)",
    ),
    "clock_real_start": _MOMENT,
    "clock_bound_seconds": Phrase("شمار ثانیه‌ها، بزرگ‌تر از صفر، مانند 5", "a number of seconds above 0, such as 5"),
    "dead_letter_days": Phrase("شمار روزها از 1 تا 3650، مانند 90", "a number of days from 1 to 3650, such as 90"),
    # Logs, metrics and trials.
    "log_level": Phrase(
        "یکی از debug، info، warning، error و critical", "one of debug, info, warning, error and critical"
    ),
    "log_file": Phrase("فایلی که بتوان در آن نوشت", "a file that can be written"),
    "log_bytes_max": Phrase(
        "شمار بایت‌ها از 100000 تا 1000000000، مانند 10000000",
        "a number of bytes from 100000 to 1000000000, such as 10000000",
    ),
    "log_older_files": Phrase("شمار فایل‌ها از 1 تا 1000، مانند 5", "a number of files from 1 to 1000, such as 5"),
    "http_host": Phrase("نشانی همین رایانه، مانند 127.0.0.1", "an address of this machine, such as 127.0.0.1"),
    "http_port": Phrase("شماره درگاه از 1 تا 65535، مانند 8080", "a port from 1 to 65535, such as 8080"),
    "http_certificate": Phrase(
        "پرونده گواهی خواندنی، مانند /etc/ssl/bus.pem",
        "a file with a certificate that can be read, such as /etc/ssl/bus.pem",
    ),
    "http_certificate_key": Phrase("پرونده کلید گواهی، خواندنی", "a file with the certificate's key that can be read"),
    "http_insecure": Phrase("true یا false", "true or false"),
    "http_key_per_second": Phrase("شماری از 1 تا 1000000، مانند 500", "a number from 1 to 1000000, such as 500"),
    "metrics_port": Phrase("شماره درگاه از 1 تا 65000، مانند 9460", "a port from 1 to 65000, such as 9460"),
    "failpoint": Phrase(
        "جایی و کاری و شماره‌ای، تنها برای آزمون خطا، مانند before_commit:kill:3",
        "a place, an act and a number, for trials of faults alone, such as before_commit:kill:3",
    ),
}

WRONG = Phrase("{name} برابر با «{value}» است، اما باید چنین باشد: {takes}.", '{name} is "{value}", but takes {takes}.')
#: Of what may hold a secret, the value is not shown.
WRONG_UNSHOWN = Phrase("{name} خواندنی نیست؛ باید چنین باشد: {takes}.", "{name} cannot be read; it takes {takes}.")
UNKNOWN = Phrase(
    "{name} تنظیم شناخته‌شده‌ای نیست؛ شاید {meant} را خواسته‌اید.", "{name} is no setting; did you mean {meant}?"
)
UNLIKE_ANY = Phrase(
    "{name} تنظیم شناخته‌شده‌ای نیست؛ آن را از محیط بردارید (فهرست تنظیم‌ها در docs/settings.md است).",
    "{name} is no setting; take it out of the environment (docs/settings.md lists those that there are).",
)
NO_REAL_START = Phrase(
    "PISHKHAN_CLOCK_START هست ولی PISHKHAN_CLOCK_REAL_START نیست؛ زمان واقعی آن آغاز را در آن بدهید.",
    "PISHKHAN_CLOCK_START is set and PISHKHAN_CLOCK_REAL_START is missing; give the real time of that start in it.",
)
STORED_UNREADABLE = Phrase(
    "{file} خواندنی نیست ({why})؛ `{command}` آن را از نو می‌نویسد.",
    "{file} cannot be read ({why}); `{command}` writes it anew.",
)
IN_FILE = Phrase("{name} در {file}", "{name} in {file}")

NOT_A_DEMONSTRATIONS = Phrase(
    "{folder} چیزی دارد که از نمایش نیست، و دست نمی‌خورد. پوشه دیگری برگزینید: --data ANOTHER",
    "{folder} holds something that is not a demonstration's, and is left as it is. Choose another folder: --data "
    "ANOTHER",
)
NO_DATABASE = Phrase(
    "پایگاه داده‌ای شناخته نیست. با `pishkhan up` یکی به کار اندازید، یا PISHKHAN_DATABASE_URL را بنویسید.",
    "No database is known. Start one with `pishkhan up`, or set PISHKHAN_DATABASE_URL.",
)
DATABASE_AWAY = Phrase(
    "پایگاه داده پاسخ نمی‌دهد: {error}. آیا `pishkhan up` در کار است؟",
    "The database does not answer: {error}. Is `pishkhan up` running?",
)
ROWS_IN_HAND = Phrase(
    "این سطرها هم‌اکنون در دست دیگری است. چیزی تغییر نکرد؛ دوباره انجام دهید.",
    "Somebody else has these rows in hand just now. Nothing was changed; do it again.",
)
NO_BROKER = Phrase(
    "کارگزار پیامی شناخته نیست. با `pishkhan up` یکی به کار اندازید، یا PISHKHAN_KAFKA_BOOTSTRAP را بنویسید.",
    "No broker is known. Start one with `pishkhan up`, or set PISHKHAN_KAFKA_BOOTSTRAP.",
)
NO_FOLDER = Phrase(
    "{folder} پوشه نیست؛ برای داده‌ها پوشه دیگری بدهید: --data ANOTHER",
    "{folder} is no folder; give another one for the data: --data ANOTHER",
)
FOLDER_UNUSABLE = Phrase(
    "پوشه داده‌ها، {folder}، به کار نمی‌آید ({why})؛ اجازه نوشتن در آن را بدهید یا پوشه دیگری: --data ANOTHER",
    "The data folder {folder} cannot be used ({why}); let this user write there, or give another one: --data ANOTHER",
)
HALF_A_CERTIFICATE = Phrase(
    "گواهی و کلید با هم لازم‌اند: --tls-cert CERT --tls-key KEY (یا PISHKHAN_HTTP_CERTIFICATE و _KEY).",
    "A certificate and its key are needed together: --tls-cert CERT --tls-key KEY (or PISHKHAN_HTTP_CERTIFICATE and "
    "_KEY).",
)
PLAIN_HTTP = Phrase(
    "{address} نشانی همین ماشین نیست و HTTP ساده کلیدها را به همه در راه نشان می‌دهد؛ --tls-cert و --tls-key بدهید، یا "
    "اگر جلوی آن پروکسی با TLS هست --insecure.",
    "{address} is not this machine alone, and plain HTTP shows keys to everybody on the way; give --tls-cert and "
    "--tls-key, or --insecure if a proxy in front speaks TLS.",
)
NO_CERTIFICATE = Phrase(
    "{cert} و {key} گواهی و کلیدی نیستند که با هم کار کنند ({why})؛ هر دو را در PEM و کلید را بی‌گذرواژه بدهید.",
    "{cert} and {key} are no certificate and key that work together ({why}); give both in PEM, the key without a "
    "password.",
)
PORT_TAKEN = Phrase(
    "PISHKHAN_METRICS_PORT برابر با {first} است، اما درگاه {port} آن (کارگر {worker}) گرفته است؛ عدد دیگری بدهید یا "
    "تنظیم را بردارید تا درگاه آزاد پیدا شود.",
    "PISHKHAN_METRICS_PORT is {first}, but port {port} of it (worker {worker}) is taken; give another number, or take "
    "the setting away and free ports are found.",
)
BROKER_SILENT = Phrase(
    "کارگزار پیام در {place} به کاربر {user} پاسخ نمی‌دهد ({why})؛ آن را راه بیندازید، یا --kafka و "
    "PISHKHAN_KAFKA_USER، _PASSWORD و _SECURITY را درست کنید.",
    "No broker answers at {place} to user {user} ({why}); start it, or correct --kafka and PISHKHAN_KAFKA_USER, "
    "_PASSWORD and _SECURITY.",
)
DATABASE_SILENT = Phrase(
    "پایگاه داده {place} پاسخ نمی‌دهد ({why})؛ آن را راه بیندازید، یا --database یا PISHKHAN_DATABASE_OWNER_URL را "
    "درست کنید.",
    "The database {place} does not answer ({why}); start it, or correct --database or PISHKHAN_DATABASE_OWNER_URL.",
)
UNUSED = Phrase(
    "{name} هست، اما این فرمان موتور خودش را راه می‌اندازد؛ با `pishkhan up {option} ...` همان به کار می‌رود، وگرنه آن "
    "را از محیط بردارید.",
    "{name} is set, but this command starts an engine of its own; `pishkhan up {option} ...` uses that one, else take "
    "it out of the environment.",
)
