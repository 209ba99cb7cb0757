from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from openpyxl import load_workbook

from nodes.charging.charge_report import ChargeReport
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.payloads import ReportWritten, SessionEnded, SessionStarted, Tick
from oppleo_flow.testing import Run, run_node
from tests.nodes.store_site import ledger_in, site_in

FEBRUARY = Tick(due=datetime(2026, 2, 1, 5, 0, tzinfo=UTC))


@pytest.fixture
def ledger(tmp_path):
    with ledger_in(tmp_path) as opened:
        price = PriceVersion(UUID(int=1), datetime(2026, 1, 1, tzinfo=UTC), Decimal("0.35"), "EUR")
        opened.prices.add(price)
        opened.sessions.record(SessionStarted.sample())
        opened.sessions.record(SessionEnded.sample())
        yield opened


def ticked(site, tick=FEBRUARY, **config) -> Run:
    settings = {"formats": ["csv"], **config}
    return run_node(ChargeReport, settings, tick, site=site_in(site))


def test_a_tick_writes_the_statement_of_the_month_before(ledger, tmp_path):
    run = ticked(tmp_path, formats=["xlsx", "pdf"])
    assert run.out == [
        ReportWritten(
            month="2026-01",
            files=("reports/statement-2026-01.xlsx", "reports/statement-2026-01.pdf"),
            sessions=1,
            energy_wh=10_000,
            total=Decimal("3.50"),
            currency="EUR",
        )
    ]
    assert run.status == "2026-01: 3.50 EUR"
    assert sorted(file.name for file in (tmp_path / "reports").iterdir()) == [
        "statement-2026-01.pdf",
        "statement-2026-01.xlsx",
    ]


def test_the_month_is_the_one_before_in_the_given_zone(ledger, tmp_path):
    new_year_here = Tick(due=datetime(2026, 1, 31, 23, 30, tzinfo=UTC))
    assert ticked(tmp_path, new_year_here).out[0].month == "2026-01"
    assert ticked(tmp_path, new_year_here, timezone="UTC").out[0].month == "2025-12"


def test_zone_and_currency_are_the_sites_unless_the_flow_names_others(tmp_path):
    tick = Tick(due=datetime(2026, 1, 31, 23, 30, tzinfo=UTC))
    site = replace(site_in(tmp_path), timezone="America/New_York", currency="USD")
    with ledger_in(tmp_path):  # no price yet
        pass
    own = run_node(ChargeReport, {"formats": ["csv"]}, tick, site=site)
    assert (own.out[0].month, own.out[0].currency) == ("2025-12", "USD")
    other = {"formats": ["csv"], "timezone": "Europe/Amsterdam", "currency": "CHF"}
    named = run_node(ChargeReport, other, tick, site=site)
    assert (named.out[0].month, named.out[0].currency) == ("2026-01", "CHF")


def test_a_folder_elsewhere_is_named_whole(ledger, tmp_path, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    run = ticked(tmp_path, folder=str(elsewhere))
    assert run.out[0].files == (f"{elsewhere}/statement-2026-01.csv",)


def test_a_simulated_sites_statement_says_so(ledger, tmp_path):
    ticked(tmp_path, formats=["xlsx"])
    sheet = load_workbook(tmp_path / "reports" / "statement-2026-01.xlsx").active
    assert sheet["A2"].value == "Simulated"


def test_a_ledger_that_is_not_there_is_a_failure_and_not_an_empty_statement(tmp_path):
    run = ticked(tmp_path)
    assert run.out == []
    assert [failure.message for failure in run.failures] == [
        f"{tmp_path}/ledger.sqlite: there is no ledger yet; start `oppleo-flow run` once"
    ]
    assert not (tmp_path / "reports").exists()


def test_a_report_that_takes_too_long_is_ended(ledger, tmp_path):
    run = ticked(tmp_path, timeout="1ms")
    assert [failure.message for failure in run.failures] == [
        "oppleo_flow.reports: not done after 0.001 s, and ended"
    ]
