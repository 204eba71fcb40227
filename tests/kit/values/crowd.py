"""A park that one speaker has filled: claims that wait, as many as a test says."""

from sqlalchemy import Engine, text

_CROWD = """
INSERT INTO parked_event
    (consumer, key, reason, detail, topic, partition, position, headers, body, appended_at, expires_at)
SELECT :consumer, 'crowd-' || place, :reason, 'too early', :topic, 0, place, '[]', '', now(), '9999-01-01Z'
FROM generate_series(1, :count) AS place
"""


def crowd(engine: Engine, consumer: str, topic: str, count: int, reason: str = "predecessor") -> None:
    """Let `count` claims of `topic` wait in the park of `consumer`."""
    with engine.begin() as connection:
        parameters = {"consumer": consumer, "topic": topic, "count": count, "reason": reason}
        connection.execute(text(_CROWD), parameters)
