"""Rules for offices: licences by the directorate, in a known place, acceding to agreements that are there."""

from consumers.registry.domain.known import Accept, Await, Decision, Known, Refuse
from consumers.registry.domain.versions import ends_too_early, out_of_order
from schemas.intake_directorate import OfficeChanged, OfficeLicensed, OfficeSuspended
from schemas.log_registry import RegistryRefusal
from schemas.offices import LicenceState, Office


def license_office(claim: OfficeLicensed, known: Known) -> Decision:
    """Decide on a new office."""
    office = claim.office
    newest = known.office(office.code)
    if newest is not None and newest != office:
        detail = f"office {office.code} is known; change it with version {newest.version + 1}"
        return Refuse(RegistryRefusal.ALREADY_KNOWN, detail)
    if newest is None and office.version != 1:
        detail = f"a new office begins with version 1, not {office.version}; say OfficeChanged for a later one"
        return Refuse(RegistryRefusal.VERSION_NOT_NEXT, detail)
    return _checked(office, known)


def change_office(claim: OfficeChanged, known: Known) -> Decision:
    """Decide on the next version of a known office."""
    if known.office(claim.office.code) is None:
        detail = f"office {claim.office.code} is not known; license it first"
        return Await(RegistryRefusal.UNKNOWN_SUBJECT, detail)
    return _checked(claim.office, known)


def suspend_office(claim: OfficeSuspended, known: Known) -> Decision:
    """Decide on a suspension; it becomes the office's next version, with its licence suspended."""
    office = known.office(claim.office)
    if office is None:
        return Await(RegistryRefusal.UNKNOWN_SUBJECT, f"office {claim.office} is not known; license it first")
    if office.licence.state is not LicenceState.ACTIVE:
        return Refuse(RegistryRefusal.STATE_FORBIDS, f"the licence of {office.code} is {office.licence.state} already")
    licence = office.licence.model_copy(update={"state": LicenceState.SUSPENDED})
    update = {"version": office.version + 1, "valid_from": claim.valid_from, "licence": licence}
    return Accept((office.model_copy(update=update),))


def _checked(office: Office, known: Known) -> Decision:
    return (
        ends_too_early(office.licence.number, office.licence.valid_from, office.licence.valid_to)
        or out_of_order(office, known)
        or _unknown_reference(office, known)
        or Accept((office,))
    )


def _unknown_reference(office: Office, known: Known) -> Await | None:
    if not known.has_place(office.city):
        detail = f"office.city {office.city} is in no territory; publish the territory that has it"
        return Await(RegistryRefusal.REFERS_TO_UNKNOWN, detail)
    for accession in office.accessions:
        versions = known.agreement_versions(accession.agreement)
        if not versions:
            detail = f"office.accessions: agreement {accession.agreement} is not known; publish it first"
            return Await(RegistryRefusal.REFERS_TO_UNKNOWN, detail)
        appendix = {terms.service for version in versions for terms in version.services}
        for service in accession.services:
            if service not in appendix:
                detail = f"office.accessions: {service} is in no version of agreement {accession.agreement}"
                return Await(RegistryRefusal.REFERS_TO_UNKNOWN, detail)
    return None
