"""Why a request went where it went, for those who watch the whole province: it names other offices and scores."""

from typing import Any

from connectors.reads.asking import Question, Reads
from connectors.reads.directory import KeptView
from connectors.reads.requests import HISTORY_MAX, own
from consumers.requests.recent import recent_explanation
from schemas.feed import DIRECTORATE_FEED

_NOT_KEPT = "not all of its events are kept beside the log any more, or not yet; `pishkhan explain` reads the logs"


class Explaining:
    """Explains requests; one for a process."""

    def __init__(self, kept: KeptView) -> None:
        self._kept = kept

    def explanation(self, reads: Reads, asked: Question) -> dict[str, Any]:
        """Return the explanation of one request; none, with the reason, when not all of its events are kept.

        Raises `NotThere`.
        """
        state = own(reads, asked)
        entries = reads.feeds.about(DIRECTORATE_FEED, str(asked.request_id), HISTORY_MAX)
        ids = [entry.id for entry in entries]
        with self._kept.lock:
            view = self._kept.view(reads)
            found = recent_explanation(reads.recent, ids, view) if len(ids) >= state.version else None
        if found is None:
            return {"explanation": None, "why": _NOT_KEPT}
        return {"explanation": found.model_dump(mode="json"), "why": None}
