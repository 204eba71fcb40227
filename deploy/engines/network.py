"""Where the embedded engines listen, and who may come to them."""

from ipaddress import IPv4Interface

#: The machine itself and nobody else. Wider interfaces are for trials in which workers run in networks of their own.
LOOPBACK = IPv4Interface("127.0.0.1/32")
