"""Every page on the narrowest phone, with text twice as large, for a finger and for the eyes."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from oppleo_flow.payloads import EvseSignal, EvseState, MeterReading, SessionStatus
from tests.webui.api.asking_as import EDITOR, As
from tests.webui.page.lived_in import lived_in
from tests.webui.page.seeing import ID, ago, card

NARROW = {"viewport": {"width": 320, "height": 700}, "has_touch": True}
TWICE = {"viewport": {"width": 640, "height": 900}}
LONG = "W" * 80
FINGER_PX = 43.9  # 44, but for what a browser rounds
PAGES = {
    "": "Last sessions",
    "sessions": "1 to 2 of 2",
    "sessions/{session}": "What is known of it",
    "usage": "Readings",
    "cards": LONG,
    "cards/{card}": LONG,
    "cards?show=driver": LONG,
    "reports": "Issued",
    "tariffs": "The next two years",
    "notifications": "Notifications",
    "devices": "Energy meter",
    "settings": "Find a setting",
    "system": "All nodes",
    "account": "Language",
    "nowhere": "There is no such page",
}
"""Each page, and what stands there once all of it has come."""

WIDER = """
() => {
    const width = document.documentElement.clientWidth;
    const scrolls = (one) => one && (/auto|scroll|hidden/.test(getComputedStyle(one).overflowX)
        || scrolls(one.parentElement));
    const wide = [...document.querySelectorAll("body *")].filter((one) =>
        one.getBoundingClientRect().right > width + 1 && !scrolls(one.parentElement));
    const of = (one) => `${one.tagName}.${one.className}: ${one.textContent.slice(0, 40)}`;
    return [document.documentElement.scrollWidth > width, wide.map(of)];
}
"""
"""What is wider than the window, but for what scrolls by itself within it."""
SMALL = """
(least) => {
    const shown = (one) => one.checkVisibility({visibilityProperty: true, opacityProperty: true});
    // A row is one link, and a switch is pressed by its label: both reach further than they show.
    const area = (one) => one.closest(".linked:has(.link)") ?? one.closest(".switch") ?? one;
    return [...document.querySelectorAll("a, button, input, select, textarea, summary")]
        .filter((one) => shown(one) && !one.closest(".only-heard, p:not(:has(> .way)), canvas"))
        .map((one) => [one, area(one).getBoundingClientRect()])
        .filter(([, box]) => box.width > 1 && (box.width < least || box.height < least))
        .map(([one, box]) => `${one.outerHTML.slice(0, 60)} ${box.width} x ${box.height}`);
}
"""
"""What is smaller than a finger; links within a sentence are as high as it is."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with lived_in(tmp_path_factory.mktemp("house")) as home:
        home.ledger.accounts.add("driver", LONG)
        (one,) = (one for one in home.ledger.tokens.all() if one.label == "family")
        home.ledger.tokens.change(replace(one, label=LONG, driver=LONG))
        yield home


@pytest.fixture
def opened(home, start, open_page, refusals):
    """Return what opens a page of that house, and waits until it is all there."""
    refusals.append("404")  # it has no machine whose log and backups the page System shows
    server = start(
        home.house.runtime,
        site=home.facts,
        sessions=home.ledger.sessions,
        levers=home.house.world,
        access=As(EDITOR),
    )
    (session, _) = home.ledger.sessions.latest(2)
    (token,) = (one for one in home.ledger.tokens.all() if one.label == LONG)

    def opened(path, **settings):
        page = open_page(
            server, path.format(session=session.session_id, card=token.token_id), **settings
        )
        expect(page.get_by_role("main").get_by_text(PAGES[path]).first).to_be_visible()
        return page

    return opened


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_the_narrowest_phone_and_a_finger(opened, path):
    page = opened(path, **NARROW)
    assert page.evaluate(WIDER) == [False, []]
    assert page.evaluate(SMALL, FINGER_PX) == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_with_text_twice_as_large(opened, path):
    page = opened(path, **TWICE)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate(WIDER) == [False, []]


@pytest.mark.parametrize(("scale", "window"), [(1, NARROW), (2, TWICE)], ids=["narrow", "twice"])
def test_very_long_names_and_very_large_figures_fit_the_dashboard(
    start, open_page, runtime, scale, window
):
    runtime.fault("meter", f"port /dev/{LONG} is not there")
    reading = MeterReading.sample(power_w=9.99e8, energy_import_wh=10**14)
    runtime.set("meter", "reading", replace(reading, power_phases_w=(3.33e8,) * 3))
    runtime.set("evse_state", "state", EvseState(EvseSignal.CHARGING, ago(minutes=4)))
    runtime.set("session", "status", SessionStatus("charging", ID, LONG, ago(days=999), 10**12))
    page = open_page(start(), **window)
    expect(card(page, "Charger")).to_contain_text(LONG)
    page.evaluate("scale => document.documentElement.style.fontSize = `${100 * scale}%`", scale)
    assert page.evaluate(WIDER) == [False, []]


@pytest.mark.parametrize("path", ["", "sessions", "cards", "settings"])
def test_who_goes_by_keyboard_sees_where_they_are(opened, path):
    page = opened(path, viewport={"width": 1280, "height": 900})
    for _ in range(20):
        page.keyboard.press("Tab")
        ring = page.evaluate(
            """() => {
                const at = document.activeElement;
                const ring = (one) => getComputedStyle(one).outlineStyle !== "none";
                return at === document.body || ring(at) || ring(at.closest(".entry") ?? at);
            }"""
        )
        assert ring, page.evaluate("document.activeElement.outerHTML")
