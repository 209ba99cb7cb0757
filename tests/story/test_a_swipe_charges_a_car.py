"""The whole chain, as its owner sees it: real libraries, simulated hardware, real files."""

import csv
import io
import itertools
import os
import shutil
import subprocess
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from oppleo_flow.charging.month import Month
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import zone_of

ROOT = Path(__file__).parents[2]
EVSE_SWITCH = 5
CENT = Decimal("0.01")


def on(point):
    return (point.level("evse", "state") or {}).get("on")


def phase(point):
    return (point.level("session", "status") or {}).get("phase")


def led(point):
    return (point.level("led", "shown") or {}).get("name")


@pytest.fixture
def point(start):
    """The shipped charge point, whose session node and meter have spoken."""
    found = start("--flow", str(ROOT / "flows" / "charge-point.yaml"))
    found.wait_until(lambda: phase(found) and found.level("meter", "reading"), "it has begun")
    return found


def evse(point):
    return (point.level("evse_state", "state") or {}).get("signal")


def refuse(point, scope) -> None:
    """Hold an unknown card to the reader: two beeps, a red flash, nothing else."""
    point.pull("swipe", card="stranger")
    point.wait_until(lambda: led(point) == "rejected", "the LED flashes red")
    shown = point.level("led", "shown")
    assert (shown["effect"], shown["red"], shown["green"], shown["blue"]) == ("flash", 100, 0, 0)
    assert [a["value"]["reason"] for a in point.activity if a["type"] == "Rejected"] == ["unknown"]
    point.wait_until(lambda: led(point) == "available", "the flash is over")
    assert scope.beeps == 2
    assert not on(point)
    assert scope.switch_levels == {"high"}


def charge(point) -> dict[str, Any]:
    """Swipe, plug in, let the meter count, swipe again; return the session as it ended."""
    begin_wh = point.level("meter", "reading")["energy_import_wh"]
    point.pull("swipe", card="family")
    point.wait_until(lambda: on(point), "the switch closed")
    assert not point.pin_is_high(EVSE_SWITCH)
    point.wait_until(lambda: evse(point) == "standby", "the EVSE has access, and no car")
    point.pull("plug-in")
    point.wait_until(lambda: evse(point) == "charging", "the LED line was read as charging")
    point.wait_until(lambda: phase(point) == "charging", "the car charges")
    point.wait_until(lambda: led(point) == "charging", "the LED says so")
    shown = point.level("led", "shown")
    assert (shown["effect"], shown["red"], shown["green"], shown["blue"]) == ("breathe", 0, 0, 100)
    point.wait_until(
        lambda: point.level("meter", "reading")["energy_import_wh"] > begin_wh, "the meter counts"
    )
    point.pull("swipe", card="family")
    point.wait_until(lambda: on(point) is False, "the switch opened")
    assert point.pin_is_high(EVSE_SWITCH)
    point.wait_until(lambda: phase(point) == "idle", "the session ended")
    ended = next(a["value"] for a in reversed(point.activity) if a["type"] == "SessionEnded")
    assert ended["meter_start_wh"] == begin_wh
    assert ended["energy_wh"] == ended["meter_end_wh"] - ended["meter_start_wh"] > 0
    point.wait_until(lambda: point.level("meter", "reading")["power_w"] < 50, "the car has stopped")
    # What it took until then is its own, too.
    last_wh = point.level("meter", "reading")["energy_import_wh"]
    return {**ended, "meter_end_wh": last_wh, "energy_wh": last_wh - begin_wh}


def month_of(ended: dict[str, Any], site: Path) -> str:
    """Return the month that a session ended in, on the site's own calendar."""
    return str(Month.of(datetime.fromisoformat(ended["ended_at"]), zone_of(Site.load(site))))


def test_a_swipe_charges_a_car_and_the_statement_has_the_figures(
    point, watch_pins, site, command, tmp_path
):
    scope = watch_pins()
    assert phase(point) == "idle"
    refuse(point, scope)
    ended = charge(point)
    scope.close()
    assert scope.beeps == 2 + 1 + 1
    assert scope.switch_levels == {"high", "low"}
    assert scope.lamp_line["access-off"] == {0}
    assert scope.lamp_line["standby"] == {16}
    wave = scope.lamp_line["charging"]
    assert min(wave) < 5
    assert max(wave) > 95
    assert len(wave) > 20, "it swells and fades; it does not blink"
    code, printed = point.stop()
    assert code == 0
    assert "its outputs are at their safe level" in printed

    formats = [option for one in ("xlsx", "pdf", "csv") for option in ("--format", one)]
    out = tmp_path / "statements"
    month = month_of(ended, site)
    done = command("report", "--site", str(site), "--month", month, *formats, "-o", str(out))
    assert done.returncode == 0, done.stderr
    files = {path.suffix: path for path in out.iterdir()}
    assert sorted(files) == [".csv", ".pdf", ".xlsx"]
    price = Decimal("0.35")
    assert lines_of(files[".xlsx"]) == [
        {
            "No.": 1,
            "Card": "family",
            "Register at start, kWh": ended["meter_start_wh"] / 1000,
            "Register at end, kWh": ended["meter_end_wh"] / 1000,
            "Energy, kWh": ended["energy_wh"] / 1000,
            "Price per kWh": float(price),
            "Amount": float((price * ended["energy_wh"] / 1000).quantize(CENT, ROUND_HALF_UP)),
            "Currency": "EUR",
            "Session": ended["session_id"],
            "Of which peak, kWh": None,
            "Of which off-peak, kWh": None,
        }
    ]
    assert "family" in files[".csv"].read_text(encoding="utf-8-sig")


def lines_of(workbook: Path) -> list[dict[str, Any]]:
    """Return a statement's sessions by the titles of its columns, but for times and remarks."""
    sheet = openpyxl.load_workbook(workbook).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    (first,) = (index for index, row in enumerate(rows) if row[0] == "No.")
    titles = rows[first]
    sessions = itertools.takewhile(lambda row: isinstance(row[0], int), rows[first + 1 :])
    apart = {"Start", "End", "Remarks", "Driver", "Vehicle", "Plate", "Cost centre"}
    apart |= {f"{edge}, offset from UTC" for edge in ("Start", "End")}
    apart |= {"Odometer, km", "Parts of the energy"}
    return [
        {title: cell for title, cell in zip(titles, row, strict=True) if title not in apart}
        for row in sessions
    ]


@pytest.fixture
def office() -> str:
    """LibreOffice's command; where there is none that is a skip, in CI a failure."""
    command = shutil.which("soffice")
    if command is None and os.environ.get("CI") == "true":
        pytest.fail("no soffice on the PATH; on Debian: apt-get install libreoffice-calc-nogui")
    if command is None:
        pytest.skip("no soffice on the PATH")
    return command


def test_the_statement_opens_in_libreoffice_with_the_figures(
    office, point, site, command, tmp_path
):
    ended = charge(point)
    point.stop()
    month = month_of(ended, site)
    command(
        "report",
        "--site",
        str(site),
        "--month",
        month,
        "--format",
        "xlsx",
        "-o",
        str(tmp_path / "out"),
    )
    (workbook,) = (tmp_path / "out").glob("*.xlsx")
    subprocess.run(
        [
            office,
            "--headless",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--convert-to",
            "csv",
            "--outdir",
            str(tmp_path),
            str(workbook),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    cells = {
        cell
        for row in csv.reader(io.StringIO((tmp_path / f"{workbook.stem}.csv").read_text()))
        for cell in row
    }
    assert {"family", f"{ended['energy_wh'] / 1000:.3f}"} <= cells


def test_a_silent_meter_is_unknown_and_never_zero(point):
    point.pull("meter", silent=True)
    point.wait_until(
        lambda: point.nodes["meter"]["levels"]["reading"]["type"] == "MeterUnknown",
        "the meter is unknown",
    )
    assert [fault["code"] for fault in point.nodes["meter"]["faults"]] == ["meter-silent"]
    point.pull("meter", silent=False)
    point.wait_until(
        lambda: point.nodes["meter"]["levels"]["reading"]["type"] == "MeterReading",
        "the meter speaks again",
    )
    assert point.nodes["meter"]["faults"] == []
