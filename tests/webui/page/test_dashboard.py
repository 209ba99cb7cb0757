"""The dashboard in a real browser: what it shows of a charge point."""

import re

import pytest
from playwright.sync_api import expect

from oppleo_flow.payloads import (
    EvseSignal,
    EvseState,
    EvseUnknown,
    LedState,
    MeterReading,
    MeterUnknown,
    Rejected,
    SessionStatus,
    SwitchRequest,
    SwitchState,
)
from tests.webui.page.seeing import ID, ago, card

SCRIPT = "<img src=x onerror=\"document.title='broken'\">"


def session(runtime, phase, energy_wh=None, label="family"):
    runtime.set("session", "status", SessionStatus(phase, ID, label, ago(minutes=43), energy_wh))


def test_before_anything_is_known_all_is_unknown_and_nothing_is_zero(page):
    charger, phases = card(page, "Charger"), card(page, "Phases")
    expect(charger).to_contain_text("Unknown")
    expect(charger).to_contain_text("Not everything has been read yet.")
    expect(charger.get_by_role("img", name="Status LED: unknown")).to_be_visible()
    expect(phases).to_contain_text("No meter has been read yet.")
    for part in (charger, phases):
        assert not re.search(r"\d", part.inner_text())


def test_a_charging_car_is_shown_live_with_every_figure(page, runtime):
    runtime.set("evse_state", "state", EvseState(EvseSignal.CHARGING, ago(minutes=40)))
    runtime.set("evse", "state", SwitchState(True, "session of 'family'"))
    runtime.set("led", "shown", LedState("charging", 0, 0, 98, "breathe"))
    runtime.set("meter", "reading", MeterReading.sample(time=ago(seconds=1)))
    session(runtime, "charging", 7342)

    charger = card(page, "Charger")
    for text in ("Charging", "11.04 kW", "has been charging since", "7.34 kWh", "43 min", "family"):
        expect(charger).to_contain_text(text)
    expect(charger.get_by_role("img", name="Status LED: blue, breathing")).to_be_visible()
    phases = card(page, "Phases")
    expect(phases.get_by_role("row", name="L2 3.68 kW 16.0 A 230 V")).to_be_visible()
    expect(phases).to_contain_text("1,234.57 kWh on the meter")
    expect(card(page, "Details")).to_contain_text("on session of 'family'")
    expect(page).to_have_title("Charging – Charge point")


@pytest.mark.parametrize(
    ("signal", "state", "why"),
    [
        (EvseSignal.ACCESS_OFF, "Free", "Hold a card to the reader to begin."),
        (EvseSignal.STANDBY, "Free", "No car is plugged in."),
        (EvseSignal.CONNECTED, "Car connected", "Hold a card to the reader to begin."),
        (EvseSignal.CHARGING, "Charging", "The car has been charging since"),
        (EvseSignal.CHARGING_SOLAR, "Charging", "The car takes what the sun gives"),
        (EvseSignal.WAITING, "Car connected", "The charger itself waits"),
        (EvseSignal.ERROR, "Error", "Look at its own display."),
    ],
)
def test_every_signal_of_the_charger_has_plain_words(page, runtime, signal, state, why):
    runtime.set("session", "status", SessionStatus("idle"))
    runtime.set("evse_state", "state", EvseState(signal, ago(seconds=5)))
    expect(card(page, "Charger")).to_contain_text(why)
    expect(card(page, "Charger")).to_contain_text(state)


def test_a_silent_meter_and_an_unread_charger_say_why_and_since_when(page, runtime):
    runtime.set("meter", "reading", MeterReading.sample(power_w=0.0))
    expect(card(page, "Charger")).to_contain_text("0 W")
    runtime.set("meter", "reading", MeterUnknown("meter", ago(minutes=2), "unit 1: no answer"))
    runtime.set("evse_state", "state", EvseUnknown(ago(hours=3), "the line is silent"))
    phases = card(page, "Phases")
    for text in ("Unknown", "unit 1: no answer", "(2 min)"):
        expect(phases).to_contain_text(text)
    expect(card(page, "Charger")).not_to_contain_text("0 W")
    expect(card(page, "Charger")).to_contain_text("The charger cannot be read since")
    expect(card(page, "Charger")).to_contain_text("The meter has been silent since")


def test_energy_that_is_unknown_is_no_number(page, runtime):
    session(runtime, "ready")
    expect(card(page, "Charger")).to_contain_text("Energy unknown")


def test_what_is_not_confirmed_any_more_is_marked_stale(page, runtime):
    runtime.set("meter", "reading", MeterReading.sample(), fresh=True)
    for title in ("Charger", "Phases"):
        expect(card(page, title)).not_to_contain_text("stale")
    runtime.set("meter", "reading", MeterReading.sample(), fresh=False)
    for title in ("Charger", "Phases"):
        expect(card(page, title)).to_contain_text("stale")


def test_faults_are_told_in_plain_words_with_what_to_do_and_go(page, runtime):
    expect(page.get_by_text("live, no faults")).to_be_visible()
    runtime.fault("meter", "unit 1: no answer", code="meter-silent", since=ago(minutes=7))
    runtime.fault("session", "of no catalogue", code="something-new")
    runtime.change("evse", made_safe="stale: no fresh request for 90 s")
    runtime.say("evse", "warn", "off")
    attention = page.get_by_role("region", name="Needs attention")
    for text in (
        *("The meter does not answer", "(7 min)", "Check that the meter has power"),
        *("session", "of no catalogue"),
        "It is held at its safe level: stale: no fresh request for 90 s",
    ):
        expect(attention).to_contain_text(text)
    expect(attention.get_by_text("meter: unit 1: no answer")).to_be_hidden()
    attention.get_by_text("In its own words").click()
    expect(attention.get_by_text("meter: unit 1: no answer")).to_be_visible()
    runtime.change("evse", made_safe=None)
    runtime.clear("meter")
    runtime.clear("session")
    expect(attention).to_be_hidden()


def test_why_it_waits_follows_the_flow_at_once(page, runtime):
    session(runtime, "waiting", 0)
    runtime.set("session", "request", SwitchRequest(True, "session of 'family'"))
    runtime.set("offpeak", "out", SwitchRequest(True, "session of 'family'"))
    runtime.set("evse", "state", SwitchState(False, "waits until it was off for 30 s"))
    charger = card(page, "Charger")
    expect(charger).to_contain_text("it rests a moment before it is on again")
    runtime.set("evse", "state", SwitchState(True, "session of 'family'"))
    runtime.set("evse_state", "state", EvseState(EvseSignal.STANDBY, ago(seconds=1)))
    expect(charger).to_contain_text("No car is plugged in yet.")
    runtime.set("evse_state", "state", EvseState(EvseSignal.CONNECTED, ago(seconds=1)))
    expect(charger).to_contain_text("The car takes no current")


def test_every_node_is_listed_with_its_status_on_request(start, open_page, runtime, refusals):
    refusals.append("404")  # of what else the page System shows there is nothing here
    page = open_page(start(), "system")
    runtime.change("rfid", received=3, sent=2, failed=1)
    runtime.say("rfid", "busy", "card on the reader")
    row = page.get_by_role("row", name=re.compile("^rfid "))
    expect(row).to_be_hidden()
    page.get_by_text("All nodes").click()
    expect(row).to_contain_text("card on the reader")
    expect(row.get_by_role("cell")).to_contain_text(["rfid-reader", "", "", "3", "2", "1", "0", ""])


def test_what_a_stranger_tried_is_told(page, runtime):
    runtime.send("authorise", "rejected", Rejected("DEADBEEF", "unknown"))
    said = "Card DEADBEEF refused: nobody knows it"
    expect(card(page, "What happened")).to_contain_text(said)
    expect(card(page, "Details")).to_contain_text(said)


def test_script_in_the_label_of_a_card_shows_as_text(page, runtime):
    session(runtime, "ready", 0, label=SCRIPT)
    expect(card(page, "Charger")).to_contain_text(SCRIPT)
    assert page.title() != "broken"


def test_a_flow_that_only_reads_a_meter_has_its_instruments_and_no_others(
    make_runtime, start, open_page
):
    logger = make_runtime(("meter", "modbus-meter"), simulated=False)
    page = open_page(start(logger, levers=None))
    expect(page.get_by_text("live, no faults")).to_be_visible()
    logger.set("meter", "reading", MeterReading.sample())
    expect(card(page, "Phases")).to_contain_text("3.68 kW")
    for title in ("Charger", "Last sessions", "Details"):
        expect(card(page, title)).to_be_hidden()


def test_it_is_read_in_dutch_too(start, open_page, runtime):
    runtime.set("session", "status", SessionStatus("idle"))
    runtime.set("evse_state", "state", EvseState(EvseSignal.STANDBY, ago(seconds=5)))
    script = "try { localStorage.setItem('language', 'nl') } catch { /* not here */ }"
    page = open_page(start(), script=script)
    expect(card(page, "Laadpunt")).to_contain_text("Er is geen auto aangesloten.")
