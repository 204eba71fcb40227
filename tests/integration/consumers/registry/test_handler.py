"""The registry's handler on a real database: records in, versions, refusals and limits out."""

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Thread
from time import monotonic
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from structlog.testing import capture_logs

from connectors.database.parking.operator import ParkOperator
from connectors.database.parking.park import ParkedStore
from connectors.database.registry.entries import RegistryStore
from connectors.database.registry.stores import registry_stores
from connectors.database.sql.driver import meaningful_errors
from connectors.database.sql.engine import LOCK_TIMEOUT_MS, build_engine
from consumers.intake import Claim
from consumers.parking import RESTS, WAITING_LIMIT, OperatorAction, failed_event
from consumers.registry.domain.known import Await, EntryKind, Refuse
from consumers.registry.fold import Fold
from consumers.runner.outcomes import Outcome
from consumers.runner.records import Record
from schemas.agreements import Agreement, AgreementState
from schemas.intake_agency import (
    AgreementConfirmed,
    AgreementPaused,
    AgreementVetoed,
    RequestCancelled,
    ServicePublished,
)
from schemas.intake_directorate import AgreementChanged, OfficeChanged, OfficeLicensed, PolicyChanged, TerritoryChanged
from schemas.log_registry import (
    AgreementVersioned,
    RegistryClaimRefused,
    RegistryRefusal,
    ServiceVersioned,
    TerritoryVersioned,
)
from tests.kit.on_sql.databases import engine_of
from tests.kit.on_sql.registry import RegistryBus
from tests.kit.on_sql.requests import AGENCY_SOURCE, DIRECTORATE, claim_record
from tests.kit.on_sql.rests import end_rests, tries
from tests.kit.real.engines import DatabaseUrls
from tests.kit.values.builders import (
    AGENCY,
    AGREEMENT,
    MOMENT,
    SERVICE,
    agreement,
    city,
    county,
    office,
    policy,
    service,
    territory,
)
from tests.kit.values.crowd import crowd

pytestmark = pytest.mark.integration

SIGNED = AgreementChanged(agreement=agreement(state=AgreementState.SIGNED))
CONFIRMED = AgreementConfirmed(agreement=AGREEMENT, version=1)


def test_a_province_in_order_grows_one_gap_free_revision(bus: RegistryBus) -> None:
    bus.say(DIRECTORATE, TerritoryChanged(territory=territory()), PolicyChanged(policy=policy()))
    bus.say(AGENCY_SOURCE, ServicePublished(service=service()))
    bus.say(DIRECTORATE, SIGNED)
    bus.say(AGENCY_SOURCE, CONFIRMED)
    bus.say(DIRECTORATE, OfficeLicensed(office=office()))

    assert bus.revisions() == (6, [1, 2, 3, 4, 5, 6])
    assert [type(event).__name__.removesuffix("Versioned") for event in bus.log()] == [
        "Territory",
        "Policy",
        "Service",
        "Agreement",
        "Agreement",
        "Office",
    ]
    with bus.engine.begin() as connection:
        position = connection.execute(
            text("SELECT office, cap_rial, capacity, reserved_rial FROM office_position")
        ).all()
    assert [tuple(row) for row in position] == [("office-1", 10_000_000, 40, 0)]


def test_any_order_of_topics_ends_in_the_same_registry(bus: RegistryBus) -> None:
    bus.say(DIRECTORATE, OfficeLicensed(office=office()))
    bus.say(AGENCY_SOURCE, CONFIRMED)
    bus.say(DIRECTORATE, SIGNED)
    bus.say(DIRECTORATE, TerritoryChanged(territory=territory()))
    assert bus.revisions() == (1, [1])
    assert bus.waiting() == 3

    bus.say(AGENCY_SOURCE, ServicePublished(service=service()))

    assert bus.revisions() == (5, [1, 2, 3, 4, 5])
    assert bus.waiting() == 0
    assert bus.refusals() == []
    with bus.engine.begin() as connection:
        held = RegistryStore(connection).as_of(EntryKind.AGREEMENT, AGREEMENT, MOMENT)
    assert isinstance(held, AgreementVersioned)
    assert held.agreement.state is AgreementState.ACTIVE


def test_the_same_claims_again_change_nothing(bus: RegistryBus) -> None:
    records = [
        claim_record(DIRECTORATE, TerritoryChanged(territory=territory()), event_id="one"),
        claim_record(AGENCY_SOURCE, ServicePublished(service=service()), event_id="two"),
    ]
    bus.handle(*records, *records)
    bus.handle(*records)
    assert bus.revisions() == (2, [1, 2])
    assert bus.telemetry.counts == {Outcome.HANDLED: 2, Outcome.DUPLICATE: 4}


def test_an_id_with_another_body_is_dead_lettered(bus: RegistryBus) -> None:
    bus.handle(claim_record(AGENCY_SOURCE, ServicePublished(service=service()), event_id="one"))
    bus.handle(claim_record(AGENCY_SOURCE, ServicePublished(service=service(version=2)), event_id="one"))
    assert bus.revisions() == (1, [1])
    with bus.engine.begin() as connection:
        letters = connection.execute(text("SELECT consumer, reason, field FROM dead_letter")).all()
    assert [tuple(row) for row in letters] == [("registry", "identity_conflict", "ce_id")]


def test_an_id_with_another_type_is_dead_lettered_and_the_first_type_counts(bus: RegistryBus) -> None:
    bus.say(DIRECTORATE, TerritoryChanged(territory=territory()))
    bus.say(AGENCY_SOURCE, ServicePublished(service=service()))
    bus.say(DIRECTORATE, SIGNED)
    # A body that means something as either: a confirmation tolerates the reason.
    veto = claim_record(AGENCY_SOURCE, AgreementVetoed(agreement=AGREEMENT, version=1, reason="no"), event_id="one")
    confirmed = AgreementConfirmed.type_name().encode()
    headers = tuple((name, confirmed if name == "ce_type" else value) for name, value in veto.headers)
    bus.handle(veto)
    bus.handle(replace(veto, headers=headers))
    with bus.engine.begin() as connection:
        details = connection.execute(text("SELECT reason, detail FROM dead_letter")).all()
        held = RegistryStore(connection).as_of(EntryKind.AGREEMENT, AGREEMENT, MOMENT)
    assert [tuple(row) for row in details] == [
        ("identity_conflict", "was used before with another type; give every new event a new id")
    ]
    assert not isinstance(held, AgreementVersioned) or held.agreement.state is not AgreementState.ACTIVE


def test_forged_and_malformed_claims_are_dead_lettered_and_foreign_ones_skipped(bus: RegistryBus) -> None:
    forged = claim_record("/agencies/gas", ServicePublished(service=service()), topic="pishkhan.intake.civil-registry")
    whole = claim_record(AGENCY_SOURCE, ServicePublished(service=service()))
    torn = Record(whole.topic, 0, 1, b"k", whole.headers, (whole.value or b"")[:-5], whole.appended_at)
    other = claim_record(AGENCY_SOURCE, RequestCancelled(request_id=uuid4(), reason="x"))
    bus.handle(forged, torn, other, whole)
    assert bus.revisions() == (1, [1])
    with bus.engine.begin() as connection:
        letters = connection.execute(text("SELECT reason, field FROM dead_letter ORDER BY id")).all()
    assert [tuple(row) for row in letters] == [("forged_source", "ce_source"), ("malformed", "body")]


def test_what_never_arrives_is_refused_when_its_time_is_over(bus: RegistryBus) -> None:
    bus.say(DIRECTORATE, SIGNED)
    bus.clock.advance(3599)
    bus.sweep()
    assert bus.refusals() == []
    bus.clock.advance(2)
    bus.sweep()
    assert bus.refusals() == [RegistryRefusal.REFERS_TO_UNKNOWN]
    assert bus.waiting() == 0
    assert bus.revisions() == (0, [])


def test_who_lets_too_much_wait_is_refused_and_nobody_else_is_held_up(bus: RegistryBus) -> None:
    crowd(bus.engine, "registry", "pishkhan.intake.civil-registry", WAITING_LIMIT - 1)
    bus.say(AGENCY_SOURCE, CONFIRMED, AgreementConfirmed(agreement=AGREEMENT, version=2))
    bus.say(AGENCY_SOURCE, ServicePublished(service=service()))
    bus.say(DIRECTORATE, OfficeLicensed(office=office()))
    refused = [event for event in bus.log() if isinstance(event, RegistryClaimRefused)]
    assert [event.reason for event in refused] == [RegistryRefusal.UNKNOWN_SUBJECT]
    assert f"{WAITING_LIMIT} claims on this topic wait already" in refused[0].detail
    assert bus.waiting() == WAITING_LIMIT + 1
    assert bus.revisions() == (1, [1])


def test_a_refusal_names_the_claim_and_does_not_move_the_revision(bus: RegistryBus) -> None:
    bus.handle(claim_record("/agencies/gas", ServicePublished(service=service()), event_id="mine"))
    (refused,) = bus.log()
    assert isinstance(refused, RegistryClaimRefused)
    assert (refused.claim_id, refused.claim_source, refused.reason) == (
        "mine",
        "/agencies/gas",
        RegistryRefusal.NOT_OWNER,
    )
    assert bus.revisions() == (0, [])


def test_as_of_answers_for_any_time_and_any_revision(bus: RegistryBus) -> None:
    split = MOMENT + timedelta(days=10)
    whole = territory()
    new = county("maneh")
    moved = tuple(
        place.model_copy(update={"county": "maneh"}) if place.code == "raz" else place for place in whole.cities
    )
    divided = territory(version=2, valid_from=split, counties=(*whole.counties, new), cities=moved)
    bus.say(DIRECTORATE, TerritoryChanged(territory=whole), TerritoryChanged(territory=divided))

    def county_of_raz(moment: datetime, revision: int | None = None) -> str:
        with bus.engine.begin() as connection:
            held = RegistryStore(connection).as_of(EntryKind.TERRITORY, "north-khorasan", moment, revision)
        assert isinstance(held, TerritoryVersioned)
        return next(place.county for place in held.territory.cities if place.code == "raz")

    assert county_of_raz(split - timedelta(seconds=1)) == "raz"
    assert county_of_raz(split) == "maneh"
    assert county_of_raz(split, revision=1) == "raz"


def test_a_proposal_does_not_displace_what_is_in_force(bus: RegistryBus) -> None:
    bus.say(AGENCY_SOURCE, ServicePublished(service=service()))
    bus.say(DIRECTORATE, SIGNED)
    bus.say(AGENCY_SOURCE, CONFIRMED)
    renewed = agreement(version=3, state=AgreementState.SIGNED, notice_days=60)
    bus.say(DIRECTORATE, AgreementChanged(agreement=renewed))
    with bus.engine.begin() as connection:
        held = RegistryStore(connection).as_of(EntryKind.AGREEMENT, AGREEMENT, MOMENT)
    assert isinstance(held, AgreementVersioned)
    assert (held.agreement.version, held.agreement.notice_days) == (2, 30)


def test_a_pause_takes_effect_at_the_moment_it_was_said(bus: RegistryBus) -> None:
    bus.say(AGENCY_SOURCE, ServicePublished(service=service()))
    bus.say(DIRECTORATE, SIGNED)
    bus.say(AGENCY_SOURCE, CONFIRMED)
    pause = AgreementPaused(agreement=AGREEMENT, services=(SERVICE,), paused=True, reason="the system is down")
    said_at = MOMENT - timedelta(minutes=5)
    bus.handle(claim_record(AGENCY_SOURCE, pause, time=said_at))

    def paused_at(moment: datetime) -> bool:
        with bus.engine.begin() as connection:
            held = RegistryStore(connection).as_of(EntryKind.AGREEMENT, AGREEMENT, moment)
        assert isinstance(held, AgreementVersioned)
        value: Agreement = held.agreement
        return value.services[0].paused

    assert not paused_at(said_at - timedelta(seconds=1))
    assert paused_at(said_at)


def test_a_changed_office_gets_its_new_cap_and_keeps_what_it_carries(bus: RegistryBus) -> None:
    bus.say(DIRECTORATE, TerritoryChanged(territory=territory()))
    bus.say(AGENCY_SOURCE, ServicePublished(service=service()))
    bus.say(DIRECTORATE, SIGNED, OfficeLicensed(office=office()))
    with bus.engine.begin() as connection:
        connection.execute(text("UPDATE office_position SET reserved_rial = 700, in_flight = 3"))
    bus.say(DIRECTORATE, OfficeChanged(office=office(version=2, prepaid_rial=1_000, daily_capacity=9)))
    with bus.engine.begin() as connection:
        row = connection.execute(text("SELECT cap_rial, capacity, reserved_rial, in_flight FROM office_position")).one()
    assert tuple(row) == (5_001_000, 9, 700, 3)


def test_claims_wait_behind_one_on_which_the_code_failed_until_an_operator_decides(bus: RegistryBus) -> None:
    bus.park_failed(claim_record(AGENCY_SOURCE, ServicePublished(service=service())))
    bus.say(
        AGENCY_SOURCE,
        ServicePublished(service=service(version=2)),
        ServicePublished(service=service(f"{AGENCY}.other")),
    )
    assert bus.revisions() == (1, [1])
    assert bus.waiting() == 2

    with bus.engine.begin() as connection:
        operator = ParkOperator(connection)
        operator.decide([operator.oldest(1)[0].id], OperatorAction.REDRIVE, "a person", "the fault is repaired")
    bus.sweep()

    assert bus.waiting() == 0
    with bus.engine.begin() as connection:
        history = RegistryStore(connection).history(EntryKind.SERVICE, SERVICE)
    assert [entry.service.version for entry in history if isinstance(entry, ServiceVersioned)] == [1, 2]


def test_a_claim_on_which_the_code_failed_is_tried_again_by_itself(bus: RegistryBus) -> None:
    bus.park_failed(claim_record(AGENCY_SOURCE, ServicePublished(service=service())))
    bus.say(AGENCY_SOURCE, ServicePublished(service=service(version=2)))
    assert bus.revisions() == (0, [])
    end_rests(bus.engine)
    assert bus.sweep() == 2
    assert bus.revisions() == (2, [1, 2])
    assert bus.waiting() == 0


def test_a_claim_that_cannot_be_written_is_set_aside_and_the_others_are_decided(
    migrated_database: DatabaseUrls, bus: RegistryBus
) -> None:
    for code in ("a", "b", "c"):
        bus.park_failed(claim_record(AGENCY_SOURCE, ServicePublished(service=service(f"{AGENCY}.{code}"))))
    with engine_of(migrated_database.owner_url, "owner") as owner, owner.begin() as connection:
        connection.execute(
            text("ALTER TABLE registry_version ADD CONSTRAINT poison CHECK (code <> 'civil-registry.b')")
        )
    for rest in RESTS:
        end_rests(bus.engine)
        with capture_logs() as lines:
            bus.sweep()
        assert [line["kind"] for line in lines] == [f"service:{AGENCY}.b"], f"after {rest}"
    assert [event.service.code for event in bus.log() if isinstance(event, ServiceVersioned)] == [
        f"{AGENCY}.a",
        f"{AGENCY}.c",
    ]
    assert tries(bus.engine) == [(f"service:{AGENCY}.b", "failed", 1 + len(RESTS), False)]
    bus.say(AGENCY_SOURCE, ServicePublished(service=service(f"{AGENCY}.d")))
    assert bus.revisions() == (3, [1, 2, 3])


def test_a_skipped_claim_frees_what_waits_behind_it(bus: RegistryBus) -> None:
    bus.park_failed(claim_record(AGENCY_SOURCE, ServicePublished(service=service(needs_agency_answer=True))))
    bus.say(AGENCY_SOURCE, ServicePublished(service=service()))
    with bus.engine.begin() as connection:
        operator = ParkOperator(connection)
        operator.decide([operator.oldest(1)[0].id], OperatorAction.SKIP, "a person", "published by mistake")
    bus.sweep()
    assert bus.waiting() == 0
    with bus.engine.begin() as connection:
        held = RegistryStore(connection).as_of(EntryKind.SERVICE, SERVICE, MOMENT)
    assert isinstance(held, ServiceVersioned)
    assert not held.service.needs_agency_answer


def test_what_this_version_cannot_read_can_be_skipped(bus: RegistryBus) -> None:
    unreadable = replace(claim_record(AGENCY_SOURCE, ServicePublished(service=service())), value=b"{")
    with bus.engine.begin() as connection:
        ParkedStore(connection, "registry").park([failed_event(f"service:{SERVICE}", "EventInvalid", unreadable)])
        operator = ParkOperator(connection)
        operator.decide([operator.oldest(1)[0].id], OperatorAction.SKIP, "a person", "an older version parked it")
    assert bus.sweep() == 1
    assert bus.waiting() == 0


def test_a_claim_that_cannot_even_be_refused_is_kept_and_the_others_are(
    bus: RegistryBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(fold: Fold, claim: Claim, why: Refuse | Await) -> None:
        if isinstance(claim.event, AgreementConfirmed) and claim.event.version == 2:
            raise ZeroDivisionError
        refuse(fold, claim, why)

    refuse = Fold.refuse
    bus.say(AGENCY_SOURCE, *(CONFIRMED.model_copy(update={"version": version}) for version in (1, 2, 3)))
    assert bus.waiting() == 3
    monkeypatch.setattr(Fold, "refuse", broken)
    bus.clock.advance(2 * 3_600)
    with capture_logs() as lines:
        assert bus.sweep() == 2
    assert [(line["event_type"], line["error"]) for line in lines] == [(CONFIRMED.type_name(), "ZeroDivisionError")]
    assert bus.waiting() == 1
    assert len(bus.refusals()) == 2
    with bus.engine.begin() as connection:
        [kept] = ParkOperator(connection).oldest(2)
    assert (kept.reason, kept.detail) == ("failed", "the code failed on it: ZeroDivisionError")


def test_two_workers_never_share_a_revision(bus: RegistryBus) -> None:
    """A second worker that decides while the first holds the head waits for it, then goes on after it."""
    other = RegistryBus(build_engine(bus.engine.url.render_as_string(hide_password=False), "second worker"), bus.clock)
    second = Thread(target=other.say, args=(AGENCY_SOURCE, ServicePublished(service=service(f"{AGENCY}.second"))))
    with meaningful_errors(), bus.engine.begin() as connection:
        first = claim_record(AGENCY_SOURCE, ServicePublished(service=service(f"{AGENCY}.first")))
        bus.handler.handle(registry_stores(connection), [first])
        second.start()
        saw_it_wait = waits_for_a_lock(bus.engine, "second worker")
    second.join()
    other.engine.dispose()
    assert saw_it_wait
    assert bus.revisions() == (2, [1, 2])
    codes = [event.service.code for event in bus.log() if isinstance(event, ServiceVersioned)]
    assert codes == [f"{AGENCY}.first", f"{AGENCY}.second"]


def waits_for_a_lock(engine: Engine, name: str) -> bool:
    """Return whether the backend called `name` is seen waiting for a lock, within its own lock time-out."""
    query = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name AND wait_event_type = 'Lock'")
    deadline = monotonic() + LOCK_TIMEOUT_MS / 1000
    while monotonic() < deadline:
        with engine.begin() as connection:
            if connection.execute(query, {"name": name}).scalar_one():
                return True
    return False


def test_places_of_a_new_territory_version_free_waiting_offices(bus: RegistryBus) -> None:
    bus.say(AGENCY_SOURCE, ServicePublished(service=service()))
    bus.say(DIRECTORATE, SIGNED, TerritoryChanged(territory=territory()))
    bus.say(DIRECTORATE, OfficeLicensed(office=office(city="ashkhaneh")))
    assert bus.waiting() == 1
    wider = territory(version=2, cities=(*territory().cities, city("ashkhaneh", county="bojnord")))
    bus.say(DIRECTORATE, TerritoryChanged(territory=wider))
    assert bus.waiting() == 0
    assert bus.refusals() == []
