from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.charging.correction import Changes, Correction, apply
from oppleo_flow.charging.price_parts import price_parts
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.slices import Mark, slice_energy
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.payloads import Attribution
from oppleo_flow.reports import content
from tests.oppleo_flow.charging.prices import DUAL
from tests.oppleo_flow.reports.statements import HEADING, OCTOBER, PRICE, WHOLE, session, statement


def test_the_head_says_what_it_is_of():
    assert list(content.head(WHOLE)) == [
        ("Statement", "my-charger 2026-10"),
        ("Charge point", "my-charger"),
        ("Period", "2026-10-01 00:00 +02:00 until 2026-11-01 00:00 +01:00 (Europe/Amsterdam)"),
        ("Meter serial number", "19001234"),
        ("Price", "0.3141 EUR/kWh"),
        ("Made", "2026-11-01 06:00 +01:00, oppleo_flow 0.1.0"),
    ]


def test_a_simulated_statement_says_so_at_the_top():
    simulated = statement(heading=replace(HEADING, simulated=True))
    assert list(content.head(simulated))[1] == (
        "Simulated",
        "no energy was really charged; this is no claim",
    )


def test_the_head_of_an_empty_month_makes_nothing_up():
    facts = dict(content.head(statement()))
    assert (facts["Meter serial number"], facts["Price"]) == ("unknown", "unknown")


def test_a_line_shows_both_registers_and_local_times_with_their_offset():
    number, start, end, card, *figures = content.line(WHOLE, 0)
    assert (number, card) == (1, "family")
    assert content.time_text(start) == "2026-10-24 22:00 +02:00"
    assert content.time_text(end) == "2026-10-25 02:00 +01:00"
    assert [str(figure) for figure in figures] == [
        *("1020.000", "1032.345", "12.345", "0.3141", "3.88", "EUR", ""),
        "00000000-0000-0000-0000-000000000001",
        *["None"] * 6,
    ]


def test_what_is_unknown_is_empty_and_said():
    energy, price, amount, _, remarks = content.line(WHOLE, 2)[6:11]
    assert (energy, price, amount) == (None, Decimal("0.3141"), None)
    assert remarks == "energy unknown"
    assert content.line(WHOLE, 3)[10] == "price unknown, start read late"


def test_the_foot_sums_up_and_reconciles():
    assert [(what, str(value), unit) for what, value, unit in content.foot(WHOLE)] == [
        ("Sessions", "4", ""),
        ("Energy", "37.035", "kWh"),
        ("Total, the sum of the rounded amounts", "7.76", "EUR"),
        ("Sessions above without known energy, not in the sums", "1", ""),
        ("Sessions above without known price, not in the total", "1", ""),
        ("Card 'family': energy", "24.690", "kWh"),
        ("Card 'family': amount", "3.88", "EUR"),
        ("Card 'work': energy", "12.345", "kWh"),
        ("Card 'work': amount", "3.88", "EUR"),
        ("Opening register, 2026-10-01 00:00 +02:00", "1000.000", "kWh"),
        ("Closing register, 2026-11-01 00:00 +01:00", "1100.000", "kWh"),
        ("Counted by the meter", "100.000", "kWh"),
        ("Not part of any session", "62.965", "kWh"),
    ]


def test_the_foot_says_what_the_months_bounds_cut():
    start, stop = OCTOBER.bounds(HEADING.zone)
    begun_before = session(0, started_at=start - timedelta(hours=1))
    ends_after = session(4, started_at=stop - timedelta(hours=1))
    across = statement(
        replace(begun_before, meter_start_wh=990_000, meter_end_wh=1_002_345),
        replace(ends_after, meter_start_wh=1_095_000, meter_end_wh=1_107_345),
    )
    found = {what: str(value) for what, value, _ in content.foot(across)}
    assert found["Energy"] == "12.345"
    assert found["Of the sessions above, not between these registers"] == "10.000"
    assert found["Sessions that did not end in this month, for a later statement"] == "1"
    assert found["Of sessions for a later statement"] == "5.000"
    assert found["Not part of any session"] == "92.655"


def test_registers_that_are_unknown_are_not_made_up():
    foot = list(content.foot(replace(WHOLE, reconciliation=None)))
    assert foot[-1] == ("Registers at the month's bounds", "unknown", "")


@given(st.integers(-(10**12), 10**12))
def test_a_kilowatt_hour_is_exactly_a_thousand_watt_hours(energy_wh):
    assert content.kwh(energy_wh) * 1000 == energy_wh
    assert content.kwh(energy_wh).as_tuple().exponent == -3


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Łukasz's card", "Łukasz's card"),
        ("two\nlines\x00", "two\N{REPLACEMENT CHARACTER}lines\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_control_characters_are_not_let_through(text, shown):
    assert content.plain(text) == shown


def cut(number: int, version: PriceVersion, energy_wh: int = 12_345) -> SessionRecord:
    """Return a session of a night, priced by a version and cut where its price changes."""
    friday = datetime(2026, 10, 16, 20, 0, tzinfo=UTC)
    whole = session(number, price=version, energy_wh=energy_wh, started_at=friday)
    assert whole.ended_at is not None
    parts = price_parts([version], whole.started_at, whole.ended_at)
    start = Mark(whole.started_at, whole.meter_start_wh)
    end = Mark(whole.ended_at, whole.meter_end_wh)
    edge = Mark(parts[0].until, whole.meter_start_wh + 2_000)
    return replace(whole, slices=slice_energy(start, end, parts, lambda at: (edge, None)))


def test_a_session_in_peak_and_off_peak_hours_says_what_each_part_costs():
    """D14 of the original: one flat price for all hours."""
    # From Friday 16 October 22:00, an hour before the off-peak hours, by the clock there.
    whole = statement(cut(1, DUAL), cut(2, DUAL))
    energy, price, amount, _, remarks = content.line(whole, 0)[6:11]
    assert (energy, price, amount) == (Decimal("12.345"), None, Decimal("3.61"))
    assert remarks == "peak 2.000, off-peak 10.345 kWh"
    assert content.line(whole, 0)[16:] == (Decimal("2.000"), Decimal("10.345"))
    facts = dict(content.head(whole))
    assert facts["Price"] == "peak 0.363, off-peak 0.2783 EUR/kWh"
    assert facts["Made up of, per kWh"] == "energy 0.15/0.08, grid 0.05, tax 0.1, VAT 21 %"
    assert [(what, str(value), unit) for what, value, unit in content.foot(whole)][2:6] == [
        ("Total, the sum of the rounded amounts", "7.22", "EUR"),
        ("Of which VAT, 21 %", "1.25", "EUR"),
        ("Tariff 'peak': energy", "4.000", "kWh"),
        ("Tariff 'off-peak': energy", "20.690", "kWh"),
    ]


def test_a_statement_of_a_flat_price_says_the_same_with_slices_as_without():
    sessions = [cut(1, PRICE), cut(2, PRICE)]
    plain = statement(*(replace(one, slices=()) for one in sessions))
    sliced = statement(*sessions)
    assert list(content.head(sliced)) == list(content.head(plain))
    assert list(content.lines(sliced)) == list(content.lines(plain))
    assert list(content.foot(sliced)) == list(content.foot(plain))


def test_a_share_that_was_estimated_is_said():
    whole = cut(1, DUAL)
    guessed = replace(whole, slices=tuple(replace(one, estimated=True) for one in whole.slices))
    remarks = content.line(statement(guessed), 0)[10]
    assert remarks == "peak 2.000, off-peak 10.345 kWh, parts estimated"
    said = "Sessions above that no reading cut where the price changed; their energy is exact"
    assert (said, 1, "") in content.foot(statement(guessed, cut(2, DUAL)))


def test_prices_that_changed_are_told_with_their_energy():
    one, *_ = cut(1, PRICE).slices
    dearer = replace(one, per_kwh=Decimal("0.5"), start_wh=one.end_wh, end_wh=one.end_wh + 655)
    remarks = content.line(statement(replace(session(1), slices=(one, dearer))), 0)[10]
    assert remarks == "12.345 kWh flat at 0.3141, 0.655 kWh flat at 0.5"


def test_many_prices_are_told_by_their_range():
    one, *_ = cut(1, PRICE).slices
    many = tuple(replace(one, per_kwh=Decimal(n) / 10) for n in range(-1, 9))
    remarks = content.line(statement(replace(session(1), slices=many)), 0)[10]
    assert remarks == "10 prices, -0.1 to 0.8"


def test_a_line_says_whom_and_what_it_was_for_and_the_foot_sums_that_up():
    of = Attribution("Anna", "ioniq", "X-123-Y", "acme")
    whole = statement(replace(session(1), attribution=of), session(2))
    assert content.line(whole, 0)[12:16] == ("Anna", "ioniq", "X-123-Y", "acme")
    assert [row for row in content.foot(whole) if "ehicle" in row[0]] == [
        ("No vehicle: energy", Decimal("12.345"), "kWh"),
        ("No vehicle: amount", Decimal("3.88"), "EUR"),
        ("Vehicle 'ioniq': energy", Decimal("12.345"), "kWh"),
        ("Vehicle 'ioniq': amount", Decimal("3.88"), "EUR"),
    ]
    assert ("Cost centre 'acme': amount", Decimal("3.88"), "EUR") in list(content.foot(whole))
    assert not [row for row in content.foot(WHOLE) if "ehicle" in row[0]]


def test_a_correction_is_told_with_who_why_and_what_was_recorded():
    """Oppleo D16: what was edited or deleted looks as if it had always been so."""
    recorded = session(1)
    changes = Changes(meter_end_wh=1_030_000)
    at = datetime(2026, 10, 31, 9, 0, tzinfo=UTC)
    made = Correction(UUID(int=8), recorded.session_id, 1, at, "Anna", "read by eye", changes)
    whole = statement(apply(recorded, [made]))
    assert content.line(whole, 0)[6] == Decimal("10.000")
    assert content.line(whole, 0)[10] == "corrected"
    said = "No. 1 corrected by Anna, 2026-10-31 10:00 +01:00: read by eye; recorded"
    assert (said, Decimal("12.345"), "kWh") in list(content.foot(whole))


def test_a_session_that_is_void_costs_nothing_and_says_so():
    at = datetime(2026, 10, 31, 9, 0, tzinfo=UTC)
    recorded = session(1)
    made = Correction(UUID(int=8), recorded.session_id, 1, at, "Anna", "a test", Changes(void=True))
    whole = statement(apply(recorded, [made]), session(2))
    assert (whole.energy_wh, whole.total) == (12_345, Decimal("3.88"))
    assert content.line(whole, 0)[10] == "corrected, void"
