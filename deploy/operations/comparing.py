"""Comparisons of the whole bus: what they read, and what they leave on record."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from connectors.broker.logs import KafkaLogs
from connectors.database.reconciliation.bus import SqlReconciliation, TablesRefused
from connectors.database.reconciliation.repair import carry_out
from connectors.database.reconciliation.verdicts import VerdictNotKept, keep_verdict
from consumers.reconciliation.comparison import Comparison, Watch
from consumers.reconciliation.domain.repair import RepairPlan
from consumers.runner.errors import BrokerUnavailable, DatabaseUnavailable
from consumers.runner.records import Partition
from consumers.settlement.expected import expected_of
from deploy.problem import Problem, Unreachable
from deploy.settings import Settings
from deploy.use_cases import opened


@contextmanager
def comparing(settings: Settings, watch: Watch, only: str | None = None) -> Iterator[tuple[Comparison, KafkaLogs]]:
    """Give a comparison of the bus of `settings`, or of one topic, and the logs. Errors become `Problem`."""
    try:
        with (
            KafkaLogs(settings.kafka_login()) as logs,
            SqlReconciliation(settings.worker_database_url(), logs.cluster_id()) as store,
        ):
            yield Comparison(logs, store, expected_of, watch, only), logs
    except (BrokerUnavailable, DatabaseUnavailable) as error:
        who = "broker" if isinstance(error, BrokerUnavailable) else "database"
        raise Unreachable(f"The {who} does not answer ({error}). Is the bus running? Try `pishkhan doctor`.") from None
    except TablesRefused as error:
        raise Problem(
            f"The workers' role may not do this ({error}). Let the database's owner run: "
            "GRANT TEMPORARY ON DATABASE name TO pishkhan_worker"
        ) from None


def keep(data: Path | None, records: int, differences: int, harmless: int, exit_code: int) -> str | None:
    """Keep a comparison's verdict for the doctor; return why it could not be kept, or none."""
    try:
        with opened(data) as view:
            keep_verdict(view.connection, records, differences, harmless, exit_code)
    except VerdictNotKept as error:
        return str(error)
    return None


def repair(data: Path | None, plan: RepairPlan, cluster_id: str, partitions: Sequence[Partition]) -> int:
    """Do what `plan` says, in one transaction; return how many rows will be published again. Raises `Unreachable`."""
    with opened(data) as view:
        return carry_out(view.connection, plan, cluster_id, {one.place: one.topic_id for one in partitions})
