"""Version order: the first version is 1, each next one more; what is known stays as it is."""

from datetime import datetime

from consumers.registry.domain.known import Await, Known, Refuse, Value, subject
from schemas.log_registry import RegistryRefusal


def out_of_order(value: Value, known: Known) -> Refuse | Await | None:
    """Return why `value` is not the next version of its subject, or none when it is."""
    newest = known.newest(subject(value))
    last = 0 if newest is None else newest.version
    if value.version == last + 1:
        return None
    if value.version > last + 1:
        detail = f"version {value.version} of {value.code} comes after {last}; publish version {last + 1} first"
        return Await(RegistryRefusal.VERSION_NOT_NEXT, detail)
    if any(value == version for version in known.versions(subject(value))):
        return Refuse(RegistryRefusal.ALREADY_KNOWN, f"version {value.version} of {value.code} is known as it is")
    detail = f"version {value.version} of {value.code} is known with other content; the next is {last + 1}"
    return Refuse(RegistryRefusal.VERSION_NOT_NEXT, detail)


def ends_too_early(code: str, valid_from: datetime, valid_to: datetime | None) -> Refuse | None:
    """Return why a validity is empty, or none when it is not."""
    if valid_to is None or valid_from < valid_to:
        return None
    detail = f"{code}: valid_to is not after valid_from; leave valid_to out, or give a later time"
    return Refuse(RegistryRefusal.VALIDITY_ENDS_BEFORE_START, detail)
