"""Where the broker is and who we are there; and what its errors mean."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kafka.errors import KafkaError

from consumers.runner.errors import BrokerUnavailable

#: A broker that does not answer within this time is away; nothing here may hang for the library's 30 s.
REQUEST_TIMEOUT_MS = 10_000
BOOTSTRAP_TIMEOUT_MS = 5_000
RECONNECT_BACKOFF_MAX_MS = 1_000


#: What every client of one principal needs: servers, protocol, user, password, in kafka-python's own names.
KafkaLogin = Mapping[str, Any]


def client_arguments(login: KafkaLogin, client_id: str) -> dict[str, Any]:
    """Return `login` with the waits that every client here shares."""
    return {
        **login,
        "client_id": client_id,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
        "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS,
        "reconnect_backoff_max_ms": RECONNECT_BACKOFF_MAX_MS,
    }


#: The same, in librdkafka's names.
_LIBRDKAFKA_NAMES = {
    "bootstrap_servers": "bootstrap.servers",
    "security_protocol": "security.protocol",
    "sasl_mechanism": "sasl.mechanism",
    "sasl_plain_username": "sasl.username",
    "sasl_plain_password": "sasl.password",
    "ssl_cafile": "ssl.ca.location",
}


def librdkafka_arguments(login: KafkaLogin, client_id: str) -> dict[str, Any]:
    """Return `login` in librdkafka's names, with the same waits. A `KeyError` names what has no counterpart here."""
    return {
        **{_LIBRDKAFKA_NAMES[name]: value for name, value in login.items()},
        "client.id": client_id,
        "socket.timeout.ms": REQUEST_TIMEOUT_MS,
        "reconnect.backoff.max.ms": RECONNECT_BACKOFF_MAX_MS,
    }


@contextmanager
def meaningful_errors() -> Iterator[None]:
    """Turn the library's errors into `BrokerUnavailable`, with the class as the reason."""
    try:
        yield
    except (KafkaError, OSError) as error:
        name, text = type(error).__name__, str(error)
        # The library's own begin with their class.
        raise BrokerUnavailable(text if text.startswith(name) else f"{name}: {text}") from error
