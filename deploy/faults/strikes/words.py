"""What nobody should say: everything three times, parties in disorder, lies under used ids, unreadable things."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from random import Random
from uuid import UUID

from consumers.runner.outcomes import DeadLetterReason
from deploy.faults.fault import Trial
from deploy.faults.load import Mouth, row_of
from deploy.faults.province import PAYING_AGENCY
from deploy.faults.visits import VisitClaim, VisitKind, conflicting
from deploy.faults.waiting import TrialFailed, until
from producers.ports import OutboxRow
from schemas.intake_office import RequestAccepted
from schemas.topics import INTAKE_AGENCY, INTAKE_OFFICES

COPIES = 3
#: So many rounds of the load make a run long enough for what is held back to come late.
BATCHES = 25
VISITS_AT_ONCE = 12
CONFLICTS = 20
NEVER_SECONDS = 60.0

_PAYING_TOPIC = INTAKE_AGENCY.for_agency(PAYING_AGENCY)
_LETTERS = "SELECT reason, count(*) FROM dead_letter WHERE topic = %s AND id > %s GROUP BY reason"
_NEWEST_LETTER = "SELECT coalesce(max(id), 0) FROM dead_letter"


class Disorder:
    """Makes of every batch three of each claim, holds some of them back, and says them in disorder.

    Disorder is across parties: agencies, whose clients choose partitions, and offices come in any order. What one
    office says of one request comes in the order in which it says it, as it does through its partition; only
    repetitions come again at any time.
    """

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._held_back: list[VisitClaim] = []
        self._begun: set[tuple[str, str]] = set()
        self.said: list[VisitClaim] = []

    def shape(self, batch: list[VisitClaim]) -> list[VisitClaim]:
        """Return what is said now: as many as came in, from all that have not been said yet."""
        pool = [*self._held_back, *(one for one in batch for _ in range(COPIES))]
        self._chance.shuffle(pool)
        pool = self._lanes_in_order(pool, [*self.said, *batch])
        now = COPIES * len(batch)
        self._held_back = pool[now // 2 :] if len(pool) <= 2 * now else pool[now:]
        said = pool[: len(pool) - len(self._held_back)]
        self._begun.update(one.identity for one in said)
        self.said += batch
        return said

    def rest(self) -> list[VisitClaim]:
        """Return what is still held back."""
        rest, self._held_back = self._held_back, []
        return rest

    def _lanes_in_order(self, pool: list[VisitClaim], natural: list[VisitClaim]) -> list[VisitClaim]:
        """Return `pool` with what an office has not said yet of a request in its natural order, copies and all.

        Of what was not said yet all copies are in the pool, so who comes first there is given the place of the first.
        """
        lanes: dict[tuple[str, str], list[VisitClaim]] = defaultdict(list)
        for one in natural:
            if one.message.topic == INTAKE_OFFICES.name and one.identity not in self._begun:
                lanes[one.subject, one.identity[0]].append(one)
        place_of: dict[tuple[str, str], VisitClaim] = {}
        for one in pool:
            lane = lanes.get((one.subject, one.identity[0]))
            if lane and one.identity not in self._begun and one.identity not in place_of:
                place_of[one.identity] = lane.pop(0)
        return [place_of.get(one.identity, one) for one in pool]


def disorder(trial: Trial) -> None:
    """Say every claim three times, the parties out of order; then say other things under ids that were used."""
    shaper = Disorder(trial.chance)
    struck_at = trial.struck()
    for _ in range(BATCHES):
        trial.say(shaper.shape(trial.next_visits(VISITS_AT_ONCE)))
    trial.say(shaper.rest())
    trial.note(f"{len(shaper.said)} claims were said {COPIES} times each")
    trial.wait_until_quiet()
    trial.recovered(struck_at)
    before = trial.bus.look.count(_NEWEST_LETTER)
    submitted = [one for one in shaper.said if one.kind is VisitKind.ROUTED]
    accepted = [one for one in shaper.said if one.message.envelope.type == RequestAccepted.type_name()]
    used = [one for some in (submitted, accepted) for one in trial.chance.sample(some, min(CONFLICTS, len(some)))]
    lies = [lie for one in used for lie in conflicting(one)]
    trial.say(lies)
    trial.note(f"{len(lies)} other things were said under used ids")
    for topic, count in Counter(one.message.topic for one in lies).items():
        _expect_letters(trial, before, Counter({DeadLetterReason.IDENTITY_CONFLICT: count}), topic)


def poison(trial: Trial) -> None:
    """Write what cannot be read among what can: bytes, depth, numbers without end, schemas of other versions."""
    before = trial.bus.look.count(_NEWEST_LETTER)
    expected: Counter[DeadLetterReason] = Counter()
    with trial.load():
        trial.pause(1.0)
        rows = []
        for reason, row in poisoned(trial.visits.visit(VisitKind.ROUTED)[0], trial.chance):
            rows.append(row)
            expected[reason] += 1
        trial.chance.shuffle(rows)
        mouth = Mouth(trial.bus.settings)
        mouth.raw_to_broker(rows)
        mouth.close()
        struck_at = trial.struck()
        trial.note(f"{len(rows)} records are written that nobody can read")
        trial.recovered(struck_at)
    _expect_letters(trial, before, expected)


def poisoned(good: VisitClaim, chance: Random) -> Iterator[tuple[DeadLetterReason, OutboxRow]]:
    """Yield records that must become dead letters, each with its reason. `good` is a claim to spoil."""
    whole = row_of(good.message)

    def spoilt(body: bytes = whole.body, without: str = "", **headers: bytes) -> OutboxRow:
        replaced = {name.replace("__", "-"): value for name, value in headers.items()}
        told = {**dict(whole.headers), "ce_id": _new_id(chance), **replaced}
        return whole._replace(headers=[(name, value) for name, value in told.items() if name != without], body=body)

    malformed, unknown = DeadLetterReason.MALFORMED, DeadLetterReason.UNKNOWN_TYPE
    bodies = (
        b"",
        chance.randbytes(300),
        b"\xff\xfe{}",
        b"[" * 20_000,
        b'{"a":' * 5_000,
        b"[]",
        whole.body[:-5],
        b'{"request_id": 1' + b"0" * 5_000 + b"}",
        whole.body.replace(b'"origin":"', b'"origin":"no'),
        whole.body.replace(b'"service":', b'"service_of":'),
        whole.body.replace(b'"city":"', b'"city":5,"was":"'),
    )
    for body in bodies:
        yield malformed, spoilt(body)
    for name in ("ce_specversion", "ce_id", "ce_source", "ce_type"):
        yield malformed, spoilt(without=name)
    yield malformed, spoilt(ce_specversion=b"0.3")
    yield malformed, spoilt(ce_time=b"yesterday")
    yield malformed, spoilt(ce_type=b"ir.pishkhan.ServicePublished.v1")
    for content_type in (b"application/cloudevents+json", b"text/plain"):
        yield malformed, spoilt(content__type=content_type)
    misaddressed = DeadLetterReason.MISADDRESSED
    yield misaddressed, spoilt(without="ce_subject")
    yield misaddressed, spoilt(ce_subject=_new_id(chance))
    yield misaddressed, spoilt()._replace(key=_new_id(chance))
    yield unknown, spoilt(ce_type=b"ir.pishkhan.RequestSubmitted.v9")
    yield DeadLetterReason.WRONG_TOPIC, spoilt(ce_type=b"ir.pishkhan.OfficePaid.v1")
    yield DeadLetterReason.FORGED_SOURCE, spoilt(ce_source=b"/bus")


def _new_id(chance: Random) -> bytes:
    return str(UUID(int=chance.getrandbits(128), version=4)).encode()


def _expect_letters(trial: Trial, before: int, expected: Counter[DeadLetterReason], topic: str = _PAYING_TOPIC) -> None:
    """Block until all dead letters are there that must come, and complain of others but the load's own forgeries."""

    def found() -> Counter[str]:
        return Counter(dict(trial.bus.look.rows(_LETTERS, topic, before)))

    try:
        until(lambda: expected <= found(), f"{expected.total()} dead letters", NEVER_SECONDS)
    except TrialFailed:
        trial.complain(f"dead letters should be {dict(expected)}, are {dict(found())}")
        return
    more = found() - Counter(expected)
    del more[DeadLetterReason.FORGED_SOURCE]
    if more:
        trial.complain(f"dead letters that nobody expected: {dict(more)}")
