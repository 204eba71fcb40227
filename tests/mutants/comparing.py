"""Mutants of reconciliation, repair, reading again, and the loads' history."""

from tests.mutants.mutant import Mutant

CLAIMS = "tests/unit/consumers/reconciliation/domain/test_judge_claims.py"
COMPARISON = "tests/unit/consumers/reconciliation/test_comparison.py"
JUDGE = "tests/unit/consumers/reconciliation/domain/test_judge.py"
LOADS = "tests/property/test_loads_history.py"
PROPERTY = "tests/property/test_reconciliation.py"
REPAIR = "tests/unit/consumers/reconciliation/domain/test_repair.py"
REREADING = "tests/unit/consumers/runner/test_rereading.py"
SERVER = "tests/integration/connectors/database/test_reconciliation.py"

COMPARING: tuple[Mutant, ...] = (
    Mutant(
        "reconcile drops what is no record of ours",
        "consumers/reconciliation/comparison.py",
        "chain(self._foreign, self._compared(",
        "chain((), self._compared(",
        (f"{COMPARISON}::test_what_is_wrong_with_registry_windows_and_figures_is_named",),
    ),
    Mutant(
        "reconcile stops after its first portion",
        "consumers/reconciliation/comparison.py",
        "        while facts := list(",
        "        if facts := list(",
        (f"{COMPARISON}::test_however_much_is_kept_at_a_time_all_of_it_is",),
    ),
    Mutant(
        "reconcile does not look at the registry",
        "consumers/reconciliation/comparison.py",
        '        yield from self._each("registry revisions", snapshot.revisions(), judge.judge_revision, cut)\n',
        "",
        (f"{COMPARISON}::test_what_is_wrong_with_registry_windows_and_figures_is_named",),
    ),
    Mutant(
        "reconcile drops a finding: published and not in its topic",
        "consumers/reconciliation/domain/judge.py",
        "        if view.published:\n            yield named\n        return\n",
        "        return\n",
        (f"{JUDGE}::test_what_is_published_is_in_the_topic_and_in_the_outbox",),
    ),
    Mutant(
        "reconcile drops a finding: a claim without an outcome",
        "consumers/reconciliation/domain/outcome.py",
        "    return ClaimOutcome.APPLIED if claim.submitted else ClaimOutcome.NONE\n",
        "    return ClaimOutcome.APPLIED\n",
        (f"{CLAIMS}::test_every_claim_has_an_outcome",),
    ),
    Mutant(
        "a repair that forgets a row",
        "consumers/reconciliation/domain/repair.py",
        "RepairPlan(topic, tuple(missing),",
        "RepairPlan(topic, tuple(missing[:-1]),",
        (f"{REPAIR}::test_a_lost_tail_is_published_again_and_read_again",),
    ),
    Mutant(
        "a repair that goes back to the last skipped record only",
        "consumers/reconciliation/domain/repair.py",
        "skipped[key] = min(position",
        "skipped[key] = max(position",
        (f"{REPAIR}::test_a_consumer_goes_back_to_the_first_record_that_it_skipped",),
    ),
    Mutant(
        "progress that was lost is called a record that was skipped",
        "consumers/reconciliation/domain/judge.py",
        "kind = DifferenceKind.PROGRESS_LOST if event.sequence <= proven else DifferenceKind.RECORD_SKIPPED\n",
        "kind = DifferenceKind.RECORD_SKIPPED\n",
        (f"{PROPERTY}::test_progress_that_is_gone_or_older_is_lost_and_no_record_was_skipped",),
    ),
    Mutant(
        "only what books is known to be entered, and not what came before it",
        "consumers/reconciliation/domain/judge.py",
        "PROGRESS_LOST if event.sequence <= proven else",
        "PROGRESS_LOST if event.in_ledger else",
        (f"{JUDGE}::test_progress_that_was_lost_is_no_record_that_was_skipped",),
    ),
    Mutant(
        "a repair leaves progress lost",
        "consumers/reconciliation/domain/repair.py",
        "finding.kind in (DifferenceKind.RECORD_SKIPPED, DifferenceKind.PROGRESS_LOST)",
        "finding.kind is DifferenceKind.RECORD_SKIPPED",
        (f"{REPAIR}::test_settlement_goes_back_to_the_first_event_that_its_progress_does_not_count",),
    ),
    Mutant(
        "a row that is gone is called a log that is ahead",
        "consumers/reconciliation/domain/judge.py",
        "    return event.queued or not cut.kept(event.appended_at)\n",
        "    return False\n",
        (f"{PROPERTY}::test_a_requests_row_that_is_gone_or_older_is_missing_and_the_log_is_not_ahead",),
    ),
    Mutant(
        "what the outbox has let go is called a log that is ahead",
        "consumers/reconciliation/domain/judge.py",
        "    return event.queued or not cut.kept(event.appended_at)\n",
        "    return event.queued\n",
        (f"{JUDGE}::test_a_row_that_is_gone_is_no_log_that_is_ahead",),
    ),
    Mutant(
        "a version of the registry that is gone from row and log is not missed",
        "connectors/database/reconciliation/queries.py",
        "FULL JOIN (SELECT generate_series(1, revision) AS revision FROM registry_head) AS counted\n",
        "LEFT JOIN (SELECT generate_series(1, revision) AS revision FROM registry_head) AS counted\n",
        (f"{SERVER}::test_revisions_are_told_as_far_as_rows_log_and_count_reach",),
    ),
    Mutant(
        "a replay that moves positions",
        "consumers/runner/rereading.py",
        "        self._open = records\n        return []\n",
        "        self._open = records\n"
        "        return [Move(self.partition_of(one), one.position, one.position + 1) for one in records]\n",
        (f"{REREADING}::test_records_are_applied_and_no_position_moves",),
    ),
    Mutant(
        "a replay that overtakes the consumer",
        "deploy/operations/rereading.py",
        "        until = min(end, max(start, position))\n",
        "        until = end\n",
        ("tests/unit/deploy/test_rereading.py::test_a_span_ends_where_the_consumer_stands",),
    ),
    Mutant(
        "a record of the loads that comes late is taken for a repetition",
        "consumers/requests/domain/loads/history.py",
        "        if read >> index & 1:\n",
        "        if read >> index:\n",
        (f"{LOADS}::test_any_order_with_any_repetition_gives_the_same_loads",),
    ),
    Mutant(
        "an event of the loads that is repeated counts twice",
        "consumers/requests/domain/loads/history.py",
        "        if read >> index & 1:\n            return False\n",
        "",
        (f"{LOADS}::test_any_order_with_any_repetition_gives_the_same_loads",),
    ),
    Mutant(
        "a hole within a revision of the loads is not told",
        "consumers/requests/domain/loads/history.py",
        "            if read & (read + 1):\n",
        "            if False:\n",
        (f"{LOADS}::test_what_is_not_in_the_logs_is_said_wherever_later_events_show_it",),
    ),
    Mutant(
        "reconcile takes the claim at the lowest position of any partition for the applied one",
        "consumers/reconciliation/domain/outcome.py",
        "    return (not same, not passed, dead, place, position)\n",
        "    return (position, place)\n",
        (f"{PROPERTY}::test_a_row_that_never_was_published_and_is_gone_is_missing_everywhere",),
    ),
    Mutant(
        "reconcile ranks claims by position alone",
        "connectors/database/reconciliation/queries.py",
        "ORDER BY same DESC, passed DESC, dead, topic, partition, position\n",
        "ORDER BY position\n",
        (f"{SERVER}::test_the_first_of_an_identity_is_the_one_that_was_applied_in_whatever_partition",),
    ),
    Mutant(
        "reconcile takes another partition's event for a request's own",
        "consumers/reconciliation/domain/judge.py",
        "        if known.partition != event.partition == partition_of(view.subject, LOG_REQUESTS.partitions):\n",
        "        if False:\n",
        (f"{JUDGE}::test_a_request_has_an_event_for_every_number",),
    ),
)
