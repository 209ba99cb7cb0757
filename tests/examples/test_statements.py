"""The flow `examples/statements.yaml`: when it issues, in a year with both changes of the clock."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from nodes.flow.schedule import Schedule
from oppleo_flow.charging.month import Month
from oppleo_flow.clock import VirtualClock
from oppleo_flow.testing import BenchSite
from oppleo_flow.testing.bench import Bench

ZONE = ZoneInfo("Europe/Amsterdam")
MONTHLY = {"each": "month", "day": 1, "at": "06:00"}
YEAR_S = 366 * 86_400.0


def test_the_example_has_the_schedule_that_is_tried_here() -> None:
    text = (Path(__file__).parents[2] / "examples/statements.yaml").read_text(encoding="utf-8")
    assert "{type: schedule, each: month, day: 1, at: 06:00, missed: run-all" in text


def test_no_month_of_a_year_is_left_out_or_issued_twice() -> None:
    """Oppleo's list of reports leaves out months on the 29th to the 31st."""
    begin = datetime(2026, 1, 15, tzinfo=UTC)
    with Bench(Schedule, MONTHLY, clock=VirtualClock(begin), site=BenchSite()) as bench:
        bench.advance(YEAR_S)
        due = [tick.due.astimezone(ZONE) for tick in bench.sent("tick")]

    assert [(at.day, f"{at:%H:%M}") for at in due] == [(1, "06:00")] * 12
    issued = [str(Month.of(at, ZONE).previous()) for at in due]
    assert issued == [f"2026-{month:02}" for month in range(1, 13)]
    assert [f"{at:%z}" for at in due] == ["+0100"] * 2 + ["+0200"] * 7 + ["+0100"] * 3
