from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from oppleo_flow.charging.correction import Changes
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import MeterReading, SessionEnded, SessionSettled, SessionStarted

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
NOW = NOON + timedelta(days=20)
ID = SessionEnded.sample().session_id


@pytest.fixture
def ended(ledger):
    ledger.sessions.record(SessionStarted.sample())
    ledger.sessions.record(SessionEnded.sample())
    return ledger


def record_a_second(ledger, *, meter_start_wh=1_244_567, meter_serial="19001234"):
    """Let a session follow after hours, that of another meter perhaps; return its id."""
    begun = {
        "session_id": UUID(int=2),
        "started_at": NOON + timedelta(hours=4),
        "meter_start_wh": meter_start_wh,
    }
    ledger.sessions.record(SessionStarted.sample(**begun, meter_serial=meter_serial))
    until = {"ended_at": NOON + timedelta(hours=5), "meter_end_wh": 1_246_567}
    energy_wh = 1_246_567 - meter_start_wh
    ledger.sessions.record(SessionEnded.sample(**begun, **until, energy_wh=energy_wh))
    return begun["session_id"]


def make_dearer(ledger, edge):
    """Let a kWh cost 0.30 from noon on, and 0.40 from a later moment on."""
    for number, at, per_kwh in ((1, NOON, "0.30"), (2, edge, "0.40")):
        ledger.prices.add(PriceVersion(UUID(int=number), at, Decimal(per_kwh), "EUR"))


def test_a_correction_lies_on_top_of_what_was_recorded(ended):
    """Oppleo D16: an edit overwrites the session, and leaves no trail."""
    before = ended.sessions.get(ID)
    changes = Changes(meter_end_wh=1_240_000)
    after = ended.corrections.add(ID, changes, who="Anna", why="read by eye", now=NOW)
    assert (after.meter_end_wh, after.energy_wh) == (1_240_000, 5_433)
    assert after.original == before
    (kept,) = ended.corrections.of(ID)
    assert (kept.number, kept.who, kept.why) == (1, "Anna", "read by eye")
    assert (kept.corrected_at, kept.changes) == (NOW, changes)
    ended.corrections.add(ID, Changes(label="office"), who="Ben", why="his card", now=NOW)
    found = ended.sessions.get(ID)
    assert (found.energy_wh, found.label) == (5_433, "office")
    assert [(one.who, one.why) for one in found.corrections] == [
        ("Anna", "read by eye"),
        ("Ben", "his card"),
    ]
    assert found.original == before


def test_a_session_that_is_corrected_into_another_month_is_found_there(ended):
    march = datetime(2026, 3, 1, tzinfo=UTC)
    moved = Changes(started_at=march, ended_at=march + timedelta(hours=1))
    then = march + timedelta(days=1)
    ended.corrections.add(ID, moved, who="Anna", why="the clock was wrong", now=then)
    assert ended.sessions.between(NOON, NOON + timedelta(days=1)) == []
    (found,) = ended.sessions.between(march, march + timedelta(days=31))
    assert found.flags == ("price-unknown", "corrected")


def test_a_correction_that_cannot_be_changes_nothing(ended):
    before = ended.sessions.get(ID)
    with pytest.raises(Refused) as error:
        ended.corrections.add(ID, Changes(meter_end_wh=0), who="Anna", why="x", now=NOW)
    assert str(error.value) == (
        f"session {ID}: its energy would be -1234567 Wh; no meter counts backwards"
    )
    assert (ended.sessions.get(ID), ended.corrections.of(ID)) == (before, [])


def test_a_session_that_nobody_knows_is_not_corrected(ledger):
    with pytest.raises(Refused) as error:
        ledger.corrections.add(UUID(int=9), Changes(void=True), who="Anna", why="x", now=NOW)
    assert str(error.value) == (
        "session 00000000-0000-0000-0000-000000000009: is not known; `oppleo-flow sessions` has ids"
    )


def test_two_sessions_that_were_one_are_billed_as_one(ended):
    """§3.5 of the original: condensing deletes a record; here both stay, and it can be undone."""
    second = record_a_second(ended)
    edge = NOON + timedelta(hours=4, minutes=30)
    make_dearer(ended, edge)
    readings = [(0, 1_234_567), (120, 1_244_567), (240, 1_244_567), (270, 1_245_567)]
    ended.readings.record(
        [
            MeterReading.sample(time=NOON + timedelta(minutes=n), energy_import_wh=energy_wh)
            for n, energy_wh in readings
        ]
    )
    joined = ended.corrections.join(ID, second, who="Anna", why="one visit", now=NOW)
    assert (joined.meter_end_wh, joined.energy_wh) == (1_246_567, 12_000)
    assert [(one.energy_wh, one.per_kwh) for one in joined.slices] == [
        (11_000, Decimal("0.30")),
        (1_000, Decimal("0.40")),
    ]
    gone = ended.sessions.get(second)
    assert (gone.void, gone.energy_wh, gone.original.energy_wh) == (True, 0, 2_000)
    assert [one.why for one in (*joined.corrections, *gone.corrections)] == ["one visit"] * 2


def test_two_sessions_that_cannot_be_one_stay_as_they_are(ended):
    before = ended.sessions.get(ID)
    with pytest.raises(Refused, match="began before the first had ended"):
        ended.corrections.join(ID, ID, who="Anna", why="x", now=NOW)
    assert ended.sessions.get(ID) == before


def test_the_register_of_a_corrected_end_is_of_that_end_and_not_of_when_it_was_settled(ended):
    ended.sessions.record(SessionSettled.sample(meter_end_wh=1_244_600, energy_wh=10_033))
    edge = SessionEnded.sample().ended_at + timedelta(hours=1)
    make_dearer(ended, edge)
    changes = Changes(ended_at=edge + timedelta(hours=1), meter_end_wh=1_250_000)
    after = ended.corrections.add(ID, changes, who="Anna", why="it went on", now=NOW)
    assert [one.per_kwh for one in after.slices] == [Decimal("0.30"), Decimal("0.40")]
    assert sum(one.energy_wh for one in after.slices) == after.energy_wh


def test_no_watt_hour_is_on_two_bills(ended):
    """A correction that takes in what another session is billed for waits for one of that."""
    second = record_a_second(ended)
    further = Changes(meter_end_wh=1_245_000)
    said = {"who": "Anna", "why": "read by eye", "now": NOW}
    with pytest.raises(Refused) as refused:
        ended.corrections.add(ID, further, **said)
    assert str(refused.value) == (
        f"session {ID}: from 1234.567 to 1245.000 kWh it would take in what session {second} is "
        "billed for, 1244.567 to 1246.567; correct that one first"
    )
    assert ended.corrections.of(ID) == []
    ended.corrections.add(second, Changes(meter_start_wh=1_245_000), **said)
    assert ended.corrections.add(ID, further, **said).energy_wh == 10_433
    ended.corrections.add(second, Changes(void=True), **said)
    assert ended.corrections.add(ID, Changes(meter_end_wh=1_246_000), **said).energy_wh == 11_433
    with pytest.raises(Refused, match="would take in what session"):
        ended.corrections.add(second, Changes(void=False), **said)


def test_a_register_that_another_meter_shows_is_no_bar(ended):
    record_a_second(ended, meter_start_wh=1_244_000, meter_serial="19005678")
    changes = Changes(meter_end_wh=1_245_000)
    after = ended.corrections.add(ID, changes, who="Anna", why="read by eye", now=NOW)
    assert after.energy_wh == 10_433


def test_an_odometer_is_entered_later_and_what_was_told_stays(ended):
    after = ended.corrections.add(
        ID, Changes(odometer_km=42_140), who="Anna", why="read by eye", now=NOW
    )
    assert (after.odometer_km, after.original.odometer_km) == (42_140, None)


def test_no_odometer_is_below_0(ended):
    with pytest.raises(Refused, match="odometer: no car has driven -1 km"):
        ended.corrections.add(ID, Changes(odometer_km=-1), who="Anna", why="typo", now=NOW)


def test_a_preview_is_what_a_correction_would_make_and_keeps_nothing(ended):
    before = ended.sessions.get(ID)
    changes = Changes(meter_end_wh=1_240_000)
    shown = ended.corrections.preview(ID, changes, now=NOW)
    assert (shown.energy_wh, shown.original) == (5_433, before)
    assert ended.corrections.of(ID) == []
    assert ended.sessions.get(ID) == before
    with pytest.raises(Refused, match="no meter counts backwards"):
        ended.corrections.preview(ID, Changes(meter_end_wh=0), now=NOW)
