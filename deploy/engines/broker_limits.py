"""What the embedded broker takes: Kafka's own defaults are generous, and this one has a heap of 384 MB.

A cluster of your own needs the same care: docs/reliability.md says which of these to take over.
"""

from typing import NamedTuple

from schemas.limits import FETCH_BYTES, KIB, PRODUCER_MESSAGE_BYTES

MIB = 1024 * KIB


class BrokerLimit(NamedTuple):
    """One setting of the broker as `server.properties` has it."""

    setting: str
    value: int


BROKER_LIMITS: tuple[BrokerLimit, ...] = (
    # The largest batch of any topic with a megabyte around it; a request is taken into the heap whole. Kafka's: 100 MB.
    BrokerLimit("socket.request.max.bytes", PRODUCER_MESSAGE_BYTES + MIB),
    # All requests that wait together; a client that sends more is read when there is room. Kafka's: without bound.
    BrokerLimit("queued.max.request.bytes", 64 * MIB),
    # Four threads work on them. Kafka's: 500.
    BrokerLimit("queued.max.requests", 100),
    # What somebody says who has not said yet who he is. SCRAM needs some 200 bytes. Kafka's: 512 kB.
    BrokerLimit("sasl.server.max.receive.size", 8 * KIB),
    # On the listener of the bus, everybody's: some 40 of workers and commands, three for each client of an agency.
    BrokerLimit("listener.name.bus.max.connections", 1_000),
    # From one address, so that one machine leaves room for others. On loopback all are one. Kafka's: without bound.
    BrokerLimit("max.connections.per.ip", 600),
    # A handshake of SCRAM is dear; more wait a little. All workers start with 40. Kafka's: without bound.
    BrokerLimit("listener.name.bus.max.connection.creation.rate", 100),
    # One answer to a reader: four times what ours ask for. Kafka's: 55 MB.
    BrokerLimit("fetch.max.bytes", 4 * FETCH_BYTES),
    # Between brokers of a small cluster: the same care. A longer batch goes alone. Kafka's: 10 MB.
    BrokerLimit("replica.fetch.response.max.bytes", 8 * MIB),
    # Topics that somebody makes by hand; all of ours say what they take. Kafka's own number.
    BrokerLimit("message.max.bytes", 1_048_588),
)
