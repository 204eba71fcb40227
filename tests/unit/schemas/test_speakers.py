"""Who a source is, and how each is written."""

import pytest

from schemas.speakers import DIRECTORATE, Sender, SpeakerKind, agency_source, office_source, sender_of


@pytest.mark.parametrize(
    ("source", "sender"),
    [
        (DIRECTORATE, Sender(SpeakerKind.DIRECTORATE, "directorate")),
        (agency_source("water"), Sender(SpeakerKind.AGENCY, "water")),
        (office_source("urban-001"), Sender(SpeakerKind.OFFICE, "urban-001")),
    ],
)
def test_a_source_is_who_wrote_it(source: str, sender: Sender) -> None:
    assert sender_of(source) == sender


@pytest.mark.parametrize(
    "source",
    ["", "/", "directorate", "/directorate/", "/bus", "/offices/", "/offices/A", "/offices/a/b", "/agencies/water\n",
     "/agencies/" + "a" * 64, "/agencies/۱", "https://example.org/agencies/water"],
)  # fmt: skip
def test_nobody_is_called_anything_else(source: str) -> None:
    assert sender_of(source) is None
