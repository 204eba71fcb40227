"""Moments as people give them to commands."""

from datetime import UTC, datetime

from connectors.files.days import typed_moment
from connectors.files.problem import Wrong
from deploy.problem import Misused


def utc_moment(option: str, text: str) -> datetime:
    """Return the moment that a person gave with `option`; without a zone it is UTC. Raises `Misused`."""
    moment = typed_moment(text, UTC)
    if isinstance(moment, Wrong):
        raise Misused(f"{option} {text} is no time: write it like 2026-11-25T06:00, or with +03:30 behind it.")
    return moment.astimezone(UTC)
