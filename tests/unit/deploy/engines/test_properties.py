"""What Java reads from a properties file is what was meant."""

from deploy.engines.kafka import properties_text


def test_plain_text_stays_as_it_is() -> None:
    assert properties_text("BUS://127.0.0.1:9092") == "BUS://127.0.0.1:9092"


def test_a_persian_folder_and_a_backslash_are_escaped() -> None:
    assert properties_text("/داده/a\\b") == "/\\u062f\\u0627\\u062f\\u0647/a\\\\b"


def test_beyond_the_basic_plane_two_units_are_written() -> None:
    assert properties_text("𐎠") == "\\ud800\\udfa0"
