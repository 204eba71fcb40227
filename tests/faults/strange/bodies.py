"""Kinds whose body is strange: not JSON, other JSON, texts that would steer a screen or a spreadsheet, sizes."""

from collections.abc import Callable, Sequence

from schemas.limits import limits_of
from schemas.topics import INTAKE_AGENCY
from tests.faults.strange.client import packed
from tests.faults.strange.kinds import APPLIED, NOT_TAKEN, End, Kind, Maker, Strange, dead, refused
from tests.faults.strange.province import ERRAND, errand

#: A national id that passes its check: from the tests of persian-tools, which are public examples.
EXAMPLE_NATIONAL_ID = "0499370899"
#: Escapes, bidi controls and line breaks, as a name.
STEERING = "\x1b[2J\x1b]0;title\x07 \u202eright\u202c\u2066left\u2069 a\nb\rc\u2028d\u0085"
FORMULA = '=HYPERLINK("x","y")'
BODY_BYTES = limits_of(INTAKE_AGENCY).body_bytes
BIG_RECORDS = 20
_MALFORMED = dead("malformed", "body")


def _bodies(name: str, make: Callable[[Maker, Strange], Sequence[bytes | None]], *ends: End) -> Kind:
    """Return the kind of good submissions whose bodies are replaced by what `make` makes of a good one."""

    def records(maker: Maker) -> list[Strange]:
        return [maker.submit().saying(body) for body in make(maker, maker.submit())]

    return Kind(name, records, ends, packed())


def _in_body(old: str, new: str) -> Callable[[Maker], Sequence[Strange]]:
    """Return what makes a submission with `old` in its body's text replaced."""

    def records(maker: Maker) -> list[Strange]:
        good = maker.submit(form={"note": "text"})
        assert old in good.body()
        return [good.saying(good.body().replace(old, new).encode("utf-8", "surrogatepass"))]

    return records


def _sized(maker: Maker, size: int) -> Strange:
    """Return a submission whose body has exactly `size` bytes: readers leave out a field that they do not know."""
    good = maker.submit(note="")
    return good.saying(good.body().replace('"note": ""', f'"note": "{maker.text(size - len(good.body()))}"').encode())


def _service(maker: Maker, name: str) -> Strange:
    code = f"{ERRAND}-{maker.text(12)}"
    return maker.claim("ServicePublished", code, {"service": errand(code, 1, name).model_dump(mode="json")})


def _form(note: str) -> Callable[[Maker], Sequence[Strange]]:
    return lambda maker: [maker.submit(form={"note": note})]


BODIES: tuple[Kind, ...] = (
    _bodies("empty value", lambda maker, good: [b""], _MALFORMED),
    # A compacted topic's way to delete: intake is not compacted, and nothing is deleted.
    _bodies("null value (tombstone)", lambda maker, good: [None], _MALFORMED),
    _bodies(
        "not JSON", lambda maker, good: [maker.chance.randbytes(200), b"<xml/>", good.body()[:-4].encode()], _MALFORMED
    ),
    _bodies("JSON of other types", lambda maker, good: [b"[]", b'"text"', b"7", b"null", b"true"], _MALFORMED),
    _bodies("deeply nested", lambda maker, good: [b"[" * 20_000, b'{"a":' * 5_000], _MALFORMED),
    _bodies("UTF-16", lambda maker, good: [good.body().encode("utf-16")], _MALFORMED),
    _bodies("byte order mark", lambda maker, good: [b"\xef\xbb\xbf" + good.body().encode()], _MALFORMED),
    Kind(
        "key given twice",
        _in_body('"origin": "agency"', '"origin": "walk_in", "origin": "agency"'),
        (APPLIED,),
        packed(),
    ),
    Kind("number without end", _in_body('"origin"', f'"n": 1{"0" * 5_000}, "origin"'), (_MALFORMED,), packed()),
    Kind("NaN", _in_body('"text"', "NaN"), (dead("malformed", "form.note"),), packed()),
    Kind("lone surrogate, escaped", _in_body('"text"', '"\\ud800"'), (_MALFORMED,), packed()),
    Kind("lone surrogate, as bytes", _in_body('"text"', '"\ud800"'), (_MALFORMED,), packed()),
    Kind("NUL in a text", _in_body('"text"', '"a\\u0000b"'), (dead("malformed", "form.note"),), packed()),
    Kind("body at the limit", lambda maker: [_sized(maker, BODY_BYTES)], (APPLIED,), packed()),
    Kind("body above the limit", lambda maker: [_sized(maker, BODY_BYTES + 1)], (dead("too_large", "body"),), packed()),
    Kind(
        "record above the topic's limit",
        lambda maker: [_sized(maker, limits_of(INTAKE_AGENCY).batch_bytes + 1)],
        (NOT_TAKEN,),
        packed(),
    ),
    Kind(
        "big records", lambda maker: [_sized(maker, BODY_BYTES - 9) for _ in range(BIG_RECORDS)], (APPLIED,), packed()
    ),
    Kind("escapes and line breaks in a form", _form(STEERING), (APPLIED,), packed()),
    Kind("escapes and line breaks in a name", lambda maker: [_service(maker, STEERING)], (APPLIED,), packed()),
    Kind("formula in a text", lambda maker: [*_form(FORMULA)(maker), _service(maker, FORMULA)], (APPLIED,), packed()),
    Kind("national id in a form", _form(f"call {EXAMPLE_NATIONAL_ID}"), (refused("form_invalid"),), packed()),
    Kind(
        "national id in a text",
        lambda maker: [maker.cancel(maker.uuid(), f"of {EXAMPLE_NATIONAL_ID}")],
        (dead("national_id", "reason"),),
        packed(),
    ),
)
