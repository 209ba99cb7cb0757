"""Row 14: a whole Oppleo taken over from its PostgreSQL, by the command that an owner uses.

The limit is what the two databases take by themselves: to read the rows, and to write them.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import psycopg2

from tests.benchmarks.comparison import Budget, Figure
from tests.benchmarks.processes import ROOT
from tests.oppleo_flow.oppleo_import.caveats import many_readings
from tests.oppleo_flow.oppleo_import.oppleo_database import OppleoDatabase
from tests.postgres import PostgresServer, new_cluster

READINGS: Final = 1_000_000
_FEW: Final = 10
"""So many times fewer readings take as much memory, or it is not flat."""
_SINCE: Final = "2022-04-01 00:00:00"
_COLUMNS: Final = "id, energy_device_id, created_at, kw_total, hz, p_l1, p_l2, p_l3, v_l1, v_l2"


@dataclass(frozen=True, slots=True)
class Taken:
    """How long one import took, and how much memory it had at most."""

    seconds: float
    megabytes: float


def whole_oppleo(repetitions: int, readings: int = READINGS) -> Iterator[Figure]:
    """Row 14."""
    with (
        new_cluster() as cluster,
        PostgresServer(cluster) as server,
        server.database() as few,
        server.database() as many,
    ):
        for name, count in ((few, readings // _FEW), (many, readings)):
            oppleo = OppleoDatabase(server.url(name))
            many_readings(oppleo, count, _SINCE)
            oppleo.close()
        small = [taken_over(server.url(few)) for _ in range(repetitions)]
        large = [taken_over(server.url(many)) for _ in range(repetitions)]
        limit = tuple(bare_s(server.url(many)) for _ in range(repetitions))
    yield Figure(
        f"import of an Oppleo with {readings:,} readings",
        "s",
        tuple(one.seconds for one in large),
        limit=limit,
        budget=Budget(most=60),
    )
    grown = (most.megabytes - least.megabytes for most, least in zip(large, small, strict=True))
    yield Figure(
        f"memory more than for a {_FEW}th of them", "MB", tuple(grown), budget=Budget(most=10)
    )


def taken_over(url: str) -> Taken:
    """Import a database into a new site, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        began_s = time.perf_counter()
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "oppleo_flow", "db", "import-oppleo", url),
                *("--site", f"{folder}/site"),
            ],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        return Taken(time.perf_counter() - began_s, usage.ru_maxrss / 1024)


def bare_s(url: str) -> float:
    """Return how long the two drivers take to read rows and to write them, and nothing else."""
    began_s = time.perf_counter()
    source = psycopg2.connect(url)
    with tempfile.TemporaryDirectory() as folder, source.cursor(name="bare") as cursor:
        cursor.itersize = 5000
        cursor.execute(f"SELECT {_COLUMNS} FROM energy_device_measures ORDER BY id")
        target = sqlite3.connect(f"{folder}/bare.sqlite")
        target.execute("PRAGMA journal_mode=WAL")
        names = _COLUMNS.replace("id,", "id INTEGER PRIMARY KEY,", 1)
        target.execute(f"CREATE TABLE bare ({names})")
        while rows := cursor.fetchmany(5000):
            marks = ", ".join("?" * len(rows[0]))
            plain = [(*row[:2], str(row[2]), *row[3:]) for row in rows]
            target.executemany(f"INSERT INTO bare VALUES ({marks})", plain)
            target.commit()
        target.close()
    source.close()
    return time.perf_counter() - began_s
