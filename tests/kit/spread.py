"""How the tests are spread over processes side by side: what goes together, and what goes first.

A process takes a whole file, because its tests share what the file starts; the tables name what is otherwise. Long ones
go first, so that what is given out last is short and all processes end together. Names and order cost or save time
alone: every test is right wherever it runs.
"""

from xdist.scheduler import LoadFileScheduling

#: What asks the one running bus of a process: together, so that fewer processes start one. A file is in one group.
ON_THE_BUS = {
    # Documentation, and what watches.
    "the bus of the pages": (
        "tests/docs/test_pages.py",
        "tests/integration/deploy/test_board.py",
        "tests/integration/deploy/test_gateway.py",
    ),
    # Whole visits of people and foreign clients.
    "the bus of the visits": (
        "tests/e2e/test_second_province.py",
        "tests/e2e/test_two_of_each.py",
        "tests/e2e/test_till.py",
        "tests/e2e/test_foreign_client.py",
        "tests/e2e/test_directorate.py",
        "tests/e2e/test_reads.py",
        "tests/e2e/test_replay.py",
        "tests/e2e/test_secrets.py",
    ),
}
#: Files of long tests that share nothing: each test goes by itself.
TEST_BY_TEST = (
    # Engines for each.
    "tests/faults/test_broken_machines.py",
)
#: Who goes first: groups, files and folders; what is not named here is short and goes last.
LONGEST_FIRST = (
    *ON_THE_BUS,
    # A minute and more.
    "tests/faults/test_strange.py",
    "tests/e2e/test_bench.py",
    "tests/faults/test_kills_during_a_day.py",
    "tests/e2e/test_up.py",
    "tests/docs/test_blocks.py",
    "tests/integration/deploy/test_degradation.py",
    # Then folders, from those that start engines to those that only compute.
    "tests/e2e/",
    "tests/faults/",
    "tests/integration/deploy/",
    "tests/simulator/",
    "tests/integration/",
    "tests/property/",
    "tests/contract/",
)
_GROUPS = {file: group for group, files in ON_THE_BUS.items() for file in files}


def together(test: str) -> str:
    """Return the name of what test `test` (its id) goes with: a group, its file, or itself."""
    file = test.partition("::")[0]
    return test if file in TEST_BY_TEST else _GROUPS.get(file, file)


def on_the_bus(test: str) -> bool:
    """Say whether test `test` is one of those that ask the one running bus."""
    return test.partition("::")[0] in _GROUPS


def rank(test: str) -> int:
    """Return when a test's turn is: the lower the earlier."""
    with_it = together(test)
    return next((at for at, name in enumerate(LONGEST_FIRST) if with_it.startswith(name)), len(LONGEST_FIRST))


class Spread(LoadFileScheduling):  # type: ignore[misc]  # its module has no types
    """Gives each process the next of what goes together."""

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)
