from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from oppleo_flow.charging.correction import Changes
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import SessionEnded, SessionStarted

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
NOW = NOON + timedelta(days=20)
ID = SessionEnded.sample().session_id


@pytest.fixture
def ended(ledger):
    ledger.sessions.record(SessionStarted.sample())
    ledger.sessions.record(SessionEnded.sample())
    return ledger


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
