"""Faults in the doors for machines: what is kept, for whom, how often, and who is told."""

from tests.mutants.mutant import Mutant

ACTS = "tests/unit/connectors/http/test_acts.py"
WRITES = "tests/unit/connectors/http/test_writes.py"
BATCHES = "tests/unit/connectors/http/test_batches.py"
LIMITS = "tests/unit/connectors/http/test_limits.py"

DOORS: tuple[Mutant, ...] = (
    Mutant(
        "a key without the scope may act",
        "connectors/http/acts.py",
        "        must_have(caller, act.scope)\n",
        "",
        (f"{ACTS}::test_the_forger_says_nothing[agency-submit-request]",),
    ),
    Mutant(
        "something else under one key is answered as the same",
        "producers/saying.py",
        "again=True) if same else KeyReused()",
        "again=True)",
        (f"{ACTS}::test_something_else_under_one_key_is_refused_and_another_partys_key_is_its_own",),
    ),
    Mutant(
        "two acts with the same words are one",
        "producers/saying.py",
        "f\"{act}\\n{named or ''}\\n\".encode() + canonical_json(said)",
        "canonical_json(said)",
        ("tests/unit/producers/test_saying.py::test_a_fingerprint_is_of_act_thing_and_words",),
    ),
    Mutant(
        "an operator's key says it as another",
        "connectors/http/saying.py",
        '    if fields.setdefault("operator", caller.operator) != caller.operator:\n',
        '    if fields.setdefault("operator", caller.operator) is None:\n',
        (f"{ACTS}::test_a_source_cannot_be_named_and_an_operators_key_names_nobody_else",),
    ),
    Mutant(
        "a caller that goes away gives its key free while it is on its way",
        "connectors/http/writes.py",
        "        return await asyncio.shield(party.answer)\n",
        "        return await party.answer\n",
        (f"{WRITES}::test_a_caller_that_goes_away_takes_nothing_back",),
    ),
    Mutant(
        "one bad line fails the batch's others",
        "connectors/http/writes.py",
        "            if len(wishes) == 1:\n                return (Failed(str(error)),)\n",
        "            return tuple(Failed(str(error)) for _ in wishes)\n",
        (f"{WRITES}::test_one_that_is_refused_fails_itself_alone",),
    ),
    Mutant(
        "more waits than may wait",
        "connectors/http/writes.py",
        "        if self._count + len(wishes) > self._waiting_max:\n",
        "        if self._count > self._waiting_max:\n",
        (f"{WRITES}::test_more_than_may_wait_is_sent_away",),
    ),
    Mutant(
        "an endless body is read for ever",
        "connectors/http/limits.py",
        '            while size <= bytes_max and message.get("more_body"):\n',
        '            while message.get("more_body"):\n',
        (f"{LIMITS}::test_an_endless_body_is_read_up_to_its_bound",),
    ),
    Mutant(
        "what a key did not use is saved up",
        "connectors/http/limits.py",
        "        over_at = max(now, self._over_at.get(name, now)) + cost\n",
        "        over_at = self._over_at.get(name, now) + cost\n",
        (f"{LIMITS}::test_a_key_has_its_turns_every_second_and_no_others",),
    ),
)
