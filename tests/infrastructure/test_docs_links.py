"""Links from the project's pages into docs, and between pages of docs, lead to what exists."""

import re
from pathlib import Path

import pytest

from local.config import PROJECT

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
PAGES = sorted(str(file.relative_to(PROJECT)) for pattern in ("*.md", "docs/**/*.md") for file in PROJECT.glob(pattern))


def without_code(text: str) -> str:
    """Return Markdown without its comments, code blocks and code spans, where nothing is a link or a heading."""
    return re.sub(r"<!--.*?-->|^\s*```.*?^\s*```|`[^`\n]*`", "", text, flags=re.M | re.S)


def links(page: str) -> list[str]:
    """Return the links of a page that lead to files of the project or to headings."""
    found = (left or right for left, right in LINK.findall(without_code((PROJECT / page).read_text())))
    return [link for link in found if "://" not in link and not link.startswith("mailto:")]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings as GitHub makes them, and those that it sets itself."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    made = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("page", PAGES)
def test_links_into_docs_lead_to_files_and_headings_that_exist(page: str) -> None:
    docs = PROJECT / "docs"
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = ((PROJECT / page).parent / path).resolve() if path else PROJECT / page
        if page.startswith("docs/") or target.is_relative_to(docs):
            assert target.exists(), link
            if anchor:
                assert anchor in anchors(target), link


def test_the_readme_leads_to_every_page_of_docs() -> None:
    pages = {page for page in PAGES if page.startswith("docs/") and page.count("/") == 1}

    assert pages
    assert pages - set(links("README.md")) == set()
