"""`schedule` with `keep: durable`: what it writes to the disk while nothing is due."""

import sqlite3
from contextlib import closing
from pathlib import Path

from nodes.flow.schedule import Schedule
from oppleo_flow.testing import Bench

DAILY = {"each": "day", "at": "06:00"}


def test_waiting_saves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with Bench(Schedule, DAILY, durable=True, state_path=path) as bench:
        bench.advance(0.0)
        with closing(sqlite3.connect(path)) as state:
            version = "PRAGMA data_version"  # changes with every commit of somebody else
            before = state.execute(version).fetchone()
            bench.advance(3600)
            assert state.execute(version).fetchone() == before
            bench.advance(86_400)
            assert state.execute(version).fetchone() != before
