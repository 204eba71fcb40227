"""Whether a worker says that it can do its work."""

import httpx

from deploy.settings import Settings
from deploy.workers import WorkerRow

ANSWER_WITHIN_SECONDS = 5.0


def is_ready(settings: Settings, row: WorkerRow) -> bool:
    """Whether a worker answers that it is ready."""
    return ready_process(settings, row) is not None


def ready_process(settings: Settings, row: WorkerRow) -> int | None:
    """Return the process id of the worker that answers on the row's port that it is ready; none when none does."""
    port = settings.metrics_port + row.port_offset
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=ANSWER_WITHIN_SECONDS, trust_env=False)
        return int(answer.json()["process_id"]) if answer.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        # Nobody answers, or somebody who is no worker.
        return None
