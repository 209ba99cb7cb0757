"""A month in which everything fails now and then ends with a ledger that equals the meter."""

import json
from pathlib import Path

import oppleo_flow
from oppleo_flow.cli import main

FLOW = Path(oppleo_flow.__file__).parents[1] / "flows" / "charge-point.yaml"
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
  car_flaps: {per_month: 20, lasts: [20s, 3m]}
events:
  - {at: 2026-03-10T06:30, meter_silent: 2h}    # while the commuter leaves
"""


def test_a_month_of_faults_ends_with_a_ledger_that_equals_the_meter(tmp_path, capsys):
    scenario = tmp_path / "stormy.yaml"
    scenario.write_text(STORMY)
    days = ["--from", "2026-03-01", "--days", "31", "--seed", "1", "--json"]
    quick = ["--set", "meter_every=30s", "--scenario", str(scenario)]
    assert main(["simulate", str(FLOW), *quick, *days]) == 0
    found = json.loads(capsys.readouterr().out)

    meter, sessions = found["meter"], found["sessions"]
    assert len(sessions) > 40
    assert {fault["node"] for fault in found["faults"]} >= {"meter", "rfid"}
    assert any("interrupted" in session["flags"] for session in sessions)
    assert any("late-end" in session["flags"] for session in sessions)
    ended = [session for session in sessions if session["ended_at"] is not None]
    assert all(session["energy_wh"] is not None for session in ended)
    # Two registers of whole Wh each, for every session: what is left is rounding.
    counted = meter["closing_wh"] - meter["opening_wh"]
    assert counted > 400_000
    assert abs(meter["outside_wh"]) <= 2
    assert meter["sessions_wh"] + meter["under_way_wh"] + meter["outside_wh"] == counted
