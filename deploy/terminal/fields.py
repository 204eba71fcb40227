"""A form as it is typed at a terminal: `CODE=VALUE`, once for each field."""

from collections.abc import Sequence

from connectors.words.details import detail_phrase
from connectors.words.language import Phrase
from deploy.problem import Misused
from producers import forms
from schemas.catalogue import Service
from schemas.intake_agency import FormEntry

_NO_FIELD = Phrase(
    "{field} فیلد نیست: CODE=VALUE بنویسید، مانند copies=2.",
    "{field} is no field: write CODE=VALUE, such as copies=2.",
)
_UNREADABLE = Phrase("{field} {problem}، مانند {field}=2.", "{field} {problem}, such as {field}=2.")


def form_of(fields: Sequence[str], service: Service | None) -> dict[str, FormEntry]:
    """Return the form that `fields` say, read by the service's datatypes. Raises `Misused`."""
    texts: dict[str, str] = {}
    for field in fields:
        code, separator, text = field.partition("=")
        if not separator or not code:
            raise Misused(_NO_FIELD.filled(field=field))
        texts[code] = text
    try:
        return forms.form_of(texts, service)
    except forms.FormUnreadable as error:
        raise Misused(_UNREADABLE.filled(field=error.field, problem=detail_phrase(error.problem))) from None
