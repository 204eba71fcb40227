"""Rules for agreements: the directorate proposes, only the agency makes one active, pauses it or vetoes it.

A version in force is never displaced by a proposal: `drafted`, `negotiated` and `signed` versions bind nobody.
"""

from datetime import datetime

from consumers.registry.domain.fee_rules import rule_problem
from consumers.registry.domain.known import Accept, Await, Decision, Known, Refuse
from consumers.registry.domain.splits import split_problem
from consumers.registry.domain.versions import ends_too_early, out_of_order
from schemas.agreements import Agreement, AgreementState, ServiceTerms
from schemas.intake_agency import AgreementConfirmed, AgreementPaused, AgreementVetoed
from schemas.intake_directorate import AgreementChanged
from schemas.log_registry import RegistryRefusal
from schemas.topics import RESERVED_AGENCY_CODES

PROPOSALS = frozenset({AgreementState.DRAFTED, AgreementState.NEGOTIATED, AgreementState.SIGNED})
#: What the directorate may make of an agreement that is, or was, in force.
ENDINGS = frozenset({AgreementState.SUSPENDED, AgreementState.EXPIRED, AgreementState.WITHDRAWN})


def change(claim: AgreementChanged, known: Known) -> Decision:
    """Decide on a version as the directorate puts it."""
    agreement = claim.agreement
    versions = known.agreement_versions(agreement.code)
    return (
        _not_allowed(agreement, versions)
        or ends_too_early(agreement.code, agreement.valid_from, agreement.valid_to)
        or _tariff_unfit(agreement)
        or out_of_order(agreement, known)
        or _unknown_reference(agreement, known)
        or Accept((agreement,))
    )


def confirm(claim: AgreementConfirmed, agency: str, known: Known) -> Decision:
    """Decide on a confirmation: the signed version becomes active as the next version, from its own date on.

    A pause outlives new terms: what is paused today stays paused until the agency lifts it.
    """
    proposal = _proposal(claim.agreement, claim.version, agency, known)
    if not isinstance(proposal, Agreement):
        return proposal
    versions = known.agreement_versions(claim.agreement)
    if proposal.state is not AgreementState.SIGNED:
        detail = f"version {claim.version} of {claim.agreement} is {proposal.state}; only a signed one can be confirmed"
        return Refuse(RegistryRefusal.STATE_FORBIDS, detail)
    active = [version for version in versions if version.state is AgreementState.ACTIVE]
    if any(_same_terms(version, proposal) for version in active if version.version > proposal.version):
        return Refuse(RegistryRefusal.ALREADY_KNOWN, f"version {claim.version} of {claim.agreement} is confirmed")
    paused = {terms.service for terms in active[-1].services if terms.paused} if active else set()
    services = tuple(_with_pause(terms, terms.paused or terms.service in paused) for terms in proposal.services)
    update = {"version": versions[-1].version + 1, "state": AgreementState.ACTIVE, "services": services}
    return Accept((proposal.model_copy(update=update),))


def veto(claim: AgreementVetoed, agency: str, known: Known) -> Decision:
    """Decide on a veto: the version goes back to being a draft, as the next version."""
    proposal = _proposal(claim.agreement, claim.version, agency, known)
    if not isinstance(proposal, Agreement):
        return proposal
    last = known.agreement_versions(claim.agreement)[-1]
    update = {"version": last.version + 1, "state": AgreementState.DRAFTED}
    return Accept((proposal.model_copy(update=update),))


def pause(claim: AgreementPaused, agency: str, moment: datetime, known: Known) -> Decision:
    """Decide on a pause or its end: at once for the version in force, and for active ones that are still to come."""
    versions = known.agreement_versions(claim.agreement)
    if not versions:
        detail = f"agreement {claim.agreement} is not known; the directorate publishes it first"
        return Await(RegistryRefusal.UNKNOWN_SUBJECT, detail)
    last = versions[-1]
    if last.agency != agency:
        return Refuse(RegistryRefusal.NOT_OWNER, f"agreement {last.code} is with {last.agency}, not {agency}")
    targets = _pausable(versions, moment)
    if not targets:
        detail = f"no version of {last.code} is active; there is nothing to pause"
        return Refuse(RegistryRefusal.STATE_FORBIDS, detail)
    appendix = {terms.service for version in targets for terms in version.services}
    for code in claim.services:
        if code not in appendix:
            detail = f"services: {code} is not in the appendix of agreement {last.code}"
            return Refuse(RegistryRefusal.REFERS_TO_UNKNOWN, detail)
    named = set(claim.services) or appendix
    values: list[Agreement] = []
    for version in targets:
        services = tuple(
            _with_pause(terms, claim.paused) if terms.service in named else terms for terms in version.services
        )
        if services != version.services:
            number = last.version + 1 + len(values)
            update = {"version": number, "services": services, "valid_from": max(version.valid_from, moment)}
            values.append(version.model_copy(update=update))
    if not values:
        state = "paused" if claim.paused else "not paused"
        return Refuse(RegistryRefusal.ALREADY_KNOWN, f"these services of {last.code} are {state} already")
    return Accept(tuple(values))


def _pausable(versions: tuple[Agreement, ...], moment: datetime) -> list[Agreement]:
    """Return the active version in force at `moment` and the active ones after it."""
    binding = [version for version in versions if version.state not in PROPOSALS]
    begun = [version for version in binding if version.valid_from <= moment]
    current = begun[-1:]
    later = [version for version in binding if not current or version.version > current[0].version]
    return [version for version in [*current, *later] if version.state is AgreementState.ACTIVE]


def _proposal(code: str, version: int, agency: str, known: Known) -> Agreement | Refuse | Await:
    """Return the proposal that an agency speaks of, or why it may not."""
    versions = known.agreement_versions(code)
    found = next((held for held in versions if held.version == version), None)
    if found is None:
        detail = f"version {version} of agreement {code} is not known; the directorate publishes it first"
        return Await(RegistryRefusal.UNKNOWN_SUBJECT, detail)
    if found.agency != agency:
        return Refuse(RegistryRefusal.NOT_OWNER, f"agreement {code} is with {found.agency}, not {agency}")
    if found.state not in PROPOSALS:
        detail = f"version {version} of {code} is {found.state}, no proposal; pause it, or withdraw its services"
        return Refuse(RegistryRefusal.STATE_FORBIDS, detail)
    newest = [held for held in versions if held.state in PROPOSALS][-1]
    if newest.version != version:
        detail = f"version {version} of {code} gave way to version {newest.version}; speak of that one"
        return Refuse(RegistryRefusal.STATE_FORBIDS, detail)
    return found


def _not_allowed(agreement: Agreement, versions: tuple[Agreement, ...]) -> Refuse | None:
    if agreement.agency in RESERVED_AGENCY_CODES:
        return Refuse(RegistryRefusal.NOT_OWNER, f"agency code {agreement.agency} is reserved; use the agency's own")
    if versions and versions[-1].agency != agreement.agency:
        detail = f"agreement {agreement.code} is with {versions[-1].agency}; use another code for {agreement.agency}"
        return Refuse(RegistryRefusal.NOT_OWNER, detail)
    if agreement.state is AgreementState.ACTIVE:
        detail = "only the agency makes an agreement active; publish it as signed and let the agency confirm it"
        return Refuse(RegistryRefusal.STATE_FORBIDS, detail)
    if agreement.state in ENDINGS and not any(version.state not in PROPOSALS for version in versions):
        detail = f"agreement {agreement.code} was never active; it cannot become {agreement.state}"
        return Refuse(RegistryRefusal.STATE_FORBIDS, detail)
    return None


def _tariff_unfit(agreement: Agreement) -> Refuse | None:
    for terms in agreement.services:
        for line in terms.tariff:
            problem = rule_problem(line)
            if problem is not None:
                return Refuse(RegistryRefusal.FEE_RULE_AMBIGUOUS, f"service {terms.service}, {problem}")
            problem = split_problem(line)
            if problem is not None:
                return Refuse(RegistryRefusal.SPLIT_NOT_WHOLE, f"service {terms.service}, {problem}")
    return None


def _unknown_reference(agreement: Agreement, known: Known) -> Refuse | Await | None:
    for terms in agreement.services:
        service = known.service(terms.service)
        if service is None:
            detail = f"services: {terms.service} is not known; its agency publishes it first"
            return Await(RegistryRefusal.REFERS_TO_UNKNOWN, detail)
        if service.agency != agreement.agency:
            detail = f"services: {terms.service} belongs to {service.agency}, not to {agreement.agency}"
            return Refuse(RegistryRefusal.NOT_OWNER, detail)
    for county in agreement.territory:
        if not known.has_county(county):
            detail = f"territory: county {county} is in no territory of today; name one that is"
            return Await(RegistryRefusal.REFERS_TO_UNKNOWN, detail)
    for code in agreement.revoked_offices:
        if known.office(code) is None:
            return Await(RegistryRefusal.REFERS_TO_UNKNOWN, f"revoked_offices: office {code} is not known")
    return None


def _with_pause(terms: ServiceTerms, paused: bool) -> ServiceTerms:
    return terms if terms.paused == paused else terms.model_copy(update={"paused": paused})


def _same_terms(one: Agreement, other: Agreement) -> bool:
    return _bare(one) == _bare(other)


def _bare(agreement: Agreement) -> Agreement:
    """Return the agreement without what confirming and pausing change."""
    services = tuple(_with_pause(terms, False) for terms in agreement.services)
    update = {"version": 1, "state": AgreementState.SIGNED, "services": services, "valid_from": agreement.letter_date}
    return agreement.model_copy(update=update)
