"""Mutants of what an envelope says, of when a thing counts as said, and of the rows that rule partitions and loads."""

from tests.mutants.mutant import Mutant

INTAKE = "tests/unit/consumers/test_intake.py"
SUBJECT = "tests/unit/schemas/test_subject.py"
REQUESTS = "tests/unit/consumers/requests"
ROWS = "tests/integration/connectors/database/test_offset_rows.py"
STORES = "tests/contract/test_settlement_stores.py"

SPEAKING: tuple[Mutant, ...] = (
    Mutant(
        "any content type is read as JSON",
        "consumers/intake.py",
        "    if strange := content_type_problem(record.headers):\n",
        "    if strange := None:\n",
        (f"{INTAKE}::test_another_content_type_is_malformed_and_named",),
    ),
    Mutant(
        "an envelope may be about anything",
        "consumers/intake.py",
        "    if lost := astray(event, envelope.subject, record.key):\n",
        "    if lost := None:\n",
        (
            f"{INTAKE}::test_a_subject_other_than_the_request_or_none_is_a_dead_letter",
            f"{INTAKE}::test_a_key_other_than_the_subject_is_a_dead_letter",
        ),
    ),
    Mutant(
        "a code without its hyphens is the same code",
        "schemas/subject.py",
        "    if _id_of(event) is not None and subject.lower()",
        "    if subject.lower()",
        (f"{SUBJECT}::test_a_code_is_spelled_in_one_way",),
    ),
    Mutant(
        "what outsiders write is closed to newer minor versions",
        "schemas/export.py",
        "    generated = model.model_json_schema(schema_generator=Generator)\n    return",
        "    generated = closed(model.model_json_schema(schema_generator=Generator))\n    return",
        ("tests/unit/schemas/test_asyncapi.py::test_every_schema_tolerates_fields_that_it_does_not_name",),
    ),
    Mutant(
        "lateness_seconds is ignored: an agency picks agreement, tariff and month by dating its claim",
        "consumers/requests/domain/life/world.py",
        "        return max(said_at, appended_at - timedelta(seconds=policy.lateness_seconds))\n",
        "        return said_at\n",
        (
            f"{REQUESTS}/test_dating.py::test_agreement_tariff_and_time_are_those_of_the_moment_that_counts",
            "tests/property/test_deadlines.py::test_nobody_says_that_he_spoke_earlier_than_the_policy_lets_him",
        ),
    ),
    Mutant(
        "a claim from the future counts when it says",
        "consumers/requests/domain/life/world.py",
        "        if said_at is None or said_at >= appended_at:\n",
        "        if said_at is None:\n",
        (f"{REQUESTS}/test_dating.py::test_agreement_tariff_and_time_are_those_of_the_moment_that_counts",),
    ),
    Mutant(
        "lateness_seconds is ignored in the registry",
        "consumers/registry/fold.py",
        "            lateness = timedelta(seconds=policy.lateness_seconds)\n",
        "            pass\n",
        ("tests/unit/consumers/registry/test_dating.py::test_a_claims_own_time_counts_within_the_policys_lateness",),
    ),
    Mutant(
        "a second time-out has the ids of the first",
        "consumers/requests/fold.py",
        'f"{case.key}/{signal.value}/{case.state.version}"',
        'f"{case.key}/{signal.value}"',
        (f"{REQUESTS}/test_timeouts.py::test_each_time_out_has_an_id_of_its_own_and_so_has_all_that_follows_from_it",),
    ),
    Mutant(
        "requests that were never opened are samples of a wait",
        "connectors/database/kpi/figures.py",
        "count(fact.opened_at)",
        "count(*)",
        ("tests/integration/consumers/kpi/test_figures_in_sql.py::test_who_was_never_opened_is_no_sample_of_a_wait",),
    ),
    Mutant(
        "an office's payment overwrites its income",
        "connectors/database/settlement/ledger.py",
        "        ELSE row.income_rial\n",
        "        ELSE change.income_rial\n",
        (f"{STORES}::test_an_income_stays_when_the_office_pays_or_gives_late_cash_back[sql]",),
    ),
    Mutant(
        "a payment sets the month of an income back",
        "connectors/database/settlement/ledger.py",
        "    income_month = greatest(row.income_month, change.income_month),\n",
        "    income_month = change.income_month,\n",
        (f"{STORES}::test_an_income_stays_when_the_office_pays_or_gives_late_cash_back[sql]",),
    ),
    Mutant(
        "a lease that is given back still names its backend",
        "connectors/database/runner/leases.py",
        "SET owner = NULL, lease_until = NULL, backend_pid = NULL, backend_start = NULL\n",
        "SET owner = NULL, lease_until = NULL\n",
        (f"{ROWS}::test_a_lease_that_is_given_back_leaves_nothing_of_its_owner_and_keeps_the_position",),
    ),
    Mutant(
        "who goes gives back what others have",
        "connectors/database/runner/leases.py",
        "WHERE consumer = %(consumer)s AND owner = %(owner)s\n    AND (topic, partition) NOT IN",
        "WHERE consumer = %(consumer)s\n    AND (topic, partition) NOT IN",
        (f"{ROWS}::test_what_another_has_is_not_given_back_with_mine",),
    ),
    Mutant(
        "a move of one cluster moves another's position",
        "connectors/database/runner/positions.py",
        " AND row.cluster_id = %(cluster_id)s AND row.owner",
        " AND row.owner",
        (f"{ROWS}::test_a_move_of_another_owner_consumer_or_cluster_finds_no_row",),
    ),
    Mutant(
        "whoever knows the place may move a position",
        "connectors/database/runner/positions.py",
        " AND row.owner = %(owner)s\n",
        "\n",
        (f"{ROWS}::test_a_move_of_another_owner_consumer_or_cluster_finds_no_row",),
    ),
)
