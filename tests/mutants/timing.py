"""Mutants of clocks and deadlines."""

from tests.mutants.mutant import Mutant

CLOCKS = "tests/unit/consumers/runner/test_clocks.py"
SCENES = "tests/simulator/test_scenes.py"

TIMING: tuple[Mutant, ...] = (
    Mutant(
        "a worker with a wrong clock acts on time",
        "consumers/requests/handlers.py",
        "        if self._watch.doubt:\n            return NOTHING\n",
        "",
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
    Mutant(
        "a deadline fires before intake is read past it",
        "consumers/requests/handlers.py",
        "        return self._intake.horizon(now - hold)\n",
        "        return Horizon(now, now - hold)\n",
        (f"{SCENES}::test_what_was_said_in_time_counts_though_it_is_read_after_the_deadline",),
    ),
    Mutant(
        "what waits to be published counts as read",
        "consumers/requests/horizon.py",
        "min(now, on_the_way.get(topic, now))",
        "now",
        (f"{SCENES}::test_what_was_said_in_time_counts_though_it_is_published_after_the_deadline",),
    ),
    Mutant(
        "an agency that is not read holds everybody",
        "consumers/requests/horizon.py",
        "        common = read[least]\n",
        "        common = min(read.values())\n",
        ("tests/unit/consumers/requests/test_horizon.py::test_an_unread_agency_holds_its_own_requests_alone",),
    ),
    Mutant(
        "a late claim applies when it is read before the sweep",
        "consumers/requests/domain/life/deadlines.py",
        "    if due is None or moment <= due:\n",
        "    if due is None or moment >= due:\n",
        ("tests/property/test_deadlines.py::test_an_acceptance_counts_by_when_it_was_said_however_late_it_is_read",),
    ),
)
