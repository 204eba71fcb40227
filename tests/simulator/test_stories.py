"""A short slice of the stories; `make simulate` tells thousands more."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.simulator.machine import Stories

#: The same stories in every run.
SLICE = settings(
    max_examples=120,
    stateful_step_count=40,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_whatever_happens_nothing_is_lost_and_nothing_doubled() -> None:
    run_state_machine_as_test(Stories, settings=SLICE)
