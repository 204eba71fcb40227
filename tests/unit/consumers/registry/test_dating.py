"""Which business time a claim on the registry counts as said at."""

from datetime import datetime, timedelta

import pytest

from connectors.clock import ScaledClock
from consumers.intake import Claim, IntakeReader, read_claim
from consumers.registry.fold import REAL_PATIENCE, Fold
from schemas.intake_agency import ServicePublished
from schemas.log_registry import RegistryEntry
from tests.kit.on_sql.requests import AGENCY_SOURCE, SetClock, claim_record
from tests.kit.values.builders import MOMENT, entries, policy, service

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NO_POLICY: list[RegistryEntry] = []
HALF_AN_HOUR = entries([policy(lateness_seconds=1_800)])
NEWER = entries([policy(lateness_seconds=1_800), policy(version=2, lateness_seconds=60)])


@pytest.mark.parametrize(
    ("known", "said", "counts"),
    [
        (NO_POLICY, -HOUR, -HOUR),
        (NO_POLICY, -DAY, -HOUR),
        (HALF_AN_HOUR, -HOUR / 4, -HOUR / 4),
        (HALF_AN_HOUR, -HOUR, -HOUR / 2),
        (NEWER, -HOUR, -timedelta(seconds=60)),
        (HALF_AN_HOUR, DAY, timedelta(0)),
        (HALF_AN_HOUR, None, timedelta(0)),
    ],
)
def test_a_claims_own_time_counts_within_the_policys_lateness(
    known: list[RegistryEntry], said: timedelta | None, counts: timedelta
) -> None:
    record = claim_record(AGENCY_SOURCE, ServicePublished(service=service()))
    claim = read_claim(record, IntakeReader.REGISTRY)
    assert isinstance(claim, Claim)
    time: datetime | None = None if said is None else MOMENT + said
    fold = Fold(known, len(known), SetClock().business)
    assert fold.moment(claim._replace(envelope=claim.envelope._replace(time=time))) == MOMENT + counts


@pytest.mark.parametrize(
    ("factor", "patience", "business"),
    [
        # On the clock of every day the policy's patience decides.
        (1, HOUR, HOUR),
        # On a fast one what others say still gets a minute of real time to arrive.
        (600, HOUR, 600 * REAL_PATIENCE),
    ],
)
def test_a_claim_waits_as_long_as_the_policy_says_and_a_minute_at_the_least(
    factor: int, patience: timedelta, business: timedelta
) -> None:
    claim = read_claim(claim_record(AGENCY_SOURCE, ServicePublished(service=service())), IntakeReader.REGISTRY)
    assert isinstance(claim, Claim)
    known = entries([policy(park_seconds=int(patience.total_seconds()))])
    fold = Fold(known, len(known), ScaledClock(MOMENT, factor, MOMENT).business)
    assert fold.gives_up_at(claim) == MOMENT + business
