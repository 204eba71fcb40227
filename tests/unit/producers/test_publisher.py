"""The façade: every typed call goes to its speaker's topic, through the outbox, all or nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest

from producers.claims import ClaimInvalid
from producers.ports import OutboxUnavailable
from producers.publisher import Publisher
from schemas.intake_agency import (
    AgencyAnswered,
    AgreementConfirmed,
    Answer,
    Origin,
    RequestSubmitted,
    ServiceWithdrawn,
)
from schemas.intake_directorate import OfficeSuspended
from schemas.intake_office import ServiceStarted
from schemas.message import Message
from tests.kit.values import builders

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
REQUEST = UUID("0197a1b2-0000-7000-8000-000000000001")


class Outbox:
    """An outbox in memory; what a transaction added is there when it ends well."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.down = False
        self._open: list[Message] = []

    @contextmanager
    def opened(self) -> Iterator["Outbox"]:
        if self.down:
            raise OutboxUnavailable("down")
        self._open = []
        yield self
        self.messages += self._open

    def add(self, messages: Sequence[Message]) -> None:
        self._open += messages


def publisher(outbox: Outbox) -> Publisher:
    numbers = iter(range(1, 1_000))
    return Publisher(outbox.opened, lambda: NOW, lambda: UUID(int=next(numbers)))


def submission() -> RequestSubmitted:
    return RequestSubmitted(request_id=REQUEST, service="water.bill", origin=Origin.AGENCY, city="bojnurd")


CALLS: list[tuple[Callable[[Publisher], str], str, str]] = [
    (lambda to: to.service(builders.service()), "ServicePublished", f"pishkhan.intake.{builders.AGENCY}"),
    (
        lambda to: to.service_withdrawn("water", ServiceWithdrawn(service="bill", valid_from=NOW, reason="over")),
        "ServiceWithdrawn",
        "pishkhan.intake.water",
    ),
    (lambda to: to.agreement(builders.agreement()), "AgreementChanged", "pishkhan.intake.directorate"),
    (
        lambda to: to.agreement_act("water", AgreementConfirmed(agreement="mou", version=1)),
        "AgreementConfirmed",
        "pishkhan.intake.water",
    ),
    (lambda to: to.office_licensed(builders.office("o-1")), "OfficeLicensed", "pishkhan.intake.directorate"),
    (lambda to: to.office_changed(builders.office("o-1")), "OfficeChanged", "pishkhan.intake.directorate"),
    (
        lambda to: to.office_suspended(
            OfficeSuspended(office="o-1", valid_from=NOW, minutes_number="7", reason="fraud")
        ),
        "OfficeSuspended",
        "pishkhan.intake.directorate",
    ),
    (lambda to: to.request("water", submission()), "RequestSubmitted", "pishkhan.intake.water"),
    (lambda to: to.walk_in("o-1", submission()), "RequestSubmitted", "pishkhan.intake.offices"),
    (
        lambda to: to.progress("o-1", ServiceStarted(request_id=REQUEST, operator="op")),
        "ServiceStarted",
        "pishkhan.intake.offices",
    ),
    (
        lambda to: to.agency_progress("water", AgencyAnswered(request_id=REQUEST, answer=Answer.APPROVED)),
        "AgencyAnswered",
        "pishkhan.intake.water",
    ),
]


@pytest.mark.parametrize(("call", "event", "topic"), CALLS)
def test_every_call_publishes_one_event_on_its_speakers_topic(
    call: Callable[[Publisher], str], event: str, topic: str
) -> None:
    outbox = Outbox()
    event_id = call(publisher(outbox))
    [message] = outbox.messages
    assert message.topic == topic
    assert message.envelope.type == f"ir.pishkhan.{event}.v1"
    assert message.envelope.id == event_id == str(UUID(int=1))
    assert message.envelope.time == NOW


def test_a_speaker_that_may_not_say_it_publishes_nothing() -> None:
    outbox = Outbox()
    with pytest.raises(ClaimInvalid):
        publisher(outbox).claim("/offices/o-1", AgencyAnswered(request_id=REQUEST, answer=Answer.APPROVED))
    assert outbox.messages == []


def test_a_database_that_is_away_is_said_to_the_caller() -> None:
    outbox = Outbox()
    outbox.down = True
    with pytest.raises(OutboxUnavailable):
        publisher(outbox).request("water", submission())
