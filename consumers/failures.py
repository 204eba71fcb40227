"""What may be reported about an exception: its text may quote a citizen's data, its place in the code does not."""

import traceback

from schemas.problems import FieldProblem

_FRAMES = 6
_DETAIL_LENGTH = 500


def place_of(error: Exception) -> str:
    """Return the innermost frames of `error`, for a log."""
    return "".join(traceback.format_tb(error.__traceback__)[-_FRAMES:])


def failure_detail(error: Exception) -> str:
    """Return what is kept with a parked event about its failure: a stranger's message may quote a citizen's values."""
    ours = isinstance(error, FieldProblem)
    return f"{type(error).__name__}: {error}"[:_DETAIL_LENGTH] if ours else type(error).__name__
