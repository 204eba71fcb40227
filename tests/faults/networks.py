"""A network of a worker's own, with one cable to ours that can be pulled out."""

import ipaddress
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Interface, IPv4Network

import psutil

from tests.faults.privileges import NotPermitted, as_root

#: Our end's hardware address, known beforehand.
_HARDWARE = "02:70:6b:00:00:01"
#: Private networks, one of which nobody on this machine uses.
_NETWORKS = tuple(ipaddress.IPv4Network("10.217.0.0/16").subnets(new_prefix=30))


class Apart:
    """A network namespace. Ours is on the other end of its cable, under the address of `interface`.

    Our end hangs on a bridge, so that our address stays when the cable is pulled. The other side knows our hardware for
    ever: as behind a router, it hears of nobody being away. What is sent is gone, and nothing comes.
    """

    def __init__(self, name: str, interface: IPv4Interface) -> None:
        self.name = name
        self.interface = interface

    def inside(self, command: list[str]) -> list[str]:
        """Return the command that runs `command` in there, as the same process."""
        return [_ip(), "netns", "exec", self.name, *command]

    def pull(self) -> None:
        """Take the link down."""
        as_root(_ip(), "link", "set", f"{self.name}o", "down")

    def plug(self) -> None:
        """Bring the link up again."""
        as_root(_ip(), "link", "set", f"{self.name}o", "up")


@contextmanager
def network_apart() -> Iterator[Apart]:
    """Make a network of its own, and take everything of it away at the end. Raises `NotPermitted`."""
    ours, theirs = (IPv4Interface((host, 30)) for host in _free_network().hosts())
    apart = Apart(f"pk{os.getpid()}", ours)
    name, outer, inner, bridge = apart.name, f"{apart.name}o", f"{apart.name}i", f"{apart.name}b"
    with ExitStack() as stack:

        def made(words: str, undo: str = "") -> None:
            as_root(_ip(), *words.split())
            if undo:
                stack.callback(as_root, _ip(), *undo.split())

        made(f"netns add {name}", f"netns delete {name}")
        made(f"link add {bridge} address {_HARDWARE} type bridge", f"link delete {bridge}")
        made(f"addr add {ours} dev {bridge}")
        made(f"link set {bridge} up")
        made(f"link add {outer} type veth peer name {inner} netns {name}", f"link delete {outer}")
        made(f"link set {outer} master {bridge}")
        made(f"link set {outer} up")
        made(f"-n {name} addr add {theirs} dev {inner}")
        made(f"-n {name} link set {inner} up")
        made(f"-n {name} neigh add {ours.ip} lladdr {_HARDWARE} dev {inner} nud permanent")
        made(f"-n {name} link set lo up")
        yield apart


def _ip() -> str:
    program = shutil.which("ip", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if program is None:
        raise NotPermitted("ip is not installed")
    return program


def _free_network() -> IPv4Network:
    """Return a network in which no interface of ours has an address; others that search at once begin elsewhere."""
    taken = [
        ipaddress.ip_address(address.address)
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family.name == "AF_INET"
    ]
    first = os.getpid() % len(_NETWORKS)
    candidates = (*_NETWORKS[first:], *_NETWORKS[:first])
    return next(network for network in candidates if not any(address in network for address in taken))
