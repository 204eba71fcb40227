"""What a worker reports about itself: whether it can do its work, and if not, what it waits for and since when."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from connectors.telemetry.standing import Standing
from deploy.settings import Settings
from deploy.workers.table import WorkerRow

ANSWER_WITHIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class WorkerAnswer:
    """What the worker on a row's port says; `process_id` tells whose worker it is."""

    standing: Standing
    process_id: int


def ask(settings: Settings, row: WorkerRow) -> WorkerAnswer | None:
    """Return what the worker on the row's port says; none when nobody answers, or somebody who is no worker."""
    # The plain client: it is asked all the time, and the rich one reads the machine's certificates at every question.
    connection = HTTPConnection("127.0.0.1", settings.metrics_port + row.port_offset, timeout=ANSWER_WITHIN_SECONDS)
    try:
        connection.request("GET", "/readyz")
        said = json.loads(connection.getresponse().read())
        return WorkerAnswer(Standing.from_json(said), int(said["process_id"]))
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()
