"""The registers of single phases, `kwh_l1` to `kwh_l3`, come over with every reading."""

from contextlib import closing
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from oppleo_flow.oppleo_import.devices import OppleoMeter
from oppleo_flow.oppleo_import.local_time import LocalClock
from oppleo_flow.oppleo_import.readings import TABLE, ReadingMap
from oppleo_flow.oppleo_import.report import ImportReport
from oppleo_flow.store.sqlite_file import connect
from tests.oppleo_flow.oppleo_import.imports import Imported
from tests.oppleo_flow.oppleo_import.oppleo_database import CHARGER

AT = "2023-07-04 20:00:00"


def mapped(total: float, *kwh: float | str | None, model: str = "SDM630v2"):
    """Return what becomes of one row, and the remarks on it."""
    remarks = []
    meters = {CHARGER: OppleoMeter(CHARGER, "meter", model)}
    clock, now = LocalClock(ZoneInfo("Europe/Amsterdam")), datetime(2026, 1, 15, tzinfo=UTC)
    row = ("1", CHARGER, AT, total, 50.0, *[3680.0] * 3, *[230.1] * 3, *[16.0] * 3, *kwh)
    cells = tuple(None if cell is None else str(cell) for cell in row)
    return ReadingMap(clock, meters, ImportReport(remarks.append), now).map(cells), remarks


@pytest.mark.parametrize(
    ("total", "kwh", "known"),
    [
        pytest.param(12_345.6, (4115.4, 4110.0, 4120.2), (4_115_400, 4_110_000, 4_120_200),
                     id="as Oppleo measured them"),
        pytest.param(0.3, (0.1, 0.1, 0.1), (100, 100, 100), id="a new meter"),
        pytest.param(0.2, (0.2, 0.0, 0.0), (200, 0, 0), id="a new meter, on one phase"),
        pytest.param(12_345.6, (12_345.5, 0.0, 0.0), (12_345_500, 0, 0),
                     id="a meter of which one phase is connected"),
        pytest.param(12_345.6, (4115.4, 0.0, 4120.2), (), id="a read of one that failed"),
        pytest.param(12_345.6, (0.0, 0.0, 0.0), (), id="reads that failed"),
        pytest.param(12_345.6, (None, 4110.0, 4120.2), (), id="one that is not there"),
        pytest.param(12_345.6, ("NaN", 4110.0, 4120.2), (), id="one that is no number"),
        pytest.param(12_345.6, (-0.1, 4110.0, 4120.2), (), id="one below zero"),
        pytest.param(12_345.6, (1e8, 4110.0, 4120.2), (), id="one that no meter shows"),
    ],
)  # fmt: skip
def test_they_come_over_as_whole_wh_or_are_unknown(total, kwh, known):
    reading, remarks = mapped(total, *kwh)

    assert (reading.energy_import_wh, reading.energy_phases_wh) == (round(total * 1000), known)
    assert remarks == []


def test_of_a_single_phase_meter_oppleo_read_none():
    reading, remarks = mapped(12_300.0, 0.0, 0.0, 0.0, model="SDM120")

    assert (reading.energy_phases_wh, remarks) == ((), [])


def test_readings_that_were_taken_over_without_them_get_them(oppleo, ledger, tmp_path):
    oppleo.add_day()
    Imported(oppleo.url, ledger)
    before = ledger.readings.latest("meter")
    with closing(connect(tmp_path / "ledger.sqlite")) as db:
        db.execute(
            "UPDATE readings SET energy_l1_wh = NULL, energy_l2_wh = NULL, energy_l3_wh = NULL"
        )
    assert ledger.readings.latest("meter") == before.with_(energy_phases_wh=())
    again = Imported(oppleo.url, ledger)

    assert again.rows(TABLE) == {"corrected": 4}
    assert ledger.readings.latest("meter") == before
    assert Imported(oppleo.url, ledger).rows(TABLE) == {"same": 4}


def test_another_register_of_a_phase_at_the_same_time_is_refused(oppleo, ledger):
    oppleo.add_reading(AT, 12_345.6)
    oppleo.add_reading(AT, 12_345.6, kwh_l1=4000.1)
    done = Imported(oppleo.url, ledger)

    assert done.rows(TABLE) == {"added": 1, "refused": 1}
    assert done.codes(TABLE) == ["time-taken"]
    assert ledger.readings.latest("meter").energy_phases_wh == (4_000_000,) * 3
