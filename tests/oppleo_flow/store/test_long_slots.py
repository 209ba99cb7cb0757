import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from oppleo_flow.charging.kept_readings import Said
from oppleo_flow.charging.month import Month
from oppleo_flow.charging.roll_up import Seen, Slot, roll_up
from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.store import Ledger, StoreLocation, open_ledger
from oppleo_flow.store.check.roll_ups import wrong_slots
from oppleo_flow.store.database import sqlite_engine
from oppleo_flow.store.migrate import alembic_config
from oppleo_flow.store.roll_up_rows import microseconds_of, quarter_of
from oppleo_flow.store.tables.roll_ups import reading_slots
from tests.oppleo_flow.store.after_noon import DAY, HOUR, NOON, SECOND, reading

SIX_HOURS_S = 21_600


def six_hours(ledger: Ledger) -> list[Slot]:
    query = (
        select(*(reading_slots.c[name] for name in Slot._fields))
        .where(reading_slots.c.slot_s == SIX_HOURS_S)
        .order_by(reading_slots.c.since_s)
    )
    with ledger.readings._db.read() as connection:
        return [Slot(*row) for row in connection.execute(query)]


@contextmanager
def new_ledger() -> Iterator[tuple[Ledger, Path]]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        with open_ledger(StoreLocation(path), "cp") as ledger:
            yield ledger, path


def of_readings(story: Sequence[Said]) -> list[Slot]:
    """Return the six hours that the readings themselves make, up to the last whole quarter-hour."""
    told = [one for one in story if isinstance(one, MeterReading)]
    silent = [microseconds_of(one.since) for one in story if isinstance(one, MeterUnknown)]
    end_us = quarter_of(told[-1].time) * 1_000_000 if told else 0
    seen: list[Seen] = []
    for one in told:
        now = Seen(microseconds_of(one.time), one.energy_import_wh, one.power_w, one.serial)
        if now.at_us > end_us and seen and seen[-1].at_us < end_us:
            before = seen[-1]
            risen_wh, span_us = now.energy_wh - before.energy_wh, now.at_us - before.at_us
            at_end_wh = before.energy_wh + risen_wh * (end_us - before.at_us) // span_us
            bridged = risen_wh >= 0 and span_us <= 3900 * 1_000_000
            if bridged and not any(before.at_us <= at < now.at_us for at in silent):
                seen.append(now._replace(at_us=end_us, energy_wh=at_end_wh))
        if now.at_us <= end_us:
            seen.append(now)
    return roll_up(seen, sorted(silent), SIX_HOURS_S)


def assert_alike(kept: list[Slot], made: list[Slot]) -> None:
    assert [(one[:5], one.max_w) for one in kept] == [(one[:5], one.max_w) for one in made]
    for one, other in zip(kept, made, strict=True):
        assert one.mean_w == pytest.approx(other.mean_w)
        assert one.known_s == pytest.approx(other.known_s)


@st.composite
def stories(draw: st.DrawFn) -> list[Said]:
    """A few days of readings in their order, with gaps, silences and registers that fall."""
    steps = st.tuples(
        st.one_of(st.integers(1, 900), st.integers(900, 5_000), st.integers(20_000, 90_000)),
        st.integers(-50, 5_000),
        st.sampled_from([0.0, 230.0, 11_040.5]),
        st.booleans(),
    )
    second, energy_wh = 0, 50_000
    story: list[Said] = []
    for later_s, more_wh, power_w, is_silent in draw(st.lists(steps, max_size=60)):
        second, energy_wh = second + later_s, max(0, energy_wh + more_wh)
        story.append(reading(second, energy_wh, power_w))
        if is_silent and later_s > 30:
            story.append(MeterUnknown("meter", NOON + (second + 7) * SECOND, "no answer"))
    return story


@settings(max_examples=40, deadline=None)
@given(stories(), st.randoms(use_true_random=False))
def test_in_whatever_order_readings_come_six_hours_are_what_all_of_them_say(story, chance):
    shuffled = chance.sample(story, len(story))
    with new_ledger() as (ledger, path):
        while shuffled:
            count = chance.randint(1, 20)
            ledger.readings.record(shuffled[:count])
            del shuffled[:count]
        assert_alike(six_hours(ledger), of_readings(story))
        assert list(wrong_slots(path, 5)) == []


def test_six_hours_are_there_as_soon_as_their_first_quarter_hour_is(ledger):
    ledger.readings.record([reading(0, 100), reading(900, 190)])
    (one,) = six_hours(ledger)
    assert (one.start_wh, one.end_wh, one.energy_wh, one.known_s) == (100, None, 90, 900.0)
    ledger.readings.record([reading(1800, 290)])
    (one,) = six_hours(ledger)
    assert (one.start_wh, one.end_wh, one.energy_wh, one.known_s) == (100, None, 190, 1800.0)


def test_a_graph_of_years_is_what_one_of_the_days_is(ledger):
    ledger.readings.record([reading(1700 * n, 40 * n, 80.0 + n % 9) for n in range(1, 1500)])
    span = NOON - 3 * DAY, NOON + 40 * DAY
    weeks = ledger.readings.graph("meter", span[0] - 4000 * DAY, span[1], points=600)
    for points, slot_s in ((46, 86_400), (90, 43_200), (180, SIX_HOURS_S)):
        graph = ledger.readings.graph("meter", *span, points=points)
        assert graph.slot_s == slot_s
        for total in ("energy_wh", "known_s"):
            sums = [sum(getattr(one, total) for one in made.points) for made in (weeks, graph)]
            assert sums[0] == pytest.approx(sums[1])
        for one, following in pairwise(graph.points):
            assert one.end_wh == following.start_wh


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Asia/Kathmandu", "America/St_Johns"])
def test_a_month_of_any_zone_is_summed_up_from_edge_to_edge(ledger, zone):
    """Summer time begins in it, and in Kathmandu and St. John's no hour begins as in UTC."""
    since, until = (month.start(ZoneInfo(zone)) for month in (Month(2026, 3), Month(2026, 4)))
    start, end = since - 5 * HOUR, until + 5 * HOUR
    count = int((end - start) / (15 * 60 * SECOND))
    ledger.readings.record(
        [
            MeterReading.sample(time=start + n * 900 * SECOND, energy_import_wh=n * n)
            for n in range(count + 1)
        ]
    )
    at_edges = [int((edge - start) / (900 * SECOND)) for edge in (since, until)]
    assert ledger.usage.known("meter", since, until) == at_edges[1] ** 2 - at_edges[0] ** 2


@pytest.mark.parametrize(
    ("begins_s", "ends_s"),
    [
        pytest.param(900, 2700, id="within six hours"),
        pytest.param(900, 22_500, id="across one edge"),
        pytest.param(0, 43_200, id="from edge to edge"),
        pytest.param(20_700, 65_700, id="with whole ones in between"),
    ],
)
def test_a_time_is_summed_up_once(ledger, begins_s, ends_s):
    ledger.readings.record([reading(900 * n, n * n) for n in range(97)])
    since, until = (NOON + at_s * SECOND for at_s in (begins_s, ends_s))
    known_wh = (ends_s // 900) ** 2 - (begins_s // 900) ** 2
    assert ledger.usage.known("meter", since, until) == known_wh


def test_an_older_ledger_gets_its_six_hours_when_it_is_migrated(location):
    with open_ledger(location, "cp") as ledger:
        for meter in ("garage", "house"):
            ledger.readings.record(
                [reading(600 * n, 7 * n, n / 3).with_(meter=meter) for n in range(400)]
            )
        made = six_hours(ledger)
    engine = sqlite_engine(location.path)
    command.downgrade(alembic_config(engine), "0018")
    engine.dispose()
    with closing(sqlite3.connect(location.path)) as db:
        assert db.execute("SELECT max(slot_s) FROM reading_slots").fetchone() == (900,)
    with open_ledger(StoreLocation(location.path), "cp") as ledger:
        assert six_hours(ledger) == made
        assert len(made) > 20
    assert list(wrong_slots(location.path, 5)) == []


def test_six_hours_of_readings_that_are_gone_can_be_made_anew(location):
    with open_ledger(location, "cp") as ledger:
        ledger.readings.record([reading(60 * n, n) for n in range(3 * 24 * 60)])
        right = six_hours(ledger)
        while ledger.old_readings.let_go(NOON + 2 * DAY):
            pass
        assert six_hours(ledger) == right
        with ledger.readings._db.write() as connection:
            connection.execute(reading_slots.delete().where(reading_slots.c.slot_s == SIX_HOURS_S))
        ledger.readings.rebuild_roll_ups()
        assert six_hours(ledger) == right


def test_what_somebody_made_of_a_slot_keeps_no_reading_from_being_written(ledger):
    ledger.readings.record([reading(0, 0), reading(900, 90)])
    with ledger.readings._db.write() as connection:
        connection.execute(reading_slots.update().values(known_s=0.0))
    ledger.readings.record([reading(1200, 110), reading(1800, 170)])
    assert ledger.readings.latest("meter") == reading(1800, 170)
