"""The server over real sockets: deadlines and bounds that end one connection and leave the others alone."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvloop

from connectors.http.limits import HttpLimits
from connectors.http.server import Listening, serve_until, server_of
from deploy.processes.processes import choose_port
from tests.kit.values.doors import GAS, Doors

pytestmark = pytest.mark.integration
SUBMISSION = {"service": "gas.copy", "origin": "agency", "city": "bojnurd"}
LIMITS = HttpLimits(header_seconds=0.3, body_seconds=0.3, header_bytes=2_000, body_bytes=5_000, connections=8)


@contextmanager
def served(doors: Doors) -> Iterator[int]:
    """Serve on a free port until the block is left."""
    port, stop = choose_port(None), threading.Event()
    server = server_of(doors.app, Listening("127.0.0.1", port), doors.limits)
    thread = threading.Thread(target=lambda: uvloop.run(serve_until(server, stop, lambda: None)), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    try:
        yield port
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def answer(port: int, *parts: bytes) -> bytes:
    """Send parts and return all that comes until the connection ends."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        for part in parts:
            connection.sendall(part)
        told = b""
        while more := connection.recv(65_536):
            told += more
    return told


def submits(port: int, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(f"http://127.0.0.1:{port}/v1/requests", json=SUBMISSION, headers=headers, timeout=10).status_code


def test_headers_that_do_not_come_end_their_connection_alone() -> None:
    doors = Doors(limits=LIMITS)
    token = doors.key(GAS)
    with served(doors) as port:
        with socket.create_connection(("127.0.0.1", port), 10) as slow:
            slow.sendall(b"POST /v1/requests HTTP/1.1\r\nhost: x\r\nx-slow: ")
            assert submits(port, token) == 201
            told = slow.recv(65_536)
        assert told.startswith(b"HTTP/1.1 408 "), told
        assert b"/problems/too_slow" in told
        assert answer(port) == b"", "who says nothing is told nothing"


def test_a_body_that_does_not_come_is_a_problem() -> None:
    doors = Doors(limits=LIMITS)
    token = doors.key(GAS)
    head = f"POST /v1/requests HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"
    form = "content-type: application/json\r\nconnection: close\r\ncontent-length: 100\r\n\r\n{"
    with served(doors) as port:
        assert answer(port, (head + form).encode()).startswith(b"HTTP/1.1 408 ")
        assert submits(port, token) == 201
    assert len(doors.outbox) == 1


@pytest.mark.parametrize("large", ["GET /" + "a" * 3_000, "GET / HTTP/1.1\r\nx: " + "a" * 3_000])
def test_path_and_headers_have_a_bound(large: str) -> None:
    doors = Doors(limits=LIMITS)
    with served(doors) as port:
        told = answer(port, large.encode() + b" HTTP/1.1\r\nhost: x\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 431 ")
    assert b"server:" not in told.lower()


def test_what_is_no_http_is_said_in_the_form_of_all_problems() -> None:
    with served(Doors(limits=LIMITS)) as port:
        told = answer(port, b"\x16\x03\x01 hello\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in told


def test_an_endless_body_ends_and_others_go_on() -> None:
    doors = Doors(limits=LIMITS)
    token = doors.key(GAS)
    head = f"POST /v1/requests HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"
    form = "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    with served(doors) as port:
        told = answer(port, (head + form).encode(), *[b"400\r\n" + b" " * 1_024 + b"\r\n"] * 6)
        assert told.startswith(b"HTTP/1.1 413 ")
        assert submits(port, token) == 201


def test_more_connections_than_may_be_are_closed_at_once() -> None:
    doors = Doors(limits=HttpLimits(connections=3))
    with served(doors) as port:
        kept = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(3)]
        for connection in kept:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
        assert answer(port) == b""
        for connection in kept:
            connection.close()


def test_what_is_in_hand_is_answered_before_it_ends() -> None:
    doors = Doors()
    token = doors.key(GAS)
    answers: list[httpx.Response] = []
    with served(doors) as port:
        headers = {"authorization": f"Bearer {token}", "prefer": "wait=1"}

        def ask() -> None:
            address = f"http://127.0.0.1:{port}/v1/requests"
            answers.append(httpx.post(address, json=SUBMISSION, headers=headers, timeout=20))

        asking = threading.Thread(target=ask)
        asking.start()
        while not doors.outbox:
            assert asking.is_alive()
    asking.join(20)
    assert [one.status_code for one in answers] == [201]
