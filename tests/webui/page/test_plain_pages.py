"""What a person sees where there is no page, where the server fails, and in which language."""

import re

import pytest
from playwright.sync_api import expect

from webui.ports import SiteFacts


@pytest.mark.parametrize("path", ["nowhere", "usage/nothing", "sessions/%ff", "a/b/c"])
def test_an_unknown_address_is_a_plain_page(start, open_page, accessible, refusals, path):
    refusals.append("404")
    server = start()
    page = open_page(server, path)
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    accessible(page)
    page.get_by_role("link", name="To the first page").click()
    expect(page.get_by_text("live, no faults")).to_be_visible()


@pytest.mark.parametrize(
    "address", ["tariffs", "sessions", "reports", "usage", "settings", "users"]
)
def test_what_cannot_be_fetched_says_so_and_is_tried_again(start, open_page, refusals, address):
    refusals.extend(["404", "500"])
    server = start()
    page = open_page(server)
    broken = re.compile(r"/api/v1/(?!account|state|events|ready|notifications)")
    page.route(broken, lambda route: route.fulfill(status=500, json=_problem("out of order")))
    page.goto(f"{server.url}{address}")
    alert = page.get_by_role("main").get_by_role("alert").filter(has_text="out of order").first
    expect(alert).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text("One moment")
    page.unroute(broken)
    with page.expect_request(broken):
        alert.get_by_role("button", name="Try again").click()


@pytest.mark.parametrize(
    ("list_", "path", "heading"), [("sessions", "sessions", "Session"), ("cards", "tokens", "Card")]
)
def test_a_thing_that_cannot_be_fetched_is_not_said_to_be_missing(
    start, open_page, refusals, list_, path, heading
):
    refusals.extend(["404", "500"])
    server = start()
    page = open_page(server)
    names = {"items": [], "total": 0, "timezone": "UTC", "only_driver": None}
    names |= {"first_month": None}
    page.route("**/api/v1/sessions/names", lambda route: route.fulfill(json=names))
    page.route(f"**/api/v1/{path}/7", lambda route: route.fulfill(status=500, json=_problem("no")))
    page.goto(f"{server.url}{list_}/7")
    main = page.get_by_role("main")
    expect(main.get_by_role("alert")).to_contain_text("no")
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    page.route(f"**/api/v1/{path}/7", lambda route: route.fulfill(status=404, json=_problem("no")))
    main.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"No such {heading.lower()}")


def test_a_server_that_does_not_say_who_this_is_ends_in_a_plain_page(start, open_page, refusals):
    refusals.append("500")
    server = start()
    page = open_page(server)
    page.route("**/api/v1/account", lambda route: route.fulfill(status=500, json=_problem("no")))
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("This page could not be fetched")
    page.unroute("**/api/v1/account")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("live, no faults")).to_be_visible()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param(["fr-FR"], "nl", id="asks for neither: that of the site"),
        pytest.param(["fr-FR", "en-US"], "en", id="asks for English too"),
    ],
)
def test_the_page_speaks_the_language_of_the_site_to_whoever_asks_for_neither(
    start, open_page, asked, said
):
    wants = f"Object.defineProperty(navigator, 'languages', {{get: () => {asked}}})"
    page = open_page(start(site=SiteFacts(language="nl")), script=wants)
    expect(page.locator("html")).to_have_attribute("lang", said)
    menu = page.get_by_role("navigation", name="Menu")
    expect(menu).to_contain_text({"nl": "Verbruik", "en": "Usage"}[said])


def _problem(detail):
    return {"title": "x", "status": 500, "code": "failed", "detail": detail}
