"""Statements that are issued: numbers, versions, and files that nobody changes."""

import json
import stat
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from oppleo_flow.charging.correction import Changes
from oppleo_flow.charging.issued import Change
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.selection import Selection
from oppleo_flow.charging.statement_settings import StatementFacts
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import SessionEnded, SessionStarted
from oppleo_flow.reports import ReportRequest
from oppleo_flow.reports.archive import Archive
from oppleo_flow.reports.build import report
from oppleo_flow.reports.issuing import number_of
from oppleo_flow.store import Ledger
from tests.oppleo_flow.reports.issuing import NOON, ledger_of, request_in

FIRST = SessionStarted.sample().session_id


@pytest.fixture
def wanted(tmp_path: Path) -> ReportRequest:
    return request_in(tmp_path)


@pytest.fixture
def ledger(wanted: ReportRequest):
    with ledger_of(wanted) as opened:
        opened.sessions.record(SessionStarted.sample())
        opened.sessions.record(SessionEnded.sample())
        yield opened


def charge(ledger: Ledger, number: int, *, label: str = "work") -> None:
    """Record another session of January, an hour long."""
    at = NOON + timedelta(days=number)
    registers = {"meter_start_wh": 2_000_000, "meter_end_wh": 2_004_000, "energy_wh": 4_000}
    of = {"session_id": UUID(int=number), "label": label, "started_at": at}
    started = SessionStarted.sample(**of, meter_start_wh=2_000_000)
    ledger.sessions.record(started)
    ended = SessionEnded.sample(**of, ended_at=at + timedelta(hours=1), **registers)
    ledger.sessions.record(ended)


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def test_a_statement_has_a_number_and_read_only_files(ledger, wanted):
    written = report(wanted)
    assert (written.number, written.version) == ("cp-202601", 1)
    assert sorted(files(wanted.folder)) == [
        *("statement-2026-01.csv", "statement-2026-01.pdf", "statement-2026-01.xlsx"),
    ]
    archive = wanted.issue.archive
    assert sorted(files(archive)) == [
        *("cp-202601-v1.csv", "cp-202601-v1.ndjson", "cp-202601-v1.pdf", "cp-202601-v1.xlsx"),
    ]
    modes = {stat.S_IMODE(file.stat().st_mode) for file in archive.iterdir()}
    assert modes == {0o444}
    copy = (wanted.folder / "statement-2026-01.pdf").read_bytes()
    assert copy == (archive / "cp-202601-v1.pdf").read_bytes()


def test_asked_again_it_is_the_same_version_to_the_byte(ledger, wanted):
    """Oppleo makes its report anew each time, of the rows that the browser happens to show."""
    report(wanted)
    before = files(wanted.issue.archive)
    later = replace(wanted, created_at=wanted.created_at + timedelta(days=9))
    again = report(later)
    assert (again.number, again.version) == ("cp-202601", 1)
    assert files(wanted.issue.archive) == before
    (only,) = ledger.statements.all()
    assert only.created_at == wanted.created_at


def test_a_format_and_a_language_may_be_added_later_without_a_new_version(ledger, wanted):
    report(replace(wanted, formats=("csv",)))
    again = report(replace(wanted, formats=("csv-excel",), language="nl"))
    assert again.version == 1
    assert sorted(files(wanted.issue.archive)) == [
        *("cp-202601-v1.csv", "cp-202601-v1.ndjson", "cp-202601-v1.nl.excel.csv"),
    ]


def test_a_correction_makes_a_new_version_that_says_what_changed(ledger, wanted):
    """Oppleo D16: a session that was edited looks as if it had always been so."""
    charge(ledger, 7)
    first = report(wanted)
    old = files(wanted.issue.archive)
    changes = Changes(meter_end_wh=1_243_567)
    ledger.corrections.add(FIRST, changes, who="Anna", why="by eye", now=wanted.created_at)
    charge(ledger, 9)
    facts = StatementFacts(employer="Acme")
    second = report(replace(wanted, facts=facts, created_at=wanted.created_at + timedelta(days=1)))
    assert (second.number, second.version, first.version) == ("cp-202601", 2, 1)
    one, two = ledger.statements.all()
    assert two.replaces == one.content_hash
    assert two.change == Change({"added": [str(UUID(int=9))], "changed": [str(FIRST)]}, ("facts",))
    assert old.items() <= files(wanted.issue.archive).items()


def test_what_a_version_replaces_is_said_also_when_its_content_is_gone(ledger, wanted):
    report(wanted)
    (wanted.issue.archive / "cp-202601-v1.ndjson").unlink()
    charge(ledger, 7)
    report(wanted)
    last = ledger.statements.all()[-1]
    assert (last.version, last.change) == (2, Change(facts=("unknown",)))


def test_each_selection_has_a_number_of_its_own(ledger, wanted):
    """Oppleo D15: with a filter on, the receipt keeps the number of the whole month's."""
    charge(ledger, 7)
    numbers = [
        report(replace(wanted, formats=("csv",), selection=selection)).number
        for selection in (Selection(), Selection(card="work"), Selection(card="family"))
    ]
    assert numbers == ["cp-202601", "cp-202601-2", "cp-202601-3"]
    again = report(replace(wanted, formats=("csv",), selection=Selection(card="work")))
    assert (again.number, again.version) == ("cp-202601-2", 1)


def test_what_is_issued_by_other_rules_replaces_nothing(wanted, ledger):
    german = replace(wanted, profile="de", formats=("csv",))
    dutch = replace(wanted, profile="nl", formats=("csv",))
    made = [report(one) for one in (german, dutch, german, dutch)]
    assert [(one.number, one.version) for one in made] == [("cp-202601", 1), ("cp-202601-2", 1)] * 2
    assert {Path(*one.files).name for one in made} == {
        "statement-2026-01-de.csv",
        "statement-2026-01-nl.csv",
    }


def test_no_language_writes_over_the_file_of_another(wanted, ledger):
    for language in ("en", "nl"):
        report(replace(wanted, language=language, formats=("csv",)))
    assert set(files(wanted.folder)) == {"statement-2026-01.csv", "statement-2026-01.nl.csv"}


@pytest.mark.parametrize(
    ("pattern", "period", "number"),
    [
        pytest.param("{charge_point}-{period}", "2026-01", "cp-202601", id="a month"),
        pytest.param("{charge_point}-{period}", "2026", "cp-2026", id="a year"),
        pytest.param(
            "{charge_point}-{period}",
            "2026-01-05_2026-02-10",
            "cp-20260105-20260210",
            id="other days",
        ),
        pytest.param("00000{period}", "2026-01", "00000202601", id="as Oppleo's prefix made it"),
    ],
)
def test_how_it_is_numbered_can_be_chosen(pattern, period, number):
    facts = StatementFacts(number=pattern)
    assert number_of(facts, "cp", Period.parse(period)) == number


def test_a_simulated_statement_can_be_told_by_its_number():
    number = number_of(StatementFacts(), "cp", Period.parse("2026-01"), simulated=True)
    assert number == "SIM-cp-202601"


@pytest.mark.parametrize("name", ["cp-202601-v1.csv", "cp-202601-v1.ndjson"])
def test_a_file_that_was_altered_is_found_and_not_written_over(ledger, wanted, name):
    report(wanted)
    altered = wanted.issue.archive / name
    altered.chmod(0o644)
    altered.write_bytes(altered.read_bytes() + b"1,000")
    (issued,) = ledger.statements.all()
    verdicts = Archive(wanted.issue.archive, ledger).verify(issued)
    assert {Path(one.file).name: one.verdict for one in verdicts}[name] == "altered"
    with pytest.raises(StoreError) as error:
        report(wanted)
    assert str(error.value) == (
        f"{altered}: was altered since it was issued; put it back from a backup"
    )


def test_a_file_that_is_missing_is_made_again_if_it_is_the_same(ledger, wanted):
    report(wanted)
    before = files(wanted.issue.archive)
    for file in wanted.issue.archive.iterdir():
        file.unlink()
    (issued,) = ledger.statements.all()
    verdicts = [one.verdict for one in Archive(wanted.issue.archive, ledger).verify(issued)]
    assert verdicts == ["missing"] * 4
    report(wanted)
    assert files(wanted.issue.archive) == before


def test_a_month_in_which_nobody_charged_is_issued_too(ledger, wanted):
    december = replace(wanted, period=Period.parse("2025-12"), formats=("pdf",))
    written = report(december)
    assert (written.number, written.sessions, written.total) == ("cp-202512", 0, Decimal("0.00"))


def test_the_content_is_for_programs_and_for_good(ledger, wanted):
    report(wanted)
    text = (wanted.issue.archive / "cp-202601-v1.ndjson").read_text(encoding="utf-8")
    head, session, sums = map(json.loads, text.splitlines())
    assert head["statement"]["period"] == "2026-01"
    assert (session["session"], session["energy_wh"], session["amount"]) == (
        *(str(FIRST), 10_000, "3.50"),
    )
    assert "uid" not in text
    assert (sums["energy_wh"], sums["total"]) == (10_000, "3.50")


def test_a_statement_that_was_cut_off_is_completed_when_asked_again(ledger, wanted):
    """Between its row and its files the power may go."""
    blocked = wanted.issue.archive
    blocked.parent.mkdir(parents=True)
    blocked.write_text("no folder")
    with pytest.raises(StoreError):
        report(wanted)
    assert [one.version for one in ledger.statements.all()] == [1]
    blocked.unlink()
    written = report(replace(wanted, created_at=wanted.created_at + timedelta(days=1)))
    assert written.version == 1
    (issued,) = ledger.statements.all()
    verdicts = {one.verdict for one in Archive(blocked, ledger).verify(issued)}
    assert verdicts == {"sound"}
