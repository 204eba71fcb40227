"""Whether anybody listens where the broker should be."""

import socket

PROBE_SECONDS = 1.0


def reachable(servers: str) -> bool:
    """Say whether anybody listens at one of `servers` (`host:port`, separated by commas); not knowing any, yes."""
    for server in filter(None, servers.split(",")):
        host, _, port = server.strip().rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), PROBE_SECONDS).close()
        except (OSError, ValueError):
            continue
        return True
    return not servers
