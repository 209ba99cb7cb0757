"""The flow `examples/backup.yaml`: when it backs up, and what of a flow that charges is in it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nodes.flow.schedule import Schedule
from oppleo_flow.clock import VirtualClock
from oppleo_flow.payloads import Tick
from oppleo_flow.testing import BenchSite
from oppleo_flow.testing.bench import Bench

ZONE = ZoneInfo("Europe/Amsterdam")
CRON = "30 3 1,15 * *"


def ticks(cron: str, begin: datetime, days: int) -> list[datetime]:
    """Return when a schedule fires, by the local clock, in so many days."""
    with Bench(Schedule, {"cron": cron}, clock=VirtualClock(begin), site=BenchSite()) as bench:
        bench.advance(days * 86_400.0)
        fired: list[Tick] = bench.sent("tick")
    return [tick.due.astimezone(ZONE) for tick in fired]


def test_the_example_has_the_schedule_that_is_tried_here() -> None:
    text = (Path(__file__).parents[2] / "examples/backup.yaml").read_text(encoding="utf-8")
    assert f"cron: {CRON}\n" in text


def test_on_the_1st_and_the_15th_of_every_month_once_at_the_time_of_day() -> None:
    """Months of 28, 29, 30 and 31 days, and both ends of summer time, in two years."""
    begin = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    wanted = [date(y, m, d) for y in (2027, 2028) for m in range(1, 13) for d in (1, 15)]

    fired = ticks(CRON, begin, 365 + 366)

    assert [at.date() for at in fired] == wanted
    assert {(at.hour, at.minute) for at in fired} == {(3, 30)}


@pytest.mark.parametrize(
    ("cron", "wanted"),
    [
        pytest.param("0 8 31 * *", [(1, 31), (3, 31), (5, 31)], id="the 31st, where there is one"),
        pytest.param("0 8 29 2 *", [], id="the 29th of February of a year that has none"),
        pytest.param(
            "0 8 * * sun", [(1, 3), (1, 10), (1, 17), (1, 24), (1, 31)], id="sundays of January"
        ),
    ],
)
def test_days_that_some_months_lack_are_not_moved(cron: str, wanted: list[tuple[int, int]]) -> None:
    begin = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    days = 31 if "sun" in cron else 181
    assert [(at.month, at.day) for at in ticks(cron, begin, days)] == wanted


def test_nothing_fires_before_its_time_nor_again_after_it() -> None:
    """Oppleo fired two days early, and each minute until the time of day had passed."""
    eve = datetime(2027, 2, 13, 0, 0, tzinfo=UTC)
    assert ticks(CRON, eve, 1) == []
    assert ticks(CRON, eve + timedelta(days=1), 14) == [datetime(2027, 2, 15, 3, 30, tzinfo=ZONE)]
