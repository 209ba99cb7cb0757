"""The dashboard in a real browser, of the shipped flow in a simulated house and virtual time."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from oppleo_flow.store import open_ledger
from oppleo_flow.testing.house import House
from tests.webui.api.asking_as import DRIVER, EDITOR, OPERATOR, As
from tests.webui.graphs import SHIPPED
from tests.webui.page.seeing import card
from webui.noticing import Noticing
from webui.ports import SiteFacts

NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)  # a Thursday; 12:00 in Amsterdam
PHONE = {"viewport": {"width": 390, "height": 844}}


class Home:
    """A house, its ledger, and the pages that people open."""

    def __init__(self, house, ledger, start, open_page, folder):
        self.house, self.ledger = house, ledger
        self._start, self._open_page = start, open_page
        self.site = SiteFacts(
            clock=house.clock,
            books=lambda: ledger,
            timezone="Europe/Amsterdam",
            state_folder=folder,
        )

    def page(self, who=OPERATOR, **settings):
        server = self._start(
            self.house.runtime,
            site=self.site,
            sessions=self.ledger.sessions,
            levers=self.house.world,
            access=As(who),
        )
        return self._open_page(server, **settings)

    def token(self, label):
        (found,) = (one for one in self.ledger.tokens.all() if one.label == label)
        return found


@pytest.fixture
def home(tmp_path, start, open_page):
    variables = {"meter_every": "10s", "offpeak_only": "on"}
    with (
        House(SHIPPED.read_text(), tmp_path, NOON, variables=variables) as house,
        open_ledger(house.location, "house") as ledger,
    ):
        house.set_price(Decimal("0.35"))
        yield Home(house, ledger, start, open_page, tmp_path)


def test_somebody_starts_a_charge_on_a_phone_sees_why_it_waits_and_stops_it(home):
    page = home.page(**PHONE)
    charger = card(page, "Charger")
    expect(charger).to_contain_text("Free")
    charger.get_by_role("button", name="Start charging").click()
    dialog = page.get_by_role("dialog", name="Start charging")
    dialog.get_by_label("Charge as").select_option("office")
    dialog.get_by_role("button", name="Start charging").click()
    expect(dialog).to_be_hidden()
    home.house.run_for(5)
    expect(charger).to_contain_text("Waits for off-peak until 15 Jan, 23:00.")
    expect(charger).to_contain_text("office")
    expect(card(page, "The next 24 hours")).to_contain_text("Off-peak 15 Jan, 23:00")

    charger.get_by_role("button", name="Charge now, at the peak price").click()
    expect(page.get_by_text("Asked to charge at the peak price this once")).to_be_visible()
    home.house.world.plug_in()
    home.house.run_for(10 * 60)
    for text in ("Charging", "11.", "kW", "Charges at the peak price this once", "€0.", "per kWh"):
        expect(charger).to_contain_text(text)

    charger.get_by_role("button", name="Stop charging").click()
    sure = page.get_by_role("dialog", name="Stop charging?")
    expect(sure).to_contain_text("The session of “office” ends")
    sure.get_by_role("button", name="Stop charging").click()
    expect(page.get_by_text("Asked to stop")).to_be_visible()
    home.house.run_for(60)
    expect(charger.get_by_role("button", name="Start charging")).to_be_visible()
    assert home.ledger.sessions.open() is None
    expect(card(page, "Last sessions").get_by_role("row")).to_have_count(2)


def test_a_swipe_at_the_reader_charges_a_car_and_the_page_follows(home):
    page = home.page()
    charger, levers = card(page, "Charger"), card(page, "Simulator")

    def swipe(name):
        with page.expect_response("**/api/v1/simulator/swipe"):
            levers.get_by_role("button", name=name).click()
        home.house.run_for(5)

    swipe("stranger unknown")
    expect(card(page, "What happened")).to_contain_text("nobody knows it")
    swipe("family known")
    expect(charger).to_contain_text("Waits for off-peak")
    with page.expect_response("**/api/v1/simulator/plug-in"):
        levers.get_by_role("button", name="Plug the car in").click()
    home.house.run_for(11 * 3600 + 60)  # it is eleven in the evening
    expect(charger).to_contain_text("The car has been charging since")
    swipe("office known")
    expect(card(page, "What happened")).to_contain_text("another card’s session is open")
    swipe("family known")
    home.house.run_for(60)
    expect(charger).to_contain_text("Free")
    expect(card(page, "What happened")).to_contain_text("Session of “family” ended")
    expect(card(page, "Last sessions")).to_contain_text("family")


def test_a_driver_sees_his_own_session_and_of_anothers_that_there_is_one(home):
    home.ledger.accounts.add("driver", "Anna")
    home.ledger.tokens.change(replace(home.token("family"), driver="Anna"))
    home.house.swipe("office")
    page = home.page(DRIVER)
    charger = card(page, "Charger")
    expect(charger).to_contain_text("Somebody else’s session is open.")
    expect(page.locator("body")).not_to_contain_text("office")
    for title in ("Simulator", "Details", "Pinned", "What happened"):
        expect(card(page, title)).to_be_hidden()
    expect(charger.get_by_role("button")).to_have_count(0)

    home.house.swipe("office")
    home.house.swipe("family")
    page.reload()
    expect(charger).to_contain_text("Waits for off-peak")
    expect(charger).to_contain_text("family")
    expect(card(page, "Phases")).to_contain_text("0 W")
    expect(page.locator("body")).not_to_contain_text("office")


NEVER_BY_ITSELF = """
const real = setInterval;
window.setInterval = (call, ms, ...more) => (ms < 10_000 ? real(call, ms, ...more) : 0);
"""
"""So that a page which asks again does so because it was told to."""


def test_a_driver_is_told_at_once_of_what_he_may_see(home):
    home.ledger.accounts.add("driver", "Anna")
    home.ledger.tokens.change(replace(home.token("family"), driver="Anna"))
    page = home.page(DRIVER, script=NEVER_BY_ITSELF)
    charger = card(page, "Charger")
    expect(charger).to_contain_text("Free")
    home.house.swipe("family")
    expect(charger).to_contain_text("Waits for off-peak")
    expect(card(page, "Last sessions").get_by_role("row")).to_have_count(2)
    home.house.swipe("family")
    expect(charger).to_contain_text("Free")
    home.house.swipe("office")
    expect(charger).to_contain_text("Somebody else’s session is open.")
    expect(page.locator("body")).not_to_contain_text("office")


def test_what_somebody_pins_everybody_sees(home, shoot):
    page = home.page(EDITOR)
    pinned = card(page, "Pinned")
    pinned.get_by_role("button", name="Pin something").click()
    picker = page.get_by_role("dialog", name="What is pinned")
    picker.get_by_label("Output").select_option("meter reading")
    picker.get_by_label("What to call it").fill("<b>House</b>")
    picker.get_by_role("button", name="Pin", exact=True).click()
    expect(picker).to_contain_text("<b>House</b>")
    picker.get_by_role("button", name="Close").click()
    expect(pinned).to_contain_text("<b>House</b>")
    expect(pinned).to_contain_text("0 W")
    page.get_by_role("link", name="System").click()
    page.get_by_text("All nodes").click()
    page.get_by_role("button", name="Pin evse state", exact=True).click()
    page.get_by_role("link", name="Dashboard").click()
    expect(pinned).to_contain_text("evse state")

    other = card(home.page(OPERATOR), "Pinned")
    expect(other).to_contain_text("<b>House</b>")
    expect(other.get_by_role("button")).to_have_count(0)
    shoot(page, "dashboard-pinned")
    pinned.get_by_role("button", name="Change").click()
    picker.get_by_role("button", name="Unpin <b>House</b>").click()
    expect(pinned).not_to_contain_text("House")


def test_what_happened_is_listed_and_what_is_new_is_shown_as_it_comes(home, shoot, accessible):
    noticing = Noticing(home.house.runtime, home.site).start()
    try:
        home.house.swipe("stranger")
        page = home.page()
        bell = page.get_by_role("banner").get_by_role("link", name="Notifications")
        expect(bell).to_have_accessible_name("Notifications, 0 new")
        page.wait_for_function("() => localStorage.getItem('read-until') !== null")  # it looked
        home.house.swipe("family")
        expect(page.get_by_role("status").filter(has_text="Session of family")).to_be_visible()
        expect(bell).to_have_accessible_name("Notifications, 1 new")

        bell.click()
        rows = page.get_by_role("row")
        expect(rows).to_contain_text(["When", "Session of family", "Card refused"])
        expect(rows.nth(1)).to_contain_text("new")
        expect(rows.nth(2)).not_to_contain_text("new")
        page.get_by_label("About").select_option("Card refused")
        expect(rows).to_contain_text(["When", "nobody knows this card"])
        page.get_by_label("About").select_option("Everything")
        expect(rows).to_have_count(3)
        accessible(page)
        shoot(page, "notifications")
        page.get_by_role("button", name="Mark all as read").click()
        expect(rows.nth(1)).not_to_contain_text("new")
    finally:
        noticing.close()
