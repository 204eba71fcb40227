"""A form as people type it is read by the datatypes of its service."""

import pytest

from producers.forms import FormUnreadable, form_of
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
    texts = {"copies": "1,250,000", "extras": "first, ,second", "reason": "a=b", "strange": "2"}
    read = {"copies": 1_250_000, "extras": ("first", "second"), "reason": "a=b", "strange": "2"}
    assert form_of(texts, SERVICE) == read
    assert form_of({"copies": "2"}, None) == {"copies": "2"}, "of an unknown service everything is text"


def test_a_number_that_is_none_is_named_and_not_repeated() -> None:
    with pytest.raises(FormUnreadable) as wrong:
        form_of({"copies": "two"}, SERVICE)
    assert (wrong.value.field, wrong.value.problem) == ("copies", "takes a whole number")
