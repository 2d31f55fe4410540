"""Links between the pages of the checkout lead to files and headings that exist."""

import re

import pytest
from toolchain.paths import ROOT

FOLDERS = ("docs", "boards", "examples", "tests", "tools", "lib")
PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in [*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))]
    if "node_modules" not in path.parts and "vendor" not in path.parts
)


def _without_code(page):
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text(), flags=re.M | re.S)


def _anchors(page):
    heads = re.findall(r"^#+ (.*)$", _without_code(page), re.M)
    return {re.sub(r"[^\w\- ]", "", head).lower().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(page):
    path = ROOT / page
    for target, _, anchor in re.findall(r"\]\((?![a-z]+:)([^)#\s]*)(#([^)\s]*))?\)", _without_code(path)):
        other = path.parent / target if target else path
        assert other.exists(), target
        assert not anchor or anchor in _anchors(other), "%s#%s" % (target, anchor)


def test_the_first_pages_are_looked_at():
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/README.md", "boards/README.md"} <= set(PAGES)


def test_the_readme_can_be_read_in_a_minute():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 110
