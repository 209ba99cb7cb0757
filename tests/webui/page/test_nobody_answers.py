"""The installed app while its charge point is away: a page of its own, and back by itself."""

import re
import shutil
import socket

import pytest
from playwright.sync_api import expect

from tests.webui.built_page import PAGE

INSTALLED = """
const asked = matchMedia;
window.matchMedia = (query) => asked(query.includes("display-mode") ? "all" : query);
"""
READY = "navigator.serviceWorker.ready.then(() => true)"
KEPT = "async () => (await caches.keys()).join()"
TAKEN_IN = """
async (name) => {
    const until = performance.now() + 20_000;
    while (performance.now() < until && (await caches.keys()).join() !== name) {
        await new Promise(requestAnimationFrame);
    }
    return (await caches.keys()).join();
}
"""
AWAY = "The charge point does not answer"
LIVE = "live, no faults"


@pytest.fixture
def app(start, open_page):
    """Return a server and the app that was installed from it."""

    def app(**settings):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        server = start(port=port)  # one that it can have again
        page = open_page(server, script=INSTALLED, **settings)
        expect(page.get_by_text(LIVE)).to_be_visible()
        page.evaluate(READY)
        return server, page

    return app


def test_it_says_so_and_goes_back_by_itself_once_there_is_an_answer(app, start, accessible, shoot):
    server, page = app()
    server.stop()
    page.goto(f"{server.url}devices")
    expect(page.get_by_role("heading", level=1)).to_have_text(AWAY)
    expect(page.locator("body")).not_to_contain_text("kWh")
    accessible(page)
    shoot(page, "away")
    start(port=server.port)
    expect(page.get_by_role("heading", level=1, name="Devices")).to_be_visible()


def test_it_says_so_in_the_language_and_theme_that_were_chosen(app):
    server, page = app(color_scheme="light")
    page.evaluate("localStorage.setItem('language', 'nl'); localStorage.setItem('theme', 'dark')")
    server.stop()
    page.goto(server.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Het laadpunt antwoordt niet")
    expect(page.locator("html")).to_have_attribute("lang", "nl")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_new_build_wins_at_once(app, start, tmp_path):
    server, page = app()
    before = page.evaluate(KEPT)
    newer = tmp_path / "newer"
    shutil.copytree(PAGE, newer)
    for name, old, new in (
        ("service-worker.js", before, "away-newer"),
        ("away.html", "<title>Charge point", "<title>Newer"),
    ):
        file = newer / name
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    server.stop()
    page.goto(server.url)
    expect(page).to_have_title("Charge point")
    again = start(port=server.port, built_page=newer)
    expect(page.get_by_text(LIVE)).to_be_visible()
    assert page.evaluate(TAKEN_IN, "away-newer") == "away-newer"
    again.stop()
    page.goto(server.url)
    expect(page).to_have_title("Newer")


def test_nothing_that_the_charge_point_said_is_kept(app):
    _, page = app()
    kept = page.evaluate(
        """async () => {
            const [name] = await caches.keys();
            return (await (await caches.open(name)).keys()).map(({url}) => new URL(url).pathname);
        }"""
    )
    assert [one for one in kept if not re.match(r"/static/(away\.html|assets/away-)", one)] == []


def test_a_browser_that_shows_it_as_one_page_of_many_keeps_nothing(start, open_page):
    page = open_page(start())
    expect(page.get_by_text(LIVE)).to_be_visible()
    found = page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)")
    assert found == 0
