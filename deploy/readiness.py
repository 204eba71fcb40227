"""What a worker says of itself: whether it can do its work, and if not, what it waits for and since when."""

from dataclasses import dataclass

import httpx

from connectors.telemetry.standing import Standing
from deploy.settings import Settings
from deploy.workers import WorkerRow

ANSWER_WITHIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the worker on a row's port says; `process_id` tells whose worker it is."""

    standing: Standing
    process_id: int


def ask(settings: Settings, row: WorkerRow) -> Answer | None:
    """Return what the worker on the row's port says; none when nobody answers, or somebody who is no worker."""
    port = settings.metrics_port + row.port_offset
    try:
        said = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=ANSWER_WITHIN_SECONDS, trust_env=False).json()
        return Answer(Standing.from_json(said), int(said["process_id"]))
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


def ready_process(settings: Settings, row: WorkerRow) -> int | None:
    """Return the process id of the worker that answers on the row's port that it is ready; none when none does."""
    answer = ask(settings, row)
    return answer.process_id if answer is not None and answer.standing.cause is None else None
