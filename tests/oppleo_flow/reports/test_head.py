from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import oppleo_flow
from oppleo_flow.charging.issued import Change, Issued
from oppleo_flow.charging.meters import MeterFacts
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.reimbursement import Reimbursement, profile_of
from oppleo_flow.charging.selection import Selection
from oppleo_flow.charging.statement_settings import StatementFacts
from oppleo_flow.reports.head import head
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

FACTS = StatementFacts(
    employee="Anna de Vries",
    employer="Acme BV",
    cost_centre="Sales",
    location="Garage",
    address="Kerkstraat 1, Utrecht",
    ean="871687 1200 0000 0001",
    charger_serial="SE-1234",
    profile="nl",
    agreed_per_kwh=Decimal("0.32"),
)
ISSUED = Issued(
    number="garage-202610",
    version=2,
    period=OCTOBER,
    selection=Selection(),
    profile="",
    content_hash="a" * 64,
    ledger_hash="b" * 64,
    sessions=4,
    energy_wh=1,
    total=Decimal("1.00"),
    currency="EUR",
    created_at=HEADING.created_at,
    who="report",
    replaces="c" * 64,
    change=Change({"added": ["3f2a91c0-1", "7be01d44-1"], "changed": ["00000001-1"]}, ("facts",)),
)


def test_a_preview_says_that_it_is_none_and_what_nobody_has_stated():
    assert list(head(PREVIEW)) == [
        ("Statement number", "none: this is a preview, not a statement"),
        ("Period", "2026-10-01 00:00 +02:00 until 2026-11-01 00:00 +01:00 (Europe/Amsterdam)"),
        ("Employee", "not stated"),
        ("Employer", "not stated"),
        ("Location", "not stated"),
        ("Charge point", "my-charger"),
        ("Charger serial number", "not stated"),
        (
            "kWh meter",
            "make unknown, type unknown, serial number 19001234, MID unknown, register import",
        ),
        ("Price", "0.3141 EUR/kWh"),
        ("Currency", "EUR"),
        ("Made", f"2026-11-01 06:00 +01:00, oppleo_flow {oppleo_flow.__version__}"),
    ]


def test_everything_that_payroll_asks_for_stands_in_the_head():
    heading = replace(HEADING, facts=FACTS, reimbursement=FACTS.reimbursement())
    of = replace(document(session(1), heading=heading), issued=ISSUED)
    facts = dict(head(of))
    assert facts["Statement number"] == "garage-202610"
    assert facts["Version"] == "2"
    assert facts["Replaces"] == "version 1, SHA-256 cccccccccccccccc…"
    assert facts["Changed"] == (
        "2 sessions were added (3f2a91c0, 7be01d44); 1 session is different (00000001); "
        "what the site says of itself"
    )
    assert facts["Employee"] == "Anna de Vries"
    assert (facts["Employer"], facts["Cost centre"]) == ("Acme BV", "Sales")
    assert facts["Location"] == "Garage, Kerkstraat 1, Utrecht"
    assert facts["EAN of the connection"] == "871687120000000001"
    assert facts["Charger serial number"] == "SE-1234"
    assert facts["Reimbursed by"] == "Netherlands: an agreed price"
    assert facts["Price reimbursed"] == "0.32 EUR/kWh"
    assert facts["Rules"].endswith("as of 2025-05-07)")
    assert facts["SHA-256 of the content"] == "a" * 64
    assert facts["SHA-256 of the ledger"] == "b" * 64


def test_a_statement_in_dutch_says_the_same():
    facts = dict(head(DUTCH))
    assert facts["Nummer"] == "geen: dit is een voorbeeld, geen overzicht"
    assert facts["Periode"].startswith("2026-10-01 00:00 +02:00 tot 2026-11-01 00:00 +01:00")
    assert facts["Prijs"] == "0,3141 EUR/kWh"


def test_a_simulated_or_preliminary_statement_says_so():
    early = replace(HEADING, simulated=True, created_at=datetime(2026, 10, 5, tzinfo=UTC))
    facts = dict(head(document(heading=early)))
    assert facts["Simulated"] == "no energy was really charged; this is no claim"
    assert facts["Preliminary"] == "the period has not ended yet; what follows may change"


def test_a_selection_is_said():
    heading = replace(HEADING, selection=Selection(card="family", vehicle="van"))
    facts = dict(head(document(session(1), heading=heading)))
    assert facts["Only of"] == "card 'family', vehicle 'van'"


def test_the_head_of_an_empty_month_makes_nothing_up():
    facts = dict(head(document()))
    assert facts["kWh meter"].startswith("make unknown, type unknown, serial number unknown")
    assert facts["Price"] == "unknown"


def test_two_prices_are_told_with_what_they_are_made_up_of():
    facts = dict(head(document(cut(1, DUAL))))
    assert facts["Price"] == "peak 0.363, off-peak 0.2783 EUR/kWh"
    assert facts["Made up of, per kWh"] == "energy 0.15/0.08, grid 0.05, tax 0.1, VAT 21 %"


def test_a_period_that_the_published_prices_do_not_cover_is_said_and_nothing_is_extrapolated():
    by = Reimbursement.of(profile_of("be"), region="flanders")
    may_to_july = Period(date(2026, 5, 1), date(2026, 8, 1))
    heading = replace(HEADING, period=may_to_july, reimbursement=by)
    facts = dict(head(document(heading=heading)))
    assert facts["Reimbursed by"] == "Belgium, flanders: the published price"
    assert facts["Price reimbursed"] == (
        "0.3191 EUR/kWh from 2026-04-01 to 2026-06-30 (CREG, second quarter of 2026); unknown from "
        "2026-07-01 on: no figure is known for this time, and none is made up; those known here "
        "end on 2026-06-30; `figures` under `statement:` in oppleo.yaml adds yours"
    )


def test_what_is_known_of_the_meter_is_said():
    """Oppleo D15: it says SDM630 of every meter."""
    meter = MeterFacts("Eastron", "SDM120", "19001234", mid=True, calibration_year=2024)
    of = document(session(1))
    facts = dict(head(replace(of, statement=replace(of.statement, meters=(meter,)))))
    assert facts["kWh meter"] == (
        "make Eastron, type SDM120, serial number 19001234, MID yes, register import, "
        "calibrated 2024"
    )
