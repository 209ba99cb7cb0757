"""Several who issue the same statement at once, while somebody corrects it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from oppleo_flow.charging.correction import Changes
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.statement import Statement
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import SessionEnded, SessionStarted
from oppleo_flow.reports import Issue, ReportRequest, report_in_child
from oppleo_flow.reports.build import report, statement_of
from oppleo_flow.reports.issuing import issue
from oppleo_flow.store import Ledger, StoreLocation, open_ledger

FEBRUARY = datetime(2026, 2, 1, 5, 0, tzinfo=UTC)
SESSION = SessionStarted.sample().session_id
START_WH = SessionStarted.sample().meter_start_wh or 0
WAIT_S = 60.0


@pytest.fixture
def wanted(tmp_path: Path) -> ReportRequest:
    return ReportRequest(
        ledger=tmp_path / "ledger.sqlite",
        charge_point="cp",
        period=Period.parse("2026-01"),
        zone=ZoneInfo("Europe/Amsterdam"),
        formats=("csv",),
        folder=tmp_path / "reports",
        created_at=FEBRUARY,
        issue=Issue("somebody", tmp_path / "reports" / "archive"),
    )


@pytest.fixture
def ledger(wanted: ReportRequest) -> Iterator[Ledger]:
    with open_ledger(StoreLocation(wanted.ledger), "cp") as opened:
        since = datetime(2026, 1, 1, tzinfo=UTC)
        opened.prices.add(PriceVersion(UUID(int=1), since, Decimal("0.35"), "EUR"))
        opened.sessions.record(SessionStarted.sample())
        opened.sessions.record(SessionEnded.sample())
        yield opened


def correct(ledger: Ledger, used_wh: int) -> None:
    change = Changes(meter_end_wh=START_WH + used_wh)
    ledger.corrections.add(SESSION, change, who="me", why="so it was", now=FEBRUARY)


def issue_while(wanted: ReportRequest, meanwhile, times: int = 1):
    """Issue a statement; between its figures and its number something else happens, `times`."""
    assert wanted.issue is not None
    left = [meanwhile] * times
    with open_ledger(StoreLocation(wanted.ledger), "cp") as own:

        def compute() -> Statement:
            statement = statement_of(own, wanted)
            if left:
                left.pop()()
            return statement

        return issue(own, wanted, wanted.issue, compute)


@pytest.mark.parametrize("issued_before", [False, True], ids=["a first version", "a later one"])
def test_figures_from_before_a_correction_never_become_the_later_version(
    ledger, wanted, issued_before
):
    if issued_before:
        report(wanted)
        correct(ledger, 9_000)

    def corrected_and_issued() -> None:
        correct(ledger, 6_000)
        report(wanted)

    made = issue_while(wanted, corrected_and_issued)
    assert made.issued == ledger.statements.all()[-1]
    assert (made.issued.energy_wh, made.statement.energy_wh) == (6_000, 6_000)
    assert [one.energy_wh for one in ledger.statements.all()] == [10_000, 6_000][
        not issued_before :
    ]


def test_what_says_the_same_as_a_version_that_was_replaced_meanwhile_is_not_given(ledger, wanted):
    report(wanted)

    def corrected_and_issued() -> None:
        correct(ledger, 6_000)
        report(wanted)

    made = issue_while(wanted, corrected_and_issued)
    assert (made.issued.version, made.issued.energy_wh) == (2, 6_000)


def test_of_two_threads_at_the_seam_the_later_figures_are_the_later_version(ledger, wanted):
    has_figures, may_go_on = Event(), Event()

    def stand_still() -> None:
        has_figures.set()
        assert may_go_on.wait(WAIT_S)

    with ThreadPoolExecutor(1) as other:
        slow = other.submit(issue_while, wanted, stand_still)
        assert has_figures.wait(WAIT_S)
        correct(ledger, 7_000)
        fast = report(wanted)
        may_go_on.set()
        made = slow.result(WAIT_S)
    assert (fast.version, fast.energy_wh, made.issued.version) == (1, 7_000, 1)
    assert [one.energy_wh for one in ledger.statements.all()] == [7_000]


def test_who_is_never_faster_is_told_so(ledger, wanted):
    ends = iter(range(1_000, 9_000, 1_000))

    def corrected_and_issued() -> None:
        correct(ledger, next(ends))
        report(wanted)

    with pytest.raises(Refused) as refused:
        issue_while(wanted, corrected_and_issued, times=9)
    assert str(refused.value) == (
        "statement of 2026-01: somebody else issued it 5 times meanwhile; ask again"
    )


def test_processes_that_issue_at_once_leave_one_chain_that_ends_with_the_last_figures(
    ledger, wanted
):
    with ThreadPoolExecutor(3) as others:
        first = [others.submit(report_in_child, wanted, timeout_s=WAIT_S) for _ in range(2)]
        correct(ledger, 6_000)
        later = replace(wanted, created_at=FEBRUARY + timedelta(minutes=1))
        last = others.submit(report_in_child, later, timeout_s=WAIT_S)
        versions = {one.result(WAIT_S).version for one in (*first, last)}
    found = ledger.statements.all()
    assert last.result().energy_wh == found[-1].energy_wh == 6_000
    assert [one.version for one in found] == list(range(1, len(found) + 1))
    assert versions <= {one.version for one in found}
    assert [one.replaces for one in found] == [None, *(one.content_hash for one in found[:-1])]
