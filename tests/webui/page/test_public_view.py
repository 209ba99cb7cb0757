"""What a passer-by sees, in a real browser: nothing, or the state and no more."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from oppleo_flow.payloads import EvseSignal, EvseState, SessionStatus
from tests.webui.page.seeing import ID, ago


@pytest.fixture
def server(start, site, runtime):
    def server(**facts):
        site.add()
        runtime.simulated = False
        runtime.set("session", "status", SessionStatus("charging", ID, "family", ago(hours=1), 7))
        runtime.set("evse_state", "state", EvseState(EvseSignal.CHARGING, ago(minutes=9)))
        parts = site.parts | {"site": replace(site.facts, **facts)}
        access = parts["access"]
        return start(**(parts | {"access": access}), levers=None)

    return server


def test_a_passer_by_sees_the_state_and_no_more(server, open_page, shoot, accessible):
    page = open_page(server(public_view=True))
    main = page.get_by_role("main")
    expect(main).to_contain_text("Charging")
    expect(main).to_contain_text("Everybody may see this, and no more.")
    expect(page.locator("body")).not_to_contain_text("family")
    assert "kWh" not in page.locator("body").inner_text()
    accessible(page)
    shoot(page, "dashboard-public")
    main.get_by_role("link", name="Sign in").click()
    expect(page.get_by_label("Password")).to_be_visible()


def test_unless_the_site_says_so_a_passer_by_has_to_sign_in(server, open_page):
    page = open_page(server())
    expect(page.get_by_label("Password")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("Charging")
