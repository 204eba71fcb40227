"""Where the broker is and who we are there; and what its errors mean."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from kafka.errors import KafkaError

from consumers.runner.ports import BrokerUnavailable

#: A broker that does not answer within this time is away; nothing here may hang for the library's 30 s.
REQUEST_TIMEOUT_MS = 10_000
BOOTSTRAP_TIMEOUT_MS = 5_000
RECONNECT_BACKOFF_MAX_MS = 1_000


@dataclass(frozen=True, slots=True)
class BrokerLogin:
    """One principal's way into one cluster; without a user the connection is plain."""

    bootstrap_servers: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def arguments(self, client_id: str) -> dict[str, Any]:
        """Return the arguments that every kafka-python client takes."""
        arguments: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "client_id": client_id,
            "request_timeout_ms": REQUEST_TIMEOUT_MS,
            "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS,
            "reconnect_backoff_max_ms": RECONNECT_BACKOFF_MAX_MS,
        }
        if self.user is not None:
            arguments |= {
                "security_protocol": "SASL_PLAINTEXT",
                "sasl_mechanism": "SCRAM-SHA-256",
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return arguments


@contextmanager
def meaningful_errors() -> Iterator[None]:
    """Turn the library's errors into `BrokerUnavailable`, with the class as the reason."""
    try:
        yield
    except (KafkaError, OSError) as error:
        raise BrokerUnavailable(f"{type(error).__name__}: {error}") from error
