"""Nobody picks agreement, tariff or month by dating his claim: its time counts within the policy's lateness alone."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from consumers.intake import Claim, IntakeReader, read_claim
from consumers.parking import Room
from consumers.requests.fold import Fold
from schemas.base import Event
from schemas.log_requests import OfficeAccepted, RequestOpened, RequestRouted
from schemas.tariff import FixedRule
from tests.kit.on_sql.requests import AGENCY_SOURCE, SetClock, claim_record, desk_steps, submission
from tests.kit.values.builders import (
    MOMENT,
    Registrable,
    agreement,
    calendar,
    certificate_line,
    entries,
    office,
    policy,
    service,
    terms,
    territory,
)
from tests.kit.values.requests_world import make_world

REQUEST = UUID(int=1)
LATENESS_SECONDS = 1_800
#: From here on the second version of the agreement is in force, which costs more.
CHANGE = MOMENT
DEARER_RIAL = 90_000
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def decided(said_at: datetime | None, appended_at: datetime) -> dict[str, bytes]:
    """Return what the log says of a submission and its acceptance, by type, and of the time of each."""
    dearer = terms(tariff=(certificate_line(rule=FixedRule(amount_rial=DEARER_RIAL)),))
    known: list[Registrable] = [
        territory(),
        policy(lateness_seconds=LATENESS_SECONDS),
        calendar(),
        service(),
        agreement(),
        agreement(version=2, valid_from=CHANGE, services=(dearer,)),
        office("office-1"),
    ]
    clock = SetClock(appended_at)
    fold = Fold(
        make_world(entries(known)), {}, {}, appended_at, clock.business, lambda _: {}, lambda _: Room(100, 10**9)
    )
    told = submission(REQUEST)
    fold.take(read(AGENCY_SOURCE, told, appended_at, said_at))
    fold.take(read("/offices/office-1", desk_steps(REQUEST)[0], appended_at, said_at))
    return {one.event_type: one.body for one in fold.decided}


def read(source: str, event: Event, appended_at: datetime, said_at: datetime | None) -> Claim:
    record = claim_record(source, event, appended_at=appended_at)
    claim = read_claim(record, IntakeReader.REQUESTS)
    assert isinstance(claim, Claim)
    return claim._replace(envelope=claim.envelope._replace(time=said_at))


@pytest.mark.parametrize(
    ("said_at", "appended_at", "counts_at", "version"),
    [
        # Within the lateness the claim's own time counts, and with it the agreement that was in force then.
        (CHANGE - timedelta(minutes=10), CHANGE + timedelta(minutes=15), CHANGE - timedelta(minutes=10), 1),
        # Just beyond it, and far beyond it: no earlier than the lateness allows.
        (CHANGE - timedelta(seconds=1), CHANGE + HOUR, CHANGE + HOUR / 2, 2),
        (CHANGE - DAY, CHANGE + HOUR, CHANGE + HOUR / 2, 2),
        (CHANGE - 31 * DAY, CHANGE + HOUR, CHANGE + HOUR / 2, 2),
        # Nobody speaks from the future.
        (CHANGE + DAY, CHANGE - HOUR, CHANGE - HOUR, 1),
        # Who says nothing of the time spoke when the broker heard him.
        (None, CHANGE - HOUR, CHANGE - HOUR, 1),
        (None, CHANGE + HOUR, CHANGE + HOUR, 2),
    ],
)
def test_agreement_tariff_and_time_are_those_of_the_moment_that_counts(
    said_at: datetime | None, appended_at: datetime, counts_at: datetime, version: int
) -> None:
    log = decided(said_at, appended_at)
    opened = RequestOpened.model_validate_json(log[RequestOpened.type_name()])
    routed = RequestRouted.model_validate_json(log[RequestRouted.type_name()])
    accepted = OfficeAccepted.model_validate_json(log[OfficeAccepted.type_name()])
    assert opened.submitted_at == counts_at
    assert routed.decision.decided_for == counts_at
    assert (routed.decision.agreement_version, accepted.agreement_version) == (version, version)
    assert accepted.fee.total_rial == {1: 30_000, 2: DEARER_RIAL}[version]
