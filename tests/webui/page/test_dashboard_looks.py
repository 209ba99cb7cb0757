"""The dashboard in a real browser, in the states that a charge point has: pictures, and axe."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from playwright.sync_api import expect

from oppleo_flow.charging.calendar_rules import CalendarRules, OpenWindow
from oppleo_flow.charging.tariff import Component, PriceVersion, Tariff
from oppleo_flow.payloads import (
    Authorised,
    EvseSignal,
    EvseState,
    LedState,
    MeterReading,
    MeterUnknown,
    OffPeak,
    SessionEnded,
    SessionStarted,
    SessionStatus,
    SwitchRequest,
    SwitchState,
    VehicleState,
)
from oppleo_flow.store import StoreLocation, open_ledger
from tests.webui import graphs
from tests.webui.page.seeing import ID, ago, card
from webui.ports import SiteFacts

NIGHT = OpenWindow.model_validate({"days": "mon-fri", "from": "23:00", "to": "07:00"})
TARIFF = Tariff(
    components=(Component("energy", Decimal("0.20"), Decimal("0.14")),),
    vat_percent=Decimal(21),
    calendar=CalendarRules(timezone="Europe/Amsterdam", open=(NIGHT,)),
)
BEFORE = ((2, 18_400), (3, 7_250), (5, 31_020))


@pytest.fixture
def ledger(tmp_path):
    """Return a ledger with a price of peak and off-peak, and sessions that are over."""
    with open_ledger(StoreLocation(tmp_path / "ledger.sqlite"), "garage") as ledger:
        ledger.prices.add(PriceVersion.of(UUID(int=9), ago(days=90), TARIFF, "EUR"))
        for days, energy_wh in BEFORE:
            number = UUID(int=days)
            begin = ago(days=days)
            start = SessionStarted.sample(session_id=number, started_at=begin, meter_start_wh=0)
            ledger.sessions.record(start)
            end = begin + timedelta(hours=3, minutes=5)
            ledger.sessions.record(
                SessionEnded.sample(
                    session_id=number,
                    started_at=begin,
                    ended_at=end,
                    meter_start_wh=0,
                    meter_end_wh=energy_wh,
                    energy_wh=energy_wh,
                )
            )
        yield ledger


@pytest.fixture
def runtime(make_runtime):
    """Return the flow that ships, with a vehicle that tells."""
    names = {"session": "charge-session", "offpeak": "offpeak-gate", "evse": "evse-switch"}
    names |= {"evse_state": "evse-state", "meter": "modbus-meter", "led": "rgb-led"}
    names |= {"rfid": "rfid-reader", "authorise": "authorise", "van": "vehicle-data"}
    runtime = make_runtime(*names.items())
    runtime.graph = graphs.shipped()
    return runtime


@pytest.fixture
def facts(ledger, tmp_path):
    """Return a site whose car needs 160 Wh per km."""
    return SiteFacts(
        books=lambda: ledger,
        timezone="Europe/Amsterdam",
        wh_per_km=160,
        state_folder=tmp_path,
    )


@pytest.fixture
def charger(start, open_page, facts, ledger):
    """Return what opens the page of a charge point that goes by off-peak hours."""
    return lambda: open_page(start(site=facts, sessions=ledger.sessions))


def eleven():
    """Return the next time that it is off-peak, near enough."""
    return datetime.now(UTC) + timedelta(hours=4)


def session(runtime, phase, energy_wh=None):
    runtime.set("session", "status", SessionStatus(phase, ID, "family", ago(minutes=94), energy_wh))
    runtime.set("session", "request", SwitchRequest(True, "session of 'family'"))


def switch(runtime, on, reason="session of 'family'"):
    runtime.set("evse", "state", SwitchState(on, reason))
    runtime.set("offpeak", "out", SwitchRequest(on, reason))


def meter(runtime, **values):
    runtime.set("meter", "reading", MeterReading.sample(time=ago(seconds=1), **values))


def idle(runtime):
    rest = (0.0, 0.0, 0.0)
    meter(runtime, power_w=0.0, power_phases_w=rest, current_phases_a=rest)
    runtime.set("session", "status", SessionStatus("idle"))
    runtime.set("session", "request", SwitchRequest(False, "no session"))
    runtime.set("evse_state", "state", EvseState(EvseSignal.ACCESS_OFF, ago(minutes=5)))
    runtime.set("led", "shown", LedState("available", 0, 100, 0, "steady"))
    runtime.set("offpeak", "hours", OffPeak(False, eleven()))
    switch(runtime, False, "no session")


def free(runtime):
    idle(runtime)


def waiting(runtime):
    idle(runtime)
    session(runtime, "waiting", 0)
    switch(runtime, False, "off-peak gate shut until Mon 23:00")
    runtime.set("led", "shown", LedState("ready", 100, 40, 0, "steady"))
    runtime.send("authorise", "accepted", Authorised.sample())


def charging(runtime):
    idle(runtime)
    session(runtime, "charging", 17_320)
    switch(runtime, True)
    runtime.set("evse_state", "state", EvseState(EvseSignal.CHARGING, ago(minutes=90)))
    runtime.set("led", "shown", LedState("charging", 0, 0, 98, "breathe"))
    runtime.set("offpeak", "hours", OffPeak(False, eleven(), once=True))
    meter(runtime, current_phases_a=(16.0, 15.6, 0.1), power_phases_w=(3680.0, 3588.0, 12.0))
    runtime.set("van", "state", VehicleState.sample(time=ago(minutes=3)))
    runtime.send("authorise", "accepted", Authorised.sample())


def error(runtime):
    charging(runtime)
    session(runtime, "waiting", 17_320)
    runtime.set("evse_state", "state", EvseState(EvseSignal.ERROR, ago(minutes=2)))
    runtime.set("led", "shown", LedState("error", 100, 0, 0, "flash"))
    runtime.fault("evse", "GPIO 5: reads high", code="not-safe", since=ago(minutes=2))
    runtime.fault("session", "of no catalogue", code="something-new", since=ago(minutes=1))


def silent(runtime):
    charging(runtime)
    session(runtime, "charging", None)
    runtime.set("meter", "reading", MeterUnknown("meter", ago(minutes=7), "unit 1: no answer"))
    runtime.fault("meter", "unit 1: no answer", code="meter-silent", since=ago(minutes=7))


STATES = {
    free: "Free",
    waiting: "Waiting",
    charging: "Charging",
    error: "Error",
    silent: "Charging",
}


@pytest.mark.parametrize("state", STATES, ids=lambda one: one.__name__)
def test_each_state_is_shown_and_open_to_everybody(
    charger, runtime, ledger, shoot, accessible, state
):
    ledger.sessions.record(
        SessionStarted.sample(session_id=ID, started_at=ago(minutes=94), meter_start_wh=1_217_000)
    )
    state(runtime)
    page = charger()
    expect(card(page, "Charger")).to_contain_text(STATES[state])
    expect(card(page, "Last sessions")).to_contain_text("family")
    expect(card(page, "The next 24 hours")).to_contain_text("Off-peak")
    if state is charging:
        for text in ("69 km/h", "≈ 108 km", "€", "Charges at the peak price this once"):
            expect(card(page, "Charger")).to_contain_text(text)
        expect(card(page, "Vehicle")).to_contain_text("Battery 61 %")
    shoot(page, f"dashboard-{state.__name__}")
    accessible(page)


def test_a_lost_connection_is_shown_over_what_was_last_known(
    start, open_page, facts, runtime, shoot
):
    charging(runtime)
    server = start(site=facts)
    page = open_page(server)
    expect(card(page, "Charger")).to_contain_text("Charging")
    server.stop()
    expect(page.get_by_role("alert").filter(has_text="Connection lost.")).to_be_visible()
    expect(card(page, "Charger")).to_contain_text("Charging")
    shoot(page, "dashboard-lost")
