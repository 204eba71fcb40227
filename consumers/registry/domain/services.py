"""Rules for services: only the owner publishes and withdraws, versions in order, withdrawal with the agreed notice.

A new service's code begins with its owner's, so that nobody takes a name that another agency may want: `gas.copy` is
for gas. The directorate grants any other code in an agreement. Services that are known keep code and owner.
"""

from datetime import datetime, timedelta

from consumers.registry.domain.known import Accept, Await, Decision, Known, Refuse
from consumers.registry.domain.versions import ends_too_early, out_of_order
from schemas.agreements import AgreementState
from schemas.catalogue import Service, Stage, StageChange
from schemas.intake_agency import ServicePublished, ServiceWithdrawn
from schemas.log_registry import RegistryRefusal
from schemas.topics import RESERVED_AGENCY_CODES

#: An agreement in one of these states grants what it names.
_GRANTING = frozenset({AgreementState.SIGNED, AgreementState.ACTIVE})


def publish(claim: ServicePublished, agency: str, known: Known) -> Decision:
    """Decide on a version of a service that `agency` publishes."""
    service = claim.service
    if service.agency in RESERVED_AGENCY_CODES:
        return Refuse(RegistryRefusal.NOT_OWNER, f"agency code {service.agency} is reserved; use the agency's own")
    if service.agency != agency:
        return Refuse(RegistryRefusal.NOT_OWNER, f"service.agency says {service.agency}; {agency} speaks here")
    before = known.service(service.code)
    if before is not None and before.agency != agency:
        return Refuse(RegistryRefusal.NOT_OWNER, f"service {service.code} belongs to {before.agency}; use another code")
    return (
        (_not_its_own(service.code, agency, known) if before is None else None)
        or ends_too_early(service.code, service.valid_from, service.valid_to)
        or out_of_order(service, known)
        or Accept((service,))
    )


def withdraw(claim: ServiceWithdrawn, agency: str, moment: datetime, known: Known) -> Decision:
    """Decide on a withdrawal; it becomes the service's next version, with stage `withdrawn`."""
    service = known.service(claim.service)
    if service is None:
        return Await(RegistryRefusal.UNKNOWN_SUBJECT, f"service {claim.service} is not known; publish it first")
    if service.agency != agency:
        return Refuse(RegistryRefusal.NOT_OWNER, f"service {service.code} belongs to {service.agency}")
    if service.stage is Stage.WITHDRAWN:
        return Refuse(RegistryRefusal.STATE_FORBIDS, f"service {service.code} is withdrawn already")
    notice_ends = _notice_ends(service, moment, known)
    if claim.valid_from < notice_ends:
        day = notice_ends.date().isoformat()
        detail = f"the agreement's notice for {service.code} ends on {day}; withdraw from then, or pause it at once"
        return Refuse(RegistryRefusal.STATE_FORBIDS, detail)
    change = StageChange(stage=Stage.WITHDRAWN, owner=f"agency {agency}", on=claim.valid_from.date())
    withdrawn = service.model_copy(
        update={
            "version": service.version + 1,
            "valid_from": claim.valid_from,
            "valid_to": None,
            "stage": Stage.WITHDRAWN,
            "stage_changes": (*service.stage_changes, change),
        }
    )
    return Accept((withdrawn,))


def _not_its_own(code: str, agency: str, known: Known) -> Refuse | None:
    """Refuse a new code that does not begin with its agency's code; of agency codes that match, the longest owns it.

    An agency is known by an agreement that the directorate has put to it.
    """
    newest = [versions[-1] for versions in known.agreements()]
    granted = any(code in one.granted_services for one in newest if one.agency == agency and one.state in _GRANTING)
    agencies = {agency, *(one.agency for one in newest)}
    owner = max((name for name in agencies if code.startswith(f"{name}.")), key=len, default=None)
    if granted or owner == agency:
        return None
    remedy = f"use a code under {agency}., or let the directorate grant it in an agreement (granted_services)"
    if owner is None:
        detail = f"service {code} does not begin with {agency}.; {remedy}"
    else:
        detail = f"service {code} begins with {owner}., another agency's code; {remedy}"
    return Refuse(RegistryRefusal.NOT_OWNER, detail)


def _notice_ends(service: Service, moment: datetime, known: Known) -> datetime:
    """Return the earliest day on which a service may be withdrawn: each active agreement on it has its notice."""
    days = [0]
    for versions in known.agreements():
        active = [version for version in versions if version.state is AgreementState.ACTIVE]
        if active and any(terms.service == service.code for terms in active[-1].services):
            days.append(active[-1].notice_days)
    return moment if days == [0] else moment + timedelta(days=max(days))
