from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from nodes.charging.charge_report import ChargeReport
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.clock import VirtualClock
from oppleo_flow.payloads import Attribution, ReportWritten, SessionEnded, SessionStarted, Tick
from oppleo_flow.reports import Issue, ReportRequest
from oppleo_flow.reports.build import report
from oppleo_flow.testing import Bench, Run, run_node
from tests.nodes.store_site import ledger_in, site_in

NOW = datetime(2026, 2, 1, 5, 0, tzinfo=UTC)
FEBRUARY = Tick(due=NOW)


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
    return run_node(ChargeReport, settings, tick, site=site_in(site), clock=VirtualClock(NOW))


def test_a_tick_writes_the_statement_of_the_month_before(ledger, tmp_path):
    run = ticked(tmp_path, formats=["xlsx", "pdf"])
    assert run.out == [
        ReportWritten(
            period="2026-01",
            files=("reports/statement-2026-01.xlsx", "reports/statement-2026-01.pdf"),
            sessions=1,
            energy_wh=10_000,
            total=Decimal("3.50"),
            currency="EUR",
            number="SIM-bench-202601",
            version=1,
        )
    ]
    assert run.status == "SIM-bench-202601: 3.50 EUR"
    assert sorted(file.name for file in (tmp_path / "reports").glob("*.*")) == [
        "statement-2026-01.pdf",
        "statement-2026-01.xlsx",
    ]
    archive = tmp_path / "reports" / "archive" / "simulated"
    assert sorted(file.name for file in archive.iterdir()) == [
        "SIM-bench-202601-v1.ndjson",
        "SIM-bench-202601-v1.pdf",
        "SIM-bench-202601-v1.xlsx",
    ]


def test_what_a_real_site_issues_is_kept_apart_from_what_is_simulated(ledger, tmp_path):
    site = replace(site_in(tmp_path), simulate=False)
    run = run_node(ChargeReport, {"formats": ["csv"]}, FEBRUARY, site=site, clock=VirtualClock(NOW))
    assert run.out[0].number == "bench-202601"
    assert (tmp_path / "reports" / "archive" / "bench-202601-v1.csv").exists()


def test_a_second_tick_gives_the_same_version_again(ledger, tmp_path):
    first, second = (ticked(tmp_path) for _ in range(2))
    assert first.out == second.out


def test_a_year_and_one_card_have_statements_of_their_own(ledger, tmp_path):
    january = replace(FEBRUARY, due=datetime(2027, 1, 1, 5, 0, tzinfo=UTC))
    clock = VirtualClock(january.due)
    settings = {"formats": ["csv"], "period": "year", "card": "family", "language": "nl"}
    run = run_node(ChargeReport, settings, january, site=site_in(tmp_path), clock=clock)
    assert (run.out[0].period, run.out[0].selection) == ("2026", ("family",))
    assert run.out[0].files[0].startswith("reports/statement-2026-family-")


JULY = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
MISSED = Tick(due=JULY, missed=4)
"""The machine was off from February on: `missed: run-once` sends one tick for all those months."""


def years(*periods: str) -> list[str]:
    return [f"2026-{period}" for period in periods]


def test_all_months_that_were_missed_are_issued_in_their_order(ledger, tmp_path):
    ticked(tmp_path)
    run = run_node(
        ChargeReport,
        {"formats": ["csv"]},
        MISSED,
        site=site_in(tmp_path),
        clock=VirtualClock(JULY),
    )
    assert [one.period for one in run.out] == years("02", "03", "04", "05", "06")
    numbers = [one.number for one in ledger.statements.all()]
    assert numbers == [f"SIM-bench-2026{month:02}" for month in range(1, 7)]


def test_a_month_that_somebody_else_issued_meanwhile_is_not_issued_again(ledger, tmp_path):
    ticked(tmp_path)
    site = {"site": site_in(tmp_path), "clock": VirtualClock(JULY)}
    by_hand = ReportRequest(
        ledger=tmp_path / "ledger.sqlite",
        charge_point="bench",
        period=Period.parse("2026-04"),
        zone=ZoneInfo("Europe/Amsterdam"),
        formats=("csv",),
        folder=tmp_path / "by_hand",
        created_at=JULY,
        simulated=True,
        issue=Issue("somebody (command)", tmp_path / "reports" / "archive" / "simulated"),
    )
    report(by_hand)
    run = run_node(ChargeReport, {"formats": ["csv"]}, MISSED, **site)
    assert [one.period for one in run.out] == years("02", "03", "05", "06")


def test_what_was_never_issued_before_is_not_issued_for_all_the_past(ledger, tmp_path):
    site = {"site": site_in(tmp_path), "clock": VirtualClock(JULY)}
    run = run_node(ChargeReport, {"formats": ["csv"]}, MISSED, **site)
    assert [one.period for one in run.out] == years("06")


def test_a_machine_that_does_not_know_the_time_issues_nothing_until_it_does(ledger, tmp_path):
    clock = VirtualClock(NOW)
    clock.trusted = False
    with Bench(ChargeReport, {"formats": ["csv"]}, site=site_in(tmp_path), clock=clock) as bench:
        bench.send(FEBRUARY)
        bench.advance(7200)
        assert bench.run().out == []
        assert bench.run().status == "does not know what time it is; issues nothing until it does"
        clock.trusted = True
        bench.advance(60)
        assert [one.period for one in bench.run().out] == ["2026-01"]


def test_a_tick_of_a_clock_that_was_ahead_waits_for_its_month(ledger, tmp_path):
    clock = VirtualClock(NOW)
    clock.trusted = False
    march = datetime(2026, 3, 1, 5, 0, tzinfo=UTC)
    with Bench(ChargeReport, {"formats": ["csv"]}, site=site_in(tmp_path), clock=clock) as bench:
        bench.send(Tick(due=march))
        clock.trusted = True
        bench.advance((march - NOW).total_seconds() - 60)
        assert bench.run().out == []
        bench.advance(120)
        assert [one.period for one in bench.run().out] == ["2026-02"]


def test_a_month_that_has_not_ended_is_not_issued(ledger, tmp_path):
    march = Tick(due=datetime(2026, 3, 1, 5, 0, tzinfo=UTC))
    run = ticked(tmp_path, march)
    assert [failure.message for failure in run.failures] == [
        "statement of 2026-02: the period ends on 2026-03-01 at 00:00 (Europe/Amsterdam); "
        "until then there are only previews"
    ]
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize("day", [29, 30, 31])
def test_no_month_is_skipped_on_its_last_days(tmp_path, day):
    """Oppleo's list of reports leaves months out when it is asked on the 29th to the 31st."""
    with ledger_in(tmp_path):
        pass
    due = datetime(2026, 3, day, 5, 0, tzinfo=UTC)
    run = run_node(
        ChargeReport,
        {"formats": ["csv"]},
        Tick(due=due),
        site=site_in(tmp_path),
        clock=VirtualClock(due),
    )
    assert [one.period for one in run.out] == ["2026-02"]


def test_by_whose_rules_is_reimbursed_can_differ_from_the_sites(ledger, tmp_path):
    ticked(tmp_path, profile="de")
    text = (tmp_path / "reports" / "statement-2026-01-de.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0].endswith(",reimbursable")
    assert text.splitlines()[1].endswith(",3.40")


def test_the_month_is_the_one_before_in_the_given_zone(ledger, tmp_path):
    new_year_here = Tick(due=datetime(2026, 1, 31, 23, 30, tzinfo=UTC))
    assert ticked(tmp_path, new_year_here).out[0].period == "2026-01"
    assert ticked(tmp_path, new_year_here, timezone="UTC").out[0].period == "2025-12"


def test_zone_and_currency_are_the_sites_unless_the_flow_names_others(tmp_path):
    tick = Tick(due=datetime(2026, 1, 31, 23, 30, tzinfo=UTC))
    site = replace(site_in(tmp_path), timezone="America/New_York", currency="USD")
    with ledger_in(tmp_path):  # no price yet
        pass
    clock = VirtualClock(NOW)
    own = run_node(ChargeReport, {"formats": ["csv"]}, tick, site=site, clock=clock)
    assert (own.out[0].period, own.out[0].currency) == ("2025-12", "USD")
    other = {"formats": ["csv"], "timezone": "Europe/Amsterdam", "currency": "CHF"}
    named = run_node(ChargeReport, other, tick, site=site, clock=VirtualClock(NOW))
    assert (named.out[0].period, named.out[0].currency) == ("2026-01", "CHF")


def test_a_folder_elsewhere_is_named_whole(ledger, tmp_path, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    run = ticked(tmp_path, folder=str(elsewhere))
    assert run.out[0].files == (f"{elsewhere}/statement-2026-01.csv",)


def test_a_simulated_sites_statement_says_so(ledger, tmp_path):
    ticked(tmp_path, formats=["xlsx"])
    sheet = load_workbook(tmp_path / "reports" / "statement-2026-01.xlsx").worksheets[0]
    assert "Simulated" in [row[0].value for row in sheet.iter_rows()]


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


def test_each_driver_with_an_address_gets_a_statement_of_their_own_sessions(ledger, tmp_path):
    """Off by default: what one pays is nobody's business but the owner's, unless that says so."""
    for name, address in (("Anna", "anna@example.org"), ("Ben", None), ("Cas", "cas@example.org")):
        ledger.accounts.add("driver", name)
        ledger.accounts.set_email("driver", name, address)
    anna = {"session_id": UUID(int=7), "attribution": Attribution(driver="Anna")}
    ledger.sessions.record(SessionStarted.sample(**anna))
    ledger.sessions.record(SessionEnded.sample(session_id=UUID(int=7)))
    assert [one.addressed_to for one in ticked(tmp_path).out] == [()]
    run = ticked(tmp_path, to_each="driver")
    assert [(one.addressed_to, one.selection, one.sessions) for one in run.out] == [
        ((), (), 2),
        (("driver", "Anna"), ("Anna",), 1),
        (("driver", "Cas"), ("Cas",), 0),
    ]
    assert [one.number for one in run.out] == [
        f"SIM-bench-202601{more}" for more in ("", "-2", "-3")
    ]
    assert all((tmp_path / name).exists() for one in run.out for name in one.files)


def test_who_retired_before_the_month_gets_none_and_a_cost_centre_gets_its_own(ledger, tmp_path):
    for name, left in (("4711", None), ("4712", datetime(2025, 12, 31, tzinfo=UTC))):
        ledger.accounts.add("cost-centre", name)
        ledger.accounts.set_email("cost-centre", name, f"{name}@example.com")
        ledger.accounts.retire("cost-centre", name, left)
    run = ticked(tmp_path, to_each="cost-centre")
    assert [one.addressed_to for one in run.out] == [(), ("cost-centre", "4711")]


def test_one_whose_statement_cannot_be_issued_does_not_keep_the_others_from_theirs(
    ledger, tmp_path
):
    for name in ("Anna", "Ben"):
        ledger.accounts.add("driver", name)
        ledger.accounts.set_email("driver", name, "one@example.org")
    first = ticked(tmp_path, to_each="driver").out[1]
    (kept,) = (tmp_path / "reports" / "archive" / "simulated").glob(f"{first.number}-v1.csv")
    kept.chmod(0o644)
    kept.write_text("another sum")
    run = ticked(tmp_path, to_each="driver")
    assert [one.addressed_to for one in run.out] == [(), ("driver", "Ben")]
    assert list(run.faults) == ["own-not-issued"]
