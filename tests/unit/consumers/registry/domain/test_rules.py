"""The registry's rules, one claim at a time: what is accepted, refused with a reason, or waits."""

from datetime import timedelta

import pytest

from consumers.registry.domain.known import Accept, Await, Decision, Known, Refuse, Value
from consumers.registry.domain.rules import Said, decide
from schemas.agreements import Agreement, AgreementState
from schemas.base import Event
from schemas.catalogue import Service, Stage
from schemas.intake_agency import (
    AgreementConfirmed,
    AgreementPaused,
    AgreementVetoed,
    ServicePublished,
    ServiceWithdrawn,
)
from schemas.intake_directorate import (
    AgreementChanged,
    CalendarChanged,
    OfficeChanged,
    OfficeLicensed,
    OfficeSuspended,
    PolicyChanged,
    TerritoryChanged,
)
from schemas.log_registry import RegistryRefusal
from schemas.offices import Accession, Licence, LicenceState, Office
from schemas.policy import Calendar, CalendarScope
from schemas.tariff import Bracket, BracketRule, Party, SplitPart
from tests.kit.values.builders import (
    AGENCY,
    AGREEMENT,
    MOMENT,
    SERVICE,
    START,
    agreement,
    certificate_line,
    city,
    hours_of_the_week,
    office,
    policy,
    service,
    terms,
    territory,
)

SIGNED = agreement(state=AgreementState.SIGNED)
ACTIVE = agreement(version=2)
LATER = MOMENT + timedelta(days=30)


def known(*values: Value) -> Known:
    """Return what is known when `values` were accepted."""
    return Known().with_values(values)


def said(event: Event, speaker: str = "", *, among: Known) -> Decision:
    """Decide on `event` at the tests' moment."""
    return decide(Said(event, speaker, MOMENT), among)


def refusal(decision: Decision) -> RegistryRefusal:
    """Return the reason of a refusal."""
    assert isinstance(decision, Refuse), decision
    return decision.reason


def awaited(decision: Decision) -> RegistryRefusal:
    """Return the reason with which a waiting claim would be refused."""
    assert isinstance(decision, Await), decision
    return decision.reason


def accepted(decision: Decision) -> tuple[Value, ...]:
    """Return the accepted values."""
    assert isinstance(decision, Accept), decision
    return decision.values


def test_first_version_of_a_service_is_accepted_as_published() -> None:
    first = service()
    assert accepted(said(ServicePublished(service=first), AGENCY, among=known())) == (first,)


@pytest.mark.parametrize(
    ("published", "speaker", "reason"),
    [
        (service(), "gas", RegistryRefusal.NOT_OWNER),
        (service(agency="offices"), "offices", RegistryRefusal.NOT_OWNER),
        (service(agency="gas"), "gas", RegistryRefusal.NOT_OWNER),
        (service(), AGENCY, RegistryRefusal.ALREADY_KNOWN),
        (service(needs_agency_answer=True), AGENCY, RegistryRefusal.VERSION_NOT_NEXT),
        (service(version=2, valid_to=START), AGENCY, RegistryRefusal.VALIDITY_ENDS_BEFORE_START),
    ],
    ids=["another speaker", "reserved code", "taken code", "known", "known otherwise", "empty validity"],
)
def test_refused_service_versions(published: Service, speaker: str, reason: RegistryRefusal) -> None:
    assert refusal(said(ServicePublished(service=published), speaker, among=known(service()))) is reason


def _publishing(code: str, agency: str, *among: Value) -> Decision:
    return said(ServicePublished(service=service(code, agency=agency)), agency, among=known(*among))


@pytest.mark.parametrize("code", ["gas.future-service", "bill", "electricity", "electricity-bill", "electricityx.bill"])
def test_a_new_service_begins_with_its_owners_code(code: str) -> None:
    decision = _publishing(code, "electricity")
    assert refusal(decision) is RegistryRefusal.NOT_OWNER
    assert isinstance(decision, Refuse)
    assert "use a code under electricity., or let the directorate grant it" in decision.detail
    assert accepted(_publishing("electricity.future-service", "electricity"))
    assert accepted(_publishing("electricity.bill.copy", "electricity"))


def test_of_agencies_whose_codes_begin_alike_the_longest_owns_a_service() -> None:
    billing = agreement("billing", agency="gas.bill", state=AgreementState.DRAFTED)
    assert accepted(_publishing("gas.bill.copy", "gas.bill", billing))
    assert accepted(_publishing("gas.copy", "gas", billing))
    decision = _publishing("gas.bill.copy", "gas", billing)
    assert refusal(decision) is RegistryRefusal.NOT_OWNER
    assert isinstance(decision, Refuse)
    assert "another agency's code" in decision.detail
    assert refusal(_publishing("gas.copy", "gas.bill", billing)) is RegistryRefusal.NOT_OWNER


@pytest.mark.parametrize(
    ("state", "granted"),
    [(state, state in (AgreementState.SIGNED, AgreementState.ACTIVE)) for state in AgreementState],
)
def test_the_directorate_grants_another_code_in_an_agreement(state: AgreementState, granted: bool) -> None:
    grant = agreement("grants", agency="electricity", state=state, granted_services=("gas.smart-meter",))
    decision = _publishing("gas.smart-meter", "electricity", grant)
    assert isinstance(decision, Accept if granted else Refuse)
    assert refusal(_publishing("gas.other", "electricity", grant)) is RegistryRefusal.NOT_OWNER
    assert refusal(_publishing("gas.smart-meter", "water", grant)) is RegistryRefusal.NOT_OWNER


def test_a_grant_ends_with_the_agreements_newest_version_and_a_service_stays_with_its_owner() -> None:
    first = agreement("grants", agency="electricity", granted_services=("gas.smart-meter",))
    later = agreement("grants", agency="electricity", version=2)
    assert refusal(_publishing("gas.smart-meter", "electricity", first, later)) is RegistryRefusal.NOT_OWNER
    old = service("smart-meter", agency="electricity")
    second = ServicePublished(service=service("smart-meter", agency="electricity", version=2))
    assert accepted(said(second, "electricity", among=known(old))), "what is known keeps code and owner"


def test_a_version_that_comes_early_waits_for_the_one_before() -> None:
    third = ServicePublished(service=service(version=3))
    assert awaited(said(third, AGENCY, among=known(service()))) is RegistryRefusal.VERSION_NOT_NEXT


def test_withdrawal_keeps_to_the_notice_of_the_agreement() -> None:
    among = known(service(), SIGNED, ACTIVE)
    soon = ServiceWithdrawn(service=SERVICE, valid_from=MOMENT + timedelta(days=29), reason="an end")
    in_time = ServiceWithdrawn(service=SERVICE, valid_from=MOMENT + timedelta(days=30), reason="an end")

    decision = said(soon, AGENCY, among=among)

    assert refusal(decision) is RegistryRefusal.STATE_FORBIDS
    assert isinstance(decision, Refuse)
    assert "2026-12-23" in decision.detail
    (withdrawn,) = accepted(said(in_time, AGENCY, among=among))
    assert isinstance(withdrawn, Service)
    assert (withdrawn.version, withdrawn.stage, withdrawn.valid_from) == (2, Stage.WITHDRAWN, in_time.valid_from)
    assert withdrawn.stage_changes[-1].stage is Stage.WITHDRAWN


def test_a_service_without_an_active_agreement_may_go_at_once_and_only_once() -> None:
    claim = ServiceWithdrawn(service=SERVICE, valid_from=MOMENT, reason="an end")
    among = known(service(), SIGNED)
    (withdrawn,) = accepted(said(claim, AGENCY, among=among))
    assert refusal(said(claim, AGENCY, among=known(service(), withdrawn))) is RegistryRefusal.STATE_FORBIDS
    assert refusal(said(claim, "gas", among=among)) is RegistryRefusal.NOT_OWNER
    assert awaited(said(claim, AGENCY, among=known())) is RegistryRefusal.UNKNOWN_SUBJECT


def test_the_directorate_cannot_make_an_agreement_active() -> None:
    claim = AgreementChanged(agreement=agreement())
    assert refusal(said(claim, among=known(service()))) is RegistryRefusal.STATE_FORBIDS


def test_an_agreement_waits_for_its_services_and_refuses_those_of_others() -> None:
    claim = AgreementChanged(agreement=SIGNED)
    assert awaited(said(claim, among=known())) is RegistryRefusal.REFERS_TO_UNKNOWN
    assert refusal(said(claim, among=known(service(agency="gas")))) is RegistryRefusal.NOT_OWNER
    assert accepted(said(claim, among=known(service()))) == (SIGNED,)


def test_an_agreement_names_counties_and_offices_that_are_there() -> None:
    in_county = AgreementChanged(agreement=agreement(state=AgreementState.SIGNED, territory=("shirvan",)))
    nowhere = AgreementChanged(agreement=agreement(state=AgreementState.SIGNED, territory=("atlantis",)))
    revoking = AgreementChanged(agreement=agreement(state=AgreementState.SIGNED, revoked_offices=("office-1",)))
    among = known(service(), territory())
    assert isinstance(said(in_county, among=among), Accept)
    assert awaited(said(nowhere, among=among)) is RegistryRefusal.REFERS_TO_UNKNOWN
    assert awaited(said(revoking, among=among)) is RegistryRefusal.REFERS_TO_UNKNOWN


def test_a_split_that_is_not_whole_is_refused_naming_the_line() -> None:
    parts = (SplitPart(party=Party.OFFICE, numerator=7, denominator=10),)
    broken = agreement(state=AgreementState.SIGNED, services=(terms(tariff=(certificate_line(split=parts),)),))
    decision = said(AgreementChanged(agreement=broken), among=known(service()))
    assert refusal(decision) is RegistryRefusal.SPLIT_NOT_WHOLE
    assert isinstance(decision, Refuse)
    assert "certificate" in decision.detail


def test_a_fee_rule_that_picks_a_wrong_price_is_refused_naming_the_field() -> None:
    rule = BracketRule(field="pages", brackets=(Bracket(amount_rial=5), Bracket(up_to=9, amount_rial=7)))
    broken = agreement(state=AgreementState.SIGNED, services=(terms(tariff=(certificate_line(rule=rule),)),))
    decision = said(AgreementChanged(agreement=broken), among=known(service()))
    assert refusal(decision) is RegistryRefusal.FEE_RULE_AMBIGUOUS
    assert isinstance(decision, Refuse)
    assert f"service {SERVICE}, tariff line certificate, rule.brackets.0" in decision.detail


def test_only_what_was_active_can_end() -> None:
    ended = agreement(version=2, state=AgreementState.WITHDRAWN)
    never = said(AgreementChanged(agreement=ended), among=known(service(), SIGNED))
    after = said(
        AgreementChanged(agreement=ended.model_copy(update={"version": 3})), among=known(service(), SIGNED, ACTIVE)
    )
    assert refusal(never) is RegistryRefusal.STATE_FORBIDS
    assert isinstance(after, Accept)


def test_confirmation_makes_the_signed_version_active_once() -> None:
    claim = AgreementConfirmed(agreement=AGREEMENT, version=1)
    among = known(service(), SIGNED)
    (active,) = accepted(said(claim, AGENCY, among=among))
    assert active == ACTIVE
    assert refusal(said(claim, AGENCY, among=known(SIGNED, active))) is RegistryRefusal.ALREADY_KNOWN
    assert refusal(said(claim, "gas", among=among)) is RegistryRefusal.NOT_OWNER
    assert awaited(said(claim, AGENCY, among=known())) is RegistryRefusal.UNKNOWN_SUBJECT


def test_drafts_and_superseded_proposals_cannot_be_confirmed() -> None:
    draft = agreement(state=AgreementState.DRAFTED)
    claim = AgreementConfirmed(agreement=AGREEMENT, version=1)
    assert refusal(said(claim, AGENCY, among=known(draft))) is RegistryRefusal.STATE_FORBIDS
    newer = agreement(version=2, state=AgreementState.SIGNED, notice_days=60)
    assert refusal(said(claim, AGENCY, among=known(SIGNED, newer))) is RegistryRefusal.STATE_FORBIDS


def test_a_veto_sends_the_proposal_back_to_the_table() -> None:
    claim = AgreementVetoed(agreement=AGREEMENT, version=1, reason="the tariff is too low")
    (vetoed,) = accepted(said(claim, AGENCY, among=known(SIGNED)))
    assert isinstance(vetoed, Agreement)
    assert (vetoed.version, vetoed.state) == (2, AgreementState.DRAFTED)
    confirm = AgreementConfirmed(agreement=AGREEMENT, version=1)
    assert refusal(said(confirm, AGENCY, among=known(SIGNED, vetoed))) is RegistryRefusal.STATE_FORBIDS
    active = AgreementVetoed(agreement=AGREEMENT, version=2, reason="too late")
    assert refusal(said(active, AGENCY, among=known(SIGNED, ACTIVE))) is RegistryRefusal.STATE_FORBIDS


def test_a_pause_is_at_once_and_can_be_lifted() -> None:
    claim = AgreementPaused(agreement=AGREEMENT, paused=True, reason="the system is down")
    (paused,) = accepted(said(claim, AGENCY, among=known(SIGNED, ACTIVE)))
    assert isinstance(paused, Agreement)
    assert (paused.version, paused.valid_from, paused.state) == (3, MOMENT, AgreementState.ACTIVE)
    assert [item.paused for item in paused.services] == [True]
    again = known(SIGNED, ACTIVE, paused)
    assert refusal(said(claim, AGENCY, among=again)) is RegistryRefusal.ALREADY_KNOWN
    lift = AgreementPaused(agreement=AGREEMENT, services=(SERVICE,), paused=False, reason="it is up again")
    (lifted,) = accepted(said(lift, AGENCY, among=again))
    assert isinstance(lifted, Agreement)
    assert (lifted.version, [item.paused for item in lifted.services]) == (4, [False])


def test_a_pause_needs_the_owner_an_active_version_and_known_services() -> None:
    claim = AgreementPaused(agreement=AGREEMENT, paused=True, reason="the system is down")
    strange = AgreementPaused(agreement=AGREEMENT, services=("other",), paused=True, reason="the system is down")
    among = known(SIGNED, ACTIVE)
    assert refusal(said(claim, "gas", among=among)) is RegistryRefusal.NOT_OWNER
    assert refusal(said(claim, AGENCY, among=known(SIGNED))) is RegistryRefusal.STATE_FORBIDS
    assert refusal(said(strange, AGENCY, among=among)) is RegistryRefusal.REFERS_TO_UNKNOWN
    assert awaited(said(claim, AGENCY, among=known())) is RegistryRefusal.UNKNOWN_SUBJECT


def test_a_pause_holds_for_terms_that_are_still_to_come() -> None:
    to_come = agreement(version=3, valid_from=LATER, notice_days=60)
    claim = AgreementPaused(agreement=AGREEMENT, paused=True, reason="the system is down")
    now, then = accepted(said(claim, AGENCY, among=known(SIGNED, ACTIVE, to_come)))
    assert isinstance(now, Agreement)
    assert isinstance(then, Agreement)
    assert (now.version, now.valid_from, now.notice_days) == (4, MOMENT, 30)
    assert (then.version, then.valid_from, then.notice_days) == (5, LATER, 60)
    assert now.services[0].paused
    assert then.services[0].paused


def test_new_terms_that_are_confirmed_stay_paused() -> None:
    paused = agreement(version=3, services=(terms(paused=True),))
    renewed = agreement(version=4, state=AgreementState.SIGNED, notice_days=60)
    claim = AgreementConfirmed(agreement=AGREEMENT, version=4)
    (active,) = accepted(said(claim, AGENCY, among=known(SIGNED, ACTIVE, paused, renewed)))
    assert isinstance(active, Agreement)
    assert (active.version, active.notice_days, active.services[0].paused) == (5, 60, True)


def test_a_licence_waits_for_place_and_agreement() -> None:
    claim = OfficeLicensed(office=office())
    assert awaited(said(claim, among=known(SIGNED))) is RegistryRefusal.REFERS_TO_UNKNOWN
    assert awaited(said(claim, among=known(territory()))) is RegistryRefusal.REFERS_TO_UNKNOWN
    assert accepted(said(claim, among=known(territory(), SIGNED))) == (office(),)


def test_an_accession_to_a_service_outside_the_appendix_waits() -> None:
    strange = office(accessions=(Accession(agreement=AGREEMENT, services=("other",)),))
    decision = said(OfficeLicensed(office=strange), among=known(territory(), SIGNED))
    assert awaited(decision) is RegistryRefusal.REFERS_TO_UNKNOWN


def test_an_office_begins_with_version_one_and_goes_on_by_changes() -> None:
    among = known(territory(), SIGNED, office())
    second = office(version=2, daily_capacity=80)
    assert refusal(said(OfficeLicensed(office=second), among=among)) is RegistryRefusal.ALREADY_KNOWN
    assert refusal(said(OfficeLicensed(office=office()), among=among)) is RegistryRefusal.ALREADY_KNOWN
    assert accepted(said(OfficeChanged(office=second), among=among)) == (second,)
    new = office("office-2", version=2)
    assert refusal(said(OfficeLicensed(office=new), among=among)) is RegistryRefusal.VERSION_NOT_NEXT
    assert awaited(said(OfficeChanged(office=new), among=among)) is RegistryRefusal.UNKNOWN_SUBJECT


def test_a_licence_must_not_end_before_it_begins() -> None:
    licence = Licence(number="1", valid_from=MOMENT, valid_to=START, state=LicenceState.ACTIVE)
    decision = said(OfficeLicensed(office=office(licence=licence)), among=known(territory(), SIGNED))
    assert refusal(decision) is RegistryRefusal.VALIDITY_ENDS_BEFORE_START


def test_a_suspension_is_the_next_version() -> None:
    claim = OfficeSuspended(office="office-1", valid_from=LATER, minutes_number="12", reason="a decision")
    (suspended,) = accepted(said(claim, among=known(office())))
    assert isinstance(suspended, Office)
    assert (suspended.version, suspended.valid_from) == (2, LATER)
    assert suspended.licence.state is LicenceState.SUSPENDED
    assert refusal(said(claim, among=known(office(), suspended))) is RegistryRefusal.STATE_FORBIDS
    assert awaited(said(claim, among=known())) is RegistryRefusal.UNKNOWN_SUBJECT


def test_policy_and_calendar_go_by_version() -> None:
    calendar = Calendar(
        code="province",
        version=1,
        valid_from=START,
        scope=CalendarScope.PROVINCE,
        subject="north-khorasan",
        hours=hours_of_the_week(),
    )
    assert accepted(said(PolicyChanged(policy=policy()), among=known())) == (policy(),)
    assert accepted(said(CalendarChanged(calendar=calendar), among=known())) == (calendar,)
    second = PolicyChanged(policy=policy(version=2))
    assert awaited(said(second, among=known())) is RegistryRefusal.VERSION_NOT_NEXT


@pytest.mark.parametrize("rings_m", [(5_000, 5_000), (9_000, 5_000), (5_000, 60_000), (70_000,)])
def test_a_policys_rings_grow_and_stay_below_its_limit(rings_m: tuple[int, ...]) -> None:
    decision = said(PolicyChanged(policy=policy(rings_m=rings_m)), among=known())
    assert refusal(decision) is RegistryRefusal.RINGS_NOT_GROWING
    good = policy(rings_m=(5_000, 59_999))
    assert accepted(said(PolicyChanged(policy=good), among=known())) == (good,)


def test_a_territory_is_consistent_in_itself() -> None:
    lost = territory(cities=(city("bojnord", county="atlantis"),))
    twice = territory(cities=(city("bojnord"), city("bojnord")))
    assert refusal(said(TerritoryChanged(territory=lost), among=known())) is RegistryRefusal.REFERS_TO_UNKNOWN
    assert refusal(said(TerritoryChanged(territory=twice), among=known())) is RegistryRefusal.ALREADY_KNOWN
    assert accepted(said(TerritoryChanged(territory=territory()), among=known())) == (territory(),)
