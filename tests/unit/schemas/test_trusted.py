"""Models made without checks are the same as models made with them."""

from uuid import UUID

from schemas.decode import encode
from schemas.log_requests import OfficeDeclined
from schemas.trusted import trusted
from tests.kit.values.requests_world import REQUEST

VALUES = {"request_id": REQUEST, "office": "office-1", "attempt": 1, "reason": "other"}


def test_it_equals_hashes_and_writes_as_a_checked_one() -> None:
    rest = '"office":"office-1","attempt":1,"reason":"other","share_of":null'
    body = f'{{"request_id":"{REQUEST}",{rest}}}'.encode()
    checked = OfficeDeclined.model_validate_json(body)
    made = trusted(OfficeDeclined, dict(checked))
    assert made == checked
    assert hash(made) == hash(checked)
    assert encode(made) == encode(checked) == body
    assert repr(made) == repr(checked)


def test_it_can_be_copied_with_changes() -> None:
    made = trusted(OfficeDeclined, dict(VALUES))
    other = made.model_copy(update={"request_id": UUID(int=1)})
    assert (made.request_id, other.request_id) == (REQUEST, UUID(int=1))
    assert made.model_fields_set == set(OfficeDeclined.model_fields)
