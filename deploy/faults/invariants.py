"""What must hold when all is quiet, asked of the journal, the database and the log.

- I1, one end for each claim that was acknowledged (applied, refused or dead-lettered; at quiet nothing is parked), and
- I2, one row for each (source, id), one dead letter for each record: `_each_claim_has_one_end`.
- I3, each visit's accounts have its amounts to the rial: `_each_visit_has_its_ending`; all add up to zero: `audit`.
- I4, a request's numbers have no gaps in the log: `Follower.gaps`.
- I5, positions are within the log, and the log folded again gives the ledger's digest: `_the_ledger_is_the_logs`.
- I6, who speaks in another's name is dead-lettered and has no other effect: `_each_claim_has_one_end`.
- I7, rows, windows' cuts and anchors make the chains that were kept: `audit`. A window that was to be closed is, in
  every partition: `_each_claim_has_one_end`.
- I8, nobody is behind: `Look.wait_until_quiet`, and `examine` where nobody else uses the bus.
- I9, exposure ≤ reserved ≤ cap + late cash: `Watcher` all the while, `audit` at quiet, and
  `_each_visit_has_its_ending` of a cap for which more come than it has room for.

Two kinds of sum are kept apart from the words: how much of what was acknowledged is lost, and how much was done twice.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.database.settlement.audit import audit
from deploy.faults.bus import TrialBus
from deploy.faults.follower import Told
from deploy.faults.journal import JournalEntry
from deploy.faults.look import INTAKE
from deploy.faults.visits import ENDINGS, TIGHT_TAKES, VisitKind, accounts_of
from schemas.identity import derived_id
from schemas.log_requests import ClaimRefused
from schemas.topics import LOG_REQUESTS

#: So many findings are told of one run; thousands say no more.
SHOWN = 12

_OF_REQUESTS = frozenset(VisitKind) - {VisitKind.LICENCE, VisitKind.WINDOW, VisitKind.FORGED}
_TAKEN = "SELECT source, event_id FROM intake_event WHERE event_id = ANY(%s)"
_DEAD = "SELECT DISTINCT source, event_id, reason FROM dead_letter WHERE event_id = ANY(%s)"
_DEAD_TWICE = """
SELECT consumer, topic, partition, position, count(*) FROM dead_letter WHERE topic = ANY(%s)
GROUP BY consumer, topic, partition, position HAVING count(*) > 1
"""
_PARKED = "SELECT headers::text, key, reason FROM parked_event WHERE key = ANY(%s)"
_STATES = "SELECT request_id::text, state FROM request WHERE request_id = ANY(%s::uuid[])"
_OFFICES = "SELECT code, count(*) FROM registry_version WHERE kind = 'office' AND code = ANY(%s) GROUP BY code"
_CLOSED = """
SELECT 'window-' || window_number, 1 FROM settlement_window JOIN window_cut USING (window_number)
WHERE 'window-' || window_number = ANY(%s) GROUP BY window_number HAVING count(*) = %s
"""
_BALANCES = """
SELECT request_id::text, account, sum(rial)::bigint FROM (
    SELECT request_id, debit_account AS account, amount_rial AS rial
    FROM ledger_transfer WHERE request_id = ANY(%s::uuid[])
    UNION ALL
    SELECT request_id, credit_account, -amount_rial FROM ledger_transfer WHERE request_id = ANY(%s::uuid[])
) AS side GROUP BY 1, 2 HAVING sum(rial) <> 0
"""


@dataclass
class Findings:
    """What was found of one run: acknowledged and lost, done twice, and everything that is wrong, in words."""

    lost: int = 0
    doubled: int = 0
    problems: list[str] = field(default_factory=list)

    def lose(self, what: str) -> None:
        """Count one loss."""
        self.lost += 1
        self.problems.append(what)

    def double(self, what: str) -> None:
        """Count one thing done twice."""
        self.doubled += 1
        self.problems.append(what)


def examine(bus: TrialBus, entries: Sequence[JournalEntry]) -> Findings:
    """Return everything that is wrong with `entries`. Raises `BrokerUnavailable` and `DatabaseUnavailable`."""
    findings = Findings()
    findings.problems += _the_ledger_is_the_logs(bus)
    acknowledged = [entry for entry in entries if entry.acknowledged]
    _each_claim_has_one_end(bus, acknowledged, findings)
    _each_visit_has_its_ending(bus, acknowledged, findings)
    findings.problems += bus.follower.gaps({entry.subject for entry in entries})
    findings.problems += bus.look.view(lambda connection: list(audit(connection)))
    if not bus.shared:
        # On a bus that others use, their traffic is on its way at any moment; ours was waited for.
        findings.problems += [f"{consumer} is {records} records behind" for consumer, records in bus.look.lag().items()]
    return findings


def _each_claim_has_one_end(bus: TrialBus, entries: Sequence[JournalEntry], findings: Findings) -> None:
    """I1, I2, I6: applied, refused, parked or dead-lettered: one of them, and once; what is forged is found out."""
    ids = [entry.event_id for entry in entries]
    taken = Counter((source, event_id) for source, event_id in bus.look.rows(_TAKEN, ids))
    dead: dict[tuple[str, str], list[str]] = defaultdict(list)
    for source, event_id, reason in bus.look.rows(_DEAD, ids):
        dead[source, event_id].append(reason)
    for consumer, topic, partition, position, count in bus.look.rows(_DEAD_TWICE, list(INTAKE)):
        findings.double(f"{consumer}: {topic}/{partition}/{position} is dead-lettered {count} times")
    subjects = [entry.subject for entry in entries]
    done = dict(bus.look.rows(_OFFICES, [entry.subject for entry in entries if entry.kind is VisitKind.LICENCE]))
    done |= dict(bus.look.rows(_CLOSED, subjects, LOG_REQUESTS.partitions))
    parked = bus.look.rows(_PARKED, subjects)
    for _, key, reason in parked:
        findings.problems.append(f"{key}: an event waits in the park when all is quiet ({reason})")
    parked_ids = " ".join(headers for headers, *_ in parked)
    for entry in entries:
        identity = (entry.source, entry.event_id)
        told = bus.follower.told.get(entry.subject, ())
        ends = _ends(entry, told, done)
        if entry.event_id in parked_ids:
            ends.append("parked")
        # A conflict, the same id with other words, is dead-lettered beside the claim that was first.
        ends += [reason for reason in dead.get(identity, ()) if reason != "identity_conflict"]
        expected_taken = 0 if entry.kind is VisitKind.FORGED else 1
        if not ends:
            findings.lose(
                f"{entry.kind} {entry.subject}: {entry.source} {entry.event_id} was acknowledged and is nowhere"
            )
        elif len(ends) > 1:
            findings.double(f"{entry.kind} {entry.subject}: {entry.source} {entry.event_id} has the ends {ends}")
        elif entry.kind is VisitKind.FORGED and ends != ["forged_source"]:
            findings.problems.append(f"{entry.subject}: a forged claim came through ({ends[0]})")
        if taken[identity] != expected_taken:
            findings.problems.append(f"{entry.subject}: its identity is kept {taken[identity]} times")


def _ends(entry: JournalEntry, told: Iterable[Told], done: Mapping[str, int]) -> list[str]:
    """Return what came of one claim, once per place where it has an effect.

    That is in the log, or, for licences and windows, in the tables: `done` says how often, by subject.
    """
    if entry.kind in (VisitKind.LICENCE, VisitKind.WINDOW):
        return ["applied"] * done.get(entry.subject, 0)
    first = derived_id(entry.source, entry.event_id, 0)
    places = {(one.sequence, one.type) for one in told if one.event_id == first}
    return ["refused" if event_type == ClaimRefused.type_name() else "applied" for _, event_type in places]


def _each_visit_has_its_ending(bus: TrialBus, entries: Sequence[JournalEntry], findings: Findings) -> None:
    """I3, I9: every visit is where it must be, with its money to the rial; under a tight cap only as many as fit."""
    visits = {entry.subject: entry for entry in entries if entry.kind in _OF_REQUESTS}
    states = dict(bus.look.rows(_STATES, list(visits)))
    balances: dict[str, dict[str, int]] = defaultdict(dict)
    for subject, account, rial in bus.look.rows(_BALANCES, list(visits), list(visits)):
        balances[subject][account] = rial
    tight: Counter[str] = Counter()
    for subject, entry in visits.items():
        kind = entry.kind
        wanted, found = accounts_of(kind, entry.office), balances.get(subject, {})
        events = Counter(one.type for one in {told.sequence: told for told in bus.follower.told[subject]}.values())
        expected = Counter(event.type_name() for event in ENDINGS[kind].events)
        if kind is VisitKind.TIGHT:
            tight[entry.office] += states.get(subject) == ENDINGS[kind].state
            if states.get(subject) != ENDINGS[kind].state:
                wanted, expected = {}, events
        elif states.get(subject) != ENDINGS[kind].state:
            findings.lose(f"{kind} {subject}: is {states.get(subject, 'unknown')}, not {ENDINGS[kind].state}")
        _compare(f"{kind} {subject}: the log", expected, events, findings)
        _compare(f"{kind} {subject}: the ledger", wanted, found, findings)
    for office, taken in tight.items():
        if taken > TIGHT_TAKES:
            findings.problems.append(f"{office}: {taken} were taken under a cap for {TIGHT_TAKES}")


def _compare(where: str, wanted: Mapping[str, int], found: Mapping[str, int], findings: Findings) -> None:
    """Say what is missing and what is too much; amounts count by their size, whatever their sign."""
    for name in sorted(wanted.keys() | found.keys()):
        should, does = wanted.get(name, 0), found.get(name, 0)
        if abs(does) < abs(should):
            findings.lose(f"{where} has {does} of {name}, not {should}")
        elif does != should:
            findings.double(f"{where} has {does} of {name}, not {should}")


def _the_ledger_is_the_logs(bus: TrialBus) -> Iterator[str]:
    """I5: the log, computed again up to settlement's positions, gives the chains that settlement has there."""
    kept = bus.chains()
    yield from bus.follower.catch_up({number: position for number, (position, _) in kept.items()})
    for number, (_, chain) in sorted(kept.items()):
        page = bus.follower.shadow.pages[number]
        if page.chain != chain:
            yield (
                f"partition {number}: computed again, its ledger has {page.chain.count} rows and another digest "
                f"than the {chain.count} rows that are kept"
            )
