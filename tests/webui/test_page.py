"""The page in a real browser, against a runtime that the test moves by hand."""

import os
import re
import shutil
import socket
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from playwright.sync_api import expect, sync_playwright

from oppleo_flow import SystemClock
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.payloads import (
    Authorised,
    EvseSignal,
    EvseState,
    EvseUnknown,
    LedState,
    MeterReading,
    MeterUnknown,
    Rejected,
    SessionStatus,
    SwitchState,
)
from oppleo_flow.simulator import SimulatedWorld
from webui.app import BUILT_PAGE
from webui.server import serve

CHROMIUM = shutil.which("chromium")
ID = UUID("00000000-0000-4000-8000-000000000001")
DEADLINE_MS = 20_000
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
        running.append(serve(runtime, clock=SystemClock(), **parts))
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
    assert [one for one in complaints if "ERR_CONNECTION_REFUSED" not in one] == []


@pytest.fixture
def page(start, open_page):
    """Return the page of the site."""
    return open_page(start())


def card(page, title):
    return page.get_by_role("region", name=title, exact=True)


def ago(**span):
    return datetime.now(UTC) - timedelta(**span)


def test_before_anything_is_known_all_is_unknown_and_nothing_is_zero(page):
    for title in ("Charger", "Power and energy", "Session"):
        expect(card(page, title)).to_contain_text("Unknown")
    expect(card(page, "Charger")).to_contain_text("The charger has not been read yet.")
    expect(card(page, "Power and energy")).to_have_text(
        re.compile(r"^\s*Power and energy\s*Unknown\s*No meter has been read yet\.\s*$")
    )
    expect(card(page, "Charger").get_by_role("img", name="Status LED: unknown")).to_be_visible()


def test_a_charging_car_is_shown_live_with_every_figure(page, runtime, sessions):
    price = PriceVersion(ID, ago(days=9), Decimal("0.25"), "EUR")
    sessions.records = [
        SessionRecord(ID, ID, "04A1B2C3", "family", ago(minutes=43), 1000, "measured", "1",
                      price=price)
    ]  # fmt: skip
    runtime.set("evse_state", "state", EvseState(EvseSignal.CHARGING, ago(minutes=40)))
    runtime.set("evse", "state", SwitchState(True, "session of 'family'"))
    runtime.set("led", "shown", LedState("charging", 0, 0, 98, "breathe"))
    runtime.set("meter", "reading", MeterReading.sample(time=ago(seconds=1)))
    runtime.set("session", "status", SessionStatus("charging", ID, "family", ago(minutes=43), 7342))
    runtime.send("authorise", "accepted", Authorised.sample())

    charger = card(page, "Charger")
    expect(charger).to_contain_text("Charging")
    expect(charger).to_contain_text("(40 min)")
    expect(charger).to_contain_text("on session of 'family'")
    expect(charger.get_by_role("img", name="Status LED: blue, breathing")).to_be_visible()
    power = card(page, "Power and energy")
    expect(power).to_contain_text("11.04 kW")
    expect(power).to_contain_text("1,234.57 kWh on the meter")
    expect(power.get_by_role("row", name="L2 3.68 kW 16.0 A 230 V")).to_be_visible()
    session = card(page, "Session")
    for text in ("family", "charging", "(43 min)", "7.34 kWh", "Cost so far €1.84"):
        expect(session).to_contain_text(text)
    expect(card(page, "What happened")).to_contain_text("Card “family” accepted")
    expect(page).to_have_title("Charging – Charge point")


@pytest.mark.parametrize("signal", list(EvseSignal))
def test_every_state_of_the_charger_has_plain_words(page, runtime, signal):
    words = {
        EvseSignal.ACCESS_OFF: ("Off", "Whether a car is plugged in cannot be told."),
        EvseSignal.STANDBY: ("Free", "No car is plugged in."),
        EvseSignal.CONNECTED: ("Car connected", "The car is plugged in and does not charge."),
        EvseSignal.CHARGING: ("Charging", "The car may draw power."),
        EvseSignal.CHARGING_SOLAR: ("Charging on sun", "The car takes what the panels have over."),
        EvseSignal.WAITING: ("Waiting", "Too little current or sun"),
        EvseSignal.ERROR: ("Error", "Look at its own display."),
    }
    runtime.set("evse_state", "state", EvseState(signal, ago(seconds=5)))
    for text in words[signal]:
        expect(card(page, "Charger")).to_contain_text(text)


def test_a_silent_meter_and_an_unread_charger_say_why_and_since_when(page, runtime):
    runtime.set("meter", "reading", MeterReading.sample(power_w=0.0))
    expect(card(page, "Power and energy")).to_contain_text("0 W")
    runtime.set("meter", "reading", MeterUnknown("meter", ago(minutes=2), "unit 1: no answer"))
    runtime.set("evse_state", "state", EvseUnknown(ago(hours=3), "the line is silent"))
    power = card(page, "Power and energy")
    expect(power).to_contain_text("Unknown")
    expect(power).to_contain_text("unit 1: no answer")
    expect(power).to_contain_text("(2 min)")
    expect(power).not_to_contain_text("0 W")
    expect(card(page, "Charger")).to_contain_text("the line is silent")
    expect(card(page, "Charger")).to_contain_text("(3 h)")


def test_a_flow_that_only_reads_a_meter_has_no_charger_and_no_session(
    make_runtime, open_page, sessions
):
    logger = make_runtime(("meter", "modbus-meter"), simulated=False)
    with serve(logger, clock=SystemClock(), port=0, sessions=sessions) as server:
        page = open_page(server)
        expect(card(page, "Power and energy")).to_contain_text("No meter has been read yet.")
        expect(card(page, "Charger")).to_be_hidden()
        expect(card(page, "Session")).to_be_hidden()


def test_energy_that_is_unknown_is_no_number(page, runtime):
    runtime.set("session", "status", SessionStatus("ready", ID, "family", ago(minutes=1), None))
    expect(card(page, "Session")).to_contain_text("Energy unknown")


def test_what_is_not_confirmed_any_more_is_marked_stale(page, runtime):
    runtime.set("meter", "reading", MeterReading.sample(), fresh=True)
    power = card(page, "Power and energy")
    expect(power).to_contain_text("11.04 kW")
    expect(power).not_to_contain_text("stale")
    runtime.set("meter", "reading", MeterReading.sample(), fresh=False)
    expect(power).to_contain_text("stale")


def test_faults_and_safe_outputs_come_and_go(page, runtime):
    expect(page.get_by_text("live, no faults")).to_be_visible()
    runtime.fault("meter", "port /dev/ttyUSB0 is not there", since=ago(minutes=7))
    runtime.change("evse", made_safe="no fresh request for 90 s")
    runtime.say("evse", "warn", "off")
    attention = page.get_by_role("region", name="Needs attention")
    expect(attention).to_contain_text("meter port /dev/ttyUSB0 is not there")
    expect(attention).to_contain_text("(7 min)")
    expect(attention).to_contain_text("evse held at its safe level: no fresh request for 90 s")
    expect(page.get_by_text("live, 1 fault")).to_be_visible()
    runtime.change("evse", made_safe=None)
    runtime.clear("meter")
    expect(attention).to_be_hidden()


def test_every_node_is_listed_with_its_status_on_request(page, runtime):
    runtime.change("rfid", received=3, sent=2, failed=1)
    runtime.say("rfid", "busy", "card on the reader")
    row = page.get_by_role("row", name=re.compile("^rfid "))
    expect(row).to_be_hidden()
    page.get_by_text("All nodes").click()
    expect(row).to_contain_text("card on the reader")
    expect(row.get_by_role("cell")).to_contain_text(["rfid-reader", "", "", "3", "2", "1", "0"])


def test_the_last_sessions_are_listed_and_unknown_is_not_free(page, runtime, sessions):
    price = PriceVersion(ID, ago(days=9), Decimal("0.25"), "EUR")
    begin = ago(days=2)

    def ended(number, **fields):
        known = {
            "session_id": UUID(int=number), "token_id": ID, "uid": "04A1B2C3",
            "label": "office", "started_at": begin, "meter_start_wh": 0,
            "meter_start_quality": "measured", "meter_serial": "1",
            "ended_at": begin + timedelta(hours=1, minutes=5), "price": price,
        }  # fmt: skip
        return SessionRecord(**(known | fields))

    sessions.records = [
        ended(1, energy_wh=10_000),
        ended(2, energy_wh=None),
        ended(3, energy_wh=500, price=None, meter_start_quality="late"),
    ]
    page.reload()
    rows = card(page, "Last sessions").get_by_role("row")
    expect(rows).to_contain_text(["Card", "office", "office", "office"])
    expect(rows.nth(1)).to_contain_text("1 h 05 10.00 kWh €2.50")
    expect(rows.nth(2)).to_contain_text("1 h 05 unknown unknown")
    expect(rows.nth(3)).to_contain_text("meter silent at first")
    expect(rows.nth(3)).to_contain_text("0.50 kWh unknown")


def test_the_levers_move_the_world(page, world):
    simulator = card(page, "Simulator")
    simulator.get_by_role("button", name="Plug the car in").click()
    expect(simulator.get_by_role("button", name="Pull the plug")).to_be_visible()
    assert world.snapshot()["car"]["plugged"] is True
    simulator.get_by_role("button", name="Pull the plug").click()
    expect(simulator.get_by_role("button", name="Plug the car in")).to_be_visible()
    assert world.snapshot()["car"]["plugged"] is False

    simulator.get_by_role("button", name="Silence the meter").click()
    expect(simulator.get_by_role("button", name="Let the meter speak")).to_be_visible()
    assert world.snapshot()["meter"]["silent"] is True
    simulator.get_by_role("button", name="Let the meter speak").click()
    expect(simulator.get_by_role("button", name="Silence the meter")).to_be_visible()


@pytest.mark.parametrize("name", ["family known", "stranger unknown"])
def test_a_card_of_the_pocket_is_held_to_the_reader(page, world, name):
    button = card(page, "Simulator").get_by_role("button", name=name)
    with page.expect_response("**/api/v1/simulator/swipe") as answer:
        button.focus()
        page.keyboard.press("Enter")
    assert answer.value.json()["card_in_field"] == name.split()[0]


def test_a_lever_that_another_page_pulled_shows_here_too(page, runtime, world):
    expect(page.get_by_role("button", name="Plug the car in")).to_be_visible()
    world.plug_in()
    runtime.set("evse_state", "state", EvseState(EvseSignal.CONNECTED, ago(seconds=0)))
    expect(page.get_by_role("button", name="Pull the plug")).to_be_visible()


def test_simulated_hardware_is_said_to_be(page):
    expect(page.get_by_text("Simulated hardware.")).to_be_visible()


def test_real_hardware_has_neither_banner_nor_levers(start, open_page, runtime):
    runtime.simulated = False
    page = open_page(start(levers=None))
    expect(page.get_by_text("live, no faults")).to_be_visible()
    expect(page.get_by_text("Simulated hardware.")).to_be_hidden()
    expect(card(page, "Simulator")).to_be_hidden()


def test_a_lost_connection_is_said_and_mended_by_itself(start, open_page, runtime):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = start(port=port)
    page = open_page(server)
    expect(page.get_by_text("live, no faults")).to_be_visible()
    server.stop()
    lost = page.get_by_role("alert").filter(has_text="Connection lost.")
    expect(lost).to_contain_text("What you see is how it was")
    expect(page.get_by_text("not live")).to_be_visible()
    runtime.set("meter", "reading", MeterReading.sample(power_w=4242.0))
    start(port=port)
    expect(lost).to_be_hidden()
    expect(card(page, "Power and energy")).to_contain_text("4.24 kW")


def streams(page):
    metrics = page.evaluate("fetch('/metrics').then((answer) => answer.text())")
    return re.search(r"^oppleo_flow_web_streams (\d+)$", metrics, re.MULTILINE).group(1)


def test_the_tabs_of_a_browser_share_one_stream(page, runtime):
    expect(page.get_by_text("live, no faults")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_text("live, no faults")).to_be_visible()
    runtime.set("meter", "reading", MeterReading.sample(power_w=4242.0))
    for tab in (page, other):
        expect(card(tab, "Power and energy")).to_contain_text("4.24 kW")
    assert streams(other) == "1"
    page.close()
    runtime.set("meter", "reading", MeterReading.sample(power_w=777.0))
    expect(card(other, "Power and energy")).to_contain_text("777 W")


def test_a_browser_without_shared_workers_has_a_stream_of_its_own(start, open_page, runtime):
    page = open_page(start(), script="delete window.SharedWorker")
    expect(page.get_by_text("live, no faults")).to_be_visible()
    runtime.set("meter", "reading", MeterReading.sample(power_w=4242.0))
    expect(card(page, "Power and energy")).to_contain_text("4.24 kW")


@pytest.mark.parametrize(("motion", "animation"), [("reduce", "none"), ("no-preference", "fade")])
def test_the_led_breathes_unless_motion_is_unwanted(start, open_page, runtime, motion, animation):
    runtime.set("led", "shown", LedState("charging", 0, 0, 98, "breathe"))
    page = open_page(start(), reduced_motion=motion)
    lamp = page.get_by_role("img", name="Status LED: blue, breathing")
    expect(lamp).to_be_visible()
    assert animation in lamp.evaluate("lamp => getComputedStyle(lamp, '::before').animationName")


@pytest.mark.parametrize(
    ("led", "words"),
    [
        (LedState("available", 0, 100, 0, "steady"), "green, steady"),
        (LedState("ready", 100, 40, 0, "steady"), "yellow, steady"),
        (LedState("error", 100, 0, 0, "flash"), "red, flashing"),
        (LedState("dark", 0, 0, 0, "off"), "off"),
    ],
)
def test_the_led_is_told_in_words_too(page, runtime, led, words):
    runtime.set("led", "shown", led)
    expect(page.get_by_role("img", name=f"Status LED: {words}", exact=True)).to_be_visible()


def test_what_a_stranger_tried_is_told(page, runtime):
    runtime.send("authorise", "rejected", Rejected("DEADBEEF", "unknown"))
    expect(card(page, "What happened")).to_contain_text("Card DEADBEEF refused: nobody knows it")


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_the_page_fits_its_window(start, open_page, runtime, width):
    runtime.fault("meter", "port /dev/ttyUSB0 is not there; plug the adapter in")
    runtime.set("meter", "reading", MeterReading.sample())
    page = open_page(start(), viewport={"width": width, "height": 800})
    expect(card(page, "Power and energy")).to_contain_text("11.04 kW")
    page.get_by_text("All nodes").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_screen_reader_hears_what_changes_but_no_ages(page, runtime):
    heard = page.locator("[aria-live=polite]").first
    expect(heard).to_have_text("Charger: unknown. Session: unknown.")
    runtime.set("evse_state", "state", EvseState(EvseSignal.CHARGING, ago(minutes=1)))
    runtime.set("session", "status", SessionStatus("charging", ID, "family", ago(minutes=1), 5))
    expect(heard).to_have_text("Charger: Charging. Session: Charging.")
