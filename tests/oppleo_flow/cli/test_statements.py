import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.cli import main
from oppleo_flow.payloads import SessionEnded, SessionStarted
from oppleo_flow.store import StoreLocation, open_ledger

PRICE = PriceVersion(UUID(int=7), datetime(2026, 1, 1, tzinfo=UTC), Decimal("0.35"), "EUR")


@pytest.fixture
def issued(site, capsys):
    """Return a site that has issued the statement of January, as CSV."""
    with open_ledger(StoreLocation(site / ".oppleo" / "ledger.sqlite"), "garage") as ledger:
        ledger.prices.add(PRICE)
        ledger.sessions.record(SessionStarted.sample())
        ledger.sessions.record(SessionEnded.sample())
    assert main(["report", "--month", "2026-01", "--format", "csv", "--issue"]) == 0
    capsys.readouterr()
    return site


def test_what_was_issued_is_listed(issued, capsys):
    assert main(["statements"]) == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split() == [
        *("number", "version", "period", "only", "of", "sessions", "kWh", "total", "issued"),
        "content",
    ]
    assert line.split()[:6] == ["garage-202601", "1", "2026-01", "1", "10.000", "3.50"]


def test_a_program_gets_the_list_as_json(issued, capsys):
    assert main(["statements", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["number"], one["version"], one["energy_wh"], one["total"]) == (
        *("garage-202601", 1, 10_000, "3.50"),
    )


def test_one_is_shown_with_its_files(issued, capsys):
    assert main(["statements", "show", "garage-202601"]) == 0
    found = capsys.readouterr().out
    assert "content hash" in found
    assert f"{issued}/reports/archive/garage-202601-v1.csv (sound)" in found


def test_statements_that_are_as_they_were_issued_are_found_so(issued, capsys):
    assert main(["statements", "verify"]) == 0
    assert capsys.readouterr().out == "1 statement, 2 files: 0 not as they were issued\n"


def test_a_file_that_was_altered_or_is_missing_is_named(issued, capsys):
    archive = issued / "reports" / "archive"
    altered, missing = archive / "garage-202601-v1.csv", archive / "garage-202601-v1.ndjson"
    altered.chmod(0o644)
    altered.write_text("number,amount\n1,1000\n")
    missing.unlink()
    assert main(["statements", "verify"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{missing}: is missing; put it back from a backup",
        f"{altered}: was altered since it was issued; put it back from a backup",
        "1 statement, 2 files: 2 not as they were issued",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(
            ["show", "garage-209901"],
            "statement garage-209901: was never issued; `oppleo-flow statements` lists them",
            id="a number that there is not",
        ),
        pytest.param(
            ["show", "garage-202601", "--version", "2"],
            "statement garage-202601: was never issued in version 2; "
            "`oppleo-flow statements` lists them",
            id="a version that there is not",
        ),
        pytest.param(
            ["show"],
            "statements: show needs a number; `oppleo-flow statements` lists them",
            id="no number",
        ),
    ],
)
def test_what_was_never_issued_is_refused(issued, capsys, words, message):
    assert main(["statements", *words]) == 3
    assert capsys.readouterr().err == f"oppleo-flow: {message}\n"
