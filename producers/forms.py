"""A service's form as people type it, read by the datatypes of the service: the same for a terminal and for a page."""

from collections.abc import Mapping

from schemas.catalogue import Datatype, Service
from schemas.intake_agency import FormEntry
from schemas.problems import FieldProblem


class FormUnreadable(FieldProblem):
    """A field whose text does not fit its datatype; `field` is its code."""


def form_of(texts: Mapping[str, str], service: Service | None) -> dict[str, FormEntry]:
    """Return the form that `texts` say, by the fields' codes; a list is typed with commas. Raises `FormUnreadable`.

    Of an unknown service every value is text: the consumer decides what becomes of it.
    """
    datatypes = {} if service is None else {attribute.code: attribute.datatype for attribute in service.form}
    return {code: _value(code, text, datatypes.get(code)) for code, text in texts.items()}


def _value(code: str, text: str, datatype: Datatype | None) -> FormEntry:
    match datatype:
        case Datatype.NUMBER:
            try:
                return int(text.replace(",", ""))
            except ValueError:
                raise FormUnreadable(code, "takes a whole number") from None
        case Datatype.MULTI_VALUE_LIST:
            return tuple(key.strip() for key in text.split(",") if key.strip())
        case _:
            return text
