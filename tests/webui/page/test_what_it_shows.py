"""The page in a real browser: what it shows of a charge point."""

import re
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from playwright.sync_api import expect

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
from tests.webui.page.seeing import ID, ago, card
from webui.server import listen


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
    server = listen(logger, clock=SystemClock(), port=0, sessions=sessions)
    with server.start():
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


def test_simulated_hardware_is_said_to_be(page):
    expect(page.get_by_text("Simulated hardware.")).to_be_visible()


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
