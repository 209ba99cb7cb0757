from datetime import UTC, datetime, timedelta, timezone

import pytest

from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.reading_rows import Silence
from oppleo_flow.testing.full_disk import fill, make_room

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def reading(seconds: int, **values: object) -> MeterReading:
    return MeterReading.sample(time=NOON + seconds * SECOND, **values)


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(MeterReading.sample(), id="three phases"),
        pytest.param(
            MeterReading.sample(
                power_phases_w=(3680.0,),
                voltage_phases_v=(230.1,),
                current_phases_a=(16.0,),
                serial=None,
            ),
            id="one phase, without a serial number",
        ),
        pytest.param(
            MeterReading.sample(power_phases_w=(), energy_import_wh=2**40), id="no value per phase"
        ),
        pytest.param(MeterReading.sample(frequency_hz=None), id="no frequency"),
        pytest.param(
            MeterReading.sample(energy_phases_wh=(2**40, 0, 1)), id="nothing counted on a phase"
        ),
        pytest.param(MeterReading.sample(energy_phases_wh=()), id="phases that nobody counts"),
    ],
)
def test_a_reading_comes_back_as_it_was_written(ledger, one):
    ledger.readings.record([one])
    assert ledger.readings.latest("meter") == one


def test_the_same_reading_twice_is_written_once(ledger):
    ledger.readings.record([reading(0), reading(0)])
    ledger.readings.record([reading(0)])
    assert ledger.readings.between("meter", NOON, NOON + SECOND) == [reading(0)]


def test_readings_of_a_time_are_half_open_and_of_one_meter(ledger):
    mine = [reading(n) for n in range(5)]
    ledger.readings.record([*mine, reading(2, meter="house")])
    assert ledger.readings.between("meter", NOON + SECOND, NOON + 3 * SECOND) == mine[1:3]
    assert ledger.readings.meters() == ["house", "meter"]


def test_the_readings_nearest_to_a_moment(ledger):
    ledger.readings.record([reading(0), reading(10)])
    assert ledger.readings.latest("meter") == reading(10)
    assert ledger.readings.latest("meter", before=NOON + 10 * SECOND) == reading(0)
    assert ledger.readings.latest("meter", before=NOON) is None
    assert ledger.readings.first("meter", NOON + SECOND) == reading(10)
    assert ledger.readings.first("meter", NOON + 11 * SECOND) is None
    assert ledger.readings.latest("house") is None


def test_a_time_in_another_zone_is_the_same_instant(ledger):
    there = timezone(timedelta(hours=5, minutes=45))
    ledger.readings.record([MeterReading.sample(time=NOON.astimezone(there))])
    found = ledger.readings.latest("meter")
    assert found.time == NOON
    assert found.time.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(ledger):
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(ValueError, match=r"an aware datetime is needed, got datetime"):
        ledger.readings.record([MeterReading.sample(time=naive)])
    assert ledger.readings.meters() == []


def test_a_silence_lasts_until_the_next_reading(ledger):
    silent = MeterUnknown("meter", NOON + 5 * SECOND, "unit 1: no answer")
    ledger.readings.record([reading(0), silent, silent])
    ledger.readings.record([silent])
    day = (NOON - 1000 * SECOND, NOON + 1000 * SECOND)
    assert ledger.readings.silences("meter", *day) == [
        Silence("meter", NOON + 5 * SECOND, None, "unit 1: no answer")
    ]
    ledger.readings.record([reading(20), reading(30)])
    assert ledger.readings.silences("meter", *day) == [
        Silence("meter", NOON + 5 * SECOND, NOON + 20 * SECOND, "unit 1: no answer")
    ]


def test_a_silence_is_never_a_number(ledger):
    ledger.readings.record([MeterUnknown.sample()])
    assert ledger.readings.meters() == []
    assert ledger.readings.latest("meter") is None


def test_the_silences_of_a_time_are_those_that_overlap_it(ledger):
    ledger.readings.record(
        [
            MeterUnknown("meter", NOON, "a"),
            reading(10),
            MeterUnknown("meter", NOON + 20 * SECOND, "b"),
        ]
    )

    def reasons(since: int, until: int) -> list[str]:
        found = ledger.readings.silences("meter", NOON + since * SECOND, NOON + until * SECOND)
        return [one.reason for one in found]

    assert reasons(0, 1) == ["a"]
    assert reasons(9, 20) == ["a"]
    assert reasons(10, 20) == []
    assert reasons(5, 21) == ["a", "b"]
    assert reasons(500, 600) == ["b"]


def test_a_batch_is_kept_whole_or_not_at_all(ledger):
    broken = MeterReading.sample(time=NOON.replace(tzinfo=None))
    with pytest.raises(ValueError, match="an aware datetime is needed"):
        ledger.readings.record([reading(0), broken])
    assert ledger.readings.meters() == []


def test_an_empty_batch_is_nothing(ledger):
    ledger.readings.record([])
    assert ledger.readings.meters() == []


def test_where_nothing_lasts_readings_are_in_the_file_an_hour_at_a_time(tmp_path):
    def in_the_file() -> list[MeterReading]:
        with open_ledger(location, "cp", read_only=True) as other:
            return other.readings.between("meter", NOON, NOON + 10_000 * SECOND)

    location = StoreLocation(tmp_path / "ledger.sqlite", lasting=False)
    with open_ledger(location, "cp") as ledger:
        for second in range(0, 3600, 900):
            ledger.readings.record([reading(second)])
        assert in_the_file() == []
        ledger.readings.record([reading(3600)])
        assert in_the_file() == [reading(second) for second in range(0, 3601, 900)]


def test_where_nothing_lasts_a_reading_is_seen_at_once_by_who_wrote_it(tmp_path):
    location = StoreLocation(tmp_path / "ledger.sqlite", lasting=False)
    silent = MeterUnknown("meter", NOON + 10 * SECOND, "unit 1: no answer")
    with open_ledger(location, "cp") as ledger:
        ledger.readings.record([reading(0), silent])
        assert ledger.readings.latest("meter") == reading(0)
        ledger.readings.record([reading(20)])
        (gap,) = ledger.readings.silences("meter", NOON, NOON + 60 * SECOND)
        assert gap.until == NOON + 20 * SECOND
        ledger.readings.record([reading(30)])
    with open_ledger(location, "cp", read_only=True) as later:
        assert later.readings.latest("meter") == reading(30)


def test_a_batch_that_cannot_be_written_is_not_kept_in_memory_either(tmp_path):
    """Who writes it keeps it, and tries again: kept here too it would grow with each try."""
    location = StoreLocation(tmp_path / "ledger.sqlite", lasting=False)
    hours = [reading(0), reading(3600)]
    with open_ledger(location, "cp") as ledger:
        ledger.readings.record(hours[:1])
        fill(location.path)
        for _ in range(20):
            with pytest.raises(StoreError):
                ledger.readings.record(hours[1:])
        make_room(location.path)
        ledger.readings.record(hours[1:])
        assert len(ledger.readings._gathered) == 0
        assert ledger.readings.between("meter", NOON, NOON + 7200 * SECOND) == hours
