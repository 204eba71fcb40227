"""Mutants of who may go on from where."""

from tests.mutants.mutant import Mutant

SCENES = "tests/simulator/test_scenes.py"
LOOP = "tests/unit/consumers/runner/test_loop.py"
READ_AHEAD = "tests/unit/consumers/runner/test_read_ahead.py"
OWNERS = "tests/contract/test_positions.py"
LEASES = "tests/integration/connectors/database/test_leases.py"

POSITIONS: tuple[Mutant, ...] = (
    Mutant(
        "compare-and-set after the rows",
        "consumers/runner/batches.py",
        "                positions.advance(moves)\n                began = True\n"
        "                result = act(stores, mine)\n",
        "                result = act(stores, mine)\n                began = True\n"
        "                positions.advance(moves)\n",
        (f"{SCENES}::test_a_worker_that_wakes_up_before_its_compare_and_set_decides_nothing",),
    ),
    Mutant(
        "compare-and-set after the rows, in a transaction of its own",
        "consumers/runner/batches.py",
        "                positions.advance(moves)\n                began = True\n"
        "                result = act(stores, mine)\n",
        "                began = True\n                result = act(stores, mine)\n"
        "            with self._work.transaction() as (positions, _):\n                positions.advance(moves)\n",
        (f"{LOOP}::test_a_moved_position_fences_this_worker_and_it_goes_on_behind_the_other_owner",),
    ),
    Mutant(
        "compare-and-set after the rows, when the transaction is left",
        "connectors/database/runner/work.py",
        "                yield positions, self._stores(connection)\n",
        "                deferred: list[object] = []\n"
        "                real, positions.advance = positions.advance, deferred.extend\n"
        "                yield positions, self._stores(connection)\n"
        "                real(deferred)\n",
        (f"{OWNERS}::test_a_zombie_is_fenced_before_it_can_write_anything[sql]",),
    ),
    Mutant(
        "compare-and-set whose answer is not heard",
        "consumers/runner/batches.py",
        "                positions.advance(moves)\n                began = True\n",
        "                try:\n                    positions.advance(moves)\n"
        "                except Fenced:\n                    pass\n                began = True\n",
        (f"{LOOP}::test_a_moved_position_fences_this_worker_and_it_goes_on_behind_the_other_owner",),
    ),
    Mutant(
        "compare-and-set that looks at no owner",
        "connectors/database/runner/positions.py",
        " AND row.owner = %(owner)s\n",
        "\n",
        (
            f"{OWNERS}::test_whoever_does_not_own_a_partition_is_fenced[sql]",
            f"{OWNERS}::test_a_zombie_whose_lease_was_taken_cannot_commit[sql]",
        ),
    ),
    Mutant(
        "compare-and-set that compares nothing",
        "connectors/database/runner/positions.py",
        "\n    AND row.next_position = move.start\n",
        "\n",
        (f"{OWNERS}::test_a_wrong_start_fences_the_whole_batch[sql]",),
    ),
    Mutant(
        "compare-and-set that is content with some of the positions",
        "connectors/database/runner/positions.py",
        "if moved.rowcount != len(moves):",
        "if moved.rowcount == 0:",
        (f"{OWNERS}::test_a_wrong_start_fences_the_whole_batch[sql]",),
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
        "connectors/database/runner/leases.py",
        "            driver.execute(_FENCE)\n",
        "",
        (f"{OWNERS}::test_a_silent_owner_of_another_consumer_is_ended_too[sql]",),
    ),
    Mutant(
        "what was read ahead outlives a change of positions",
        "consumers/runner/read_ahead.py",
        "        failure, self._ahead, self._failure, self._wanted = self._failure, [], None, 0\n",
        "        failure, self._failure = self._failure, None\n",
        (f"{READ_AHEAD}::test_other_positions_forget_what_was_read_ahead",),
    ),
    Mutant(
        "a position found lost while the database worked is forgotten",
        "consumers/runner/read_ahead.py",
        "        if isinstance(failure, PositionLost) and failure.partition in positions:\n            raise failure\n",
        "        del failure\n",
        (f"{READ_AHEAD}::test_a_lost_position_is_not_forgotten_as_long_as_its_partition_is_read",),
    ),
    Mutant(
        "compare-and-set that moves the position of another incarnation of a topic",
        "connectors/database/runner/positions.py",
        "AND row.topic_id = move.topic_id AND row.partition = move.partition\n    AND row.next_position",
        "AND row.partition = move.partition\n    AND row.next_position",
        (f"{OWNERS}::test_a_batch_of_another_incarnation_of_a_topic_moves_nothing[sql]",),
    ),
    Mutant(
        "a lease that grows with each renewal",
        "connectors/database/runner/leases.py",
        "    lease_until = clock_timestamp() + make_interval(secs => %(lease)s),\n",
        "    lease_until = greatest(row.lease_until, clock_timestamp()) + make_interval(secs => %(lease)s),\n",
        (f"{LEASES}::test_a_lease_lasts_from_its_renewal_on_and_does_not_grow",),
    ),
    Mutant(
        "a lease that is taken without a look whether it is still free",
        "connectors/database/runner/leases.py",
        "        AND (owner IS NULL OR owner = %(owner)s OR lease_until IS NULL OR lease_until < clock_timestamp())\n",
        "",
        (f"{LEASES}::test_what_another_takes_between_a_look_and_the_taking_stays_with_him",),
    ),
)
