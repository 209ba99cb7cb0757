"""The menu: beside the page on a desk, within reach of a thumb on a phone."""

import pytest
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def _keeps_no_books(refusals):
    """Let pages ask for prices and users that are not there."""
    refusals.append("404")


def heading(page):
    return page.get_by_role("heading", level=1)


def test_on_a_phone_the_other_pages_are_in_a_sheet(start, open_page, accessible, shoot):
    page = open_page(start(), viewport=PHONE)
    bar = page.get_by_role("navigation", name="Menu")
    expect(bar.get_by_role("link", name="Dashboard")).to_have_attribute("aria-current", "page")
    more = bar.get_by_role("button", name="More")
    more.click()
    sheet = page.get_by_role("dialog", name="More")
    accessible(page)
    shoot(page, "menu")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(more).to_be_focused()
    more.press("Enter")
    sheet.get_by_role("link", name="Tariffs").click()
    expect(sheet).to_be_hidden()
    expect(heading(page)).to_be_focused()
    assert page.url.endswith("/tariffs")


def test_a_step_back_and_a_reload_show_the_same(page):
    menu = page.get_by_role("navigation", name="Menu")
    menu.get_by_role("link", name="Tariffs").click()
    expect(page).to_have_title("Tariffs – Charge point")
    page.go_back()
    expect(menu.get_by_role("link", name="Dashboard")).to_have_attribute("aria-current", "page")
    page.go_forward()
    expect(page).to_have_title("Tariffs – Charge point")
    page.reload()
    expect(page).to_have_title("Tariffs – Charge point")
    expect(menu.get_by_role("link", name="Tariffs")).to_have_attribute("aria-current", "page")


@pytest.mark.parametrize("typed", ["tariffs/", "tariffs/?from=here"])
def test_a_slash_at_the_end_of_an_address_leads_to_the_same_page(start, open_page, typed):
    page = open_page(start())
    first = page.url
    answer = page.goto(f"{first}{typed}")
    assert (answer.status, answer.request.redirected_from) == (200, None)
    expect(page).to_have_title("Tariffs – Charge point")
    menu = page.get_by_role("navigation", name="Menu")
    expect(menu.get_by_role("link", name="Tariffs")).to_have_attribute("aria-current", "page")
    expect(page).to_have_url(f"{first}{typed.replace('/', '')}")


def test_a_page_is_fetched_when_somebody_goes_there(start, open_page):
    fetched = []
    page = open_page(start())
    expect(page.get_by_text("live, no faults")).to_be_visible()
    page.on("request", lambda request: fetched.append(request.url))
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Users").click()
    expect(heading(page)).to_have_text("Users")
    assert any("/static/assets/Users-" in url for url in fetched)
    assert not any(url.endswith("/users") and "/api/" not in url for url in fetched)


def test_a_page_that_cannot_be_fetched_says_so_and_is_tried_again(start, open_page):
    page = open_page(start())
    menu = page.get_by_role("navigation", name="Menu")
    expect(menu).to_be_visible()
    page.route("**/assets/Users-*.js", lambda route: route.fulfill(status=404))
    menu.get_by_role("link", name="Users").click()
    expect(heading(page)).to_have_text("This page could not be fetched")
    page.unroute("**/assets/Users-*.js")
    page.get_by_role("button", name="Try again").click()
    expect(heading(page)).to_have_text("Users")


def test_who_skips_the_menu_before_the_page_is_there_stays_at_its_content(start, open_page):
    page, held = open_page(start()), []

    def hold(route):
        held.append(route)

    page.route("**/static/assets/Users-*.js", hold)
    page.goto(f"{page.url}users")
    expect(page.get_by_role("navigation", name="Menu")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    held.pop().continue_()
    expect(heading(page)).to_have_text("Users")
    expect(page.locator("main")).to_be_focused()
