"""The one declared table of mutants: a small patch each, and the tests that must fail with it.

A mutant is a fault that somebody might well make, in a place where it would lose or double something. When its code
changes, write the patch anew; when its tests are renamed, name them. `make mutants` applies them one by one.
"""

from dataclasses import dataclass

SCENES = "tests/simulator/test_scenes.py"
ONE_FAULT = "tests/simulator/test_one_fault.py"
LOOP = "tests/unit/consumers/runner/test_loop.py"
LEDGER = "tests/unit/consumers/settlement/test_handlers.py"
RELAY = "tests/unit/producers/test_relay.py"
PRODUCER = "tests/unit/connectors/broker/test_log_producer.py"
LOCKS = "tests/contract/test_locks.py"
POSITIONS = "tests/contract/test_positions.py"
OUTBOX = "tests/contract/test_outbox.py"


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` occurs exactly once in `path`, and is replaced by `new`; each of `tests` must fail by itself then.

    Tests that end in `[sql]` need the real PostgreSQL, because only its locks and its SQL can show the fault.
    """

    name: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTANTS: tuple[Mutant, ...] = (
    # --- positions ---------------------------------------------------------------------------------------------------
    Mutant(
        "compare-and-set after the rows",
        "consumers/runner/batches.py",
        "            positions.advance(moves)\n            result = act(stores, mine)\n",
        "            result = act(stores, mine)\n            positions.advance(moves)\n",
        (f"{SCENES}::test_a_worker_that_wakes_up_before_its_compare_and_set_decides_nothing",),
    ),
    Mutant(
        "compare-and-set that looks at no owner",
        "connectors/database/positions.py",
        " AND row.owner = %(owner)s\n",
        "\n",
        (
            f"{POSITIONS}::test_whoever_does_not_own_a_partition_is_fenced[sql]",
            f"{POSITIONS}::test_a_zombie_whose_lease_was_taken_cannot_commit[sql]",
        ),
    ),
    Mutant(
        "compare-and-set that compares nothing",
        "connectors/database/positions.py",
        "\n    AND row.next_position = move.start\n",
        "\n",
        (f"{POSITIONS}::test_a_wrong_start_fences_the_whole_batch[sql]",),
    ),
    Mutant(
        "compare-and-set that is content with some of the positions",
        "connectors/database/positions.py",
        "if moved.rowcount != len(moves):",
        "if moved.rowcount == 0:",
        (f"{POSITIONS}::test_a_wrong_start_fences_the_whole_batch[sql]",),
    ),
    Mutant(
        "a commit without an answer is taken for a failure",
        "consumers/runner/loop.py",
        "        self._ownership.doubt()\n",
        "",
        (f"{LOOP}::test_an_ambiguous_commit_is_resolved_by_reading_the_positions_again",),
    ),
    Mutant(
        "frozen owners keep their locks",
        "connectors/database/leases.py",
        "            driver.execute(_FENCE)\n",
        "",
        (f"{POSITIONS}::test_a_silent_owner_of_another_consumer_is_ended_too[sql]",),
    ),
    # --- the relay ---------------------------------------------------------------------------------------------------
    Mutant(
        "relay by 'id > last', in the relay",
        "producers/relay.py",
        "        rows = outbox.unpublished(self._pace.rows_max, self._missing | self._cut)\n",
        "        last = getattr(self, 'last', 0)\n"
        "        rows = outbox.unpublished(self._pace.rows_max, self._missing | self._cut)\n"
        "        rows = [row for row in rows if row.id > last]\n"
        "        self.last = max([last, *(row.id for row in rows)])\n",
        (
            f"{SCENES}::test_what_is_committed_late_with_small_ids_is_published_all_the_same",
            "tests/unit/producers/test_relay.py::test_a_row_that_was_committed_late_with_a_small_id_is_not_passed_over",
        ),
    ),
    Mutant(
        "relay by 'id > last', in SQL",
        "connectors/database/relay_outbox.py",
        "published_at IS NULL AND topic",
        "published_at IS NULL AND id > coalesce((SELECT max(id) FROM outbox WHERE published_at IS NOT NULL), 0) "
        "AND topic",
        (f"{OUTBOX}::test_a_row_that_is_committed_late_with_a_small_id_still_comes[sql]",),
    ),
    Mutant(
        "a relay that waits for no acknowledgement",
        "producers/relay.py",
        "            log.send(rows)()\n",
        "            log.send(rows)\n",
        (
            f"{RELAY}::test_an_unacknowledged_batch_goes_again_whole_with_a_new_producer",
            f"{ONE_FAULT}::test_a_relay_that_never_hears_from_the_broker_publishes_nothing_out_of_order[1]",
        ),
    ),
    Mutant(
        "swallowed future: a record's failure is ignored",
        "connectors/broker/log_producer.py",
        "                if failures:\n                    raise KafkaException(failures[0])\n",
        "                if failures:\n                    return\n",
        (f"{PRODUCER}::test_one_record_that_fails_fails_the_batch",),
    ),
    Mutant(
        "swallowed future: a record without a report is ignored",
        "connectors/broker/log_producer.py",
        "            if acknowledged != len(rows):",
        "            if acknowledged == 0:",
        (f"{PRODUCER}::test_one_record_without_a_report_fails_the_batch",),
    ),
    # --- the park ----------------------------------------------------------------------------------------------------
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
        "dropped parked successor in the ledger",
        "consumers/settlement/batch.py",
        "        park.park(parked)\n",
        "",
        ("tests/unit/consumers/settlement/test_handlers.py::test_an_event_beyond_a_gap_waits_until_the_gap_is_filled",),
    ),
    # --- one truth per request ---------------------------------------------------------------------------------------
    Mutant(
        "cap check outside the lock: no worker asks for another one under it",
        "consumers/requests/handlers.py",
        "stores.positions.change(changes, fold.reserved_under_rial())",
        "stores.positions.change(changes, {})",
        (f"{SCENES}::test_two_workers_that_accept_for_one_office_at_once_keep_to_its_cap",),
    ),
    Mutant(
        "cap check outside the lock: the database compares no caps",
        "connectors/database/office_positions.py",
        "        if changed != len(offices):\n",
        "        if changed > len(offices):\n",
        (f"{LOCKS}::test_what_others_reserve_after_the_loads_were_read_counts_against_the_cap[sql]",),
    ),
    Mutant(
        "cap check outside the lock: compared before others are shut out",
        "connectors/database/office_positions.py",
        "        driver = driver_connection(self._connection)\n        ticked",
        "        driver = driver_connection(self._connection)\n"
        "        if any(row[1] > 0 and caps_rial.get(row[0], 0) < 0 for row in self.read()[1].items()):\n"
        "            raise Contention\n"
        "        caps_rial = {}\n        ticked",
        (f"{LOCKS}::test_what_others_reserve_after_the_loads_were_read_counts_against_the_cap[sql]",),
    ),
    Mutant(
        "cap check against the cap that was read, though it is lower now",
        "connectors/database/office_positions.py",
        "least(change.cap_rial, row.cap_rial)",
        "change.cap_rial",
        (f"{LOCKS}::test_nothing_is_reserved_beyond_a_cap_of_now_or_the_one_that_was_decided_under[sql]",),
    ),
    Mutant(
        "cap check that does not know what the batch itself has reserved",
        "consumers/requests/domain/world.py",
        "            self._loads.apply(change)\n",
        "            self._loads.apply(change._replace(reserved_rial=0))\n",
        (f"{SCENES}::test_two_acceptances_in_one_batch_keep_to_the_cap",),
    ),
    Mutant(
        "load clock that does not shut others out",
        "connectors/database/office_positions.py",
        '_TICK = "UPDATE load_clock SET revision = revision + 1 WHERE id = 1 RETURNING revision"',
        '_TICK = "SELECT revision + 1 FROM load_clock WHERE id = 1"',
        (f"{LOCKS}::test_the_load_clock_lets_one_at_a_time_change_loads_and_all_others_read[sql]",),
    ),
    Mutant(
        "a request that is read and not locked",
        "connectors/database/requests.py",
        "ANY(%s::uuid[]) ORDER BY request_id FOR UPDATE",
        "ANY(%s::uuid[]) ORDER BY request_id",
        (f"{LOCKS}::test_a_locked_request_is_waited_for_and_passed_over_by_those_who_never_wait[sql]",),
    ),
    Mutant(
        "identities that nobody keeps",
        "consumers/requests/handlers.py",
        "        stores.claims.record(screened.fresh)\n        fold = self._fold_of_claims(stores, screened.fresh)\n"
        "        for claim in screened.fresh:\n            fold.take(claim)\n",
        "        fold = self._fold_of_claims(stores, screened.fresh)\n"
        "        for claim in screened.fresh:\n            fold.take(claim)\n",
        (f"{SCENES}::test_a_worker_that_dies_after_its_commit_leaves_nothing_to_do_again",),
    ),
    Mutant(
        "the ledger enters what it has entered",
        "consumers/settlement/batch.py",
        "if arrival.sequence <= last or",
        "if arrival.sequence < last or",
        (f"{LEDGER}::test_events_that_come_again_are_skipped",),
    ),
)
