from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from oppleo_flow.charging.issued import Change, Issued, IssuedFile
from oppleo_flow.charging.month import Month
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.selection import EVERYTHING, Selection

JANUARY = Period.of_month(Month(2026, 1))
VAN = Selection(vehicle="van")
FIRST = Issued(
    number="cp-202601",
    version=1,
    period=JANUARY,
    selection=EVERYTHING,
    profile="",
    content_hash="a" * 64,
    ledger_hash="b" * 64,
    sessions=3,
    energy_wh=30_000,
    total=Decimal("10.50"),
    currency="EUR",
    created_at=datetime(2026, 2, 1, 5, 0, tzinfo=UTC),
    who="report",
)
SECOND = replace(
    FIRST,
    version=2,
    content_hash="c" * 64,
    created_at=FIRST.created_at + timedelta(days=1),
    replaces="a" * 64,
    change=Change({"changed": ["3f2a91c0"]}, ("facts",)),
)


def test_the_last_version_of_a_statement_is_found_by_its_period_and_selection(ledger):
    assert ledger.statements.latest(JANUARY, EVERYTHING, "") is None
    assert ledger.statements.add_first(FIRST) == FIRST
    assert ledger.statements.add_version(SECOND) == SECOND
    assert ledger.statements.latest(JANUARY, EVERYTHING, "") == SECOND
    assert ledger.statements.latest(JANUARY, VAN, "") is None
    assert ledger.statements.all() == [FIRST, SECOND]


def test_a_page_has_what_was_issued_in_its_order_and_which_is_the_newest_of_each(ledger):
    of_van = replace(FIRST, number="cp-202601-2", selection=VAN)
    of_both = Selection(driver="Anna", vehicle="van")
    annas = replace(SECOND, number="cp-202601-3", version=1, selection=of_both)
    for issued in (FIRST, SECOND, of_van, annas):
        ledger.statements.add_version(issued)

    def page(*, drivers=None, descending=True, offset=0, limit=10):
        found = ledger.statements.page(drivers, descending=descending, offset=offset, limit=limit)
        shown = [(one.number, one.version) for one in found.issued]
        return shown, dict(found.newest), found.total

    order = [("cp-202601", 1), ("cp-202601-2", 1), ("cp-202601", 2), ("cp-202601-3", 1)]
    newest = {"cp-202601": 2, "cp-202601-2": 1, "cp-202601-3": 1}
    assert page(descending=False) == (order, newest, 4)
    assert page() == (order[::-1], newest, 4)
    assert page(offset=3, limit=1) == (order[:1], {"cp-202601": 2}, 4)
    assert page(offset=4) == ([], {}, 4)
    assert page(drivers=["Anna", "Anne"]) == (order[3:], {"cp-202601-3": 1}, 1)
    assert page(drivers=["Bob"]) == page(drivers=()) == ([], {}, 0)
    assert ledger.statements.page(None, descending=False, offset=0, limit=1).issued == (FIRST,)


def test_no_two_statements_have_one_number(ledger):
    """D15 of the original: a receipt of one card had the number of the whole month's."""
    ledger.statements.add_first(FIRST)
    van = ledger.statements.add_first(replace(FIRST, selection=VAN))
    bus = ledger.statements.add_first(replace(FIRST, selection=Selection(vehicle="bus")))
    assert [van.number, bus.number] == ["cp-202601-2", "cp-202601-3"]
    assert ledger.statements.latest(JANUARY, VAN, "") == van


@pytest.mark.parametrize("method", ["add_first", "add_version"])
def test_of_two_who_issue_at_once_one_is_told(ledger, method):
    ledger.statements.add_first(FIRST)
    assert getattr(ledger.statements, method)(FIRST) is None
    assert ledger.statements.all() == [FIRST]


def test_a_version_has_its_own_files(ledger):
    ledger.statements.add_first(FIRST)
    ledger.statements.add_version(SECOND)
    file = IssuedFile("cp-202601", 1, "cp-202601-v1.pdf", "d" * 64)
    ledger.statements.add_file(file)
    ledger.statements.add_file(replace(file, sha256="e" * 64))
    assert ledger.statements.files(FIRST) == [file]
    assert ledger.statements.files(SECOND) == []
