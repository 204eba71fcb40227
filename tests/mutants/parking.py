"""Mutants of what waits, and what waits behind it."""

from tests.mutants.mutant import Mutant

SCENES = "tests/simulator/test_scenes.py"
OVERTAKING = "tests/simulator/test_overtaking.py"
LEDGER = "tests/unit/consumers/settlement/test_handlers.py"
REGISTRY = "tests/unit/consumers/registry/test_handlers.py"
REQUESTS = "tests/unit/consumers/requests/test_handlers.py"
FOLD = "tests/property/test_request_fold.py"

EARLY = "tests/unit/consumers/requests/domain/test_early.py"

PARKING: tuple[Mutant, ...] = (
    Mutant(
        "what a desk says too early of its own steps waits, and is carried out later by itself",
        "consumers/requests/domain/life/early.py",
        "    if context.has_waiting(step):\n",
        "    if state.stage is not Stage.COMPLETED:\n",
        (f"{SCENES}::test_a_slip_at_the_desk_is_refused_at_once_and_nothing_completes_later",),
    ),
    Mutant(
        "what waits behind a step of the same desk is looked for among all that waits",
        "consumers/requests/domain/life/context.py",
        "one.type_name == name and one.speaker == self.speaker",
        "one.type_name == name",
        (f"{EARLY}::test_nothing_waits_behind_a_step_that_does_not_wait",),
    ),
    Mutant(
        "a return that waits for the end gives back what nobody has given back",
        "consumers/requests/domain/life/lifecycle.py",
        "(*UNOPENED, S.ROUTED, *ACCEPTED), desk.give_back_early),",
        "(*UNOPENED, S.ROUTED, *ACCEPTED), WaitFor(A.AGENCY, RequestCancelled)),",
        (f"{EARLY}::test_money_goes_back_after_the_end_alone",),
    ),
    Mutant(
        "what a desk said before it submitted the request is carried out",
        "consumers/requests/waiting.py",
        "    return [one for one in others if claim_of(one).envelope.source == submitted.envelope.source]\n",
        "    return []\n",
        (f"{SCENES}::test_what_a_desk_says_before_it_submits_the_request_is_not_carried_out",),
    ),
    Mutant(
        "somebody else takes back what waits",
        "consumers/requests/domain/life/early.py",
        "one.claim_id == claim.claim_id and one.speaker == context.speaker",
        "one.claim_id == claim.claim_id",
        (f"{EARLY}::test_only_who_said_what_waits_may_take_it_back",),
    ),
    Mutant(
        "dropped parked successor of a failed claim",
        "consumers/requests/fold.py",
        '            self._park(case, claim, ParkReason.BEHIND, "an earlier claim of this request failed", NEVER)\n',
        "",
        (f"{SCENES}::test_behind_a_claim_on_which_the_code_fails_its_request_waits_and_others_do_not",),
    ),
    Mutant(
        "dropped parked successor of an early claim",
        "consumers/requests/fold.py",
        "            if case.waiting:\n                self._retry(case)\n",
        "            case.waiting.clear()\n",
        (f"{SCENES}::test_claims_that_overtake_the_submission_wait_for_it_and_apply_in_their_order",),
    ),
    Mutant(
        "dropped parked successor: one is tried and no more",
        "consumers/requests/fold.py",
        "                if again or waiting.failed:\n",
        "                if True:\n",
        (f"{SCENES}::test_claims_that_overtake_the_submission_wait_for_it_and_apply_in_their_order",),
    ),
    Mutant(
        "dropped parked successor: what waits first is not tried again after a later one",
        "consumers/requests/fold.py",
        "                again = not waiting.failed and self._try(case, waiting)\n",
        "                again = not waiting.failed and self._try(case, waiting) and False\n",
        (f"{OVERTAKING}::test_an_answer_that_came_before_its_question_applies_in_the_turn_of_the_question",),
    ),
    Mutant(
        "dropped parked successor: an early cancellation of a request that waits for the registry",
        "consumers/requests/fold.py",
        "            if outcome.state is not None:\n",
        "            if outcome.state is None:\n",
        (f"{FOLD}::test_an_early_cancellation_counts_as_soon_as_the_submission_waits_for_the_registry",),
    ),
    Mutant(
        "dropped parked successor: nobody reads what waits",
        "consumers/requests/handlers.py",
        "        rows = stores.park.of_keys([case.key for case in cases.values()]) if cases else []\n",
        "        rows: list[ParkedRow] = []\n",
        (f"{SCENES}::test_claims_that_overtake_the_submission_wait_for_it_and_apply_in_their_order",),
    ),
    Mutant(
        "dropped parked successor: acts go together",
        "consumers/requests/handlers.py",
        "            if waiting.gone:\n",
        "            if waiting.gone or any(one.gone for one in other):\n",
        (f"{REQUESTS}::test_of_two_failed_acts_the_one_that_fails_again_stays_when_the_other_goes",),
    ),
    Mutant(
        "dropped parked successor: skipping one lets all go",
        "consumers/requests/fold.py",
        "        elif waiting.to_skip:\n"
        "            self._let_go(waiting, skipped=True)\n        elif waiting.to_try:\n",
        "        elif waiting.to_skip:\n            for one in case.waiting:\n"
        "                self._let_go(one, skipped=True)\n        elif waiting.to_try:\n",
        (f"{SCENES}::test_what_is_skipped_is_never_applied_and_what_waits_behind_it_goes_on",),
    ),
    Mutant(
        "dropped parked successor: the database lets all of the key go",
        "connectors/database/parking/park.py",
        "DELETE FROM parked_event WHERE id = ANY(%(ids)s::bigint[])",
        "DELETE FROM parked_event WHERE key IN (SELECT key FROM parked_event WHERE id = ANY(%(ids)s::bigint[]))",
        ("tests/contract/test_request_stores.py::test_of_what_waits_for_one_request_only_what_is_named_goes[sql]",),
    ),
    Mutant(
        "dropped parked successor in the registry",
        "consumers/registry/handlers.py",
        "                parked.append(_parked(claim, ParkReason.BEHIND, detail, NEVER))\n",
        "",
        (f"{REGISTRY}::test_what_waits_behind_a_failed_claim_follows_it",),
    ),
    Mutant(
        "dropped parked successor in the ledger: nobody enters it",
        "consumers/in_turn.py",
        "                self._done(arrival)\n                self._do_waiting(queue)\n",
        "                self._done(arrival)\n",
        (f"{LEDGER}::test_an_event_beyond_a_gap_waits_until_the_gap_is_filled",),
    ),
    Mutant(
        "dropped parked successor in the ledger: it counts as a repetition",
        "consumers/in_turn.py",
        "                self._order.wait(queue, arrival.sequence, _Waiting(arrival))\n",
        "                self._duplicates += 1\n",
        (f"{LEDGER}::test_an_event_beyond_a_gap_waits_until_the_gap_is_filled",),
    ),
    Mutant(
        "dropped parked successor in the ledger",
        "consumers/in_turn.py",
        "        park.park(parked)\n",
        "",
        ("tests/unit/consumers/settlement/test_handlers.py::test_an_event_beyond_a_gap_waits_until_the_gap_is_filled",),
    ),
    Mutant(
        "due keys by their ids, and not by how long they are overdue",
        "connectors/database/parking/park.py",
        "ORDER BY least(expires_at, next_try_at), id",
        "ORDER BY id",
        (
            "tests/integration/connectors/database/test_parked.py::TestParkedStore::test_what_is_overdue_longest_comes_first",
        ),
    ),
)
