"""What a model refuses, in words for whoever wrote the file: each kind of error with its remedy, in both languages."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from connectors.files.problem import Wrong
from connectors.words.language import Phrase

_CORRECT = Phrase("آن را درست کنید", "correct it as the message says")
_TEXT = Phrase("متن بنویسید؛ عدد را در نشانه‌های نقل‌قول بگذارید", "write text; a number in quotation marks")
_ONE_OF_THESE = Phrase("یکی از آن‌ها را بنویسید", "use one of the values that the message lists")
_DAY = Phrase("تاریخ بنویسید، مانند 2026-03-21", "write a date such as 2026-03-21")
#: By pydantic's name of the error: what is wrong in Persian (English has pydantic's own words), and the remedy.
_ERRORS: Mapping[str, tuple[str, Phrase]] = {
    "missing": ("نوشته نشده است", Phrase("آن را بنویسید", "fill it in")),
    "int_type": ("باید عدد صحیح باشد", Phrase("عدد صحیح بنویسید", "write a whole number")),
    "float_type": ("باید عدد باشد", Phrase("عدد بنویسید", "write a number")),
    "bool_type": ("باید آری یا نه باشد", Phrase("yes یا no بنویسید", "write yes or no")),
    "string_type": ("باید متن باشد", _TEXT),
    "dict_type": ("باید فهرستی از نام و مقدار باشد", Phrase("«نام: مقدار» بنویسید", "write it as `name: value`")),
    "list_type": ("باید فهرست باشد", Phrase("هر قلم را با خط تیره آغاز کنید", "begin each item with a hyphen")),
    "tuple_type": ("باید فهرست باشد", Phrase("هر قلم را با خط تیره آغاز کنید", "begin each item with a hyphen")),
    "enum": ("باید یکی از {expected} باشد", _ONE_OF_THESE),
    "literal_error": ("باید {expected} باشد", _ONE_OF_THESE),
    "union_tag_invalid": ("باید یکی از {expected_tags} باشد", _ONE_OF_THESE),
    "union_tag_not_found": ("گونه‌اش نوشته نشده است", Phrase("kind را بنویسید", "write its kind")),
    "string_pattern_mismatch": (
        "نویسه‌هایی دارد که پذیرفته نیست",
        Phrase("حروف کوچک لاتین، رقم، . و _ و - بنویسید", "use lower case letters, digits, `.`, `_` and `-`"),
    ),
    "extra_forbidden": ("شناخته نیست", Phrase("آن را بردارید یا املایش را ببینید", "remove it, or check its spelling")),
    "greater_than": ("باید بیش از {gt} باشد", _CORRECT),
    "greater_than_equal": ("باید دست‌کم {ge} باشد", _CORRECT),
    "less_than": ("باید کمتر از {lt} باشد", _CORRECT),
    "less_than_equal": ("باید دست‌بالا {le} باشد", _CORRECT),
    "string_too_short": ("دست‌کم {min_length} نویسه می‌خواهد", _CORRECT),
    "string_too_long": ("دست‌بالا {max_length} نویسه می‌گیرد", _CORRECT),
    "too_short": ("دست‌کم {min_length} قلم می‌خواهد", _CORRECT),
    "too_long": ("دست‌بالا {max_length} قلم می‌گیرد", _CORRECT),
    "datetime_type": ("تاریخ نیست", _DAY),
    "date_type": ("تاریخ نیست", _DAY),
}
_REFUSED = "پذیرفته نیست"
#: Where pydantic's own words are none for people who write files.
_ENGLISH: Mapping[str, str] = {"string_pattern_mismatch": "has signs that may not stand there"}


def error_words(error: ErrorDetails) -> Wrong:
    """Return what one error of a model says. It names bounds and what is allowed, never the value."""
    persian, remedy = _ERRORS.get(error["type"], (_REFUSED, _CORRECT))
    context: Mapping[str, Any] = error.get("ctx", {})
    english = _ENGLISH.get(error["type"], error["msg"].removeprefix("Value error, "))
    return Wrong(Phrase(persian.format_map(context), english), remedy)
