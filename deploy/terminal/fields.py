"""A form as it is typed: `CODE=VALUE`, read by the datatypes of the service's form."""

from collections.abc import Sequence

from deploy.problem import Misused
from schemas.catalogue import Datatype, Service
from schemas.intake_agency import FormEntry


def form_of(fields: Sequence[str], service: Service | None) -> dict[str, FormEntry]:
    """Return the form that `fields` say; a list is typed with commas. Raises `Misused`.

    Of an unknown service every value is text: the bus will say what it thinks of it.
    """
    datatypes = {} if service is None else {attribute.code: attribute.datatype for attribute in service.form}
    form: dict[str, FormEntry] = {}
    for field in fields:
        code, separator, text = field.partition("=")
        if not separator or not code:
            raise Misused(f"{field} is no field: write CODE=VALUE, such as copies=2.")
        form[code] = _value(code, text, datatypes.get(code))
    return form


def _value(code: str, text: str, datatype: Datatype | None) -> FormEntry:
    match datatype:
        case Datatype.NUMBER:
            try:
                return int(text.replace(",", ""))
            except ValueError:
                raise Misused(f"{code} takes a whole number, such as {code}=2.") from None
        case Datatype.MULTI_VALUE_LIST:
            return tuple(key.strip() for key in text.split(",") if key.strip())
        case _:
            return text
