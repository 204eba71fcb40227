"""A form as it is typed at a terminal: `CODE=VALUE`, once for each field."""

from collections.abc import Sequence

from deploy.problem import Misused
from producers import forms
from schemas.catalogue import Service
from schemas.intake_agency import FormEntry


def form_of(fields: Sequence[str], service: Service | None) -> dict[str, FormEntry]:
    """Return the form that `fields` say, read by the service's datatypes. Raises `Misused`."""
    texts: dict[str, str] = {}
    for field in fields:
        code, separator, text = field.partition("=")
        if not separator or not code:
            raise Misused(f"{field} is no field: write CODE=VALUE, such as copies=2.")
        texts[code] = text
    try:
        return forms.form_of(texts, service)
    except forms.FormUnreadable as error:
        raise Misused(f"{error.field} {error.problem}, such as {error.field}=2.") from None
