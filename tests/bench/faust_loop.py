"""The plain Faust agent beside the bus: decodes, decides and sends, one event after another, without any SQL.

`python -m tests.bench.faust_loop GROUP TOPIC_OUT` runs until it is ended.
"""

import sys
import tempfile

import faust
from faust.types.auth import SASLMechanism

from deploy.settings import load_settings
from schemas.decode import encode
from schemas.topics import INTAKE_AGENCY
from tests.bench.bare_loop import Decider
from tests.bench.corpus import AGENCY


def main(group: str, topic_out: str) -> None:
    """Read the agency's intake from its beginning and send decisions to `topic_out`."""
    settings = load_settings()
    app = faust.App(
        group,
        broker=f"kafka://{settings.kafka_bootstrap}",
        broker_credentials=faust.SASLCredentials(
            username=settings.kafka_user,
            password=settings.kafka_password.get_secret_value(),
            mechanism=SASLMechanism("SCRAM-SHA-256"),
        ),
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        datadir=tempfile.mkdtemp(),
        value_serializer="raw",
    )
    source = app.topic(INTAKE_AGENCY.for_agency(AGENCY), key_type=bytes, value_type=bytes)
    out = app.topic(topic_out, key_type=bytes, value_type=bytes)
    decider = Decider()

    @app.agent(source)
    async def route_requests(stream: faust.StreamT) -> None:  # type: ignore[type-arg]  # faust ships no types
        async for event in stream.events():
            routed = decider.decide(list(event.message.headers or []), event.value)
            await out.send(key=str(routed.request_id).encode(), value=encode(routed))

    worker = faust.Worker(app, loglevel="WARNING", redirect_stdouts=False)
    worker.execute_from_commandline()


if __name__ == "__main__":
    main(*sys.argv[1:3])
