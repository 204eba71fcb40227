"""Mistakes in settings: found before anything starts, and told in one sentence each, with the remedy."""

import json
import os
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import SettingsError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from connectors.accounts import ACCOUNTS
from connectors.words import settings as words
from connectors.words.language import Phrase
from deploy.problem import Misused

PREFIX = "PISHKHAN_"
#: Variables of this prefix that are no settings of the bus, and who reads them.
OTHERS: Mapping[str, str] = {
    # How commands speak; `--lang` goes before it.
    "PISHKHAN_LANG": "commands",
    # How long the project's own long trials take.
    "PISHKHAN_LONG": "tests",
    "PISHKHAN_KILLS": "tests",
}
#: The one setting that is a table: its variables are PISHKHAN_ACCOUNTS__NAME__FIELD, or all of it in JSON.
_ACCOUNTS = "accounts"
_BETWEEN = "__"
_BROKER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s,:@/\[\]]+):(\d{1,5})")
_PORT_MAX = 65_535
#: So much of a value that is wrong is shown.
_SHOWN_MAX = 60


def refuse_unknown(environment: Collection[str], settings: Collection[str], login: Collection[str]) -> None:
    """Refuse variables of our prefix that nobody reads. Raises `Misused`, naming what was probably meant."""
    known = {PREFIX + name.upper() for name in settings} | OTHERS.keys()
    table = PREFIX + _ACCOUNTS.upper()
    known |= {_BETWEEN.join((table, one.name.upper(), field.upper())) for one in ACCOUNTS for field in login}
    mistakes = []
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            meant = get_close_matches(name.upper(), sorted(known), n=1, cutoff=0.8)
            mistakes.append(
                words.UNKNOWN.filled(name=name, meant=meant[0]) if meant else words.UNLIKE_ANY.filled(name=name)
            )
    _refuse(mistakes)


@contextmanager
def told(fields: Mapping[str, FieldInfo], options: Mapping[str, object], stored: Path | None = None) -> Iterator[None]:
    """Turn what pydantic says of settings into `Misused`, a sentence for each setting.

    `options` were given to the command, as `--name`; what neither they nor the environment gave came from `stored`.
    """
    try:
        yield
    except SettingsError:
        # It reads JSON for settings that are tables, and there is one.
        _refuse([words.WRONG_UNSHOWN.filled(name=PREFIX + _ACCOUNTS.upper(), takes=words.TAKES[_ACCOUNTS])])
    except ValidationError as error:
        found = {str(one["loc"][0]): one["input"] for one in error.errors(include_url=False, include_context=False)}
        _refuse([_sentence(name, value, fields[name], options, stored) for name, value in found.items()])


def read_stored(path: Path) -> dict[str, Any]:
    """Return what `up` wrote into the data folder; nothing when it never ran there. Raises `Misused`."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error.strerror) if isinstance(error, OSError) else "no JSON") from None
    if not isinstance(stored, dict):
        raise _unreadable(path, "no object")
    return stored


def _unreadable(path: Path, why: str) -> Misused:
    command = shlex.join(["pishkhan", "up", "--data", str(path.parent)])
    return Misused(words.STORED_UNREADABLE.filled(file=str(path), why=why, command=command))


def check_brokers(text: str) -> None:
    """Accept no broker, or HOST:PORT with commas between several. Raises `ValueError`."""
    for broker in text.split(",") if text else ():
        found = _BROKER.fullmatch(broker.strip())
        if found is None or not 0 < int(found[2]) <= _PORT_MAX:
            raise ValueError("no HOST:PORT")


def check_database(url: str) -> None:
    """Accept no database, or the URL of one of PostgreSQL's. Raises `ValueError`."""
    if not url:
        return
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("no URL") from None
    if parsed.drivername.partition("+")[0] not in ("postgresql", "postgres"):
        raise ValueError("not PostgreSQL's")
    if parsed.port is not None and not 0 < parsed.port <= _PORT_MAX:
        raise ValueError("no port")


def _refuse(mistakes: list[Phrase]) -> None:
    if mistakes:
        raise Misused(Phrase("\n".join(one.fa for one in mistakes), "\n".join(one.en for one in mistakes))) from None


def _sentence(name: str, value: object, field: FieldInfo, options: Mapping[str, object], stored: Path | None) -> Phrase:
    shown, takes = _place(name, options, stored), words.TAKES[name]
    text = str(value)
    # A password may stand in either, though it does not belong into the second.
    if SecretStr in (field.annotation, *get_args(field.annotation)) or name == _ACCOUNTS or "@" in text:
        return words.WRONG_UNSHOWN.filled(name=shown, takes=takes)
    text = text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "…"
    return words.WRONG.filled(name=shown, value=text, takes=takes)


def _place(name: str, options: Mapping[str, object], stored: Path | None) -> str | Phrase:
    """Say where a setting was given, as a person finds it again."""
    variable = PREFIX + name.upper()
    if options.get(name) is not None:
        return OPTIONS[name]
    if stored is None or any(each.upper() == variable for each in os.environ):
        return variable
    return words.IN_FILE.filled(name=name, file=str(stored))


#: Settings that commands also take as options.
OPTIONS: Mapping[str, str] = {
    "data_directory": "--data",
    "kafka_bootstrap": "--kafka",
    "database_url": "--database",
    "http_host": "--http-host",
    "http_certificate": "--tls-cert",
    "http_certificate_key": "--tls-key",
    "http_insecure": "--insecure",
}
