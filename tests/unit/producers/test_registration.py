"""What is stated anew becomes the next version of what differs, and nothing else; what others did stays."""

from datetime import timedelta
from typing import Any

import pytest

from consumers.jalali import STANDARD_TIME
from producers.changes import Value
from producers.registration import Plan, Stated, plan
from schemas.agreements import Agreement, AgreementState
from schemas.catalogue import Service, Stage
from schemas.intake_agency import AgreementConfirmed, AgreementPaused, AgreementVetoed, ServiceWithdrawn
from schemas.intake_directorate import AgreementChanged, OfficeSuspended
from schemas.offices import LicenceState, Office
from schemas.tariff import FixedRule
from tests.kit.values import builders
from tests.kit.values.builders import AGENCY, AGREEMENT, MOMENT, SERVICE, START
from tests.kit.values.registered import Registry

LATER = MOMENT + timedelta(days=100)


def stated(*rows: Value, confirmed: bool = False) -> Stated:
    """Return the rows of one thing."""
    return Stated(rows, (confirmed,) * len(rows))


def agreement(amount_rial: int = 30_000, **changes: Any) -> Agreement:
    """Return the tests' agreement as it is signed, with a fee."""
    line = builders.certificate_line(rule=FixedRule(amount_rial=amount_rial))
    services = (builders.terms(tariff=(line,)),)
    return builders.agreement(**{"state": AgreementState.SIGNED, "services": services, **changes})


def folder(
    fee: Agreement | None = None, *, office: Office | None = None, service: Service | None = None
) -> list[Stated]:
    """Return what a folder states."""
    return [
        stated(builders.territory()),
        stated(service or builders.service()),
        stated(fee or agreement(), confirmed=True),
        stated(office or builders.office()),
    ]


@pytest.fixture
def registry() -> Registry:
    """A registry that has taken the folder."""
    taken = Registry()
    taken.take(plan(folder(), taken, MOMENT).claims)
    return taken


def fee_at(registry: Registry, moment: object = MOMENT) -> int:
    """Return the fee in force."""
    found = registry.in_force("agreement", AGREEMENT, moment)  # type: ignore[arg-type]  # a moment
    assert isinstance(found, Agreement)
    rule = found.services[0].tariff[0].rule
    assert isinstance(rule, FixedRule)
    return rule.amount_rial


def said_again(registry: Registry, *rows: Stated) -> Plan:
    """Plan, take, and return the plan; the same stated again must change nothing."""
    found = plan(rows, registry, MOMENT)
    registry.take(found.claims)
    assert plan(rows, registry, MOMENT + timedelta(hours=1)).claims == ()
    return found


def test_the_first_time_everything_is_new_and_again_nothing_is(registry: Registry) -> None:
    empty = plan(folder(), Registry(), MOMENT)
    assert (len(empty.claims), len(empty.new), empty.changes, empty.known) == (5, 4, (), 0)
    again = plan(folder(), registry, MOMENT)
    assert (again.claims, again.new, again.changes, again.known) == ((), (), (), 5)


def test_a_fee_changed_in_place_is_signed_and_confirmed_from_now_on(registry: Registry) -> None:
    found = said_again(registry, *folder(agreement(35_000)))
    [change] = found.changes
    assert (change.after.version, change.after.valid_from, change.fields) == (3, MOMENT, ("services",))
    assert [claim.version for claim in found.claims] == [3, 4]
    assert (fee_at(registry, START), fee_at(registry)) == (30_000, 35_000)


def test_a_fee_is_changed_back(registry: Registry) -> None:
    said_again(registry, *folder(agreement(35_000)))
    said_again(registry, *folder())
    assert fee_at(registry) == 30_000


def test_a_change_from_a_later_day_leaves_the_time_before_and_is_stated_once(registry: Registry) -> None:
    found = plan(folder(agreement(35_000)), registry, LATER.astimezone(STANDARD_TIME))
    registry.take(found.claims)
    assert (fee_at(registry), fee_at(registry, LATER)) == (30_000, 35_000)
    assert plan(folder(agreement(35_000)), registry, MOMENT).claims == ()


def test_a_change_before_a_planned_one_holds_until_and_after_it(registry: Registry) -> None:
    registry.take(plan(folder(agreement(35_000)), registry, LATER).claims)
    said_again(registry, *folder(agreement(35_000, notice_days=45)))
    assert (fee_at(registry), fee_at(registry, LATER)) == (30_000, 35_000)
    now, then = (registry.in_force("agreement", AGREEMENT, moment) for moment in (MOMENT, LATER))
    assert isinstance(now, Agreement)
    assert isinstance(then, Agreement)
    assert (now.notice_days, then.notice_days) == (45, 45)


def test_an_appended_row_is_a_version_from_its_own_day(registry: Registry) -> None:
    row = agreement(35_000, version=3, valid_from=LATER)
    # Tariffs stand beside the rows, so the row before has the new fee too.
    found = said_again(registry, *folder()[:2], stated(agreement(35_000), row, confirmed=True), *folder()[3:])
    assert [change.after.valid_from for change in found.changes] == [LATER]
    assert (fee_at(registry), fee_at(registry, LATER)) == (30_000, 35_000)


def test_a_pause_outlives_new_terms_and_other_changes(registry: Registry) -> None:
    registry.say(AgreementPaused(agreement=AGREEMENT, services=(SERVICE,), paused=True, reason="flood"), AGENCY)
    assert plan(folder(), registry, MOMENT).claims == ()
    for fee in (agreement(35_000), agreement(35_000, notice_days=45)):
        said_again(registry, *folder(fee))
        found = registry.in_force("agreement", AGREEMENT, MOMENT)
        assert isinstance(found, Agreement)
        assert found.services[0].paused
    assert fee_at(registry) == 35_000


def test_a_suspended_licence_stays_suspended_until_the_folder_says_otherwise(registry: Registry) -> None:
    registry.say(OfficeSuspended(office="office-1", valid_from=MOMENT, minutes_number="12", reason="a case"))
    assert plan(folder(), registry, MOMENT).claims == ()
    said_again(registry, *folder(office=builders.office(daily_capacity=7)))
    found = registry.in_force("office", "office-1", MOMENT)
    assert isinstance(found, Office)
    assert (found.daily_capacity, found.licence.state) == (7, LicenceState.SUSPENDED)


def test_a_withdrawn_service_stays_withdrawn(registry: Registry) -> None:
    registry.say(ServiceWithdrawn(service=SERVICE, valid_from=LATER, reason="moved"), AGENCY)
    said_again(registry, *folder(service=builders.service(names=builders.words("New name"))))
    now, then = (registry.in_force("service", SERVICE, moment) for moment in (MOMENT, LATER))
    assert isinstance(now, Service)
    assert isinstance(then, Service)
    assert (now.names.en, now.stage) == ("New name", Stage.LIVE)
    assert (then.names.en, then.stage) == ("New name", Stage.WITHDRAWN)


def test_an_agreement_that_was_ended_is_left_alone_and_told(registry: Registry) -> None:
    ended = registry.in_force("agreement", AGREEMENT, MOMENT)
    assert isinstance(ended, Agreement)
    update = {"version": 3, "state": AgreementState.SUSPENDED, "valid_from": MOMENT}
    registry.say(AgreementChanged(agreement=ended.model_copy(update=update)))
    assert plan(folder(), registry, MOMENT).held == ()
    found = plan(folder(agreement(35_000)), registry, MOMENT)
    assert found.claims == ()
    assert [held.value.state for held in found.held] == [AgreementState.SUSPENDED]


def test_a_proposal_that_its_agency_vetoed_is_not_put_again(registry: Registry) -> None:
    unconfirmed = [*folder()[:2], stated(agreement(35_000)), *folder()[3:]]
    registry.take(plan(unconfirmed, registry, MOMENT).claims)
    assert plan(unconfirmed, registry, MOMENT).claims == ()
    assert fee_at(registry) == 30_000
    registry.say(AgreementVetoed(agreement=AGREEMENT, version=3, reason="too much"), AGENCY)
    assert plan(unconfirmed, registry, MOMENT).claims == ()


def test_a_proposal_is_confirmed_when_the_folder_says_so(registry: Registry) -> None:
    registry.take(plan([*folder()[:2], stated(agreement(35_000)), *folder()[3:]], registry, MOMENT).claims)
    [change] = said_again(registry, *folder(agreement(35_000))).changes
    assert (change.published, change.confirmed) == (False, True)
    assert fee_at(registry) == 35_000


def test_what_somebody_else_published_meanwhile_stays(registry: Registry) -> None:
    active = registry.in_force("agreement", AGREEMENT, MOMENT)
    assert isinstance(active, Agreement)
    update = {"version": 3, "state": AgreementState.SIGNED, "payment_term_days": 99}
    registry.say(AgreementChanged(agreement=active.model_copy(update=update)))
    registry.say(AgreementConfirmed(agreement=AGREEMENT, version=3), AGENCY)
    assert plan(folder(), registry, MOMENT).claims == ()
    said_again(registry, *folder(agreement(35_000)))
    found = registry.in_force("agreement", AGREEMENT, MOMENT)
    assert isinstance(found, Agreement)
    assert (found.payment_term_days, fee_at(registry)) == (99, 35_000)


def test_what_is_interrupted_goes_on_where_it_ended(registry: Registry) -> None:
    half = Registry()
    claims = plan(folder(), half, MOMENT).claims
    half.take(claims[:3])
    rest = plan(folder(), half, MOMENT)
    assert rest.claims == claims[3:]
    assert [change.fields for change in rest.changes] == []


def test_what_was_planned_and_then_given_up_counts_no_more_as_what_was_stated(registry: Registry) -> None:
    named, plain = builders.office(names=builders.words("a")), builders.office(daily_capacity=1)
    both = builders.office(names=builders.words("a"), daily_capacity=1)
    registry.take(plan(folder(office=named), registry, LATER).claims)
    registry.take(plan(folder(office=plain), registry, MOMENT + timedelta(hours=1)).claims)
    registry.take(plan(folder(office=both), registry, MOMENT + timedelta(hours=2)).claims)
    for moment in (MOMENT + timedelta(hours=2), LATER):
        held = registry.in_force("office", "office-1", moment)
        assert isinstance(held, Office)
        assert (held.names, held.daily_capacity) == (both.names, 1)
