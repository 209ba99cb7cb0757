"""`schedule`: ticks at the right time, and what becomes of those that were missed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nodes.flow.schedule import Schedule, ScheduleConfig, ticks
from oppleo_flow.clock import VirtualClock
from oppleo_flow.payloads import Tick
from oppleo_flow.testing import Bench, BenchSite, run_node
from oppleo_flow.testing.bench import NOON

AMSTERDAM = {"timezone": "Europe/Amsterdam"}
DAILY = {"each": "day", "at": "06:00", **AMSTERDAM}  # 05:00 UTC in winter
HOUR_S, DAY_S = 3600.0, 86400.0


def utc(text: str) -> datetime:
    """Return `2026-01-15T12:00` as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# -- what becomes of it -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late_s", "missed", "sent", "passed_over"),
    [
        pytest.param([0], "skip", [(0, 0)], 0, id="on time"),
        pytest.param([60], "skip", [(60, 0)], 0, id="a minute late is on time"),
        pytest.param([61], "skip", [], 1, id="more is missed, and passed over"),
        pytest.param([61], "run-once", [(61, 0)], 0, id="or made up for"),
        pytest.param([30, 10], "skip", [(10, 0)], 1, id="a later one makes it missed"),
        pytest.param([300, 200, 100], "run-once", [(100, 2)], 0, id="one tick for three"),
        pytest.param([300, 200, 0], "run-once", [(0, 2)], 0, id="also if the last is on time"),
        pytest.param([300, 200], "run-all", [(300, 0), (200, 0)], 0, id="a tick for each"),
        pytest.param([], "run-once", [], 0, id="nothing due, nothing sent"),
    ],
)
def test_what_was_missed_goes_by_the_setting(
    late_s: list[int], missed: Any, sent: list[tuple[int, int]], passed_over: int
) -> None:
    dues = [NOON - timedelta(seconds=late) for late in late_s]
    expected = [Tick(NOON - timedelta(seconds=late), count) for late, count in sent]

    assert ticks(dues, NOON, missed) == (expected, passed_over)


# -- on the engine ----------------------------------------------------------------------------


def test_a_daily_schedule_fires_each_day_and_says_when_next() -> None:
    run = run_node(Schedule, DAILY, advance=2 * DAY_S)

    assert run.outputs["tick"] == [Tick(utc("2026-01-16T05:00")), Tick(utc("2026-01-17T05:00"))]
    assert run.status == "next Sun 2026-01-18 06:00:00 CET"


HALF_PAST_TWO = {"each": "day", "at": "02:30"}
NEW_YORK = {"timezone": "America/New_York"}


@pytest.mark.parametrize(
    ("begin", "config", "dues", "status"),
    [
        pytest.param(
            "2026-03-28T22:00",
            HALF_PAST_TWO | AMSTERDAM,
            ["29 01:30"],
            "next Mon 2026-03-30 02:30:00 CEST",
            id="Amsterdam in spring, when there is no half past two",
        ),
        pytest.param(
            "2026-10-24T22:00",
            HALF_PAST_TWO | AMSTERDAM,
            ["25 00:30"],
            "next Mon 2026-10-26 02:30:00 CET",
            id="Amsterdam in autumn, when there are two",
        ),
        pytest.param(
            "2026-10-24T22:00",
            {"cron": "30 2 * * *", **AMSTERDAM},
            ["25 00:30", "25 01:30"],
            "next Mon 2026-10-26 02:30:00 CET",
            id="and cron fires at both",
        ),
        pytest.param(
            "2026-03-08T04:00",
            HALF_PAST_TWO | NEW_YORK,
            ["08 07:30"],
            "next Mon 2026-03-09 02:30:00 EDT",
            id="New York in spring",
        ),
        pytest.param(
            "2026-11-01T04:00",
            {"cron": "30 1 * * *", **NEW_YORK},
            ["01 05:30", "01 06:30"],
            "next Mon 2026-11-02 01:30:00 EST",
            id="New York in autumn, by cron",
        ),
        pytest.param(
            "2026-03-28T22:00",
            {"every": "6h", **AMSTERDAM},
            ["29 04:00", "29 10:00", "29 16:00"],
            "next Mon 2026-03-30 00:00:00 CEST",
            id="elapsed time knows nothing of it",
        ),
    ],
)
def test_a_day_on_which_the_clock_changes(
    begin: str, config: dict[str, Any], dues: list[str], status: str
) -> None:
    run = run_node(Schedule, config, advance=20 * HOUR_S, clock=VirtualClock(utc(begin)))

    assert [f"{tick.due:%d %H:%M}" for tick in run.outputs["tick"]] == dues
    assert run.status == status


def test_every_counts_from_the_start() -> None:
    run = run_node(Schedule, {"every": "20m"}, advance=HOUR_S)

    assert [f"{tick.due:%H:%M:%S.%f}" for tick in run.outputs["tick"]] == [
        "12:20:00.000000",
        "12:40:00.000000",
        "13:00:00.000000",
    ]


def test_every_does_not_care_about_the_wall_clock() -> None:
    with Bench(Schedule, {"every": "20m"}) as bench:
        bench.advance(600.0)
        bench.clock.set_wall(utc("2027-06-01T00:00"))
        bench.advance(600.0)
        bench.clock.set_wall(utc("2025-06-01T00:00"))
        bench.advance(1200.0)
        assert [tick.due for tick in bench.sent("tick")] == [
            utc("2027-06-01T00:10"),
            utc("2025-06-01T00:20"),
        ]


@pytest.mark.parametrize(
    ("config", "away_s", "sent", "status"),
    [
        pytest.param(
            DAILY | {"missed": "skip"},
            3 * DAY_S,
            [],
            "next Mon 2026-01-19 06:00:00 CET; passed over 3 that were missed",
            id="skip passes over",
        ),
        pytest.param(
            DAILY | {"missed": "run-once"},
            3 * DAY_S,
            [Tick(utc("2026-01-18T05:00"), 2)],
            "next Mon 2026-01-19 06:00:00 CET",
            id="run-once sends one for all",
        ),
        pytest.param(
            DAILY | {"missed": "run-all"},
            3 * DAY_S,
            [Tick(utc(f"2026-01-{day}T05:00")) for day in (16, 17, 18)],
            "next Mon 2026-01-19 06:00:00 CET",
            id="run-all sends each",
        ),
        pytest.param(
            {"every": "1h", "missed": "run-once"},
            2.5 * HOUR_S,
            [Tick(utc("2026-01-15T14:00"), 1)],
            "next Thu 2026-01-15 16:00:00 CET",
            id="every makes up and keeps its beat",
        ),
        pytest.param(
            {"every": "1h", "missed": "run-once"},
            0.5 * HOUR_S,
            [],
            "next Thu 2026-01-15 14:00:00 CET",
            id="every waits only for the rest",
        ),
    ],
)
def test_what_was_missed_while_it_was_off(
    config: dict[str, Any], away_s: float, sent: list[Tick], status: str, tmp_path: Path
) -> None:
    clock = VirtualClock(NOON)
    path = tmp_path / "state.sqlite"
    with Bench(Schedule, config, durable=True, state_path=path, clock=clock) as bench:
        bench.advance(0.0)
        assert bench.sent("tick") == []
    clock.advance(away_s)
    with Bench(Schedule, config, durable=True, state_path=path, clock=clock) as bench:
        bench.advance(0.0)
        assert (bench.sent("tick"), bench.run().status) == (sent, status)


def test_the_zone_is_the_sites_unless_the_flow_names_another():
    config = {"each": "day", "at": "08:00"}  # NOON is 7:00 in New York
    site = BenchSite(timezone="America/New_York")
    run = run_node(Schedule, config, site=site, advance=DAY_S)
    assert run.outputs["tick"] == [Tick(utc("2026-01-15T13:00"))]
    run = run_node(Schedule, config | AMSTERDAM, site=site, advance=DAY_S)
    assert run.outputs["tick"] == [Tick(utc("2026-01-16T07:00"))]


# -- settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "message"),
    [
        pytest.param({}, "one of `each`, `every` and `cron` is needed", id="nothing"),
        pytest.param(
            {"every": "5m", "cron": "* * * * *"},
            "one of `each`, `every` and `cron` is needed",
            id="two ways",
        ),
        pytest.param({"each": "day", **AMSTERDAM}, "`each: day` needs `at`", id="no time"),
        pytest.param(
            {"each": "month", "at": "06:00", **AMSTERDAM},
            "`each: month` needs `day`",
            id="no day",
        ),
        pytest.param(
            {"each": "week", "at": "06:00", **AMSTERDAM},
            "`each: week` needs `weekday`",
            id="no weekday",
        ),
        pytest.param(
            {"every": "5m", "at": "06:00"}, "`at` does not go with `every`", id="a time too many"
        ),
        pytest.param(
            {"each": "day", "at": "06:00", "day": "1", **AMSTERDAM},
            "`day` does not go with `each: day`",
            id="a day too many",
        ),
        pytest.param(
            {"each": "month", "day": "31", "at": "06:00", **AMSTERDAM},
            "1 to 28 or `last` is needed: not every month has the days after the 28th",
            id="the 31st of each month",
        ),
        pytest.param(
            {"each": "day", "at": "6 o'clock", **AMSTERDAM},
            "a time of day such as 06:00 is needed",
            id="not a time",
        ),
        pytest.param(
            {"cron": "* * * *", **AMSTERDAM},
            "five fields are needed: minute hour day month weekday, got 4",
            id="cron with four fields",
        ),
        pytest.param(
            {"cron": "0 8 * * 1", **AMSTERDAM},
            "weekdays are written as names, such as mon-fri",
            id="cron with a number for a weekday",
        ),
        pytest.param(
            {"cron": "0 8 1 * mon", **AMSTERDAM},
            "a day of the month or a weekday, not both; use two schedules",
            id="cron with two days",
        ),
        pytest.param(
            {"cron": "61 * * * *", **AMSTERDAM},
            "not a cron expression: Error validating expression '61': "
            "the last value (61) is higher than the maximum value (59)",
            id="cron with a 61st minute",
        ),
        pytest.param(
            {"cron": "0 0 30 feb *", **AMSTERDAM}, "no such day ever comes", id="30 February"
        ),
    ],
)
def test_a_schedule_that_does_not_say_when_is_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ScheduleConfig.model_validate(config)
    assert [error["msg"] for error in refused.value.errors()] == [f"Value error, {message}"]
