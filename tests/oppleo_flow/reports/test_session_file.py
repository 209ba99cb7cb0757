"""A list of sessions as a file: however long it is, few of them are held at a time."""

import csv
import gc

import pytest
from openpyxl import load_workbook

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.session_filter import SessionFilter
from oppleo_flow.reports.session_file import write_found
from oppleo_flow.reports.session_file_request import SessionFileRequest
from tests.oppleo_flow.reports.statements import HEADING, session

AT_ONCE = 250
"""As many as the ledger reads at a time."""
LOOKED_AT = 1_000


def asked(kind, folder):
    return SessionFileRequest(
        ledger=folder / "ledger.sqlite",
        charge_point="garage",
        timezone="Europe/Amsterdam",
        currency="EUR",
        language="en",
        wanted=SessionFilter(),
        sort="started_at",
        descending=False,
        kind=kind,
        file=folder / f"sessions.{kind}",
        created_at=HEADING.created_at,
        simulated=False,
    )


class Ledger:
    """Gives sessions in parts, and looks how many of those that it gave somebody still holds."""

    def __init__(self, count):
        self.count, self.most = count, 0

    def each(self):
        for first in range(0, self.count, AT_ONCE):
            if first % LOOKED_AT == 0:
                there = sum(type(one) is SessionRecord for one in gc.get_objects())
                self.most = max(self.most, there)
            yield from [session(first + n) for n in range(AT_ONCE)]


@pytest.mark.parametrize(
    ("kind", "count"), [("csv", 20_000), ("csv-excel", 20_000), ("xlsx", 5_000)]
)
def test_of_many_thousands_no_more_are_held_than_of_a_thousand(kind, count, tmp_path):
    few, many = Ledger(1_000), Ledger(count)
    for ledger in (few, many):
        assert write_found(asked(kind, tmp_path), ledger.each(), "EUR") == ledger.count
    assert many.most <= few.most + AT_ONCE
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"sessions.{kind}"]


def test_all_of_them_are_in_the_file_in_their_order(tmp_path):
    found = [session(number) for number in (3, 1, 2)]
    write_found(asked("csv", tmp_path), found, "EUR")
    with (tmp_path / "sessions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["session_id"] for row in rows] == [str(one.session_id) for one in found]
    assert [row["number"] for row in rows] == ["1", "2", "3"]
    write_found(asked("xlsx", tmp_path), found, "EUR")
    sheet = load_workbook(tmp_path / "sessions.xlsx").active
    assert sheet.max_row == 4


def test_what_fails_in_the_middle_leaves_no_half_a_file(tmp_path):
    (tmp_path / "sessions.csv").write_text("as it was")

    def broken():
        yield session(1)
        raise RuntimeError("the ledger is gone")

    with pytest.raises(RuntimeError):
        write_found(asked("csv", tmp_path), broken(), "EUR")
    assert (tmp_path / "sessions.csv").read_text() == "as it was"
    assert [path.name for path in tmp_path.iterdir()] == ["sessions.csv"]
