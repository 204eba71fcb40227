"""Structured logs: one JSON object per line, with the request's id and without citizens' data.

Only keys of `ALLOWED_KEYS` pass; another key shows as withheld, so that a careless call leaks nothing and is noticed.
An exception shows its type and place, never its message: drivers and validators put values into messages. A library's
record shows its template, never its arguments.
"""

import logging
import re
import sys
import time
import traceback
from collections.abc import Callable, MutableMapping
from pathlib import PurePath
from typing import Any, TextIO
from uuid import UUID

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from connectors.telemetry.log_files import LogFile, RotatedOutput
from connectors.visible import json_text

#: Keys whose values come from us or from closed sets. Text among them is still searched for long runs of digits.
ALLOWED_KEYS = frozenset(
    {
        # what every line has
        "event", "level", "timestamp", "logger", "worker", "consumer",
        # which thing it is about, by code or random id
        "request_id", "event_id", "event_type", "topic", "partition", "position", "agency", "service", "office",
        "county", "agreement", "window", "revision", "shard", "cluster_id",
        # what happened
        "outcome", "reason", "cause", "why", "field", "state", "kind", "remedy", "command", "error", "error_type",
        "error_at", "where",
        # how much
        "count", "records", "batches", "seconds", "wait_seconds", "attempt", "partitions", "rows", "port",
        "process_id", "exit_code", "rial", "version",
    }
)  # fmt: skip
WITHHELD = "[withheld]"
#: National ids have 10 digits, mobile numbers 11, cards 16; also in Persian and Arabic digits, also with separators.
_LONG_DIGITS = re.compile(r"(?:[0-9\u06f0-\u06f9\u0660-\u0669][ \-]?){10,}")
#: Ids are random or the broker's, and a random hexadecimal id may hold ten digits in a row.
_IDS = frozenset({"request_id", "event_id", "timestamp", "cluster_id"})
#: Whole numbers of ours that grow past ten digits.
_LONG_NUMBERS = frozenset({"rial", "position", "revision"})
#: What these say below a warning is about themselves.
_LIBRARIES = (
    "aiokafka",
    "alembic",
    "asyncio",
    "faust",
    "httpcore",
    "httpx",
    "kafka",
    "librdkafka",
    "mode",
    "psycopg",
    "sqlalchemy",
)
#: A library that repeats itself, as clients of a broker that is away do, is heard this often.
REPEAT_SECONDS = 10.0
_FRAMES = 3


class NothingToDo(logging.Filter):
    """Drops two warnings of the broker's client that leave nobody anything to do.

    A slow turn of its own loop, told with a task's arguments in the text; and, when the broker is `local`, that SCRAM
    runs without TLS, which on loopback nobody else hears.
    """

    def __init__(self, local: bool) -> None:
        super().__init__()
        self._local = local

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether `record` is any other."""
        if record.name == "kafka.net.selector":
            return " ran for " not in str(record.msg)
        return not (self._local and record.name == "kafka.net.sasl.scram" and "in the clear" in str(record.msg))


class SeldomRepeated(logging.Filter):
    """Lets each of a library's messages through once in a while; ours always."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._heard: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether `record` is ours, or was not heard lately."""
        if not record.name.startswith(_LIBRARIES):
            return True
        key, now = (record.name, str(record.msg)), self._monotonic()
        if now - self._heard.get(key, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return False
        self._heard[key] = now
        return True


def configure_logging(
    worker: str,
    *,
    level: str = "INFO",
    local_broker: bool = False,
    stream: TextIO | None = None,
    file: LogFile | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Send the logs of this process to `file`, or to `stream` (stderr by default), ours and the libraries'.

    Raises `OSError` when the file cannot be opened.
    """
    shared: list[Processor] = [
        _named(worker),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        place_of_exception,
        redact,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_template_only, *shared],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(serializer=json_text),
        ],
        keep_exc_info=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr) if file is None else RotatedOutput(file)
    handler.setFormatter(formatter)
    handler.addFilter(NothingToDo(local_broker))
    handler.addFilter(SeldomRepeated(monotonic))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for library in _LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get_log(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of one part of the bus. Events are constant words; what varies goes into allowed keys."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Withhold what is under no allowed key, and long runs of digits in what is."""
    return {
        key: _clean(key, value) if key in ALLOWED_KEYS or key.startswith("_") else WITHHELD
        for key, value in event.items()
    }


def place_of_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace exception information by the exception's type and the innermost places, without its message."""
    info: Any = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
        event["error_type"] = type(error).__name__
        event["error_at"] = " < ".join(f"{PurePath(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
    return event


def _clean(key: str, value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    if key in _IDS or key.startswith("_") or value is None or isinstance(value, bool | float):
        return value
    text = str(value)
    if key in _LONG_NUMBERS or not _LONG_DIGITS.search(text):
        return value if isinstance(value, int) else text
    return _LONG_DIGITS.sub(WITHHELD, text)


def _template_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    record = event["_record"]
    event["event"] = str(record.msg)
    return event


def _named(worker: str) -> Processor:
    def name(_logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["worker"] = worker
        return event

    return name
