"""Whether a worker says that it can do its work."""

import httpx

from deploy.settings import Settings
from deploy.workers import WorkerRow

ANSWER_WITHIN_SECONDS = 5.0


def is_ready(settings: Settings, row: WorkerRow) -> bool:
    """Whether a worker answers that it is ready."""
    port = settings.metrics_port + row.port_offset
    try:
        return (
            httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=ANSWER_WITHIN_SECONDS, trust_env=False).status_code
            == httpx.codes.OK
        )
    except httpx.HTTPError:
        return False
