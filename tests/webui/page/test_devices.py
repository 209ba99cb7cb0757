"""The page of devices, on the shipped flow in a simulated house."""

import re

import pytest
from playwright.sync_api import expect

from oppleo_flow import SystemClock
from oppleo_flow.accounts.rights import RIGHTS, Role
from oppleo_flow.simulator.world import SimulatedWorld
from tests.webui.page.seeing import card
from tests.webui.page.seen_site import DUTCH, seen_site
from webui.asking import By, Who

ADMIN = Who("Ada", Role.ADMIN, None, RIGHTS[Role.ADMIN], By.COOKIE)
ABOVE = """
(card) => {
    const others = [...document.querySelectorAll(".card")].filter((one) => one !== card);
    const end = Math.max(...others.map((one) => one.getBoundingClientRect().bottom));
    return card.getBoundingClientRect().top - end;
}
"""
"""How far a card stands below all others."""
VIEWER = Who("Vera", Role.VIEWER, None, RIGHTS[Role.VIEWER], By.COOKIE)


@pytest.fixture
def see(tmp_path, start, open_page):
    """Return what opens the page for somebody."""
    opened = []

    def see(who=ADMIN, **settings):
        held = seen_site(tmp_path, start, open_page, who)
        opened.append(held)
        viewer = held.__enter__()
        viewer.site.house.run_for(30)
        page = viewer.open("devices", who, **settings)
        expect(part(page, "meter")).to_be_visible()
        return viewer, page

    yield see
    for held in opened:
        held.__exit__(None, None, None)


def part(page, id_):
    """Return what the page says of one device."""
    return page.get_by_role("listitem").filter(has=page.get_by_text(id_, exact=True))


def test_every_part_is_there_with_its_place_and_how_it_is(see, shoot, accessible):
    _, page = see()
    assert card(page, "On the wires").evaluate(ABOVE) >= 15.9  # as far apart as all others
    expect(part(page, "meter")).to_contain_text("unit 1")
    expect(part(page, "meter")).to_contain_text("works")
    expect(part(page, "led")).to_contain_text("GPIO 13 (red)")
    expect(page.get_by_role("heading", name="Serial bus, rs485")).to_be_visible()
    part(page, "meter").get_by_text("Counters and settings").click()
    expect(part(page, "meter")).to_contain_text("unit_id")
    accessible(page)
    shoot(page, "devices")


def test_a_fault_stands_at_its_device_in_plain_words_and_goes_by_itself(see, shoot):
    viewer, page = see()
    viewer.site.house.world.silence_meter(True)
    viewer.site.house.run_for(60)
    expect(part(page, "meter")).to_contain_text("The meter does not answer")
    expect(part(page, "meter")).to_contain_text("has a fault")
    shoot(page, "devices-fault")
    viewer.site.house.world.silence_meter(False)
    viewer.site.house.run_for(60)
    expect(part(page, "meter")).to_contain_text("works")


def test_a_device_that_answers_is_tried_by_a_button(see):
    _, page = see()
    part(page, "evse_state").get_by_role("button", name="Try evse_state").click()
    expect(part(page, "evse_state")).to_contain_text("It answers.")


def test_what_a_device_told_and_how_its_bus_fared_is_counted(see):
    _, page = see()
    part(page, "meter").get_by_text("Counters and settings").click()
    counters = part(page, "meter").locator("dl > div")
    expect(counters.filter(has_text="Messages out").locator("dd")).to_have_text(re.compile("[1-9]"))
    for name in ("Questions", "Answered", "No answer", "Garbled", "Port opened again"):
        expect(counters.filter(has_text=name).locator("dd")).to_have_text(re.compile(r"\d"))


def test_the_last_words_on_the_wires_are_shown_while_somebody_listens(see, accessible):
    viewer, page = see()
    wires = card(page, "On the wires")
    wires.get_by_role("button", name="Listen").click()
    expect(wires).to_contain_text("Nothing has been said yet")
    viewer.site.facts.frames.tell("/dev/ttyUSB0", sent="01 04 00 34", received="01 04 04")
    expect(wires.get_by_role("row")).to_contain_text(["When", "/dev/ttyUSB0"])
    expect(wires).to_contain_text("sent 01 04 00 34")
    accessible(page)
    wires.get_by_role("button", name="Stop").click()
    expect(wires.get_by_role("button", name="Listen")).to_be_visible()


def test_what_moves_something_has_no_button_and_a_viewer_has_none_at_all(see):
    _, page = see()
    expect(part(page, "evse").get_by_role("button")).to_have_count(0)
    part(page, "evse").get_by_text("Counters and settings").click()
    expect(part(page, "evse")).to_contain_text("only be tried while the flow stands still")


def test_a_viewer_looks_and_tries_nothing(see):
    _, page = see(VIEWER)
    expect(page.get_by_role("button", name="Try meter")).to_have_count(0)


def test_it_speaks_dutch(see, shoot):
    _, page = see(script=DUTCH)
    expect(page.get_by_role("heading", level=1)).to_have_text("Apparaten")
    shoot(page, "devices-dutch")


def test_the_levers_of_the_world_are_all_here(start, open_page):
    world = SimulatedWorld(SystemClock())
    page = open_page(start(levers=world), "devices")
    page.get_by_role("button", name="Break the SmartEVSE").click()
    expect(page.get_by_role("button", name="Mend the SmartEVSE")).to_be_visible()
    assert world.snapshot()["evse"]["broken"] is True
    page.get_by_role("button", name="Charge by the sun alone").click()
    expect(page.get_by_role("button", name="Charge as usual")).to_be_visible()
    assert world.snapshot()["evse"]["solar"] is True
