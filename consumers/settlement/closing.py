"""Closing settlement windows: the worker that commits the last cut of a window closes it, exactly once."""

from collections.abc import Sequence

from consumers.settlement.announce import window_messages
from consumers.settlement.domain.page import Mark
from consumers.settlement.domain.windows import close, statements
from consumers.settlement.ports import Windows
from schemas.message import Message


def close_passed_windows(windows: Windows, marks: Sequence[Mark]) -> list[Message]:
    """Keep the batch's cuts, close every window that all partitions have passed now, and return what to publish.

    Two workers may cut the last two partitions at the same time. Each keeps its cut first and then takes the one lock,
    so the second sees the first one's cut, and one of the two sees them all.
    """
    if not marks:
        return []
    for mark in marks:
        windows.cut(mark)
    windows.lock()
    messages: list[Message] = []
    for window, partitions in sorted({(mark.window, mark.partitions) for mark in marks}):
        cuts = windows.cuts(window)
        if len(cuts) == partitions:
            closed = close(window, cuts)
            windows.close(closed)
            messages.extend(window_messages(closed, statements(window, windows.movements(window))))
    return messages
