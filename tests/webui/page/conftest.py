"""A real browser, and a server whose runtime the test moves by hand."""

import os
import re
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from oppleo_flow import SystemClock
from oppleo_flow.simulator.world import SimulatedWorld
from webui.app import BUILT_PAGE
from webui.server import listen

CHROMIUM = shutil.which("chromium")
DEADLINE_MS = 20_000
# What Chromium says when a test stops the server under it.
SERVER_GONE = re.compile("ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|INCOMPLETE_CHUNKED_ENCODING)")
expect.set_options(timeout=DEADLINE_MS)


def missing():
    """Return what this test cannot do without; None when all is there."""
    if CHROMIUM is None:
        return "no chromium on the PATH; on Debian: apt-get install chromium"
    if not (BUILT_PAGE / "index.html").exists():
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

    def start(**settings):
        parts = {"port": 0, "sessions": sessions, "levers": world} | settings
        running.append(listen(runtime, clock=SystemClock(), **parts).start())
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def open_page(browser):
    """Return what opens a page; any complaint of the browser fails the test."""
    contexts, complaints = [], []

    def open_page(server, *, script="", **settings):
        context = browser.new_context(locale="en-GB", timezone_id="Europe/Amsterdam", **settings)
        contexts.append(context)
        context.set_default_timeout(DEADLINE_MS)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.goto(server.url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [one for one in complaints if not SERVER_GONE.search(one)] == []


@pytest.fixture
def page(start, open_page):
    """Return the page of the site."""
    return open_page(start())
