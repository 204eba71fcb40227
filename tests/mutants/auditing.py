"""Mutants of the doctor's counts and of naming what is wrong in the ledger."""

from tests.mutants.mutant import Mutant

COUNTS = "tests/unit/deploy/doctor/test_counts.py"
VERIFICATION = "tests/unit/consumers/settlement/test_verification.py"
NAMED = "tests/property/test_named_rows.py"

AUDITING: tuple[Mutant, ...] = (
    Mutant(
        "a check of the doctor that raises is a note",
        "deploy/operations/doctor/table.py",
        "from deploy.operations.doctor.checks import Check, CheckResult, Patient, wrong\n",
        "from deploy.operations.doctor.checks import Check, CheckResult, Patient\n"
        "from deploy.operations.doctor.checks import note as wrong\n",
        (f"{COUNTS}::test_the_command_fails_when_a_check_raises",),
    ),
    Mutant(
        "a fault of a check ends the doctor",
        "deploy/operations/doctor/table.py",
        "            except Exception as failure:\n",
        "            except ZeroDivisionError as failure:\n",
        (f"{COUNTS}::test_the_command_fails_when_a_check_raises",),
    ),
    Mutant(
        "the doctor's last line claims all",
        "deploy/commands/doctor.py",
        "        unasked += finding.subject == NOT_ASKED\n",
        "",
        ("tests/integration/deploy/test_sabotage.py::test_the_command_says_what_it_has_not_asked",),
    ),
    Mutant(
        "what is not published yet is missed in its log",
        "consumers/reconciliation/domain/questions.py",
        "entered.events + entered.markers - entered.unpublished - log.records",
        "entered.events + entered.markers - log.records",
        (f"{COUNTS}::test_a_bus_at_work_is_never_called_wrong",),
    ),
    Mutant(
        "markers may stand for lost events",
        "consumers/reconciliation/domain/questions.py",
        "entered.events + entered.markers - entered.unpublished - log.records",
        "entered.events - entered.unpublished - log.records",
        (f"{COUNTS}::test_an_event_that_its_log_lacks_is_wrong",),
    ),
    Mutant(
        "what settlement has not read is called skipped",
        "consumers/reconciliation/domain/questions.py",
        "entered.not_entered - entered.waiting - behind",
        "entered.not_entered - entered.waiting",
        (f"{COUNTS}::test_a_bus_at_work_is_never_called_wrong",),
    ),
    Mutant(
        "a reconciliation that found differences is forgotten",
        "deploy/operations/doctor/counts.py",
        "    if last.differences:\n",
        "    if last.exit_code > 1:\n",
        (f"{COUNTS}::test_the_last_word_of_a_reconciliation_is_told_with_its_day",),
    ),
    Mutant(
        "an event that is twice in the log is folded twice",
        "consumers/settlement/refold.py",
        "                        self._order.take(subject, place)\n",
        "                        self._order.take(subject, place - 1)\n",
        (f"{NAMED}::test_a_log_that_says_everything_twice_makes_the_same_rows",),
    ),
    Mutant(
        "what an operator gave up is folded",
        "consumers/settlement/refold.py",
        "page is None or arrival.event_id in self._kept.given_up:",
        "page is None:",
        (f"{VERIFICATION}::test_what_settlement_did_not_enter_is_not_missed[given_up]",),
    ),
    Mutant(
        "folding begins at the first row, however much is sound",
        "consumers/settlement/domain/audit.py",
        "            elif whole:\n                sound = cut\n",
        "            elif whole:\n                sound = None\n",
        (f"{VERIFICATION}::test_folding_begins_at_the_last_sound_end_of_a_window[3]",),
    ),
    Mutant(
        "the last differences are shown instead of the first",
        "consumers/settlement/domain/differences.py",
        "entry = (-one.row.number, -next(self._turn), one)",
        "entry = (one.row.number, -next(self._turn), one)",
        (f"{VERIFICATION}::test_only_the_first_ones_are_kept_and_all_are_counted",),
    ),
    Mutant(
        "two swapped rows are two altered ones",
        "consumers/settlement/domain/differences.py",
        "        return self.take(numbers[0]) if numbers else None\n",
        "        return None\n",
        (f"{NAMED}::test_two_swapped_rows_are_both_named",),
    ),
)
