"""The program is started anew and put back to a backup from its page, over a real process."""

import contextlib
from pathlib import Path

from oppleo_flow.payloads import MeterReading
from oppleo_flow.store import StoreLocation, open_ledger


def ledger_of(site: Path):
    path = site / ".oppleo/simulated/ledger.sqlite"
    return contextlib.closing(open_ledger(StoreLocation(path), "garage"))


def meters_of(site: Path) -> list[str]:
    with ledger_of(site) as ledger:
        return [one.meter for one in ledger.usage.meters()]


def runtime_of(guardian):
    return int(Path(f"/proc/{guardian}/task/{guardian}/children").read_text().split()[0])


def test_a_restart_from_the_page_comes_back_and_is_no_crash(start):
    point = start()
    before = runtime_of(point.process.pid)
    assert point._ask("POST", "/api/v1/system/restart", {})[0] == 202
    point.come_back()
    assert runtime_of(point.process.pid) != before
    assert any("started anew, as it asked for; pins are safe" in one for one in point.printed)
    assert point.get("/live")[0] == 200
    assert point.stop()[0] == 0


def test_nothing_starts_anew_while_a_car_is_charged(start):
    point = start()
    point.wait_until(lambda: point.level("session", "status"), "the session said how it is")
    point.pull("swipe", card="family")
    point.wait_until(
        lambda: (point.level("session", "status") or {}).get("session_id"), "a session began"
    )
    status, said = point._ask("POST", "/api/v1/system/restart", {})
    assert (status, said["detail"]) == (
        409,
        "a session is open; end it first, so that nothing of it is lost",
    )


def test_a_backup_from_the_page_takes_the_place_of_the_site_again(start, site):
    point = start()
    status, made = point._ask("POST", "/api/v1/backups", {})
    assert status == 201, made
    with ledger_of(site) as ledger:
        ledger.readings.record([MeterReading.sample(meter="another")])
    assert "another" in meters_of(site)
    status, said = point._ask("POST", f"/api/v1/backups/{made['name']}/restore", {})
    assert status == 202, said
    point.come_back()
    assert any(f"restored {made['name']}" in one for one in point.printed)
    assert "another" not in meters_of(site)
    deeds = point.get("/api/v1/audit")[1]["deeds"]
    assert [one["who"] for one in deeds if one["what"] == "restore"]
    assert point.stop()[0] == 0
