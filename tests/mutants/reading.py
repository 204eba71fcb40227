"""Mutants of what cannot be read, and of what makes the database close the connection."""

from tests.mutants.mutant import Mutant

CODECS = "tests/unit/connectors/broker/test_codecs.py"
BATCHES = "tests/unit/connectors/broker/test_unread_batches.py"
PASSING = "tests/unit/consumers/runner/test_passing.py"
NATIONAL_IDS = "tests/unit/schemas/test_national_ids.py"
HALTS = "tests/contract/test_positions.py"

READING: tuple[Mutant, ...] = (
    Mutant(
        "ten digits of a machine's id are a citizen's",
        "schemas/national_ids.py",
        '_UUID.sub("|", text)',
        "text",
        (f"{NATIONAL_IDS}::test_no_part_of_a_longer_number_and_no_other_number",),
    ),
    Mutant(
        "a claim that is taken back is looked through for citizens",
        "schemas/national_ids.py",
        '        "claim_id",  # of an earlier claim, as its sender numbers them\n',
        "",
        (f"{NATIONAL_IDS}::test_what_takes_an_earlier_claim_back_names_it_however_its_sender_numbers_claims",),
    ),
    Mutant(
        "snappy's declared length is believed whatever it is",
        "connectors/broker/codecs.py",
        "        if length > room:\n            raise UnpacksTooLarge(most)\n",
        "",
        (f"{CODECS}::test_javas_blocks_share_one_room",),
    ),
    Mutant(
        "a damaged batch's own word for its end",
        "connectors/broker/unread_batches.py",
        "        return length < 1 or length not in (self._batch.records_count, follows)\n",
        "        return length < 1 and follows is None\n",
        (f"{BATCHES}::test_a_damaged_batch_whose_end_cannot_be_relied_on_is_passed_place_by_place",),
    ),
    Mutant(
        "what is too large in a log of the bus is passed by nobody",
        "consumers/runner/batches.py",
        "        if reason is UnreadReason.TOO_LARGE and record.topic.startswith(INTAKE_PREFIX):\n",
        "        if reason is UnreadReason.TOO_LARGE:\n",
        (f"{PASSING}::test_in_a_log_of_the_bus_even_that_is_passed_by_nobody_but_an_operator",),
    ),
    Mutant(
        "what cannot be read is passed without a person",
        "consumers/runner/batches.py",
        "        if passed:\n            self._pass_over",
        "        if not passed:\n            self._pass_over",
        (f"{PASSING}::test_what_cannot_be_read_halts_its_partition_with_the_cause_and_no_other",),
    ),
    Mutant(
        "a decision counts for whatever lies there",
        "connectors/database/runner/halts.py",
        " AND sha256 = %(sha256)s\n",
        "\n",
        (f"{HALTS}::test_a_standstill_is_passed_only_where_an_operator_was_shown_it[sql]",),
    ),
    Mutant(
        "a lost connection is nobody's fault for ever",
        "consumers/runner/batches.py",
        "                self._losses.add(mine)\n",
        "                pass\n",
        (f"{PASSING}::test_a_record_that_ends_every_connection_halts_its_own_partition_and_the_others_go_on",),
    ),
)
