"""Of every page there are pictures, and a check that everybody can use it."""

import re

import pytest

from tests.house.sources import ROOT

PAGES = sorted(one.name for one in (ROOT / "webui/frontend/src/pages").iterdir())
TESTS = [one.read_text() for one in sorted((ROOT / "tests/webui/page").glob("test_*.py"))]


def shot(text):
    """Return what the pictures of a file of tests are of, by the names that these have."""
    return [name.removesuffix("s") for name in re.findall(r'shoot\(\w+, f?"([\w-]+)', text)]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_shot_and_checked(page):
    seen = [
        text for text in TESTS if any(one.startswith(page.removesuffix("s")) for one in shot(text))
    ]
    assert seen
    assert any("accessible(" in text for text in seen)
