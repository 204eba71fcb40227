"""What people look at and decide on, as every world gives it."""

from dataclasses import dataclass
from typing import Protocol

from consumers.delivery import feeds, rebuilding
from consumers.halted import HaltDecisions
from consumers.letters import LetterReads
from consumers.parked import ParkDecisions
from consumers.registry.lookup import RegistryReads
from consumers.requests.inbox import InboxReads
from consumers.requests.track import TrackReads
from producers.access.audit import Audit, AuditReads
from producers.access.keys import KeyReads, KeyStore, KeyUses
from producers.set_aside import AsideDecisions
from producers.vault.reveal import RevealReads


class Keys(KeyStore, KeyReads, KeyUses, Protocol):
    """Keys as administrators and doors have them."""


class Audited(Audit, AuditReads, Protocol):
    """The audit as it is written and read."""


@dataclass(frozen=True, slots=True)
class People:
    """What people look at and decide on, in one transaction."""

    inbox: InboxReads
    registry: RegistryReads
    park: ParkDecisions
    aside: AsideDecisions
    halts: HaltDecisions
    letters: LetterReads
    keys: Keys
    audit: Audited
    reveals: RevealReads
    tracked: TrackReads
    feeds: feeds.FeedReads
    feed_rebuild: rebuilding.FeedRebuild
