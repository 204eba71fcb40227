"""What whoever starts a bus reads while it starts, runs and stops."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from connectors.words.language import EMPTY, Phrase, in_both, listed
from connectors.words.remedies import MEANINGS, REMEDIES, SEE_THE_LOG

FETCHING = Phrase("دریافت کارگزار پیام", "fetching the broker")
_ENGINES = Phrase(
    "موتورها پس از {seconds} ثانیه پاسخ دادند: Kafka در {place}", "engines answer after {seconds} s: Kafka at {place}"
)
PREPARED = Phrase(
    "جدول‌ها، تاپیک‌ها و دسترسی‌ها آماده است ({topics} تاپیک ساخته شد)",
    "tables, topics and rights are ready ({topics} topics made)",
)
NO_PROMETHEUS = Phrase(
    "Prometheus نصب نیست، پس سنجه‌ها را کسی نمی‌خواند؛ نصبش کنید و دوباره با --monitor آغاز کنید",
    "Prometheus is not installed, so nothing scrapes the metrics; install it and start again with --monitor",
)
PROMETHEUS = Phrase("Prometheus سنجه‌های کارگران را می‌خواند: {address}", "Prometheus scrapes the workers: {address}")
STOPPING = Phrase("در حال توقف: نخست کارگران، سپس موتورها", "stopping: workers first, then the engines")
STOPPED = Phrase("متوقف شد", "stopped")
_NOT_READY = Phrase(
    "پس از {seconds} ثانیه آماده نیست: {workers}. گزارش‌هایشان در {logs} است.",
    "Not ready after {seconds} s: {workers}. Their logs are in {logs}.",
)
RUNS = Phrase("گذرگاه کار می‌کند. با Ctrl-C متوقفش کنید.", "The bus runs. Stop it with Ctrl-C.")
_DOORS = Phrase("  درها      {address}/v1", "  doors      {address}/v1")
_BROKER, _DATA = (
    Phrase("  کارگزار   {place} ({security})", "  broker     {place} ({security})"),
    Phrase("  داده‌ها    {folder} (گزارش‌ها در {logs})", "  data       {folder} (logs in {logs})"),
)
_WHAT_IS_WRONG = Phrase("اگر چیزی خراب است، چه چیزی: {command}", "What is wrong, if something is: {command}")

LEFT_OVER = Phrase(
    "پایان دادن به {name} (پردازه {process})، که از اجرای پیشین مانده است",
    "ending {name} (process {process}), left over from an earlier run",
)
_AGAIN = Phrase(
    "{name} {ended}؛ {seconds} ثانیه دیگر دوباره آغاز می‌شود{where}",
    "{name} {ended}; starting it again in {seconds} s{where}",
)
_SEE = Phrase("؛ {log} را ببینید", "; see {log}")
NOT_STARTED = Phrase("{name} آغاز نشد: {why}", "{name} could not be started: {why}")
KILLED = Phrase(
    "{name} در {seconds} ثانیه پایان نیافت و کشته شد", "{name} did not end within {seconds} s and was killed"
)
_ENDED_WITH = Phrase("با کد {code} پایان یافت", "ended with code {code}")
_ENDED_BY = Phrase("با {signal} پایان یافت", "was ended by {signal}")

_NOT_READY_SINCE = Phrase(
    "{workers}: از ساعت {since} UTC آماده نیست، {meaning}", "{workers}: not ready since {since} UTC, {meaning}"
)
_READY_AGAIN = Phrase(
    "همه کارگران پس از {seconds} ثانیه دوباره آماده‌اند؛ آنچه نگه داشته شد اکنون پردازش می‌شود",
    "every worker is ready again, after {seconds} s; what was kept is processed now",
)
_HALTED = Phrase(
    "{worker} در {place} ایستاده است: {cause}{why}؛ {remedy}", "{worker} has halted {place}: {cause}{why}; {remedy}"
)
_WHY = Phrase("، {why}", ", {why}")
_AT = Phrase("{time} UTC  {line}", "{time} UTC  {line}")


def engines_answer(seconds: float, place: str) -> Phrase:
    """Return that broker and database answer, and after how long."""
    return _ENGINES.filled(seconds=f"{seconds:.1f}", place=place)


def not_ready(seconds: float, workers: Sequence[str], logs: str) -> Phrase:
    """Return which workers are not ready after that time."""
    return in_both(
        lambda language: _NOT_READY.fill(
            language, seconds=f"{seconds:.0f}", workers=listed(workers, language), logs=logs
        )
    )


def runs(
    place: str, security: str, folder: str, logs: str, gateway: str, pages: Mapping[str, str], doctor: str
) -> list[Phrase]:
    """Return in lines where everything is: `pages` are the workers' addresses, `doctor` the command that looks."""
    return [
        RUNS,
        _BROKER.filled(place=place, security=security),
        _DATA.filled(folder=folder, logs=logs),
        _DOORS.filled(address=gateway),
        *(Phrase(line, line) for line in (f"  {name:<10} {page}" for name, page in pages.items())),
        _WHAT_IS_WRONG.filled(command=doctor),
    ]


def ended(return_code: int, signal_name: str | None) -> Phrase:
    """Return how a child process ended: with a code, or by a signal."""
    if signal_name is None:
        return _ENDED_WITH.filled(code=str(return_code))
    return _ENDED_BY.filled(signal=signal_name)


def started_again(name: str, how: Phrase, seconds: float, log: str | None) -> Phrase:
    """Return that a child ended, how, and when it is started again."""
    where = _SEE.filled(log=log) if log else EMPTY
    return _AGAIN.filled(name=name, ended=how, seconds=f"{seconds:.1f}", where=where)


def not_ready_since(workers: Sequence[str], since: datetime, cause: str) -> Phrase:
    """Return which workers wait, since when and for what."""
    meaning = MEANINGS.get(cause, Phrase(cause, cause))
    return in_both(
        lambda language: _NOT_READY_SINCE.fill(
            language, workers=listed(workers, language), since=f"{since:%H:%M:%S}", meaning=meaning
        )
    )


def ready_again(seconds: float) -> Phrase:
    """Return that all workers are ready, and how long one was not."""
    return _READY_AGAIN.filled(seconds=f"{seconds:.0f}")


def halted(worker: str, place: str, cause: str, why: str) -> Phrase:
    """Return where a worker has halted, at what, and what to do."""
    told = _WHY.filled(why=why) if why else EMPTY
    return _HALTED.filled(worker=worker, place=place, cause=cause, why=told, remedy=REMEDIES.get(cause, SEE_THE_LOG))


def at(moment: datetime, line: Phrase) -> Phrase:
    """Return a line with when it was true."""
    return _AT.filled(time=f"{moment:%H:%M:%S}", line=line)
