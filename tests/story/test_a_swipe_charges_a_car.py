"""The whole chain, as its owner sees it: real libraries, simulated hardware, real files."""

import csv
import io
import os
import shutil
import subprocess
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

ROOT = Path(__file__).parents[2]
EVSE_SWITCH = 5
PRICE = Decimal("0.35")


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


def charge(point) -> tuple[int, int]:
    """Swipe, plug in, let the meter count, swipe again; return the start and the end register."""
    begin_wh = point.level("meter", "reading")["energy_import_wh"]
    point.pull("swipe", card="family")
    point.wait_until(lambda: on(point), "the switch closed")
    assert not point.pin_is_high(EVSE_SWITCH)
    point.pull("plug-in")
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
    return ended["meter_start_wh"], ended["meter_end_wh"]


def test_a_swipe_charges_a_car_and_the_statement_has_the_figures(point, site, command, tmp_path):
    assert phase(point) == "idle"
    assert point.pin_is_high(EVSE_SWITCH)
    start_wh, end_wh = charge(point)
    code, printed = point.stop()
    assert code == 0
    assert "its outputs are at their safe level" in printed

    month = f"{datetime.now(ZoneInfo('Europe/Amsterdam')):%Y-%m}"
    formats = [option for one in ("xlsx", "pdf", "csv") for option in ("--format", one)]
    out = tmp_path / "statements"
    done = command("report", "--site", str(site), "--month", month, *formats, "-o", str(out))
    assert done.returncode == 0, done.stderr
    files = {path.suffix: path for path in out.iterdir()}
    assert sorted(files) == [".csv", ".pdf", ".xlsx"]

    amount = (PRICE * (end_wh - start_wh) / 1000).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert {start_wh, end_wh, end_wh - start_wh, amount} <= in_units_of_the_ledger(files[".xlsx"])
    assert "family" in files[".csv"].read_text(encoding="utf-8-sig")


def in_units_of_the_ledger(workbook: Path) -> set[object]:
    """Return the numbers of all cells, energies in Wh too, money exact to the cent."""
    numbers = set()
    for sheet in openpyxl.load_workbook(workbook):
        for row in sheet.iter_rows(values_only=True):
            for value in row:
                if isinstance(value, int | float):
                    numbers |= {value, round(value * 1000), Decimal(str(value))}
    return numbers


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
    start_wh, end_wh = charge(point)
    point.stop()
    month = f"{datetime.now(ZoneInfo('Europe/Amsterdam')):%Y-%m}"
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
    assert {"family", f"{(end_wh - start_wh) / 1000:.3f}"} <= cells


def test_an_unknown_card_gets_an_error_and_the_switch_stays_as_it_is(point):
    point.pull("swipe", card="stranger")
    point.wait_until(lambda: led(point) == "rejected", "the LED flashes red")
    assert [a["value"]["reason"] for a in point.activity if a["type"] == "Rejected"] == ["unknown"]
    point.wait_until(lambda: led(point) == "available", "the flash is over")
    point.wait_until(lambda: point.nodes["buzzer"]["counts"]["received"] == 1, "the buzzer heard")
    assert not on(point)
    assert point.pin_is_high(EVSE_SWITCH)


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
