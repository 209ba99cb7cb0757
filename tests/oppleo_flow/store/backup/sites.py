"""A site as a backup sees it, without running one."""

import sqlite3
import tarfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from oppleo_flow.payloads import MeterReading, SessionEnded, SessionStarted
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.backup.request import BackupRequest
from oppleo_flow.store.backup.site_files import SitePlaces

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
FILES = {
    "oppleo.yaml": "format: 1\n",
    "secrets.yaml": "prowl_key: very-secret\n",
    "flows/charge-point.yaml": "nodes: {}\n",
    "flows/layout/charge-point.json": "{}\n",
    "subflows/meter.yaml": "nodes: {}\n",
    "nodes/kettle.py": "# a node\n",
    "reports/archive/2026-0001-1.pdf": "%PDF",
    ".oppleo/history/000001.json": "{}",
}
LEFT_OUT = {
    "nodes/__pycache__/kettle.pyc": "made again",
    "flows/.charge-point.yaml.12.new": "half written",
    "reports/statement-2026-01.pdf": "made again",
    ".oppleo/log/oppleo.log": "a line",
}


def make_site(folder: Path) -> SitePlaces:
    """Make a site with a session in its ledger."""
    for name, text in (FILES | LEFT_OUT).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    places = SitePlaces.of(folder, simulated=False)
    with open_ledger(StoreLocation(places.ledger), "garage") as ledger:
        ledger.sessions.record(SessionStarted.sample())
        ledger.readings.record([MeterReading.sample()])
        ledger.sessions.record(SessionEnded.sample())
    for name in ("state.sqlite", "audit.sqlite"):
        with sqlite3.connect(places.database(name)) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("CREATE TABLE kept (what TEXT)")
            db.execute("INSERT INTO kept VALUES (?)", (name,))
        db.close()
    return places


def asked_of(places: SitePlaces, **changes: object) -> BackupRequest:
    """Return what a backup of a site is asked for."""
    request = BackupRequest(
        site=places.folder,
        ledger=places.ledger,
        charge_point="garage",
        simulated=False,
        folder=places.folder / "backups",
        created_at=NOON,
    )
    return replace(request, **changes)


def rows(path: Path) -> list[str]:
    """Return all that a database holds, as statements."""
    db = sqlite3.connect(path)
    try:
        return sorted(db.iterdump())
    finally:
        db.close()


def members(file: Path) -> dict[str, bytes]:
    """Return what a backup that is not encrypted holds, as any `tar` shows it."""
    with tarfile.open(file) as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive}
