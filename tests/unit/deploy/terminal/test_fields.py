"""A form as it is typed."""

import pytest

from deploy.problem import Problem
from deploy.terminal.fields import form_of
from schemas.catalogue import Datatype
from tests.kit.values.builders import service
from tests.unit.consumers.requests.domain.test_form import VALUES, attribute

SERVICE = service(
    form=(
        attribute("copies", Datatype.NUMBER),
        attribute("extras", Datatype.MULTI_VALUE_LIST, values=VALUES),
        attribute("reason", Datatype.STRING),
    )
)


def test_values_are_read_by_the_services_datatypes() -> None:
    typed = ["copies=1,250,000", "extras=first, second", "reason=a=b"]
    assert form_of(typed, SERVICE) == {"copies": 1_250_000, "extras": ("first", "second"), "reason": "a=b"}


def test_of_an_unknown_service_everything_is_text() -> None:
    assert form_of(["copies=2"], None) == {"copies": "2"}


@pytest.mark.parametrize(("typed", "problem"), [("copies", "write CODE=VALUE"), ("=2", "write CODE=VALUE")])
def test_what_is_no_field_is_told(typed: str, problem: str) -> None:
    with pytest.raises(Problem, match=problem):
        form_of([typed], SERVICE)


def test_a_number_must_be_whole() -> None:
    with pytest.raises(Problem, match="copies takes a whole number"):
        form_of(["copies=two"], SERVICE)
