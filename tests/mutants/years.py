"""Faults in what lets one data folder live for many years."""

from tests.mutants.mutant import Mutant

LOG_FILES = "tests/unit/connectors/telemetry/test_log_files.py"
REPAIR = "tests/unit/consumers/reconciliation/domain/test_repair.py"

YEARS: tuple[Mutant, ...] = (
    Mutant(
        "a full log's outputs stay with the old file",
        "connectors/telemetry/log_files.py",
        "                os.dup2(opened.fileno(), output.fileno())\n",
        "                output.flush()\n",
        (f"{LOG_FILES}::test_only_so_many_full_files_are_kept_and_each_is_of_the_declared_size",),
    ),
    Mutant(
        "lines are lost while a log cannot be turned over",
        "connectors/telemetry/log_files.py",
        "        except OSError:\n            return\n",
        "        except ZeroDivisionError:\n            return\n",
        (f"{LOG_FILES}::test_where_nothing_can_be_renamed_the_file_becomes_longer_and_nothing_is_lost",),
    ),
    Mutant(
        "a share group is named only where it is done with what is lost",
        "consumers/reconciliation/domain/repair.py",
        " or (one.shares and one.place in shortened)",
        "",
        (f"{REPAIR}::test_a_share_group_goes_back_to_where_it_is_done_with_all",),
    ),
    Mutant(
        "a share group goes back over records that it never took",
        "consumers/reconciliation/domain/repair.py",
        "(one, min(one.position, end))",
        "(one, end)",
        (f"{REPAIR}::test_a_share_group_goes_back_to_where_it_is_done_with_all",),
    ),
    Mutant(
        "the broker's level is raised beyond what is declared",
        "deploy/engines/features.py",
        "finalized.get(feature.name, 0) < feature.level}",
        "finalized.get(feature.name, 0) <= feature.level}",
        ("tests/unit/deploy/engines/test_features.py::test_a_cluster_at_the_level_is_left_alone",),
    ),
)
