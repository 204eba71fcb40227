"""Who may see a citizen's personal fields, and for how long: the accepting office and the owning agency alone.

From the office's acceptance on, until a set time after the request's end. Every reveal is on record, a refused one too,
and each key has so many in an hour.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from producers.access.audit import Actor, AdminAct, Audit, AuditFilter, AuditOutcome, AuditReads, AuditRow
from producers.access.parties import Caller, PartyKind
from producers.vault.ports import Fields, Vault, VaultUnavailable

#: How long after the end of a request its office and its agency still may look, in business time.
AFTER_THE_END = timedelta(days=30)
REVEALS_PER_HOUR = 60
_HOUR = timedelta(hours=1)


class RevealRefusal(StrEnum):
    """Why personal fields are not shown."""

    # There is no such request, or it is another party's: whoever asks cannot tell which.
    NOT_YOURS = "not_yours"
    NOT_ACCEPTED = "not_accepted"
    TOO_LATE = "too_late"
    TOO_MANY = "too_many"
    # Nobody can tell just now.
    VAULT_AWAY = "vault_away"
    # The request came without personal fields, or the citizen is forgotten.
    NOTHING_KEPT = "nothing_kept"


@dataclass(frozen=True, slots=True)
class RevealFacts:
    """What the rules ask of a request. `office` has it or had it at its end; `ended_at` is business time.

    `source` submitted it, and sealed the fields if anybody did.
    """

    source: str | None
    agency: str | None
    office: str | None
    accepted: bool
    ended_at: datetime | None


class RevealReads(Protocol):
    """Requests, as the rules need them."""

    def facts(self, request_id: UUID) -> RevealFacts | None:
        """Return what is so of a request, or none."""


class AuditedBoth(Audit, AuditReads, Protocol):
    """The audit, written and read."""


@dataclass(frozen=True, slots=True)
class RevealDesk:
    """What revealing needs. `now` is real time, for the audit; `business_now` decides how long is after the end."""

    requests: RevealReads
    vault: Vault
    audit: AuditedBoth
    now: datetime
    business_now: datetime


def reveal(desk: RevealDesk, caller: Caller, request_id: UUID) -> Fields | RevealRefusal:
    """Return the personal fields of a request. The caller commits either way: both are on record."""
    facts = desk.requests.facts(request_id)
    refusal = refusal_of(facts, caller, desk.business_now) or _too_many(desk, caller)
    shown = _kept(desk.vault, request_id, facts) if refusal is None else refusal
    refused = isinstance(shown, RevealRefusal)
    outcome = AuditOutcome.REFUSED if refused else AuditOutcome.DONE
    if shown is RevealRefusal.VAULT_AWAY:
        outcome = AuditOutcome.FAILED
    detail = str(shown) if refused else ""
    row = AuditRow(desk.now, Actor.of_caller(caller), AdminAct.REVEAL, f"request {request_id}", outcome, detail)
    desk.audit.add(row)
    return shown


def _kept(vault: Vault, request_id: UUID, facts: RevealFacts | None) -> Fields | RevealRefusal:
    if facts is None or facts.source is None:
        return RevealRefusal.NOTHING_KEPT
    try:
        fields = vault.fields(request_id, facts.source)
    except VaultUnavailable:
        return RevealRefusal.VAULT_AWAY
    return RevealRefusal.NOTHING_KEPT if fields is None else fields


def refusal_of(facts: RevealFacts | None, caller: Caller, now: datetime) -> RevealRefusal | None:
    """Return why `caller` may not see the personal fields of a request at `now` (business time); none when it may."""
    if facts is None or not _is_its_own(facts, caller):
        return RevealRefusal.NOT_YOURS
    if not facts.accepted:
        return RevealRefusal.NOT_ACCEPTED
    if facts.ended_at is not None and now >= facts.ended_at + AFTER_THE_END:
        return RevealRefusal.TOO_LATE
    return None


def _is_its_own(facts: RevealFacts, caller: Caller) -> bool:
    match caller.party.kind:
        case PartyKind.AGENCY:
            return facts.agency == caller.party.code
        case PartyKind.OFFICE:
            return facts.office == caller.party.code
    return False


def _too_many(desk: RevealDesk, caller: Caller) -> RevealRefusal | None:
    wanted = AuditFilter(
        key_id=caller.key_id, act=AdminAct.REVEAL.value, outcome=AuditOutcome.DONE, since=desk.now - _HOUR
    )
    return RevealRefusal.TOO_MANY if desk.audit.count(wanted) >= REVEALS_PER_HOUR else None
