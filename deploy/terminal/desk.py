"""Who works at a counter: the office, and the operator at its desk."""

from connectors.words.language import Phrase, listed
from consumers.codes import CodeUnknown
from consumers.registry.domain.known import EntryKind
from consumers.registry.lookup import versions_of
from deploy.problem import Misused, Problem
from deploy.terminal.speaking import Terminal
from schemas.offices import Office

#: Who is at the desk of an office for which the registry names nobody.
DEFAULT_OPERATOR = "operator-1"
_NO_OFFICE = Phrase("دفتری به نام {code} نیست؛ {known}.", "No office is called {code}; {known}.")
_CALLED = Phrase("دفترهایی هستند به نام {near}", "offices are called {near}")
_NONE_YET = Phrase("هنوز هیچ دفتری شناخته نیست، نخست استانی بارگذاری کنید", "none is known yet, load a province first")
_NO_OPERATOR = Phrase(
    "کاربر {operator} از دفتر {office} نیست؛ کاربران آن: {known}",
    "operator {operator} is none of office {office}; its operators are {known}.",
)


def office_named(terminal: Terminal, code: str) -> Office:
    """Return the newest version of an office. Raises `Problem`, naming offices with a code like it."""
    try:
        with terminal.before_saying() as view:
            office = versions_of(view.registry, EntryKind.OFFICE, code)[-1].value
    except CodeUnknown as unknown:
        known = _CALLED.filled(near=", ".join(unknown.near)) if unknown.near else _NONE_YET
        raise Problem(_NO_OFFICE.filled(code=code, known=known)) from None
    assert isinstance(office, Office), "asked for by its kind"
    return office


def operator_of(terminal: Terminal, office: str, typed: str | None) -> str:
    """Return who is at the desk: the typed operator, or the office's first. Raises `Problem` for one of another office.

    An office for which the registry names no operators may have any.
    """
    operators = office_named(terminal, office).operators
    if typed is None:
        return operators[0] if operators else DEFAULT_OPERATOR
    if operators and typed not in operators:
        known = listed(operators, terminal.language)
        raise Misused(_NO_OPERATOR.filled(operator=typed, office=office, known=known))
    return typed
