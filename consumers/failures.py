"""What may be reported about an exception: its text may quote a citizen's data, its place in the code does not."""

import traceback

_FRAMES = 6


def place_of(error: Exception) -> str:
    """Return the innermost frames of `error`, for a log."""
    return "".join(traceback.format_tb(error.__traceback__)[-_FRAMES:])
