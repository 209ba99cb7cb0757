"""Weeks in which everything fails now and then end with a ledger that equals the meter."""

import json
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import oppleo_flow
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.cli import main
from oppleo_flow.store import StoreLocation, open_ledger

FLOW = Path(oppleo_flow.__file__).parents[1] / "flows" / "charge-point.yaml"
ZONE = ZoneInfo("Europe/Amsterdam")
STORMY = """\
scenario: stormy
format: 1
price_per_kwh: 0.40
cards:
  family: {uid: 04A1B2C3}
  office: {uid: 04E1D2C3B4A596}
  stranger: {uid: DEADBEEF, known: false}
cars:
  commuter:
    card: office
    battery_kwh: 64
    week: [{days: mon-fri, leaves: 07:40, back: 17:50, jitter: 25m, uses_kwh: 25}]
  errands:
    card: family
    battery_kwh: 41
    charger_kw: 7.4
    phases: 1
    week: [{days: daily, leaves: 08:20, back: 13:10, jitter: 30m, uses_kwh: 12}]
guests:
  - {card: stranger, per_month: 15}
faults:
  meter_silent: {per_month: 60, lasts: [30s, 20m]}
  reader_dead: {per_month: 10, lasts: [5m, 1h]}
  evse_error: {per_month: 10, lasts: [1m, 30m]}
  power_cut: {per_month: 20, lasts: [1m, 30m]}
  program_down: {per_month: 40, lasts: [1s, 5m]}
  disk_full: {per_month: 12, lasts: [1m, 3h]}
  car_flaps: {per_month: 20, lasts: [20s, 3m]}
events:
  # Each of them once while a car charges, whatever chance may bring.
  - {at: 2026-03-03T20:10, power_cut: 10m}
  - {at: 2026-03-03T21:30, price_per_kwh: 0.45}
  - {at: 2026-03-04T20:10, program_down: 3m}
  - {at: 2026-03-05T20:10, disk_full: 2h}
  - {at: 2026-03-05T20:40, power_cut: 5m}
  - {at: 2026-03-06T20:10, evse_error: 15m}
  - {at: 2026-03-09T20:10, car_flaps: 1m}
  - {at: 2026-03-09T21:10, reader_dead: 20m}
  - {at: 2026-03-10T06:30, meter_silent: 2h}    # while the commuter leaves
"""
KINDS = ("power_cut", "program_down", "disk_full", "evse_error", "car_flaps", "reader_dead")


def under_way(kind: str, sessions: list[SessionRecord]) -> bool:
    """Return whether a session was under way each time that an event of this kind began."""
    times = re.findall(rf"at: (\S+), {kind}:", STORMY)
    moments = [datetime.fromisoformat(text).replace(tzinfo=ZONE) for text in times]
    return bool(moments) and all(
        any(s.started_at < at and (s.ended_at is None or at < s.ended_at) for s in sessions)
        for at in moments
    )


@pytest.mark.parametrize(
    ("days", "seed", "settings"),
    [
        pytest.param(31, 1, [], id="a month, as it is shipped"),
        pytest.param(12, 2, ["offpeak_only=on"], id="in off-peak hours only"),
        pytest.param(12, 3, ["on_unplug=keep", "auto_session=on"], id="each visit is a session"),
    ],
)
def test_weeks_of_faults_end_with_a_ledger_that_equals_the_meter(
    tmp_path, capsys, days, seed, settings
):
    scenario, kept = tmp_path / "stormy.yaml", tmp_path / "kept"
    scenario.write_text(STORMY)
    when = ["--from", "2026-03-01", "--days", str(days), "--seed", str(seed), "--json"]
    options = [word for one in ("meter_every=30s", *settings) for word in ("--set", one)]
    options += ["--scenario", str(scenario), "--keep", str(kept)]
    assert main(["simulate", str(FLOW), *options, *when]) == 0
    found = json.loads(capsys.readouterr().out)
    with open_ledger(StoreLocation(kept / "ledger.sqlite"), "house", read_only=True) as ledger:
        sessions = ledger.sessions.latest(1000)

    # It was as bad as it was meant to be.
    codes = {(fault["node"], fault["code"]) for fault in found["faults"]}
    assert codes >= {
        ("meter", "meter-silent"),
        ("rfid", "reader-silent"),
        ("ledger", "not-written"),
        ("alarm", "bad-line"),
    }
    flags = [flag for session in sessions for flag in session.flags]
    assert flags.count("interrupted") > days / 3
    assert "late-end" in flags or "late-start" in flags or "energy-unknown" in flags
    assert [kind for kind in KINDS if not under_way(kind, sessions)] == []

    # Two registers of whole Wh each, for every session: what is left is rounding, and what flowed
    # since the last reading into the one that is under way.
    meter = found["meter"]
    since_last_reading_wh = 11_040 * 30 / 3600 if meter["under_way_wh"] else 0
    assert meter["closing_wh"] - meter["opening_wh"] > days * 10_000
    assert -2 <= meter["outside_wh"] <= 2 + since_last_reading_wh

    # Every Wh is in one part of one session.
    ended = sorted((one for one in sessions if one.ended_at), key=lambda one: one.started_at)
    known = [one for one in ended if one.energy_wh is not None]
    assert len(known) > days
    for one in known:
        assert sum(part.energy_wh for part in one.slices) == one.energy_wh
        assert all(part.energy_wh >= 0 for part in one.slices)
    registers = [wh for one in known for wh in (one.meter_start_wh, one.meter_end_wh)]
    assert registers == sorted(registers)
    prices = {part.per_kwh for one in known for part in one.slices}
    assert prices == {Decimal("0.40"), Decimal("0.45")}
