"""All times are by the clock of the charge point, wherever in the world its page is looked at."""

import pytest
from playwright.sync_api import expect

from tests.webui.api.asking_as import OPERATOR, As
from tests.webui.api.painted_site import SHIPPED, painted_site
from tests.webui.page.seeing import card

WAITING = SHIPPED.read_text().replace("offpeak_only: off", "offpeak_only: on")
ELSEWHERE = {"timezone_id": "Asia/Kolkata"}  # half an hour beside all hours of the site


@pytest.fixture
def server(tmp_path, start):
    """Return the server of a site in Amsterdam, where a card was held to the reader at 13:00."""
    with painted_site(tmp_path, WAITING) as site:
        site.house.world.swipe("family")
        site.house.run_for(5)
        yield start(
            site.house.runtime,
            site=site.facts,
            deploying=site.deploying,
            sessions=site.ledger.sessions,
            levers=site.house.world,
            access=As(OPERATOR),
        )


def test_pages_show_one_time_for_one_moment(server, open_page):
    page = open_page(server, **ELSEWHERE)
    expect(card(page, "Charger")).to_contain_text("Waits for off-peak until 15 Jan, 23:00.")
    expect(card(page, "The next 24 hours")).to_contain_text("15 Jan, 23:00 – 16 Jan, 07:00")
    expect(card(page, "Last sessions")).to_contain_text("15 Jan, 13:00")
    for path, said in {
        "sessions": "15 Jan 2026, 13:00",
        "cards": "15 Jan, 13:00",
        "tariffs": "peak until 15 Jan, 23:00",
    }.items():
        page.goto(f"{server.url}{path}")
        expect(page.get_by_role("main")).to_contain_text(said)
