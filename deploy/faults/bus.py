"""The bus that trials are played on: engines that somebody has given, a crew of our own, and a look at all of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from connectors.broker.admin import BrokerAdmin
from connectors.database.sql.driver import driver_connection
from consumers.settlement.domain.chain import GENESIS, Chain
from consumers.settlement.handlers import CONSUMER as SETTLEMENT
from deploy.faults.crew import Crew, Wrap, unwrapped
from deploy.faults.follower import FollowedFrom, Follower
from deploy.faults.load import Mouth
from deploy.faults.look import Look
from deploy.faults.province import AGENCIES, province
from deploy.problem import Problem, Unreachable
from deploy.provinces.loading import Loading, publish_province
from deploy.settings import Settings
from schemas.topics import LOG_REQUESTS

_PLACES = """
SELECT partition, next_position, chain_head, chain_count, window_number FROM consumer_offset
WHERE consumer = %s AND topic = %s
"""
_PROGRESS = "SELECT subject::text, sequence FROM settlement_progress"


class TrialBus:
    """One bus, prepared; close it at the end.

    `prepare` makes the trial's topics and starts the crew, lets the registry take the trial's province in, and follows
    the log from there on. `shared`: others publish there, too; `others` are the kinds of workers that others run there.
    """

    def __init__(
        self,
        settings: Settings,
        directory: Path,
        *,
        shared: bool = False,
        others: frozenset[str] = frozenset(),
        wrap: Wrap = unwrapped,
    ) -> None:
        self.settings = settings
        self.shared = shared
        self.others = others
        self.crew = Crew(settings, directory, wrap)
        self.mouth = Mouth(settings)
        self.look = Look(settings)
        self._follower: Follower | None = None

    def prepare(self, report: Callable[[int, int], None] = lambda decided, published: None) -> Loading:
        """See above; `report` is told (decided, published). Raises `Problem` and what the engines raise."""
        admin = BrokerAdmin(self.settings.kafka_admin_login())
        try:
            admin.ensure_topics(AGENCIES, self.settings.kafka_replicas)
            if self.settings.kafka_user:
                # Topics without a writer's rule look wrong to the doctor; there are no such users, and none is made.
                admin.ensure_rights(AGENCIES)
        finally:
            admin.close()
        self.crew.complete()
        try:
            loading = publish_province(self.settings, province(), report)
        except Problem as problem:
            raise Unreachable(f"{problem} The logs of the trial's workers are in {self.crew.logs}.") from None
        if loading.refused:
            reasons = ", ".join(sorted({str(one.reason) for one in loading.refused}))
            raise Problem(f"The registry refused {len(loading.refused)} claims of the trial's province: {reasons}.")
        self._follower = self._begin_to_follow()
        return loading

    @property
    def follower(self) -> Follower:
        """The requests' log as read so far; known after `prepare`."""
        assert self._follower is not None, "prepare begins to follow"
        return self._follower

    def chains(self) -> dict[int, tuple[int, Chain]]:
        """Return where settlement is in every partition of the log, and its chain there."""
        rows = self.look.rows(_PLACES, SETTLEMENT, LOG_REQUESTS.name)
        return {number: (position, Chain(head or GENESIS, count)) for number, position, head, count, _ in rows}

    def close(self) -> None:
        """Let the crew go and end all connections."""
        self.crew.dismiss()
        self.mouth.close()
        self.look.close()

    def _begin_to_follow(self) -> Follower:
        def found(connection: Connection) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
            driver = driver_connection(connection)
            places = driver.execute(_PLACES, (SETTLEMENT, LOG_REQUESTS.name)).fetchall()
            return places, driver.execute(_PROGRESS).fetchall()

        rows, progress = self.look.view(found)
        places = {
            number: FollowedFrom(position, Chain(head or GENESIS, count), window)
            for number, position, head, count, window in rows
        }
        return Follower(self.look.log, places, dict(progress))
