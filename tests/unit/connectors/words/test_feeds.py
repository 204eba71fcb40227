"""Every event that anybody is told of has its phrase in both languages, and no other has one."""

from connectors.words.feeds import EVENTS, event_phrase
from consumers.delivery.domain.telling import TELLINGS, TOLD


def test_what_is_told_has_a_phrase() -> None:
    assert {event.type_name() for event in EVENTS} == TOLD
    assert {row.event for row in TELLINGS} >= EVENTS.keys()
    assert all(phrase.fa and phrase.en for phrase in EVENTS.values())
    assert event_phrase("ir.pishkhan.Newer.v9").en == "ir.pishkhan.Newer.v9"
