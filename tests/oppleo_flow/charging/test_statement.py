from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from oppleo_flow.charging.meters import MeterFacts
from oppleo_flow.charging.month import Month
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.reconciliation import Part, Register
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.selection import Selection
from oppleo_flow.charging.statement import Heading, NameTotal, Statement, make_statement
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.payloads import Attribution

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MARCH = Month(2026, 3)
START, STOP = MARCH.bounds(AMSTERDAM)
HEADING = Heading("cp", Period.of_month(MARCH), AMSTERDAM, "EUR", STOP + timedelta(hours=6))
HOUR = timedelta(hours=1)
PRICE = PriceVersion(UUID(int=9), datetime(2025, 1, 1, tzinfo=UTC), Decimal("0.333"), "EUR")


def session(
    ended_at: datetime | None,
    *,
    started_at: datetime | None = None,
    start_wh: int | None = 1_000,
    energy_wh: int | None = 500,
    label: str = "family",
    price: PriceVersion | None = PRICE,
    number: int = 1,
) -> SessionRecord:
    known = ended_at is not None and start_wh is not None and energy_wh is not None
    return SessionRecord(
        session_id=UUID(int=number),
        token_id=UUID(int=5),
        uid="04A1B2C3",
        label=label,
        started_at=started_at or (ended_at or START + HOUR) - HOUR,
        meter_start_wh=start_wh,
        meter_start_quality="unknown" if start_wh is None else "measured",
        meter_serial="A",
        ended_at=ended_at,
        meter_end_wh=start_wh + energy_wh if known else None,
        energy_wh=energy_wh if known else None,
        reason="card" if ended_at else None,
        price=price,
    )


def register(time: datetime, energy_wh: int, serial: str | None = "A") -> Register:
    return Register(time, energy_wh, serial)


@pytest.mark.parametrize(
    ("ended_at", "on_it"),
    [
        pytest.param(START - timedelta(microseconds=1), False, id="ended before the month"),
        pytest.param(START, True, id="ended in its first moment"),
        pytest.param(STOP - timedelta(microseconds=1), True, id="ended in its last moment"),
        pytest.param(STOP, False, id="ended in the first moment of the next"),
        pytest.param(None, False, id="is open"),
    ],
)
def test_a_session_is_on_the_statement_of_the_month_it_ended_in(ended_at, on_it):
    one = session(ended_at)
    assert make_statement(HEADING, [one]).lines == ((one,) if on_it else ())


def test_sessions_that_the_month_did_not_see_the_end_of_are_counted():
    sessions = [
        session(None, started_at=STOP - HOUR),
        session(STOP + HOUR, started_at=STOP - HOUR),
        session(None, started_at=STOP),
        session(STOP - HOUR),
    ]
    assert make_statement(HEADING, sessions).unfinished == 2


def test_lines_stand_in_the_order_in_which_the_sessions_began():
    early = session(STOP - HOUR, started_at=START, number=2)
    late = session(STOP - 2 * HOUR, started_at=START + HOUR, number=1)
    assert make_statement(HEADING, [late, early]).lines == (early, late)


def test_the_total_is_the_sum_of_the_rounded_lines():
    lines = [session(START + HOUR, energy_wh=500, number=n) for n in range(3)]
    statement = make_statement(HEADING, lines)
    assert [line.amount for line in statement.lines] == [Decimal("0.17")] * 3
    assert statement.total == Decimal("0.51")  # 0.4995, were it rounded at the end
    assert statement.energy_wh == 1_500


def test_what_is_not_known_is_flagged_and_left_out_of_the_sums():
    lines = [
        session(START + HOUR, number=1),
        session(START + HOUR, number=2, energy_wh=None),
        session(START + HOUR, number=3, price=None),
        replace(session(START + HOUR, number=4), meter_start_quality="late"),
    ]
    statement = make_statement(HEADING, lines)
    assert [line.flags for line in statement.lines] == [
        (),
        ("energy-unknown",),
        ("price-unknown",),
        ("late-start",),
    ]
    assert statement.energy_wh == 1_500
    assert statement.total == Decimal("0.34")
    assert (statement.energy_unknown, statement.price_unknown) == (1, 1)


def test_a_month_without_sessions_comes_to_nothing():
    statement = make_statement(HEADING, [])
    assert (statement.energy_wh, str(statement.total), statement.by("card")) == (0, "0.00", ())
    assert statement.meters == ()


def test_sessions_are_summed_up_by_label():
    lines = [
        session(START + HOUR, label="work", number=1),
        session(START + HOUR, label="family", number=2),
        session(START + HOUR, label="work", number=3),
    ]
    assert make_statement(HEADING, lines).by("card") == (
        NameTotal("family", 1, 500, Decimal("0.17")),
        NameTotal("work", 2, 1_000, Decimal("0.34")),
    )


def test_a_price_in_another_currency_is_refused():
    line = session(START + HOUR, price=replace(PRICE, currency="USD"))
    with pytest.raises(ValueError, match=r"its price is in USD, the statement in EUR$"):
        make_statement(HEADING, [line])


def test_the_registers_explain_every_watt_hour():
    sessions = [
        session(START + HOUR, start_wh=900, energy_wh=400, number=1),  # 100 of it in February
        session(START + 9 * HOUR, start_wh=1_350, energy_wh=150, number=2),
        session(STOP + HOUR, started_at=STOP - HOUR, start_wh=1_600, energy_wh=700, number=3),
    ]
    statement = make_statement(
        HEADING, sessions, [Part(register(START, 1_000), register(STOP, 2_000))]
    )
    found = statement.reconciliation
    assert found is not None
    assert (found.sessions_wh, found.before_wh, found.unfinished_wh) == (550, 100, 400)
    assert found.unattributed_wh == 150  # 50 between the first two, 100 before the third


def test_the_energy_of_a_session_without_registers_is_unattributed():
    line = session(START + HOUR, energy_wh=None)
    statement = make_statement(
        HEADING, [line], [Part(register(START, 1_000), register(STOP, 1_700))]
    )
    assert statement.reconciliation is not None
    assert statement.reconciliation.unattributed_wh == 700


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        pytest.param(register(START, 10), register(STOP, 9), id="the register fell"),
        pytest.param(register(START, 10), register(STOP, 20, "B"), id="another meter"),
        pytest.param(register(START, 10), register(START, 10), id="one reading only"),
    ],
)
def test_registers_that_cannot_be_compared_reconcile_nothing(opening, closing):
    assert make_statement(HEADING, [], [Part(opening, closing)]).reconciliation is None


def consecutive(steps: list[tuple[int, int, int]]) -> list[SessionRecord]:
    """Return sessions one after the other: minutes of pause, minutes of charging, Wh."""
    at, energy, sessions = START - 20 * HOUR, 10_000, []
    for number, (pause, charge, wh) in enumerate(steps):
        begun = at + timedelta(minutes=pause)
        at = begun + timedelta(minutes=charge)
        sessions.append(session(at, started_at=begun, start_wh=energy, energy_wh=wh, number=number))
        energy += wh
    return sessions


steps = st.lists(
    st.tuples(st.integers(0, 600), st.integers(1, 900), st.integers(0, 80_000)), max_size=120
)


def statement_of(sessions: list[SessionRecord], month: Month) -> Statement:
    return make_statement(replace(HEADING, period=Period.of_month(month)), sessions)


@given(steps)
def test_every_session_is_on_exactly_one_statement(steps):
    sessions = consecutive(steps)
    months = [MARCH.previous(), MARCH, MARCH.next(), MARCH.next().next()]
    statements = [statement_of(sessions, month) for month in months]
    assert [line for one in statements for line in one.lines] == sessions
    assert sum(one.energy_wh for one in statements) == sum(s.energy_wh or 0 for s in sessions)
    assert sum(one.total for one in statements) == sum(s.amount or 0 for s in sessions)


@given(steps)
def test_sums_by_label_are_the_sums_of_the_statement(steps):
    sessions = [replace(s, label="ab"[n % 2]) for n, s in enumerate(consecutive(steps))]
    statement = statement_of(sessions, MARCH)
    parts = statement.by("card")
    assert sum(part.sessions for part in parts) == len(statement.lines)
    assert sum(part.energy_wh for part in parts) == statement.energy_wh
    assert sum((part.total for part in parts), Decimal(0)) == statement.total


@given(steps=steps, opening=st.integers(0, 500_000), counted=st.integers(0, 3_000_000))
def test_the_reconciliation_always_adds_up(steps, opening, counted):
    registers = [Part(register(START, opening), register(STOP, opening + counted))]
    found = make_statement(HEADING, consecutive(steps), registers).reconciliation
    assert found is not None
    assert counted == (
        found.sessions_wh - found.before_wh + found.unfinished_wh + found.unattributed_wh
    )


@given(steps.filter(len))
def test_sessions_without_a_gap_leave_nothing_unattributed(steps):
    overlap = [s for s in consecutive(steps) if s.started_at < STOP and s.ended_at >= START]
    assume(overlap)
    first, last = overlap[0], overlap[-1]
    opening = register(START, first.meter_start_wh + first.energy_wh // 2)
    registers = [Part(opening, register(STOP, last.meter_end_wh))]
    found = make_statement(HEADING, overlap, registers).reconciliation
    assert found is not None
    assert found.unattributed_wh == 0
    assert found.sessions_wh + found.unfinished_wh == sum(s.energy_wh for s in overlap)


@given(steps, st.integers(0, 500_000), st.integers(0, 3_000_000))
def test_selections_share_out_the_sessions_and_none_tells_what_the_meter_counted(
    steps, opening, counted
):
    sessions = [replace(s, label="ab"[n % 2]) for n, s in enumerate(consecutive(steps))]
    registers = [Part(register(START, opening), register(STOP, opening + counted))]
    whole = make_statement(HEADING, sessions, registers)
    parts = [
        make_statement(replace(HEADING, selection=Selection(card=card)), sessions, registers)
        for card in "ab"
    ]
    assert sum(part.energy_wh for part in parts) == whole.energy_wh
    assert sum(part.total for part in parts) == whole.total
    assert sum(part.unfinished for part in parts) == whole.unfinished
    assert whole.reconciliation is not None
    assert [part.reconciliation for part in parts] == [None, None]


def test_a_meter_that_was_exchanged_has_a_part_of_its_own():
    old = session(START + HOUR, start_wh=1_000, energy_wh=500, number=1)
    new = replace(session(STOP - HOUR, start_wh=10, energy_wh=300, number=2), meter_serial="B")
    parts = [
        Part(register(START, 1_000), register(START + 9 * HOUR, 1_600)),
        Part(register(START + 10 * HOUR, 0, "B"), register(STOP, 400, "B")),
    ]
    found = make_statement(HEADING, [old, new], parts).reconciliation
    assert (found.counted_wh, found.sessions_wh, found.unattributed_wh) == (1_000, 800, 200)
    assert found.before_wh == 0


def test_the_sessions_of_another_charge_point_are_not_selected():
    """Oppleo: the history sums over all devices."""
    here = replace(session(START + HOUR, number=1), point="left")
    there = replace(session(START + HOUR, number=2), point="right")
    heading = replace(HEADING, selection=Selection(point="left"))
    made = make_statement(heading, [here, there])
    assert (made.lines, made.others) == ((here,), (there,))


@pytest.mark.parametrize("purpose", ["driver", "vehicle", "cost_centre"])
def test_a_statement_can_be_of_whom_and_what_sessions_were_for(purpose):
    ann, ben, nobody = (session(STOP - HOUR, number=number) for number in (1, 2, 3))
    ann = replace(ann, attribution=Attribution(**{purpose: "Ann"}))
    ben = replace(ben, attribution=Attribution(**{purpose: "Ben"}))
    heading = replace(HEADING, selection=Selection(**{purpose: "Ann"}))
    made = make_statement(heading, [ann, ben, nobody])
    assert (made.lines, made.others) == ((ann,), (ben, nobody))
    assert made.total == ann.amount


def test_a_statement_is_preliminary_until_its_period_has_ended():
    assert replace(HEADING, created_at=STOP - timedelta(microseconds=1)).preliminary
    assert not replace(HEADING, created_at=STOP).preliminary


def test_a_meter_that_nobody_told_of_is_known_by_its_serial_number():
    line = session(START + HOUR)
    assert make_statement(HEADING, [line]).meters == (MeterFacts(serial="A"),)
    told = MeterFacts("Eastron", "SDM630", mid=True)
    made = make_statement(HEADING, [line], meters=[told])
    assert made.meters == (replace(told, serial="A"),)
    other = replace(told, serial="B")
    made = make_statement(HEADING, [line], meters=[other])
    assert made.meters == (other, MeterFacts(serial="A"))
