"""What a site keeps after five years: its readings, 100,000 sessions, and all that goes with them.

The rows that are many are written as the ledger itself writes them.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final
from uuid import UUID

from oppleo_flow.charging.issued import Issued
from oppleo_flow.charging.kept_readings import Said
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.selection import Selection
from oppleo_flow.charging.session_filter import SessionFilter
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.charging.tokens import Token, Vehicle, legacy_id
from oppleo_flow.charging.told import ToldOnce
from oppleo_flow.clock import VirtualClock
from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.store import Ledger, StoreLocation, open_ledger
from oppleo_flow.store.audit import AuditLog
from oppleo_flow.store.told_rows import KEPT
from oppleo_flow.store.user_rows import User
from tests.benchmarks.kept_sessions import Kept, keep

YEARS, SESSIONS = 5, 100_000
METER, CARDS, DRIVERS, VEHICLES, CENTRES = "meter", 12, 20, 8, 5
_SPAN: Final = timedelta(days=365 * YEARS)
_DENSE: Final = timedelta(days=40)
"""So long ago all readings begin to be there, as far as they are ever looked at one by one."""
_SPARSE_EACH, _DENSE_EACH = timedelta(minutes=5), timedelta(seconds=10)
_SILENT_EACH: Final = timedelta(hours=30)
_AT_ONCE: Final = 10_000
_ENERGY_WH: Final = 400
_DEEDS: Final = 20_000
_LOG_LINES: Final = 5_000  # about as many as are kept in one file


def fill(folder: Path, ledger: Path, now: datetime) -> None:
    """Give the site of a folder, whose ledger was made already, what it keeps after five years."""
    with closing(sqlite3.connect(ledger)) as db:
        ((charge_point,),) = db.execute("SELECT charge_point FROM charge_points")
    with open_ledger(StoreLocation(ledger, lasting=False), charge_point) as opened:
        _record_readings(opened, now)
        _know_people(opened, now)
        _know_prices(opened, now)
        keep(ledger, (_session(number, charge_point, now) for number in range(1, SESSIONS + 1)))
        _issue_statements(opened, now)
        _tell(opened, now)
        opened.session_list.page(SessionFilter())  # the index is made when somebody first looks
    _do_deeds(folder, now)
    _log(folder, now)


def session_id(number: int) -> UUID:
    """Return the id of a session."""
    return UUID(int=number)


def _record_readings(ledger: Ledger, now: datetime) -> None:
    batch: list[Said] = []
    silent = now - _SPAN
    for number, at in enumerate(_times(now)):
        batch.append(
            MeterReading.sample(
                meter=METER, time=at, energy_import_wh=20 * number, power_w=230.0 * (number % 49)
            )
        )
        if at - silent >= _SILENT_EACH:
            silent = at + timedelta(seconds=1)
            batch.append(MeterUnknown(METER, silent, "no answer"))
        if len(batch) >= _AT_ONCE:
            ledger.readings.record(batch)
            batch = []
    ledger.readings.record(batch)


def _times(now: datetime) -> Iterator[datetime]:
    at = now - _SPAN
    while at < now:
        yield at
        at += _SPARSE_EACH if at < now - _DENSE else _DENSE_EACH


def _know_people(ledger: Ledger, now: datetime) -> None:
    for number in range(DRIVERS):
        ledger.accounts.add("driver", f"driver {number}")
        ledger.users.add(User(f"user{number}", None, role="driver", driver=f"driver {number}"), now)
    for number in range(VEHICLES):
        name = f"car {number}"
        ledger.accounts.add("vehicle", name, vehicle=Vehicle(name, f"AB-{number:03}-C"))
    for number in range(CENTRES):
        ledger.accounts.add("cost-centre", f"centre {number}")
    for number in range(CARDS):
        uid = _uid(number)
        ledger.tokens.add(
            Token(_token_id(number), uid, legacy_id(bytes.fromhex(uid)), _card(number), True), now
        )


def _know_prices(ledger: Ledger, now: datetime) -> None:
    for number in range(4 * YEARS):
        since = now - _SPAN + number * timedelta(days=91)
        price = Decimal(2500 + 10 * number) / 10_000
        ledger.prices.add(PriceVersion(UUID(int=1000 + number), since, price, "EUR"))


def _session(number: int, charge_point: str, now: datetime) -> Kept:
    step = _SPAN / (SESSIONS + 1)
    began = now - _SPAN + number * step
    card = number % CARDS
    return Kept(
        session_id(number),
        charge_point,
        began,
        began + step / 2,
        start_wh=number * _ENERGY_WH,
        energy_wh=_ENERGY_WH,
        card={"token_id": _token_id(card), "uid": _uid(card), "label": _card(card)},
        whose={
            "driver": f"driver {number % DRIVERS}",
            "vehicle": f"car {number % VEHICLES}",
            "plate": f"AB-{number % VEHICLES:03}-C",
            "cost_centre": f"centre {number % CENTRES}",
        },
        price_id=UUID(int=1000),
        per_kwh=Decimal("0.25"),
        begins_late=number % 50 == 0,
    )


def _issue_statements(ledger: Ledger, now: datetime) -> None:
    """Issue one of each driver for each month, and one of all."""
    for month in range(12 * YEARS):
        year, of_year = divmod(12 * (now.year - YEARS) + month, 12)
        period = f"{year:04}-{of_year + 1:02}"
        for number in range(DRIVERS + 1):
            driver = None if number == DRIVERS else f"driver {number}"
            ledger.statements.add_version(
                Issued(
                    number=f"{period}-{number:02}",
                    version=1,
                    period=Period.parse(period),
                    selection=Selection(driver=driver),
                    profile="",
                    content_hash=f"{month:032}{number:032}",
                    ledger_hash=f"{month:032}{number:032}",
                    sessions=80,
                    energy_wh=80 * _ENERGY_WH,
                    total=Decimal("8.00"),
                    currency="EUR",
                    created_at=now - _SPAN + timedelta(days=30 * (month + 1)),
                    who="bench",
                )
            )


def _tell(ledger: Ledger, now: datetime) -> None:
    for number in range(KEPT):
        at = now - (KEPT - number) * timedelta(hours=1)
        what = ("session-ended", 0, "A session has ended", "12.345 kWh at 3.87 EUR")
        ledger.told.record(ToldOnce("prowl", f"told {number}", at, *what, "sent"))


def _do_deeds(folder: Path, now: datetime) -> None:
    path = folder / ".oppleo" / "audit.sqlite"
    AuditLog(path, VirtualClock(now)).note("bench", "fill", "the site")
    at = now.isoformat(timespec="seconds")
    with closing(sqlite3.connect(path)) as db, db:
        db.executemany(
            "INSERT INTO deed (at, who, what, about, details, simulated) VALUES (?,?,?,?,?,1)",
            ((at, "bench", "change", f"card {number}", "as it was") for number in range(_DEEDS)),
        )


def _log(folder: Path, now: datetime) -> None:
    at = now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    with (folder / ".oppleo" / "log" / "oppleo-flow.log").open("a", encoding="utf-8") as log:
        for number in range(_LOG_LINES):
            log.write(f"{at} INFO    bench: a line that says what happened, and when: {number}\n")


def _token_id(number: int) -> UUID:
    return UUID(int=500 + number)


def _uid(number: int) -> str:
    return f"04FF00{number:02X}"


def _card(number: int) -> str:
    return f"card {number}"
