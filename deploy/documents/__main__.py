"""`python -m deploy.documents` writes the pages anew, after a table has changed."""

from pathlib import Path

from deploy.documents.acts import acts_page
from deploy.documents.feeds import feeds_page

DOCS = Path(__file__).parents[2] / "docs"
#: Each page with what writes it.
PAGES = {"acts.md": acts_page, "feeds.md": feeds_page}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
