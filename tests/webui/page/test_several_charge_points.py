"""The page in a real browser, of a flow with two charge points."""

import pytest
from playwright.sync_api import expect

from oppleo_flow import SystemClock
from oppleo_flow.devices.world import SiteWiring, Wiring
from oppleo_flow.payloads import EvseSignal, EvseState, SessionStatus
from oppleo_flow.simulator.world import SimulatedWorld
from tests.webui.page.seeing import ID, ago, card


@pytest.fixture
def two():
    """Return a world with two charge points, each with a reader of its own."""
    wiring = SiteWiring({"left": Wiring(reader="0.0"), "right": Wiring(reader="0.1")})
    return SimulatedWorld(SystemClock(), wiring=wiring)


@pytest.fixture
def garage(make_runtime):
    nodes = [
        (f"{place}.{name}", kind)
        for place in ("left", "right")
        for name, kind in (("session", "charge-session"), ("signal", "evse-state"))
    ]
    return make_runtime(*nodes, simulated=True)


@pytest.fixture
def page(garage, two, start, open_page):
    return open_page(start(garage, levers=two))


def test_each_charge_point_has_its_charger_and_its_session(page, garage, shoot, accessible):
    garage.set("left.signal", "state", EvseState(EvseSignal.CHARGING, ago(minutes=4)))
    garage.set("left.session", "status", SessionStatus("charging", ID, "family", ago(minutes=5), 7))
    garage.set("right.signal", "state", EvseState(EvseSignal.STANDBY, ago(hours=2)))
    garage.set("right.session", "status", SessionStatus("idle"))

    left, right = card(page, "Charger, left"), card(page, "Charger, right")
    expect(left).to_contain_text("Charging")
    expect(left).to_contain_text("family")
    expect(right).to_contain_text("Free")
    expect(right).to_contain_text("No car is plugged in.")
    expect(right).not_to_contain_text("family")
    shoot(page, "dashboard-several")
    accessible(page)


def test_the_levers_are_pulled_where_one_says(page, two):
    simulator = card(page, "Simulator")
    expect(simulator.get_by_role("button", name="left", pressed=True)).to_be_visible()
    simulator.get_by_role("button", name="right").click()
    simulator.get_by_role("button", name="Plug the car in").click()
    expect(simulator.get_by_role("button", name="Pull the plug")).to_be_visible()
    with page.expect_response("**/api/v1/simulator/swipe") as answer:
        simulator.get_by_role("button", name="office known").click()

    points = answer.value.json()["charge_points"]
    assert [points[name]["car"]["plugged"] for name in ("left", "right")] == [False, True]
    assert [points[name]["card_in_field"] for name in ("left", "right")] == [None, "office"]
    simulator.get_by_role("button", name="left").click()
    expect(simulator.get_by_role("button", name="Plug the car in")).to_be_visible()
