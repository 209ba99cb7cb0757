"""`oppleo-flow simulate`: the shipped flow with a household, over days."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import oppleo_flow
from oppleo_flow.cli import main
from oppleo_flow.simulator.scenario import BUILT_IN

ROOT = Path(oppleo_flow.__file__).parents[1]
FLOW = ROOT / "flows" / "charge-point.yaml"
QUICK = ("--set", "meter_every=30s")
QUIET = """\
scenario: quiet
format: 1
price_per_kwh: 0.40
cards:
  family: {uid: 04A1B2C3}
  stranger: {uid: DEADBEEF, known: false}
cars:
  kona:
    card: family
    battery_kwh: 60
    charge: 70%
    week:
      - {days: daily, leaves: 08:00, back: 18:00, jitter: 0s, uses_kwh: 20}
"""
STORMY = (
    QUIET
    + """\
faults:
  meter_silent: {per_month: 40, lasts: [2m, 20m]}
  reader_dead: {per_month: 20, lasts: [5m, 1h]}
  evse_error: {per_month: 20, lasts: [5m, 30m]}
  power_cut: {per_month: 20, lasts: [1m, 30m]}
guests:
  - {card: stranger, per_month: 20}
"""
)


@pytest.fixture
def simulate(tmp_path, capsys):
    """Return what simulates some days of a scenario in this process and returns the figures."""

    def run(first: str, days: int, scenario: str = QUIET, *more: str) -> dict:
        file = tmp_path / "household.yaml"
        file.write_text(scenario)
        words = ["--from", first, "--days", str(days), "--scenario", str(file), "--json"]
        assert main(["simulate", str(FLOW), *QUICK, *words, *more]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def stories(found: dict) -> list[tuple[str, str, str]]:
    """Return each session's card, and the day and time at which it began and ended."""
    return [
        (s["label"], when(s["started_at"]), when(s["ended_at"]) if s["ended_at"] else "open")
        for s in found["sessions"]
    ]


def when(text: str) -> str:
    return f"{datetime.fromisoformat(text):%d %H:%M}"


def in_a_process(folder: Path, hash_seed: str, *words: str) -> bytes:
    """Return what a simulation in a process of its own prints; it keeps its ledger in `folder`."""
    scenario = folder.with_suffix(".yaml")
    scenario.write_text(STORMY)
    command = ["simulate", str(FLOW), *QUICK, "--from", "2026-03-28", "--days", "3"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "oppleo_flow", *command),
            *("--scenario", str(scenario), "--keep", str(folder), *words),
        ],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    return done.stdout


def rows(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of a ledger, by table."""
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as ledger:
        tables = ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: ledger.execute(f"SELECT * FROM {name}").fetchall() for (name,) in tables}


def test_one_seed_gives_one_time_to_the_byte_in_every_process(tmp_path):
    first = in_a_process(tmp_path / "a", "0", "--seed", "7")
    again = in_a_process(tmp_path / "b", "4711", "--seed", "7")

    assert first == again
    assert b"power_cut" not in first  # it is told by what it does, as on a real charge point
    assert rows(tmp_path / "a") == rows(tmp_path / "b")
    assert len(rows(tmp_path / "a")["readings"]) > 1000  # of those that say something new


def test_another_seed_gives_another_time(simulate):
    this, other = (simulate("2026-06-02", 2, QUIET, "--seed", seed)["sessions"] for seed in "78")

    assert [session["started_at"] for session in this] == [s["started_at"] for s in other]
    assert [session["energy_wh"] for session in this] != [s["energy_wh"] for s in other]


def test_the_sums_are_those_of_the_sessions_and_of_the_meter(simulate):
    found = simulate("2026-06-02", 4, STORMY, "--seed", "3")
    sessions, meter = found["sessions"], found["meter"]
    known = [session for session in sessions if session["energy_wh"] is not None]

    assert len(known) >= 3
    for session in known:
        assert session["energy_wh"] == session["meter_end_wh"] - session["meter_start_wh"]
    assert found["totals"]["energy_wh"] == sum(s["energy_wh"] for s in known)
    assert found["totals"]["energy_wh"] == meter["sessions_wh"]
    assert Decimal(found["totals"]["amount"]) == sum(Decimal(s["amount"]) for s in known)
    assert [found["by_card"][label]["sessions"] for label in found["by_card"]] == [len(sessions)]
    counted = meter["closing_wh"] - meter["opening_wh"]
    parts = meter["sessions_wh"] + meter["under_way_wh"] + meter["outside_wh"]
    assert counted == pytest.approx(parts, abs=1)
    assert (meter["agrees"], meter["sessions_compared"]) == (True, len(known))
    assert meter["largest_difference_wh"] <= meter["resolution_wh"] < 1.2


@pytest.mark.parametrize(
    ("first", "hours"),
    [
        pytest.param("2026-03-28", 71, id="in March an hour is missing"),
        pytest.param("2026-10-24", 73, id="in October an hour is there twice"),
    ],
)
def test_the_household_lives_by_the_local_clock_over_the_change(simulate, first, hours):
    found = simulate(first, 3)
    began, until = (datetime.fromisoformat(found[name]) for name in ("from", "until"))
    started = [datetime.fromisoformat(session["started_at"]) for session in found["sessions"]]
    evenings = [at for at in started if at.hour > 12]

    assert until - began == timedelta(hours=hours)
    assert [f"{at:%H:%M:%S}" for at in evenings] == ["18:00:20"] * 3
    assert len({at.utcoffset() for at in evenings}) == 2
    assert found["meter"]["agrees"] is True
    ended = [s for s in found["sessions"] if s["ended_at"] is not None and s["energy_wh"]]
    assert {f"{datetime.fromisoformat(s['ended_at']):%H:%M}" for s in ended} == {"08:00"}


def test_what_happens_on_a_certain_day_is_told_with_its_times(simulate):
    scenario = (
        QUIET
        + """\
events:
  - {at: 2026-06-02T07:55, meter_silent: 12m}
  - {at: 2026-06-02T20:00, price_per_kwh: 0.5}
  - {at: 2026-06-03T04:00:00+02:00, reader_dead: 10m}
  - {at: 2026-06-03T12:00, swipe: stranger}
"""
    )
    found = simulate("2026-06-02", 3, scenario)

    assert [(f["node"], f["code"], f["since"], f["until"]) for f in found["faults"]] == [
        ("meter", "meter-silent", "2026-06-02T07:55:30+02:00", "2026-06-02T08:07:30+02:00"),
        ("rfid", "reader-silent", "2026-06-03T04:00:00+02:00", "2026-06-03T04:10:00+02:00"),
    ]
    assert [(s["label"], s["price_per_kwh"], s["flags"]) for s in found["sessions"]] == [
        ("family", "0.40", ["late-end"]),
        ("family", None, []),  # a part of it at each price
        ("family", "0.5", []),
        ("family", "0.5", ["energy-unknown"]),  # it has not ended
    ]
    assert found["totals"]["energy_unknown"] == 0
    assert found["meter"]["outside_wh"] < 2


def test_a_session_goes_on_after_a_power_cut(simulate):
    cut = "events:\n  - {at: 2026-06-02T19:00, power_cut: 25m}\n"
    spared, evening = (
        next(s for s in found["sessions"] if s["started_at"].startswith("2026-06-02T18:00"))
        for found in (simulate("2026-06-02", 2, QUIET + more) for more in ("", cut))
    )

    assert evening.pop("flags") == ["interrupted"]
    assert spared.pop("flags") == []
    assert evening == spared  # the car is as full in the morning as it would have been
    assert evening["ended_at"].startswith("2026-06-03T08:00")


def test_a_session_ends_with_its_car_also_when_the_reader_is_dead(simulate):
    scenario = QUIET + "events:\n  - {at: 2026-06-03T07:50, reader_dead: 1h}\n"
    found = simulate("2026-06-02", 2, scenario)

    assert stories(found) == [
        ("family", "02 06:30", "02 08:00"),
        ("family", "02 18:00", "03 08:00"),
        ("family", "03 18:00", "open"),
    ]


def test_two_cars_share_the_cable(simulate):
    scenario = QUIET.replace(
        "  stranger: {uid: DEADBEEF, known: false}", "  office: {uid: 04E1D2C3}"
    )
    scenario += """\
  zoe:
    card: office
    battery_kwh: 40
    charger_kw: 7.4
    phases: 1
    charge: 30%
events:
  - {at: 2026-06-02T10:00, plug_in: zoe}
  - {at: 2026-06-02T18:30, plug_in: kona}
  - {at: 2026-06-02T18:45, plug_out: kona}
"""
    found = simulate("2026-06-02", 1, scenario)

    assert stories(found) == [
        ("office", "02 06:30", "02 18:00"),  # the emptier car first
        ("family", "02 18:00", "02 18:45"),
    ]


def test_the_figures_of_a_day_as_text(tmp_path, capsys):
    (tmp_path / "household.yaml").write_text(QUIET)
    words = ["--from", "2026-06-02", "--days", "1", "--scenario", str(tmp_path / "household.yaml")]
    assert main(["simulate", str(FLOW), *QUICK, *words]) == 0
    shown = capsys.readouterr()

    assert shown.err == ""
    assert shown.out.splitlines() == [
        "charge-point, simulated from 2026-06-02 to 2026-06-02, Europe/Amsterdam",
        "scenario 'quiet', seed 1: no energy really flowed",
        "",
        "start             end               card       kWh  amount  note",
        "2026-06-02 06:30  2026-06-02 08:00  family  16.382    6.55",
        "2026-06-02 18:00  open              family       ?       ?",
        "",
        "card    sessions     kWh   EUR",
        "family         2  16.382  6.55",
        "all            2  16.382  6.55",
        "",
        "no faults",
        "",
        "the meter went from 1234.567 to 1276.709 kWh: 16.382 in sessions, "
        "25.759 in one under way, 0.001 outside them",
        "every session agrees with its register, to 1.1 Wh",
    ]


def test_a_site_has_its_own_zone_and_currency(site, capsys):
    settings = (site / "oppleo.yaml").read_text()
    settings = settings.replace("Europe/Amsterdam", "America/New_York").replace("EUR", "USD")
    (site / "oppleo.yaml").write_text(settings)
    (site / "flows").mkdir()
    (site / "flows" / "charge-point.yaml").write_text(FLOW.read_text())
    assert main(["simulate", *QUICK, "--from", "2026-06-02", "--days", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert (found["timezone"], found["currency"]) == ("America/New_York", "USD")
    assert found["from"] == "2026-06-02T00:00:00-04:00"
    assert not (site / ".oppleo").exists()


def test_a_mistake_in_the_scenario_is_told_at_its_place(tmp_path, capsys):
    file = tmp_path / "household.yaml"
    file.write_text(QUIET.replace("card: family", "card: famly"))
    words = ["simulate", str(FLOW), "--from", "2026-06-02", "--scenario", str(file)]

    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        f"{file}:9:11: 'cars.kona.card' names no card, got 'famly'; did you mean 'family'?",
        "     9 |     card: famly",
        "       |           ^",
    ]


def test_a_mistake_in_the_flow_is_told_at_its_place(tmp_path, capsys):
    file = tmp_path / "flow.yaml"
    file.write_text("flow: flow\nformat: 1\nnodes:\n  a: {type: nothing}\n")

    assert main(["simulate", str(file), "--from", "2026-06-02"]) == 2
    assert f"{file}:4:13: a: " in capsys.readouterr().err


def test_an_event_that_is_not_in_the_simulated_time_is_said_not_to_happen(tmp_path, capsys):
    file = tmp_path / "household.yaml"
    file.write_text(QUIET + "events:\n  - {at: 2026-03-03T18:00, plug_in: kona}\n")
    flow = tmp_path / "flow.yaml"
    flow.write_text("flow: flow\nformat: 1\nnodes:\n  a: {type: schedule, every: 6h}\n")
    words = ["--from", "2026-06-02", "--days", "1", "--scenario", str(file)]

    assert main(["simulate", str(flow), *words]) == 0
    shown = capsys.readouterr()
    assert shown.err == "scenario: events[0] (2026-03-03 18:00) is not in the simulated time\n"
    assert shown.out.splitlines() == [
        "flow, simulated from 2026-06-02 to 2026-06-02, Europe/Amsterdam",
        "scenario 'quiet', seed 1: no energy really flowed",
        "",
        "nobody charged",
        "",
        "no faults",
        "",
        "the meter went from 1234.567 to 1234.567 kWh: 0.000 in sessions, 0.000 outside them",
        "every session agrees with its register, to 1.1 Wh",
    ]


def test_the_built_in_household_can_be_printed_and_given_back(tmp_path, capsys):
    assert main(["simulate", "--print-scenario"]) == 0
    assert capsys.readouterr().out == BUILT_IN.read_text()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        pytest.param([], "--from: a day such as 2026-03-01 is needed", id="no first day"),
        pytest.param(
            ["--from", "march"],
            "--from: a day such as 2026-01-31 is needed, got 'march'",
            id="a day that is none",
        ),
        pytest.param(
            ["--from", "9999-12-31"],
            "--from: a day such as 2026-01-31 is needed, got '9999-12-31'",
            id="a day at the end of all days",
        ),
        pytest.param(
            ["--from", "2026-03-01", "--days", "0"],
            "--days: 1 to 3660 is needed, got 0",
            id="no days",
        ),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(words, line, capsys):
    assert main(["simulate", str(FLOW), *words]) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == (
        "",
        f"oppleo-flow: {line}; see `oppleo-flow simulate --help`\n",
    )


def test_what_is_kept_goes_into_a_folder_of_its_own(tmp_path, capsys):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "mine.txt").write_text("mine")
    words = ["--from", "2026-06-02", "--days", "1", "--keep", str(tmp_path / "kept")]

    assert main(["simulate", str(FLOW), *words]) == 3
    assert capsys.readouterr().err == (
        f"oppleo-flow: {tmp_path}/kept: is there already; --keep needs a new or an empty folder\n"
    )
