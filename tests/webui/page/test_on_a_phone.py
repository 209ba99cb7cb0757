"""What somebody does who has never seen it, with one thumb, beside the charger."""

import pytest
from playwright.sync_api import expect

from oppleo_flow.accounts.rights import Role
from tests.webui.page.lived_in import lived_in
from tests.webui.page.seeing import card
from tests.webui.page.site_with_accounts import sign_in

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "house"
    folder.mkdir()
    with lived_in(folder, offpeak_only="on") as home:
        yield home


def test_somebody_signs_in_charges_sees_why_it_waits_finds_a_statement_and_adds_a_card(
    home, site, start, open_page, shoot
):
    name = site.add(Role.OPERATOR)
    server = start(
        home.house.runtime,
        site=home.facts,
        sessions=home.ledger.sessions,
        levers=home.house.world,
        access=site.access,
    )
    page = open_page(server, **PHONE)
    page.clock.set_fixed_time(home.today)

    sign_in(page, name)
    charger = card(page, "Charger")
    expect(charger).to_contain_text("Free")
    charger.get_by_role("button", name="Start charging").tap()
    dialog = page.get_by_role("dialog", name="Start charging")
    dialog.get_by_label("Charge as").select_option("office")
    dialog.get_by_role("button", name="Start charging").tap()
    expect(dialog).to_be_hidden()
    home.house.world.plug_in()
    home.house.run_for(60)
    expect(charger).to_contain_text("Waits")
    expect(charger).to_contain_text("Waits for off-peak until 23:00.")
    shoot(page, "story-waits")

    menu = page.get_by_role("navigation", name="Menu")
    menu.get_by_role("button", name="More").tap()
    page.get_by_role("dialog", name="More").get_by_role("link", name="Statements").tap()
    statement = card(page, "January 2026")
    expect(statement).to_contain_text("2")
    with page.expect_download() as downloading:
        statement.get_by_role("button", name="PDF").tap()
    assert downloading.value.suggested_filename.endswith(".pdf")

    menu.get_by_role("link", name="Cards").tap()
    page.get_by_role("button", name="Enter a number").tap()
    adding = page.get_by_role("dialog", name="Enter a number")
    adding.get_by_label("Name").fill("Grandma")
    adding.get_by_label("Number").fill("04:11:22:33:44:55:66")
    shoot(page, "story-card")
    adding.get_by_role("button", name="Add").tap()
    expect(page.get_by_role("link", name="Grandma")).to_be_visible()
    assert "Grandma" in [one.label for one in home.ledger.tokens.all()]
