"""The CloudEvents 1.0 envelope: Kafka binary binding (`ce_*` headers) and the structured form (one JSON object)."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from schemas.instant import parse_instant
from schemas.problems import FieldProblem

CONTENT_TYPE = "application/json"
ID_LENGTH_MAX = 128
#: Extension attributes that only the bus sets: the order within a request and the position in the loads' history.
BUS_EXTENSIONS = ("sequence", "loadrevision", "loadindex")
#: The content types of the structured and the batched mode, which Kafka topics of the bus do not carry.
STRUCTURED_PREFIX = b"application/cloudevents"


def _any_case(text: str) -> str:
    return "".join(f"[{sign}{sign.upper()}]" if sign.isalpha() else sign for sign in text)


#: What a body's content type may be: names of media types and of character sets have no case. Read by any validator.
CONTENT_TYPE_PATTERN = (
    f'^{_any_case("application/json")}( *; *{_any_case("charset")}=({_any_case("utf-8")}|"{_any_case("utf-8")}"))?$'
)
_CONTENT_TYPE = re.compile(CONTENT_TYPE_PATTERN)
#: The headers that may tell a body's type. Some libraries repeat it as an attribute.
_CONTENT_TYPE_HEADERS = frozenset({"content-type", "ce_datacontenttype"})
_ATTRIBUTES = frozenset({"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema"})
_ATTRIBUTE_NAME = re.compile("[a-z0-9]{1,40}", re.ASCII)


class EnvelopeInvalid(FieldProblem):
    """An envelope that is not CloudEvents 1.0; `field` names the attribute and `problem` says what is wrong."""


class Envelope(NamedTuple):
    """Everything about one event but its body. `sequence` and the load position are set by the bus only."""

    id: str
    source: str
    type: str
    subject: str | None = None
    time: datetime | None = None
    sequence: int | None = None
    load_revision: int | None = None
    load_index: int | None = None


Headers = list[tuple[str, bytes]]


def to_headers(envelope: Envelope) -> Headers:
    """Return the Kafka headers of `envelope`, binary content mode."""
    attributes: list[tuple[str, str | None]] = [
        ("specversion", "1.0"),
        ("id", envelope.id),
        ("source", envelope.source),
        ("type", envelope.type),
        ("subject", envelope.subject),
        ("time", None if envelope.time is None else format_time(envelope.time)),
        ("sequence", _text(envelope.sequence)),
        ("loadrevision", _text(envelope.load_revision)),
        ("loadindex", _text(envelope.load_index)),
    ]
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes if value is not None]
    return [*headers, ("content-type", CONTENT_TYPE.encode())]


def from_headers(headers: Iterable[tuple[str, bytes | None]]) -> Envelope:
    """Return the envelope in Kafka headers.

    Raises:
        EnvelopeInvalid: a required attribute is missing, given twice or malformed, or the mode is not binary.
    """
    found: dict[str, str] = {}
    for name, value in headers:
        if name == "content-type" and value is not None and value.lower().startswith(STRUCTURED_PREFIX):
            raise EnvelopeInvalid(name, "says structured mode; send the attributes as ce_ headers (binary mode)")
        if not name.startswith("ce_") or value is None:
            continue
        if name[3:] in found:
            raise EnvelopeInvalid(_shown(name), "is given twice; send it once")
        try:
            found[name[3:]] = value.decode("utf-8")
        except UnicodeDecodeError:
            raise EnvelopeInvalid(_shown(name), "is not UTF-8; send text") from None
    return _from_attributes(found, "ce_")


def content_type_problem(headers: Iterable[tuple[str, bytes | None]]) -> tuple[str, str] | None:
    """Return the header that says another content type than JSON in UTF-8, and what is wrong; none without one.

    Asked of what is new alone: CloudEvents lets the content type be left out, and a topic of the bus holds JSON.
    """
    told = set()
    for name, value in headers:
        if name not in _CONTENT_TYPE_HEADERS or value is None:
            continue
        if name in told:
            return name, "is given twice; send it once"
        told.add(name)
        if _CONTENT_TYPE.fullmatch(value.decode("utf-8", "replace")) is None:
            return name, f"must be {CONTENT_TYPE}, with charset=utf-8 or without; send the body as JSON"
    return None


def from_structured(line: str | bytes) -> tuple[Envelope, bytes]:
    """Return the envelope and the JSON body of one structured-mode event.

    Raises:
        EnvelopeInvalid: the line is not a JSON object, or not a CloudEvent, or has no `data` object.
    """
    try:
        parsed = json.loads(line)
    except json.JSONDecodeError as error:
        raise EnvelopeInvalid("line", f"is not JSON ({error.msg} at character {error.pos + 1})") from None
    except UnicodeDecodeError:
        raise EnvelopeInvalid("line", "is not UTF-8; save it as UTF-8") from None
    except (ValueError, RecursionError):
        raise EnvelopeInvalid("line", "holds a number too long or values nested too deeply") from None
    if not isinstance(parsed, dict):
        raise EnvelopeInvalid("line", "must be one JSON object")
    data = parsed.pop("data", None)
    if not isinstance(data, dict):
        raise EnvelopeInvalid("data", "must be a JSON object")
    found: dict[str, str] = {}
    for name, value in parsed.items():
        if not _ATTRIBUTE_NAME.fullmatch(name):
            raise EnvelopeInvalid(_shown(name), "is not an attribute: names are lower-case letters and digits")
        if value is None:  # the JSON format says that null is the same as absent
            continue
        if not isinstance(value, str) and name in _ATTRIBUTES:
            raise EnvelopeInvalid(name, "must be text")
        found[name] = value if isinstance(value, str) else json.dumps(value)
    # A lone surrogate stays what it is here, so that the body's own parser refuses it.
    return _from_attributes(found, ""), _compact(data)


def to_structured(envelope: Envelope, body: bytes) -> bytes:
    """Return one structured-mode line for `envelope` and its JSON `body`."""
    attributes = {name.removeprefix("ce_"): value.decode() for name, value in to_headers(envelope)}
    attributes["datacontenttype"] = attributes.pop("content-type")
    return _compact({**attributes, "data": json.loads(body)})


def format_time(moment: datetime) -> str:
    """Return `moment` in RFC 3339, UTC, with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _shown(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_]{1,40}", name, re.ASCII) else "an attribute"


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _from_attributes(found: Mapping[str, str], prefix: str) -> Envelope:
    get = found.get
    for name in ("specversion", "id", "source", "type"):
        if not get(name):
            raise EnvelopeInvalid(prefix + name, "is missing; CloudEvents 1.0 requires it")
    if found["specversion"] != "1.0":
        raise EnvelopeInvalid(prefix + "specversion", "must be 1.0")
    if len(found["id"]) > ID_LENGTH_MAX:
        raise EnvelopeInvalid(prefix + "id", f"is longer than {ID_LENGTH_MAX} characters")
    for name in ("id", "source", "type", "subject"):
        text = get(name, "x")
        if not text.isprintable() or len(text) > 200:
            raise EnvelopeInvalid(prefix + name, "must be printable text of at most 200 characters")
    # Positional, because every record of every topic comes through here.
    return Envelope(
        found["id"],
        found["source"],
        found["type"],
        get("subject"),
        _time(get("time"), prefix),
        *(_number(found, name, prefix) if name in found else None for name in BUS_EXTENSIONS),
    )


def _number(found: Mapping[str, str], name: str, prefix: str) -> int | None:
    text = found.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise EnvelopeInvalid(prefix + name, "must be a whole number")
    return int(text)


def _time(text: str | None, prefix: str) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as error:
        raise EnvelopeInvalid(prefix + "time", str(error)) from None
