"""README.md and every page of docs/: each block is marked, each command and snippet does what it says."""

import re
from pathlib import Path

import pytest

from tests.docs.blocks import Block, blocks
from tests.docs.running import ROOT, folder_for, run
from tests.kit.real.running import RunningBus

PAGES = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?P<target>[^)#\s]+)(?:#[^)]*)?\)")


def page_blocks(page: str) -> list[Block]:
    return blocks(page, (ROOT / page).read_text(encoding="utf-8"))


def needs_bus(page: str) -> bool:
    """Say whether a page has a block for a running bus; a page with a faulty block is left to the test of marks."""
    return re.search(r"^ *```\w+ (?:\S+ )*bus\b", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE) is not None


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_how_it_is_tried(page: str) -> None:
    page_blocks(page)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file(page: str) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    for found in LINK.finditer(text):
        target = found["target"]
        if "://" not in target:
            assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}, which is not there"


@pytest.mark.parametrize("page", [page for page in PAGES if not needs_bus(page)])
def test_a_page_without_a_bus_does_what_it_says(page: str, tmp_path: Path) -> None:
    folder = folder_for(tmp_path / "page")
    for block in page_blocks(page):
        run(block, folder, None)


@pytest.mark.e2e
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", [page for page in PAGES if needs_bus(page)])
def test_a_page_with_a_bus_does_what_it_says(page: str, tmp_path: Path, running_bus: RunningBus) -> None:
    folder = folder_for(tmp_path / "page")
    for block in page_blocks(page):
        run(block, folder, running_bus)
