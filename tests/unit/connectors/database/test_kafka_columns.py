"""Headers survive the way through JSON, whatever bytes they are."""

import json

from hypothesis import given
from hypothesis import strategies as st

from connectors.database.sql.kafka_columns import headers_from_json, headers_to_json

names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(names, st.none() | st.binary(max_size=40))))
def test_every_header_comes_back(headers: list[tuple[str, bytes | None]]) -> None:
    stored = json.loads(json.dumps(headers_to_json(headers)))
    assert headers_from_json(stored) == tuple(headers)


@given(st.binary(max_size=40))
def test_what_is_stored_holds_no_nul_and_no_broken_text(value: bytes) -> None:
    [[name, stored]] = headers_to_json([("name\0", value)])
    text = stored if isinstance(stored, str) else ""
    assert "\0" not in f"{name}{text}"
    assert text.encode("utf-8").decode("utf-8") == text


def test_clean_text_stays_readable() -> None:
    assert headers_to_json([("ce_id", b"e-1"), ("x", None)]) == [["ce_id", "e-1"], ["x", None]]
