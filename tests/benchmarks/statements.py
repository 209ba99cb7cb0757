"""Row 12: a statement of 10,000 sessions, and of ten times as many, in a process of its own.

The ledger is filled beforehand, its rows as the ledger itself would write them.  The whole process
is timed, from its start to its end, and its memory is the most that it ever had.  The peer writes
the same cells with openpyxl, or the same rows with reportlab, and nothing around it.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from oppleo_flow.charging.period import Period
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.child import python_module
from oppleo_flow.reports import ReportRequest
from oppleo_flow.reports.request import Format
from oppleo_flow.store import StoreLocation, open_ledger
from tests.benchmarks.comparison import Budget, Figure
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.kept_sessions import Kept, keep
from tests.benchmarks.processes import ROOT

SESSIONS, TIMES_MORE = 10_000, 10
_PRICE = PriceVersion(UUID(int=1), datetime(2025, 1, 1, tzinfo=UTC), Decimal("0.3141"), "EUR")
_SINCE = datetime(2026, 1, 1, 1, 0, tzinfo=UTC)
_YEAR_S = 364 * 86_400
_ENERGY_WH = 12_345
_KIB_MB = 1024 / 1e6
_LOOK_EACH_S = 0.02
_MOST_S: Mapping[Format, float] = {"xlsx": 3, "pdf": 4}
_MOST_MB = 90
_NOT_MUCH_MORE_THAN_LINEAR = 12


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took."""

    wall_s: float
    memory_mb: float


def statement(repetitions: int) -> Iterator[Figure]:
    """Row 12."""
    with filled(SESSIONS) as small, filled(SESSIONS * TIMES_MORE) as large:
        for kind, most_s in _MOST_S.items():
            ours = [report(small, kind) for _ in range(repetitions)]
            peer = [bare(kind) for _ in range(repetitions)]
            name = f"a statement of {SESSIONS:,} sessions as {kind.upper()}"
            yield Figure(
                name,
                "s",
                tuple(one.wall_s for one in ours),
                tuple(one.wall_s for one in peer),
                budget=Budget(most=most_s),
            )
            yield Figure(
                "its memory",
                "MB",
                tuple(one.memory_mb for one in ours),
                tuple(one.memory_mb for one in peer),
                budget=Budget(most=_MOST_MB),
            )
            more = report(large, kind).wall_s / min(one.wall_s for one in ours)
            yield Figure(
                f"of {SESSIONS * TIMES_MORE:,} sessions, as many times its time",
                "×",
                (more,),
                budget=Budget(most=_NOT_MUCH_MORE_THAN_LINEAR),
            )


def report(ledger: Path, kind: Format) -> Cost:
    """Return what it takes to write a preview of a year."""
    request = ReportRequest(
        ledger=ledger,
        charge_point="bench",
        period=Period.of_year(2026),
        zone=ZoneInfo("Europe/Amsterdam"),
        formats=(kind,),
        folder=ledger.parent / "reports",
        created_at=datetime(2027, 1, 1, 5, 0, tzinfo=UTC),
    )
    return _cost(python_module("oppleo_flow.reports", *request.arguments()))


def bare(kind: Format) -> Cost:
    """Return what the library alone takes."""
    return _cost([sys.executable, "-c", _BARE[kind].format(rows=SESSIONS)])


def _cost(command: list[str]) -> Cost:
    began_s = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    most_mb = 0.0
    while process.poll() is None:
        most_mb = max(most_mb, _most_memory_mb(process.pid))
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_EACH_S)
    took_s = time.perf_counter() - began_s
    if process.returncode:
        raise BenchmarkError(f"{command[:4]}: ended with {process.returncode}")
    return Cost(took_s, most_mb)


def _most_memory_mb(pid: int) -> float:
    """Return the most memory that a process has had so far; 0 when it has ended meanwhile.

    What the kernel tells at its end counts that of the process that started it, too.
    """
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * _KIB_MB
    return 0.0


@contextmanager
def filled(sessions: int) -> Iterator[Path]:
    """Give a ledger with so many sessions in one year, each with its slice."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "ledger.sqlite"
        with open_ledger(StoreLocation(path), "bench") as ledger:
            ledger.prices.add(_PRICE)
        keep(path, (_session(number, sessions) for number in range(1, sessions + 1)))
        yield path


def _session(number: int, sessions: int) -> Kept:
    began = _SINCE + timedelta(seconds=(number - 1) * _YEAR_S // sessions)
    card = number % 7
    return Kept(
        UUID(int=number),
        "bench",
        began,
        began + timedelta(seconds=_YEAR_S // sessions // 2),
        start_wh=number * _ENERGY_WH,
        energy_wh=_ENERGY_WH,
        card={"token_id": UUID(int=card), "uid": "04A1B2C3", "label": f"card {card}"},
        whose={
            "vehicle": f"car {number % 3}",
            "plate": "AB-123-C",
            "driver": "Zoë",
            "cost_centre": "Sales",
        },
        price_id=_PRICE.price_version_id,
        per_kwh=_PRICE.price_per_kwh,
    )


_BARE: Mapping[Format, str] = {
    "xlsx": """
import io
from openpyxl import Workbook
book = Workbook(write_only=True)
sheet = book.create_sheet("lines")
for n in range({rows}):
    start = 12.345 * n
    sheet.append([n, "2026-10-24 22:00", "+02:00", "2026-10-25 02:00", "+01:00", "card", start,
        start + 12.345, 12.345, 0.3141, 3.88, "EUR", "", "00000000-0000-0000-0000-000000000001",
        "Zoë", "car", "AB-123-C", "Sales"])
book.save(io.BytesIO())
""",
    "pdf": """
import io
from reportlab.lib.pagesizes import A4, landscape
from reportlab.platypus import LongTable, SimpleDocTemplate
rows = [[str(n), "00000001", "2026-10-24 22:00 +02:00", "2026-10-25 02:00 +01:00", "card, car",
    "1020.000", "1032.345", "12.345", "0.3141", "3.88", ""] for n in range({rows})]
table = LongTable(rows, colWidths=[70] * 11, rowHeights=[11] * len(rows))
SimpleDocTemplate(io.BytesIO(), pagesize=landscape(A4)).build([table])
""",
}
"""What writes as many cells or rows, without a ledger and without a look."""
