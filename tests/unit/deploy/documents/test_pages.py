"""Pages that are written from tables hold what the tables hold."""

from collections.abc import Callable

import pytest

from connectors.reads.table import READS
from deploy.documents.__main__ import DOCS, PAGES
from deploy.documents.acts import body_fields
from producers.acts import ACTS, act_of
from schemas.speakers import SpeakerKind


@pytest.mark.parametrize(("name", "page"), PAGES.items(), ids=PAGES)
def test_a_page_is_as_it_would_be_written(name: str, page: Callable[[], str]) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == page(), f"docs/{name} is not what its table says: run `python -m deploy.documents`"


def test_every_act_has_a_row() -> None:
    page = PAGES["acts.md"]()
    assert page.count("\n| `") == len(ACTS) + len(READS)
    assert all(f"| `{read.path}` |" in page for read in READS)
    assert all(f"| `{act.method} {act.path}` |" in page for act in ACTS)


def test_a_body_leaves_out_what_is_said_otherwise() -> None:
    walk_in = act_of(SpeakerKind.OFFICE, "submit-walk-in")
    assert body_fields(walk_in) == ["request_id?", "service", "city", "citizen_ref?", "form?", "personal?"]
    assert body_fields(act_of(SpeakerKind.AGENCY, "pause-agreement")) == ["services?", "reason"]
    assert body_fields(act_of(SpeakerKind.AGENCY, "publish-service")) == ["service"]
