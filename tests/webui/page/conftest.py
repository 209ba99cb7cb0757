"""A real browser, and a server whose runtime the test moves by hand."""

import os
import re
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from oppleo_flow import SystemClock
from oppleo_flow.simulator.world import SimulatedWorld
from oppleo_flow.store.audit import AuditLog
from tests.house.sources import ROOT
from tests.webui.api.kept_books import books_in, site_of
from tests.webui.built_page import PAGE
from tests.webui.page.site_with_accounts import SiteWithAccounts
from webui.access import Demo
from webui.server import listen

SCREENS = ROOT / "build/screens"
SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}
AXE = ROOT / "webui/frontend/node_modules/axe-core/axe.min.js"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    # Not of WCAG, but how somebody who hears a page finds their way about it.
    "rules": {"landmark-unique": {"enabled": True}, "region": {"enabled": True}},
}
CHROMIUM = shutil.which("chromium")
DEADLINE_MS = 20_000
# What Chromium says when a test stops the server under it.
SERVER_GONE = re.compile("ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|INCOMPLETE_CHUNKED_ENCODING)")
expect.set_options(timeout=DEADLINE_MS)


def missing():
    """Return what this test cannot do without; None when all is there."""
    if CHROMIUM is None:
        return "no chromium on the PATH; on Debian: apt-get install chromium"
    if not (PAGE / "index.html").exists():
        return "the page is not built; run python webui/frontend/build_page.py"
    return None


@pytest.fixture(scope="module")
def browser():
    """Return a browser; where there is none that is a skip, in CI a failure."""
    lacking = missing()
    if lacking is not None and os.environ.get("CI") == "true":
        pytest.fail(lacking)
    if lacking is not None:
        pytest.skip(lacking)
    options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


class Sessions:
    """Implements `webui.ports.Sessions` over a list."""

    def __init__(self):
        self.records = []

    def latest(self, count):
        return self.records[:count]


@pytest.fixture
def sessions():
    return Sessions()


@pytest.fixture
def world():
    """Return the simulator's own world."""
    return SimulatedWorld(SystemClock())


@pytest.fixture
def start(runtime, sessions, world):
    """Return what starts a server, which is stopped after the test."""
    running = []

    def start(of=runtime, **settings):
        parts = {"port": 0, "sessions": sessions, "levers": world, "built_page": PAGE}
        parts |= {"access": Demo(), "clock": SystemClock()} | settings
        running.append(listen(of, **parts).start())
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def site(tmp_path):
    """Return a site on which people sign in; nobody has an account yet."""
    site = SiteWithAccounts(tmp_path)
    yield site
    site.ledger.close()


@pytest.fixture
def books(tmp_path):
    """Return a ledger with two months of sessions of two drivers, and where it is."""
    with books_in(tmp_path) as books:
        yield books


@pytest.fixture
def kept_site(books, tmp_path):
    """Return the site whose ledger that is."""
    return site_of(books.ledger, books.location, tmp_path, SystemClock())


@pytest.fixture
def audit(tmp_path):
    return AuditLog(tmp_path / "audit.sqlite", SystemClock())


@pytest.fixture
def refusals():
    """Return the statuses that the test means to get, as text: the browser complains of them."""
    return []


@pytest.fixture
def open_page(browser, refusals):
    """Return what opens a page at a path; any complaint of the browser fails the test."""
    contexts, complaints = [], []

    def open_page(server, path="", *, script="", **settings):
        here = {"locale": "en-GB", "timezone_id": "Europe/Amsterdam"}
        context = browser.new_context(**here | settings)
        contexts.append(context)
        context.set_default_timeout(DEADLINE_MS)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("console", lambda message: complaints.append(_complaint(message)))
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.goto(f"{server.url}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    meant = re.compile("|".join([SERVER_GONE.pattern, *(f"status of {one}" for one in refusals)]))
    assert [one for one in complaints if not meant.search(one)] == []


def _complaint(message):
    """Say what the browser wrote into its console, and about what address."""
    return f"{message.type}: {message.text} {message.location['url']}"


@pytest.fixture
def page(start, open_page):
    """Return the page of the site."""
    return open_page(start())


def themes(page):
    """Show a page by day and by night, as its viewer's system asks for."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_function(
            "theme => document.documentElement.dataset.theme === theme", arg=theme
        )
        yield theme
    page.emulate_media(color_scheme="null")


@pytest.fixture
def shoot():
    """Return what keeps pictures of a page: on a phone and on a desk, by day and by night."""
    SCREENS.mkdir(parents=True, exist_ok=True)

    def shoot(page, name):
        before = page.viewport_size
        for size, viewport in SIZES.items():
            page.set_viewport_size(viewport)
            # As high as the page, so that what sticks to the window stands at its end.
            whole = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size(viewport | {"height": max(whole, viewport["height"])})
            for theme in themes(page):
                page.screenshot(path=SCREENS / f"{name}-{size}-{theme}.png")
        page.set_viewport_size(before)

    return shoot


@pytest.fixture
def accessible():
    """Return what asserts that everybody can use a page, in either theme.

    It breaks no rule of WCAG 2.1 A and AA, all of it is in a landmark, and each of these has a
    name of its own.
    """
    script = AXE.read_text(encoding="utf-8")

    def accessible(page):
        page.evaluate(script)
        for theme in themes(page):
            found = page.evaluate("rules => axe.run(rules)", RULES)
            assert [_said(theme, one) for one in found["violations"]] == []

    return accessible


def _said(theme, violation):
    """Say what a rule found, and where."""
    where = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
    return f"{theme}: {violation['id']}: {violation['help']}: {', '.join(where)}"
