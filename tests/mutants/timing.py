"""Mutants of clocks and deadlines."""

from tests.mutants.mutant import Mutant

CLOCKS = "tests/unit/consumers/runner/test_clocks.py"
SCENES = "tests/simulator/test_scenes.py"

TIMING: tuple[Mutant, ...] = (
    Mutant(
        "a worker with a wrong clock acts on time",
        "consumers/requests/handlers.py",
        "return NEVER_YET if self._watch.doubt else now",
        "return now",
        (f"{SCENES}::test_a_worker_with_a_wrong_clock_times_nobody_out_and_handles_claims_all_the_same",),
    ),
    Mutant(
        "a clock that is behind is good",
        "consumers/runner/clocks.py",
        "        if abs(self._ahead) > self._bound:\n",
        "        if self._ahead > self._bound:\n",
        (f"{CLOCKS}::test_a_clock_beyond_the_bound_is_in_doubt_in_both_directions",),
    ),
    Mutant(
        "the time of asking counts as a difference",
        "consumers/runner/clocks.py",
        "min(after, timedelta(0))",
        "after",
        (f"{CLOCKS}::test_a_slow_answer_is_no_difference",),
    ),
    Mutant(
        "a broker that is ahead is believed",
        "consumers/runner/clocks.py",
        "        return ahead or self._behind > self._bound\n",
        "        return self._behind > self._bound\n",
        (f"{CLOCKS}::test_a_record_from_the_future_shows_a_broker_that_is_ahead_until_the_database_has_come_there",),
    ),
)
