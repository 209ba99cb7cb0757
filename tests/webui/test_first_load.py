"""How much a browser loads before it shows the dashboard."""

import os

import pytest

from tests.webui.built_page import DASHBOARD, PAGE, first_load

MOST_BYTES = 60_000


def test_the_first_load_of_the_dashboard_is_small() -> None:
    if not (PAGE / "built.json").exists() and os.environ.get("CI") != "true":
        pytest.skip("the page is not built; run python webui/frontend/build_page.py")
    files = first_load(*DASHBOARD)
    assert sum(files.values()) <= MOST_BYTES, files
