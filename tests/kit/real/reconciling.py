"""Trials of a comparison: what is found after a harm that was not found before it, and the commands' own words."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from typer.testing import CliRunner, Result

from consumers.reconciliation.domain.findings import DifferenceKind, Finding
from deploy.cli import build
from schemas.topics import LOG_REQUESTS
from tests.kit.real.stepped import SmallBus

LOG = LOG_REQUESTS.name
FEE_RIAL = 30_000
#: The steps of an office.
ACCEPT, COLLECT, START, DELIVER = 0, 1, 2, 3


@dataclass
class Trial:
    """The findings that came with a harm; complete on leaving the block in which the harm is done."""

    findings: frozenset[Finding] = field(default_factory=frozenset)

    @property
    def kinds(self) -> list[DifferenceKind]:
        return sorted(finding.kind for finding in self.findings)

    def one(self) -> Finding:
        [finding] = self.findings
        return finding


@contextmanager
def trial(bus: SmallBus) -> Iterator[Trial]:
    before, _ = bus.compared()
    found = Trial()
    yield found
    after, _ = bus.compared()
    found.findings = after - before


def reconcile(bus: SmallBus, *options: str) -> Result:
    return run(bus, "reconcile", *options)


def repair(bus: SmallBus, *options: str) -> Result:
    return run(bus, "repair", "topic", *options)


def run(bus: SmallBus, *words: str) -> Result:
    environment = {f"PISHKHAN_{name.upper()}": value for name, value in bus.settings.values().items()}
    return CliRunner().invoke(build(words[0]), list(words), env=environment)


def event_of(bus: SmallBus, request_id: UUID, name: str) -> tuple[str, int]:
    """Return id and sequence of one event of a request."""
    query = "SELECT event_id, sequence FROM outbox WHERE topic = %s AND key = %s AND type = %s"
    [(event_id, sequence)] = bus.rows(query, LOG, str(request_id), f"ir.pishkhan.{name}.v1")
    return event_id, sequence
