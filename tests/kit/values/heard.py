"""What is told to whoever runs a bus, as it is heard in English."""

from collections.abc import Callable

from connectors.words.language import Phrase


def heard_in(lines: list[str]) -> Callable[[Phrase], None]:
    """Return what hears phrases, and keeps them in `lines`."""
    return lambda told: lines.append(told.en)
