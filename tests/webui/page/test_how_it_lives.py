"""The page in a real browser: its levers, its connection, and every kind of window."""

import re
import socket
from contextlib import closing

import pytest
from playwright.sync_api import expect

from oppleo_flow.payloads import EvseSignal, EvseState, LedState, MeterReading, SessionStatus
from tests.house.sources import text
from tests.webui.page.seeing import ID, ago, card
from tests.webui.page.silent_line import SilentLine
from webui.feed import BEAT_S


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
    expect(card(page, "Charger")).to_contain_text("4.24 kW")


def streams(page):
    metrics = page.evaluate("fetch('/metrics').then((answer) => answer.text())")
    return re.search(r"^oppleo_flow_web_streams (\d+)$", metrics, re.MULTILINE).group(1)


def test_ten_tabs_of_a_browser_share_one_stream(page, runtime):
    expect(page.get_by_text("live, no faults")).to_be_visible()
    others = [page.context.new_page() for _ in range(9)]
    for tab in others:
        tab.goto(page.url)
    runtime.set("meter", "reading", MeterReading.sample(power_w=4242.0))
    for tab in (page, *others):
        expect(card(tab, "Charger")).to_contain_text("4.24 kW")
    assert streams(page) == "1"
    for tab in (page, *others[1:]):
        tab.close()
    runtime.set("meter", "reading", MeterReading.sample(power_w=777.0))
    expect(card(others[0], "Charger")).to_contain_text("777 W")


def test_a_server_that_falls_silent_is_said_to_be_lost_and_nothing_is_missed(
    start, open_page, runtime
):
    """As where the power fails, or a cable is pulled: nobody closes the connection."""
    with closing(SilentLine(start().port)) as line:
        page = open_page(line)
        expect(page.get_by_text("live, no faults")).to_be_visible()
        line.fall_silent()
        lost = page.get_by_role("alert").filter(has_text="Connection lost.")
        expect(lost).to_be_visible()
        runtime.set("meter", "reading", MeterReading.sample(power_w=4242.0))
        line.speak()
        expect(lost).to_be_hidden()
        expect(card(page, "Charger")).to_contain_text("4.24 kW")


def test_a_page_waits_for_two_beats_and_less_than_five_seconds():
    source = text("webui/frontend/src/live/stream.ts")
    quiet_s = int(re.search(r"QUIET_MS = ([\d_]+);", source).group(1)) / 1000
    assert 2 * BEAT_S < quiet_s < 5


def test_a_browser_without_shared_workers_has_a_stream_of_its_own(start, open_page, runtime):
    page = open_page(start(), script="delete window.SharedWorker")
    expect(page.get_by_text("live, no faults")).to_be_visible()
    runtime.set("meter", "reading", MeterReading.sample(power_w=4242.0))
    expect(card(page, "Charger")).to_contain_text("4.24 kW")


MOVES = """name => {
  const lamp = document.querySelector("[role=img][aria-label^='Status LED']");
  return lamp !== null && getComputedStyle(lamp, "::before").animationName.includes(name);
}"""


@pytest.mark.parametrize(("motion", "animation"), [("reduce", "none"), ("no-preference", "fade")])
def test_the_led_breathes_unless_motion_is_unwanted(start, open_page, runtime, motion, animation):
    runtime.set("led", "shown", LedState("charging", 0, 0, 98, "breathe"))
    page = open_page(start(), reduced_motion=motion)
    lamp = page.get_by_role("img", name="Status LED: blue, breathing")
    expect(lamp).to_be_visible()
    page.wait_for_function(MOVES, arg=animation)


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_the_page_fits_its_window(start, open_page, runtime, width):
    runtime.fault("meter", "port /dev/ttyUSB0 is not there; plug the adapter in")
    runtime.set("meter", "reading", MeterReading.sample())
    page = open_page(start(), viewport={"width": width, "height": 800})
    expect(card(page, "Charger")).to_contain_text("11.04 kW")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_screen_reader_hears_what_changes_but_no_ages(page, runtime):
    heard = page.locator("[aria-live=polite]").first
    expect(heard).to_have_text("Charger: Unknown. Not everything has been read yet.")
    runtime.set("evse_state", "state", EvseState(EvseSignal.STANDBY, ago(minutes=1)))
    runtime.set("session", "status", SessionStatus("ready", ID, "family", ago(minutes=1), 5))
    expect(heard).to_have_text("Charger: Ready. No car is plugged in yet.")
