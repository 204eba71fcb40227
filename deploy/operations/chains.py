"""What is kept beside the ledger's rows: what is to be made again, and making it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from connectors.database.settlement import reads
from connectors.database.settlement.audit import SqlBooks, audit_rows, kept_pages
from connectors.database.settlement.ledger import LedgerStore
from connectors.database.settlement.windows import WindowStore
from consumers.runner.errors import BrokerUnavailable
from consumers.settlement.chains import ChainRepair, chain_repair
from consumers.settlement.domain.chain import Chain
from consumers.settlement.ports import Opened
from consumers.settlement.verification import RequestsLog, Watch
from deploy.problem import Problem, Unreachable
from deploy.settings import load_settings
from deploy.use_cases import calmly_opened, logs_of, opened


def plan_chains(data: Path | None, watched: Callable[[], AbstractContextManager[Watch]]) -> Sequence[ChainRepair]:
    """Return what is to be made again, and what cannot be; all of one moment of the database. Raises `Unreachable`."""
    with calmly_opened(data) as view:
        connection = view.connection
        pages, cuts = kept_pages(connection), WindowStore(connection).all_cuts()
        ends = LedgerStore(connection).ends(pages)
        apart = {one.partition for one in audit_rows(connection, reads.ledger_rows(connection))}
        apart |= {number for number, page in pages.items() if page.window != ends[number].cut + 1}
        if not apart:
            return ()
        try:
            with logs_of(load_settings(data)) as logs, watched() as watch:
                books, log, none = SqlBooks(connection), RequestsLog(logs), Opened(Chain(), 1)
                return [chain_repair(one, pages.get(one, none), books, cuts, log, watch) for one in sorted(apart)]
        except BrokerUnavailable as error:
            raise Unreachable(f"The broker does not answer ({error}): only its log proves the rows.") from None


def make_chains(data: Path | None, made: Sequence[ChainRepair]) -> None:
    """Keep what was made, in one transaction. Raises `Problem` when rows or what was kept have changed since."""
    with opened(data) as view:
        ledger = LedgerStore(view.connection)
        kept = ledger.open({one.partition for one in made})
        ends = ledger.ends(kept)
        for one in made:
            assert one.after is not None, "only what was proven is made"
            if kept[one.partition] != one.before or ends[one.partition].rows != one.after.chain.count:
                raise Problem(f"Partition {one.partition} has changed meanwhile; nothing was done. Run it again.")
        ledger.keep_pages({one.partition: one.after for one in made if one.after is not None})
