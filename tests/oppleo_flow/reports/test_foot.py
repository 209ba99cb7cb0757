from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from oppleo_flow.charging.correction import Changes, Correction, apply
from oppleo_flow.charging.reimbursement import Reimbursement, profile_of
from oppleo_flow.charging.selection import Selection
from oppleo_flow.payloads import Attribution
from oppleo_flow.reports.document import Document
from oppleo_flow.reports.foot import Sum, foot, notes
from tests.oppleo_flow.charging.prices import DUAL
from tests.oppleo_flow.reports.sliced import cut
from tests.oppleo_flow.reports.statements import (
    DUTCH,
    HEADING,
    OCTOBER,
    PREVIEW,
    document,
    session,
)


def said(of: Document) -> dict[str, str]:
    return {entry.what: f"{entry.value} {entry.unit}".strip() for entry in foot(of)}


def test_the_foot_sums_up_and_reconciles():
    assert list(said(PREVIEW).items()) == [
        ("Sessions", "4"),
        ("Energy", "37.035 kWh"),
        ("Total, the sum of the rounded amounts", "7.76 EUR"),
        ("Sessions above without known energy, not in the sums", "1"),
        ("Sessions above without known price, not in the total", "1"),
        ("Card 'family': energy", "24.690 kWh"),
        ("Card 'family': amount", "3.88 EUR"),
        ("Card 'work': energy", "12.345 kWh"),
        ("Card 'work': amount", "3.88 EUR"),
        ("Opening register, 2026-10-01 00:00 +02:00, meter 19001234", "1000.000 kWh"),
        ("Closing register, 2026-11-01 00:00 +01:00, meter 19001234", "1100.000 kWh"),
        ("Closing less opening: counted by the meter", "100.000 kWh"),
        ("Of which the sessions above", "37.035 kWh"),
        ("Of which not part of any session", "62.965 kWh"),
    ]


def test_the_foot_says_what_the_periods_bounds_cut():
    """Oppleo leaves out a session that is open, and says nothing of it."""
    start, stop = OCTOBER.bounds(HEADING.zone)
    begun_before = session(0, started_at=start - timedelta(hours=1))
    ends_after = session(4, started_at=stop - timedelta(hours=1))
    found = said(
        document(
            replace(begun_before, meter_start_wh=990_000, meter_end_wh=1_002_345),
            replace(ends_after, meter_start_wh=1_095_000, meter_end_wh=1_107_345),
        )
    )
    assert found["Energy"] == "12.345 kWh"
    assert found["Of the sessions above, not between these registers"] == "10.000 kWh"
    assert found["Sessions that did not end in this period, for a later statement"] == "1"
    assert found["Of which sessions for a later statement"] == "5.000 kWh"
    assert found["Of which not part of any session"] == "92.655 kWh"


@pytest.mark.parametrize("purpose", ["card", "driver", "vehicle", "cost_centre"])
def test_the_foot_of_somebodys_statement_has_no_figure_of_others(purpose):
    """What the meter counted, less one's own, is what others used."""
    named = {"driver": "Anna", "vehicle": "van", "cost_centre": "4711"}
    mine = replace(session(1, label="work"), attribution=Attribution(**named, plate=None))
    heading = replace(HEADING, selection=Selection(**{purpose: {**named, "card": "work"}[purpose]}))
    sessions = [mine, session(2), replace(session(3), ended_at=None, meter_end_wh=None)]
    of = document(*sessions, heading=heading)
    found = said(of)
    assert found["Sessions"] == "1"
    others = ("register", "Closing less", "Sessions that", "Of which", "not between")
    assert not [what for what in found if any(word in what for word in others)]
    assert list(notes(of))[-1] == (
        "What the charger's meter counted is on the statement of all sessions: it counts for "
        "everybody."
    )


def test_registers_that_are_unknown_are_not_made_up():
    of = replace(PREVIEW, statement=replace(PREVIEW.statement, reconciliation=None))
    assert list(said(of).items())[-1] == ("Registers at the period's bounds", "unknown")


def test_net_vat_and_gross_are_told_apart_and_what_was_used_at_each_tariff():
    found = list(said(document(cut(1, DUAL), cut(2, DUAL))).items())
    assert found[2:9] == [
        ("Net", "5.97 EUR"),
        ("VAT, 21 %", "1.25 EUR"),
        ("Gross, the sum of the rounded amounts", "7.22 EUR"),
        ("Tariff 'peak': energy", "4.000 kWh"),
        ("Tariff 'peak': amount", "1.45 EUR"),
        ("Tariff 'off-peak': energy", "20.690 kWh"),
        ("Tariff 'off-peak': amount", "5.76 EUR"),
    ]


def test_a_share_that_was_estimated_is_counted():
    whole = cut(1, DUAL)
    guessed = replace(whole, slices=tuple(replace(one, estimated=True) for one in whole.slices))
    what = "Sessions above that no reading cut where the price changed; their energy is exact"
    assert said(document(guessed, cut(2, DUAL)))[what] == "1"


def test_vehicles_and_cost_centres_have_their_sums_where_any_was_said():
    of = Attribution("Anna", "ioniq", "X-123-Y", "acme")
    found = said(document(replace(session(1), attribution=of), session(2)))
    assert {what: value for what, value in found.items() if "ehicle" in what} == {
        "No vehicle: energy": "12.345 kWh",
        "No vehicle: amount": "3.88 EUR",
        "Vehicle 'ioniq': energy": "12.345 kWh",
        "Vehicle 'ioniq': amount": "3.88 EUR",
    }
    assert found["Cost centre 'acme': amount"] == "3.88 EUR"
    assert not [what for what in said(PREVIEW) if "ehicle" in what]


def test_a_correction_is_told_with_who_why_and_what_was_recorded():
    """Oppleo D16: what was edited or deleted looks as if it had always been so."""
    recorded = session(1)
    at = datetime(2026, 10, 31, 9, 0, tzinfo=UTC)
    changes = Changes(meter_end_wh=1_030_000)
    made = Correction(UUID(int=8), recorded.session_id, 1, at, "Anna", "read by eye", changes)
    what = "No. 1 corrected by Anna, 2026-10-31 10:00 +01:00: read by eye; recorded"
    assert said(document(apply(recorded, [made])))[what] == "12.345 kWh"


def test_what_may_be_reimbursed_is_summed_up_and_what_is_unknown_counted():
    by = Reimbursement.of(profile_of("de"))
    heading = replace(HEADING, reimbursement=by)
    found = said(document(session(1), session(2, energy_wh=None), heading=heading))
    assert found["Reimbursable, the sum of the rounded amounts"] == "4.20 EUR"
    what = "Sessions above of which the reimbursement is unknown, not in its sum"
    assert found[what] == "1"


def test_a_sum_says_how_it_follows_from_the_lines():
    found = {entry.what: entry.sum for entry in foot(PREVIEW)}
    assert found["Energy"] == Sum("energy_kwh")
    assert found["Card 'work': amount"] == Sum("amount", "card", "work")


def test_how_was_rounded_stands_on_the_statement():
    assert list(notes(PREVIEW)) == [
        "Energy is exact to the Wh. An amount is energy times price, rounded once, half up, to "
        "cents; totals are the sums of the rounded amounts. Sums by tariff and VAT are rounded "
        "once by themselves.",
        "No VAT is charged.",
    ]
    assert list(notes(DUTCH))[1] == "Er is geen btw berekend."
