"""An account of what is kept beside the log: of the whole request, or none."""

from collections.abc import Sequence

import pytest

from consumers.requests.domain.review.explain import explain
from consumers.requests.recent import recent_explanation
from schemas.decode import Received
from tests.kit.values.journal import decline, ident, journal, office_of, submission


class Kept:
    """Events that are kept, by their ids."""

    def __init__(self, events: Sequence[Received]) -> None:
        self._events = events

    def events(self, event_ids: Sequence[str]) -> Sequence[Received]:
        return [one for one in self._events if one.envelope.id in event_ids]


BUS = journal()
BUS.batch(submission(1))
BUS.batch(decline(1, office_of(BUS, 1)))
WHOLE = BUS.history(ident(1))
IDS = [one.envelope.id for one in WHOLE]


def test_it_is_the_account_that_the_logs_give() -> None:
    found = recent_explanation(Kept(WHOLE), IDS, BUS.view)
    assert found is not None
    assert found == explain(WHOLE, BUS.view)
    assert [one.fate.value for one in found.decisions] == ["declined", "waiting"]


@pytest.mark.parametrize("lost", range(len(WHOLE)))
def test_what_is_not_kept_whole_is_not_explained(lost: int) -> None:
    assert recent_explanation(Kept([*WHOLE[:lost], *WHOLE[lost + 1 :]]), IDS, BUS.view) is None


def test_what_is_not_known_is_not_explained() -> None:
    assert recent_explanation(Kept([]), IDS, BUS.view) is None
    assert recent_explanation(Kept(WHOLE), [], BUS.view) is None
