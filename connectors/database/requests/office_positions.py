"""What offices carry, under the clock that orders every change: the requests consumer's side.

The clock is locked before any office and after everything else, everywhere, so that no two transactions wait for each
other in a circle. So decisions are made on what was read without it, and what they reserve is compared with the caps
once more under it.
"""

import json
from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Connection

from connectors.database.sql.columns import as_columns
from connectors.database.sql.driver import driver_connection
from consumers.requests.domain.loads.loads import Load, PositionChange
from consumers.runner.errors import Contention

_READ = """
SELECT clock.revision, office, cap_rial, nullif(steered, '{}'), in_flight, reserved_rial, income_rial, income_month,
    late_cash_rial
FROM load_clock AS clock LEFT JOIN office_position ON true
"""
_TICK = "UPDATE load_clock SET revision = revision + 1 WHERE id = 1 RETURNING revision"
_LOCK_OFFICES = "SELECT FROM office_position WHERE office = ANY(%s::text[]) ORDER BY office FOR UPDATE"
_CHANGE = """
UPDATE office_position AS row
SET in_flight = row.in_flight + change.in_flight, reserved_rial = row.reserved_rial + change.reserved_rial,
    late_cash_rial = row.late_cash_rial + change.late_cash_rial,
    steered = CASE WHEN change.steered IS NULL THEN row.steered ELSE (
        SELECT coalesce(jsonb_object_agg(agency, places), '{}')
        FROM (
            SELECT agency, sum(places::int) AS places
            FROM (
                SELECT key, value FROM jsonb_each_text(row.steered)
                UNION ALL SELECT key, value FROM jsonb_each_text(change.steered::jsonb)
            ) AS either (agency, places)
            GROUP BY agency HAVING sum(places::int) <> 0
        ) AS both_together
    ) END
FROM unnest(%s::text[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
    AS change (office, in_flight, reserved_rial, late_cash_rial, cap_rial, steered)
WHERE row.office = change.office AND (
    change.cap_rial IS NULL
    OR row.late_cash_rial = 0
        AND row.reserved_rial + change.reserved_rial - change.late_cash_rial <= least(change.cap_rial, row.cap_rial)
)
"""


class StoredPosition(NamedTuple):
    """One office's load and cap."""

    load: Load
    cap_rial: int


class PositionStore:
    """Implements `consumers.requests.ports.OfficePositions` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self) -> tuple[int, dict[str, StoredPosition]]:
        """Return the load revision and every office's position at it: one statement, so one moment."""
        rows = driver_connection(self._connection).execute(_READ, binary=True).fetchall()
        assert rows, "the load clock has its one row"
        return rows[0][0], {
            office: StoredPosition(_load(steered or {}, *amounts), cap_rial)
            for _, office, cap_rial, steered, *amounts in rows
            if office is not None
        }

    def change(self, changes: Collection[PositionChange], caps_rial: Mapping[str, int]) -> int:
        """Lock the clock, add `changes` to the offices, in office order, and return the new load revision.

        Raises `Contention` when an office in `caps_rial` would have more reserved than that, or than its cap of now,
        late cash of this batch left out, or when late cash of another one came between.
        Requests earn nothing: the changes have no income.
        """
        driver = driver_connection(self._connection)
        ticked = driver.execute(_TICK, binary=True).fetchone()
        assert ticked is not None, "the load clock has its one row"
        columns = as_columns(changes)
        offices, in_flight, reserved_rial, _, _, steered, late_cash_rial = columns
        locked = driver.execute(_LOCK_OFFICES, (offices,)).rowcount
        assert locked == len(offices), "every office that the registry knows has a position"
        caps = [caps_rial.get(office) for office in offices]
        more = [json.dumps(dict(one)) if one else None for one in steered]
        values = (offices, in_flight, reserved_rial, late_cash_rial, caps, more)
        changed = driver.execute(_CHANGE, values).rowcount
        if changed != len(offices):
            raise Contention("other workers have used up the room under an office's cap")
        return int(ticked[0])


def _load(
    steered: Mapping[str, int],
    in_flight: int,
    reserved_rial: int,
    income_rial: int,
    income_month: int,
    late_cash_rial: int,
) -> Load:
    return Load(in_flight, reserved_rial, income_rial, income_month, tuple(sorted(steered.items())), late_cash_rial)
