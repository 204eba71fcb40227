"""Mutants of what is kept beside rows and logs, when it is lost, moved or changed by hand."""

from tests.mutants.mutant import Mutant

JUDGE = "tests/unit/consumers/reconciliation/domain/test_judge.py"
LOST = "tests/unit/consumers/settlement/test_lost_rows.py"
LOOP = "tests/unit/consumers/runner/test_loop.py"
PARKED = "tests/integration/connectors/database/test_parked.py::TestParkedStore"
VERIFICATION = "tests/unit/consumers/settlement/test_verification.py"
DOCTOR = "tests/unit/deploy/doctor/test_judgements.py"

LOSING: tuple[Mutant, ...] = (
    Mutant(
        "what the ledger has is entered again when its progress is lost",
        "consumers/settlement/batch.py",
        "        return bool(self._in_ledger) and self._transactions.get(event_id) in self._in_ledger\n",
        "        return False\n",
        (f"{LOST}::test_an_event_that_the_ledger_has_is_never_entered_again_though_its_progress_is_lost",),
    ),
    Mutant(
        "what the ledger has is recognized among what arrives, and not among what waits",
        "consumers/settlement/batch.py",
        "            for arrival in (*arrivals, *self.turns.waiting())\n",
        "            for arrival in arrivals\n",
        (f"{LOST}::test_a_parked_event_that_the_ledger_has_leaves_the_park_and_is_not_entered_again",),
    ),
    Mutant(
        "settlement builds on a page that was lost",
        "consumers/settlement/batch.py",
        "        if (page.chain.count, page.window) != (end.rows, end.cut + 1):\n",
        "        if False:\n",
        (f"{LOST}::test_nothing_is_built_on_rows_that_end_elsewhere_than_what_is_kept",),
    ),
    Mutant(
        "settlement goes on in a window that ended",
        "consumers/settlement/batch.py",
        "        if (page.chain.count, page.window) != (end.rows, end.cut + 1):\n",
        "        if page.chain.count != end.rows:\n",
        (f"{LOST}::test_nothing_is_built_on_rows_that_end_elsewhere_than_what_is_kept",),
    ),
    Mutant(
        "where going on would be wrong the record is to blame",
        "consumers/runner/batches.py",
        "            except Standstill as still:\n",
        "            except ZeroDivisionError as still:\n",
        (f"{LOOP}::test_where_going_on_would_be_wrong_one_partition_halts_whole_and_resumes_when_it_is_mended",),
    ),
    Mutant(
        "what an operator gave up is entered when its progress is lost",
        "consumers/settlement/batch.py",
        "        if event_id in self._given_up:\n            return True\n",
        "",
        (f"{LOST}::test_what_an_operator_gave_up_is_never_entered_though_its_progress_is_lost",),
    ),
    Mutant(
        "of what was given up only what books is known",
        "consumers/settlement/batch.py",
        "stores.park.given_up({arrival.event_id for arrival in coming}) if coming else frozenset()",
        "stores.park.given_up(set(self._transactions)) if coming else frozenset()",
        (f"{LOST}::test_a_dispute_that_an_operator_gave_up_is_not_marked_though_its_progress_is_lost",),
    ),
    Mutant(
        "whatever was decided on is given up",
        "connectors/database/parking/park.py",
        "WHERE decided.consumer = %(consumer)s AND decided.outcome = %(outcome)s\n",
        "WHERE decided.consumer = %(consumer)s\n",
        (
            f"{PARKED}::test_what_was_given_up_stays_known_when_it_has_left",
            f"{PARKED}::test_what_was_tried_again_is_not_given_up",
        ),
    ),
    Mutant(
        "an empty page passes for one that was kept",
        "consumers/settlement/refold.py",
        "self.chain_kept = not kept.lost and (",
        "self.chain_kept = (",
        (f"{VERIFICATION}::test_where_nothing_is_kept_any_more_rows_are_still_told_from_the_log",),
    ),
    Mutant(
        "rows are extra where the position was lost",
        "consumers/settlement/refold.py",
        "        count = self._kept.rows if self._kept.lost else self._kept.chain.count\n",
        "        count = self._kept.chain.count\n",
        (f"{VERIFICATION}::test_where_nothing_is_kept_any_more_rows_are_still_told_from_the_log",),
    ),
    Mutant(
        "a chain is made of rows that no log has",
        "consumers/settlement/chains.py",
        '        raise ChainNotProven("its rows are not those of the log',
        '        str("its rows are not those of the log',
        (f"{VERIFICATION}::test_no_page_is_made_of_rows_that_nothing_proves",),
    ),
    Mutant(
        "a chain is made again in the first window",
        "consumers/settlement/chains.py",
        "    return Opened(chain, 1 + max((cut.window for cut in own), default=0))\n",
        "    return Opened(chain, 1)\n",
        (f"{VERIFICATION}::test_a_lost_page_is_made_again_from_rows_that_are_the_logs",),
    ),
    Mutant(
        "reconcile does not look in which window settlement goes on",
        "consumers/reconciliation/domain/judge.py",
        "    elif view.window != view.cut + 1:\n",
        "    elif False:\n",
        (f"{JUDGE}::test_what_is_kept_beside_the_rows_goes_on_where_they_end",),
    ),
    Mutant(
        "an office without a position is not missed",
        "consumers/reconciliation/domain/judge.py",
        "        yield Finding(DifferenceKind.ROW_MISSING, subject=view.office)\n",
        "        return\n",
        (f"{JUDGE}::test_an_office_carries_what_is_under_way_there",),
    ),
    Mutant(
        "the bus's own writer is a stranger to who was told of no account",
        "deploy/operations/doctor/contents.py",
        "users.get(row.name) or row.kafka_user",
        "users.get(row.name)",
        (f"{DOCTOR}::test_whoever_is_told_of_no_account_knows_the_bus_s_writers_by_their_names",),
    ),
)
