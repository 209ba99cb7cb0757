from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.charging.correction import Changes, Correction, apply
from oppleo_flow.charging.reimbursement import Reimbursement, profile_of
from oppleo_flow.payloads import Attribution
from oppleo_flow.reports.document import kwh, plain, time_text
from oppleo_flow.reports.lines import columns, line, lines, title
from tests.oppleo_flow.charging.prices import DUAL
from tests.oppleo_flow.reports.sliced import cut
from tests.oppleo_flow.reports.statements import (
    DUTCH,
    HEADING,
    PREVIEW,
    PRICE,
    document,
    session,
)


def cells(*sessions, index: int = 0, heading=HEADING, language: str = "en") -> dict:
    """Return one line as what a program finds under the name of each column."""
    of = document(*sessions, heading=heading, language=language)
    names = (column.name for column in columns(of))
    return dict(zip(names, line(of, index), strict=True))


def test_a_line_shows_both_registers_and_local_times_with_their_offset():
    number, start, end, card, *figures = line(PREVIEW, 0)
    assert (number, card) == (1, "family")
    assert time_text(start) == "2026-10-24 22:00 +02:00"
    assert time_text(end) == "2026-10-25 02:00 +01:00"
    assert [str(figure) for figure in figures] == [
        *("1020.000", "1032.345", "12.345", "0.3141", "3.88", "EUR", ""),
        "00000000-0000-0000-0000-000000000001",
        *["None"] * 8,
    ]


def test_energy_is_told_to_the_watt_hour():
    """Oppleo D4: energy is rounded to 0.1 kWh before it is multiplied by the price."""
    found = cells(session(1, energy_wh=12_349))
    assert (found["energy_kwh"], found["amount"]) == (Decimal("12.349"), Decimal("3.88"))
    rounded_first = (Decimal("12.3") * Decimal("0.3141")).quantize(Decimal("0.01"))
    assert rounded_first == Decimal("3.86")


def test_what_is_unknown_is_empty_and_said():
    """Oppleo D1: a read that failed is 0, and is billed."""
    energy, price, amount, _, remarks = line(PREVIEW, 2)[6:11]
    assert (energy, price, amount) == (None, Decimal("0.3141"), None)
    assert remarks == "energy unknown"
    assert line(PREVIEW, 3)[10] == "price unknown, start read late"
    assert line(DUTCH, 3)[10] == "prijs onbekend, begin laat gemeten"


@given(st.integers(-(10**12), 10**12))
def test_a_kilowatt_hour_is_exactly_a_thousand_watt_hours(energy_wh):
    assert kwh(energy_wh) * 1000 == energy_wh
    assert kwh(energy_wh).as_tuple().exponent == -3


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Łukasz's card", "Łukasz's card"),
        ("two\nlines\x00", "two\N{REPLACEMENT CHARACTER}lines\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_control_characters_are_not_let_through(text, shown):
    assert plain(text) == shown


def test_a_session_in_peak_and_off_peak_hours_says_what_each_part_costs():
    """D14 of the original: one flat price for all hours."""
    found = cells(cut(1, DUAL), cut(2, DUAL))
    assert found["energy_kwh"] == Decimal("12.345")
    assert (found["price_per_kwh"], found["amount"]) == (None, Decimal("3.61"))
    assert found["remarks"] == "peak 2.000, off-peak 10.345 kWh"
    assert (found["peak_kwh"], found["off_peak_kwh"]) == (Decimal("2.000"), Decimal("10.345"))
    assert found["slices"] == (
        "2026-10-16T22:00:00+02:00 2.000 peak 0.363; "
        "2026-10-16T23:00:00+02:00 10.345 off-peak 0.2783"
    )
    dutch = cells(cut(1, DUAL), language="nl")
    assert dutch["remarks"] == "piek 2,000, dal 10,345 kWh"


def test_a_line_of_a_flat_price_says_the_same_with_slices_as_without():
    sessions = [cut(1, PRICE), cut(2, PRICE)]
    flat = document(*(replace(one, slices=()) for one in sessions))
    assert list(lines(document(*sessions))) == list(lines(flat))


def test_a_share_that_was_estimated_is_said():
    whole = cut(1, DUAL)
    guessed = replace(whole, slices=tuple(replace(one, estimated=True) for one in whole.slices))
    assert cells(guessed)["remarks"] == "peak 2.000, off-peak 10.345 kWh, parts estimated"


def test_prices_that_changed_are_told_with_their_energy():
    one, *_ = cut(1, PRICE).slices
    dearer = replace(one, per_kwh=Decimal("0.5"), start_wh=one.end_wh, end_wh=one.end_wh + 655)
    found = cells(replace(session(1), slices=(one, dearer)))
    assert found["remarks"] == "12.345 kWh flat à 0.3141, 0.655 kWh flat à 0.5"


def test_many_prices_are_told_by_their_range():
    one, *_ = cut(1, PRICE).slices
    many = tuple(replace(one, per_kwh=Decimal(n) / 10) for n in range(-1, 9))
    assert cells(replace(session(1), slices=many))["remarks"] == "10 prices, -0.1 to 0.8"


def test_a_line_says_whom_and_what_it_was_for_and_where_the_odometer_stood():
    of = Attribution("Anna", "ioniq", "X-123-Y", "acme")
    found = cells(replace(session(1), attribution=of, odometer_km=45_678))
    assert line(document(replace(session(1), attribution=of)), 0)[12:16] == (
        *("Anna", "ioniq", "X-123-Y", "acme"),
    )
    assert found["odometer_km"] == 45_678


def test_a_correction_is_flagged_and_its_figures_count():
    recorded = session(1)
    at = datetime(2026, 10, 31, 9, 0, tzinfo=UTC)
    changes = Changes(meter_end_wh=1_030_000)
    made = Correction(UUID(int=8), recorded.session_id, 1, at, "Anna", "by eye", changes)
    found = cells(apply(recorded, [made]))
    assert (found["energy_kwh"], found["remarks"]) == (Decimal("10.000"), "corrected")


def test_a_session_that_is_void_costs_nothing_and_says_so():
    at = datetime(2026, 10, 31, 9, 0, tzinfo=UTC)
    recorded = session(1)
    made = Correction(UUID(int=8), recorded.session_id, 1, at, "Anna", "a test", Changes(void=True))
    of = document(apply(recorded, [made]), session(2))
    assert (of.statement.energy_wh, of.statement.total) == (12_345, Decimal("3.88"))
    assert line(of, 0)[10] == "corrected, void"


@pytest.mark.parametrize(
    ("region", "amount", "remark"),
    [
        pytest.param("de", Decimal("4.20"), "", id="a figure that is known"),
        pytest.param("be", None, "reimbursement unknown", id="no figure for the quarter"),
    ],
)
def test_what_may_be_reimbursed_has_a_column_beside_the_cost(region, amount, remark):
    by = Reimbursement.of(profile_of(region), region="flanders" if region == "be" else None)
    found = cells(session(1), heading=replace(HEADING, reimbursement=by))
    assert (found["amount"], found["reimbursable"]) == (Decimal("3.88"), amount)
    assert found["remarks"] == remark


def test_every_column_has_a_title_in_both_languages():
    assert [title(one, PREVIEW) for one in columns(PREVIEW)][:4] == ["No.", "Start", "End", "Card"]
    assert [title(one, DUTCH) for one in columns(DUTCH)][:4] == ["Nr.", "Begin", "Einde", "Laadpas"]
