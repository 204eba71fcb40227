"""One small HTTP server per worker, on loopback: /metrics, /healthz, /readyz."""

import json
import os
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from connectors.telemetry.standing import Standing

LOOPBACK = "127.0.0.1"
#: A client that sends nothing is hung up on after this long.
CLIENT_TIMEOUT_SECONDS = 5.0
JSON = "application/json"


class HealthServer:
    """Serves until `close`. Port 0 takes a free one; `port` says which.

    /healthz says that the process answers. /readyz says that the worker can do its work: 503 with the cause while it
    waits for broker, database or leases, and since when; it names halted partitions, and the process, so that a
    supervisor knows its own.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, port: int, registry: CollectorRegistry, standing: Callable[[], Standing]) -> None:
        self._server = _Server((LOOPBACK, port), _handler(registry, standing))
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._serve, name="health", daemon=True)

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Stop serving and free the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> "HealthServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


def _handler(registry: CollectorRegistry, standing: Callable[[], Standing]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        server_version = "pishkhan"
        sys_version = ""
        timeout = CLIENT_TIMEOUT_SECONDS

        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/metrics":
                    self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(registry))
                case "/healthz":
                    self._answer(HTTPStatus.OK, JSON, b'{"alive":true}')
                case "/readyz":
                    now = standing()
                    status = HTTPStatus.OK if now.cause is None else HTTPStatus.SERVICE_UNAVAILABLE
                    body = json.dumps({**now.as_json(), "process_id": os.getpid()}).encode()
                    self._answer(status, JSON, body)
                case _:
                    self._answer(HTTPStatus.NOT_FOUND, JSON, b'{"paths":["/metrics","/healthz","/readyz"]}')

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own signature
            """Say nothing: a scrape every few seconds would drown the log."""

        def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
