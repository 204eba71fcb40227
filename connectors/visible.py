"""Text from outside, made harmless for readers: control characters and those that change direction are only shown.

Anybody may write anything into a name or a reason, and it stays in the logs. Nothing is refused for it and nothing is
changed where it is kept: it is neutralised on its way out, here, for every output.
"""

import json
import re

#: What a reader must never obey. Marks that Persian text needs stay: ZWNJ and ZWJ (U+200C, U+200D), LRM, RLM and ALM.
_OBEYED = (
    "\x00-\x1f\x7f-\x9f"  # control characters: escapes, bells, tabs, line breaks, the 8-bit ones among them
    "\u2028\u2029"  # line and paragraph separators
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates: they turn what stands behind them round
    "\ufff9-\ufffb"  # interlinear annotations
    "\ud800-\udfff"  # halves of pairs: no terminal and no file takes them
    "\U000e0000-\U000e007f"  # tags: text that nobody sees
)
_LINE = re.compile(f"[{_OBEYED}]")
_LINES = re.compile(f"(?!\n)[{_OBEYED}]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
#: What spreadsheets take for the beginning of a formula, in both widths.
_FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")


def one_line(text: str) -> str:
    r"""Return `text` with everything in it that a reader would obey shown as `\n`, `\x1b` or `\u202e`."""
    return _LINE.sub(_shown, text)


def lines_of_ours(text: str) -> str:
    """Return `text` likewise, with its line breaks: for what is put together already from values of one line each."""
    return _LINES.sub(_shown, text)


def json_text(value: object, **options: object) -> str:
    """Return `value` as JSON on one line, Persian as it is; what a terminal would obey is escaped, and so exact."""
    text = json.dumps(value, ensure_ascii=False, **options)  # type: ignore[arg-type]  # whatever json.dumps takes
    return _LINE.sub(lambda found: _json_escape(found[0]), text)


def csv_cell(value: str | int | None) -> str | int | None:
    """Return what a cell of CSV may hold: numbers as they are, text on one line and never a formula.

    Text that a spreadsheet would run gets an apostrophe in front, which spreadsheets take for "this is text".
    """
    if not isinstance(value, str):
        return value
    return f"'{one_line(value)}" if _FORMULA.match(value) else one_line(value)


def _shown(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}")


def _json_escape(character: str) -> str:
    code = ord(character)
    if code > 0xFFFF:
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"
