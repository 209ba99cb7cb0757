import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import (
    MeterReading,
    MeterUnknown,
    SessionEnded,
    SessionSettled,
    SessionStarted,
)
from oppleo_flow.store import open_ledger
from oppleo_flow.store.check.databases import check_databases

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FIRST, SECOND_ONE = (UUID(int=number) for number in (1, 2))
EDGE = NOON + 600 * SECOND


@pytest.fixture
def path(location) -> Path:
    """Return the file of a ledger with a session of two slices, one without, and one that is open.

    All of it is as a run writes it.
    """
    with open_ledger(location, "cp") as ledger:
        ledger.prices.add(PriceVersion(UUID(int=11), NOON - SECOND, Decimal("0.30"), "EUR"))
        ledger.prices.add(PriceVersion(UUID(int=12), EDGE, Decimal("0.40"), "EUR"))
        ledger.readings.record([_reading(second) for second in range(0, 86_400, 60)])
        ledger.readings.record([MeterUnknown("meter", NOON + 7 * SECOND, "no answer")])
        for number, session_id in enumerate((FIRST, SECOND_ONE)):
            start = NOON + number * 1800 * SECOND
            _charge(ledger, session_id, start)
        later = NOON + 2 * timedelta(hours=1)
        ledger.sessions.record(SessionStarted.sample(session_id=UUID(int=3), started_at=later))
    return location.path


def _reading(second: int) -> MeterReading:
    return MeterReading.sample(
        time=NOON + second * SECOND, energy_import_wh=10_000 + second, power_w=3600.0
    )


def _charge(ledger, session_id: UUID, start: datetime) -> None:
    first_wh = 10_000 + int((start - NOON) / SECOND)
    what = {"session_id": session_id, "started_at": start}
    ledger.sessions.record(SessionStarted.sample(**what, meter_start_wh=first_wh))
    ended = SessionEnded.sample(
        **what,
        ended_at=start + 1200 * SECOND,
        meter_start_wh=first_wh,
        meter_end_wh=first_wh + 1200,
        energy_wh=1200,
    )
    ledger.sessions.record(ended)
    ledger.sessions.record(
        SessionSettled.sample(
            session_id=session_id,
            settled_at=start + 1260 * SECOND,
            meter_end_wh=first_wh + 1210,
            energy_wh=1210,
        )
    )


def found(path: Path, *statements: str) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(path)) as db, db:
        for statement in statements:
            db.execute(statement)
    return [(one.level, one.code, one.text) for one in check_databases(path).findings]


def test_a_ledger_as_a_run_writes_it_is_in_order(path):
    assert found(path) == []


ID = "00000000000000000000000000000001"
LAST_OPEN = "00000000000000000000000000000003"
BY_HAND = "; correct it, or restore it from a backup"


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        pytest.param(
            "UPDATE readings SET power_w = 'much' WHERE time LIKE '2026-01-15 12:01:00%'",
            "readings cp meter 2026-01-15 12:01:00.000000: power_w: a number is needed, got 'much'",
            id="a text for a number",
        ),
        pytest.param(
            "UPDATE readings SET energy_import_wh = 10060.5 WHERE time LIKE '2026-01-15 12:01:00%'",
            "readings cp meter 2026-01-15 12:01:00.000000: energy_import_wh: "
            "a whole number is needed, got 10060.5",
            id="a part of a Wh",
        ),
        pytest.param(
            f"UPDATE session_ended SET ended_at = 'yesterday' WHERE session_id = '{ID}'",
            f"session_ended {ID}: ended_at: a time in UTC is needed, got 'yesterday'",
            id="a text for a time",
        ),
        pytest.param(
            "UPDATE session_ended SET ended_at = '2026-01-15 25:00:00.000000' "
            f"WHERE session_id = '{ID}'",
            f"session_ended {ID}: ended_at: a time in UTC is needed, "
            "got '2026-01-15 25:00:00.000000'",
            id="a time that is none",
        ),
        pytest.param(
            "UPDATE price_versions SET price_per_kwh = '0,30' WHERE currency = 'EUR' AND "
            "price_per_kwh = '0.30'",
            "price_versions 0000000000000000000000000000000b: price_per_kwh: "
            "a decimal number is needed, got '0,30'",
            id="a comma in a price",
        ),
        pytest.param(
            f"UPDATE session_started SET clock_uncertain = 2 WHERE session_id = '{ID}'",
            f"session_started {ID}: clock_uncertain: 0 or 1 is needed, got 2",
            id="neither yes nor no",
        ),
    ],
)
def test_a_value_of_another_kind_is_named_with_its_row(path, statement, text):
    assert found(path, statement) == [("error", "wrong-value", f"{text}{BY_HAND}")]


def test_of_many_wrong_values_some_are_told(path):
    wrong = found(path, "UPDATE readings SET serial = NULL, frequency_hz = 'fast'")
    assert [code for _, code, _ in wrong] == ["wrong-value"] * 3


OPEN_INDEX = "DROP INDEX uq_session_started_open"
NO_INDEX = (
    "error",
    "changed-table",
    "table 'session_started': index 'uq_session_started_open' is missing; restore it from a backup",
)


def test_two_open_sessions_are_named_where_the_index_was_dropped(path):
    """D8 of the original: two ways to look for the open session, which may find two."""
    assert found(
        path,
        OPEN_INDEX,
        f"UPDATE session_started SET closed_at = NULL WHERE session_id = '{ID}'",
    ) == [
        NO_INDEX,
        (
            "error",
            "two-open-sessions",
            f"sessions {ID} and {LAST_OPEN} are both open; "
            "the next one that starts closes both as lost",
        ),
        (
            "error",
            "open-before-another",
            f"session {ID} of 2026-01-15 12:00:00.000000 has no end, "
            "although another one began after it",
        ),
    ]


@pytest.mark.parametrize(
    ("statement", "level", "code", "text"),
    [
        pytest.param(
            f"UPDATE session_ended SET ended_at = '2026-01-14 00:00:00.000000' "
            f"WHERE session_id = '{ID}'",
            "error",
            "ends-before-it-starts",
            f"session {ID}: ends at 2026-01-14 00:00:00.000000, "
            "before its start at 2026-01-15 12:00:00.000000",
            id="an end before the start",
        ),
        pytest.param(
            f"UPDATE session_settled SET energy_wh = -5 WHERE session_id = '{ID}'",
            "error",
            "energy-is-not-the-registers",
            f"session {ID}: its energy is -5 Wh, but its registers are 10000 and 11210 Wh",
            id="a negative energy",
        ),
        pytest.param(
            f"UPDATE slices SET start_wh = start_wh + 7 WHERE session_id = '{ID}' AND number = 1",
            "error",
            "slices-with-a-hole",
            f"session {ID}: slice 1 begins at 10607 Wh, and the one before it ends at 10600 Wh",
            id="a hole between slices",
        ),
        pytest.param(
            f"UPDATE slices SET since = '2026-01-15 12:05:00.000000' WHERE session_id = '{ID}' "
            "AND number = 1",
            "error",
            "slices-overlap",
            f"session {ID}: slice 1 begins at 2026-01-15 12:05:00.000000, "
            "before the end of the one before it at 2026-01-15 12:10:00.000000",
            id="a slice that overlaps",
        ),
        pytest.param(
            f"DELETE FROM slices WHERE session_id = '{ID}' AND number = 1",
            "error",
            "slices-are-not-the-session",
            f"session {ID}: its slices have 600 Wh, but its registers are 10000 and 11210 Wh",
            id="a slice that is gone",
        ),
        pytest.param(
            "DELETE FROM price_versions WHERE price_version_id LIKE '%b'",
            "error",
            "price-is-lost",
            f"session {ID}: was billed by the price 0000000000000000000000000000000b, "
            "which is not there",
            id="a price that is gone",
        ),
        pytest.param(
            "INSERT INTO session_settled VALUES ('0000000000000000000000000000000f', 'cp', "
            "'2026-01-15 12:00:00.000000', 5, 5)",
            "note",
            "start-is-lost",
            "session 0000000000000000000000000000000f has a late end register, "
            "but neither a start nor an end",
            id="a session of which only a part is there",
        ),
        pytest.param(
            "UPDATE reading_slots SET energy_wh = 0 WHERE slot_s = 900 AND since_s = 1768482000",
            "error",
            "wrong-roll-up",
            "meter 'meter': what was rolled up from 2026-01-15 13:00 UTC on is not what its "
            "readings say; `oppleo-flow db roll-up` makes it anew",
            id="a quarter-hour that was changed",
        ),
        pytest.param(
            "DELETE FROM reading_slots WHERE slot_s = 60 AND since_s = 1768482060",
            "error",
            "wrong-roll-up",
            "meter 'meter': what was rolled up from 2026-01-15 13:01 UTC on is not what its "
            "readings say; `oppleo-flow db roll-up` makes it anew",
            id="a minute that is gone",
        ),
        pytest.param(
            "UPDATE reading_slots SET max_w = 0 WHERE slot_s = 21600 AND since_s = 1768500000",
            "error",
            "wrong-roll-up",
            "meter 'meter': what was rolled up from 2026-01-15 18:00 UTC on is not what its "
            "readings say; `oppleo-flow db roll-up` makes it anew",
            id="six hours that were changed",
        ),
    ],
)
def test_rows_that_cannot_be_right_are_named(path, statement, level, code, text):
    assert (level, code, text) in found(path, statement)


def test_a_register_that_falls_is_noted_and_one_below_zero_is_wrong(path):
    told = found(path, "UPDATE readings SET energy_import_wh = -4 WHERE time LIKE '%-16 11:59:00%'")
    assert told == [
        (
            "error",
            "negative-register",
            "meter 2026-01-16 11:59:00.000000: a register is -4 Wh, below zero",
        ),
        (
            "note",
            "register-falls",
            "meter 'meter': its register falls from 96280 to -4 Wh at 2026-01-16 "
            "11:59:00.000000; if it was exchanged, say so with `oppleo-flow meters exchange`",
        ),
    ]


def test_a_register_of_a_phase_that_is_below_zero_is_wrong(path):
    told = found(path, "UPDATE readings SET energy_l2_wh = -7 WHERE time LIKE '%-16 11:59:00%'")
    assert told == [
        (
            "error",
            "negative-register",
            "meter 2026-01-16 11:59:00.000000: a register is -7 Wh, below zero",
        )
    ]


def test_of_many_rows_that_are_wrong_alike_some_are_named_and_all_are_counted(path):
    told = found(path, "UPDATE readings SET energy_import_wh = 0 WHERE time LIKE '%-16 11:_0:00%'")
    falls = [text for _, code, text in told if code == "register-falls"]
    assert len(falls) == 6
    assert falls[-1] == "1 more like the last one"


def test_what_is_rolled_up_wrongly_is_put_right(path, location):
    wrong = "UPDATE reading_slots SET energy_wh = 0 WHERE slot_s = 900"
    assert found(path, wrong) != []
    with open_ledger(location, "cp") as ledger:
        ledger.readings.rebuild_roll_ups()
    assert found(path) == []


@pytest.mark.parametrize(
    ("statement", "read", "text"),
    [
        pytest.param(
            f"UPDATE session_settled SET energy_wh = 'much' WHERE session_id = '{ID}'",
            lambda ledger: ledger.sessions.between(NOON, NOON + timedelta(days=1)),
            "session 00000000-0000-0000-0000-000000000001: energy_wh: got 'much'",
            id="a session's energy",
        ),
        pytest.param(
            f"UPDATE session_ended SET ended_at = 'yesterday' WHERE session_id = '{ID}'",
            lambda ledger: ledger.sessions.latest(5),
            "a time is needed, got 'yesterday'",
            id="a session's end",
        ),
        pytest.param(
            "UPDATE price_versions SET price_per_kwh = '0,30'",
            lambda ledger: ledger.prices.all(),
            "a decimal number is needed, got '0,30'",
            id="a price",
        ),
        pytest.param(
            "UPDATE readings SET power_w = 'much'",
            lambda ledger: ledger.readings.latest("meter"),
            "reading of meter at 2026-01-16 11:59:00+00:00: has a value that is no number",
            id="a reading",
        ),
    ],
)
def test_a_row_that_was_made_something_else_is_a_clear_error(path, location, statement, read, text):
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement)
    with open_ledger(location, "cp") as ledger, pytest.raises(StoreError) as error:
        read(ledger)
    assert str(error.value) == (
        f"{path}: a row cannot be read: {text}; `oppleo-flow db check` says why"
    )


def test_readings_go_on_to_be_kept_beside_one_that_was_made_something_else(path, location):
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE readings SET power_w = 'much' WHERE time LIKE '2026-01-16 11:50%'")
    later = _reading(86_400)
    with open_ledger(location, "cp") as ledger:
        ledger.readings.record([later])
        assert ledger.readings.latest("meter") == later
        (quarter,) = ledger.readings.graph(
            "meter", later.time - 900 * SECOND, later.time, points=2
        ).points
    assert (quarter.known_s, quarter.energy_wh) == (780.0, 780)
