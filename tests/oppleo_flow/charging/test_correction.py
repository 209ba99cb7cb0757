from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from oppleo_flow.charging.correction import Changes, Correction, apply, check
from oppleo_flow.charging.record import Remark, SessionRecord
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import Attribution

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = NOON + 24 * HOUR
ID = UUID(int=1)
SESSION = SessionRecord(
    session_id=ID,
    token_id=UUID(int=2),
    uid="04A1B2C3",
    label="family",
    started_at=NOON,
    meter_start_wh=1_000,
    meter_start_quality="measured",
    meter_serial="A",
    ended_at=NOON + HOUR,
    meter_end_wh=4_000,
    energy_wh=3_000,
    reason="card",
    attribution=Attribution(driver="Anna", cost_centre="acme"),
)
SILENT = replace(SESSION, meter_end_wh=None, energy_wh=None)


def correction(number: int = 1, who: str = "Anna", why: str = "because", **changes) -> Correction:
    return Correction(UUID(int=number), ID, number, LATER, who, why, Changes(**changes))


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        pytest.param(
            {"meter_end_wh": 3_500}, {"meter_end_wh": 3_500, "energy_wh": 2_500}, id="end"
        ),
        pytest.param({"meter_start_wh": 0}, {"meter_start_wh": 0, "energy_wh": 4_000}, id="start"),
        pytest.param({"label": "office"}, {"label": "office"}, id="another card"),
        pytest.param(
            {"started_at": NOON - HOUR, "ended_at": NOON},
            {"started_at": NOON - HOUR, "ended_at": NOON},
            id="the times",
        ),
        pytest.param(
            {"vehicle": "ioniq", "cost_centre": ""},
            {"attribution": Attribution("Anna", "ioniq", None, None)},
            id="what it was for; an empty text takes away",
        ),
        pytest.param(
            {"void": True},
            {"void": True, "meter_start_wh": None, "meter_end_wh": None, "energy_wh": 0},
            id="a session that is none",
        ),
    ],
)
def test_a_correction_changes_what_it_says_and_nothing_else(changes, after):
    found = apply(SESSION, [correction(**changes)])
    remarks = (Remark(LATER, "Anna", "because"),)
    assert found == replace(SESSION, **after, corrections=remarks, original=SESSION)
    assert "corrected" in found.flags


def test_without_corrections_a_session_is_as_it_was():
    assert apply(SESSION, []) is SESSION


def test_later_corrections_lie_on_top_whatever_the_order_they_are_read_in():
    made = [correction(2, meter_end_wh=2_000), correction(1, meter_end_wh=3_500, label="office")]
    found = apply(SESSION, made)
    assert (found.energy_wh, found.label) == (1_000, "office")


def test_a_session_that_was_void_can_be_put_back():
    found = apply(SESSION, [correction(1, void=True), correction(2, void=False)])
    assert (found.void, found.energy_wh, found.meter_end_wh) == (False, 3_000, 4_000)


def test_an_unknown_energy_can_be_said_by_somebody():
    found = apply(SILENT, [correction(energy_wh=2_500)])
    assert (found.energy_wh, found.meter_end_wh) == (2_500, None)
    check(SILENT, [], correction(energy_wh=2_500))


@pytest.mark.parametrize(
    ("session", "wanted", "message"),
    [
        pytest.param(
            replace(SESSION, ended_at=None),
            correction(label="x"),
            "has not ended; end it first",
            id="an open session",
        ),
        pytest.param(
            SESSION,
            correction(),
            "the correction changes nothing; say what is different",
            id="nothing",
        ),
        pytest.param(
            SESSION,
            correction(why=" ", label="x"),
            "why: a correction needs one, got ' '",
            id="no reason",
        ),
        pytest.param(
            SESSION,
            correction(who="", label="x"),
            "who: a correction needs one, got ''",
            id="nobody",
        ),
        pytest.param(
            SESSION,
            correction(meter_end_wh=999),
            "its energy would be -1 Wh; no meter counts backwards",
            id="a negative energy",
        ),
        pytest.param(
            SILENT,
            correction(energy_wh=-1),
            "its energy would be -1 Wh; no meter counts backwards",
            id="a negative estimate",
        ),
        pytest.param(
            SESSION,
            correction(energy_wh=1),
            "both registers are known, so the energy is their difference; "
            "correct a register instead",
            id="an energy that the registers contradict",
        ),
        pytest.param(
            SESSION,
            correction(started_at=NOON + 2 * HOUR),
            "would last from 2026-01-15T14:00:00+00:00 to 2026-01-15T13:00:00+00:00; it ends after "
            "it starts and before now",
            id="an end before the start",
        ),
        pytest.param(
            SESSION,
            correction(ended_at=LATER + HOUR),
            "would last from 2026-01-15T12:00:00+00:00 to 2026-01-16T13:00:00+00:00; it ends after "
            "it starts and before now",
            id="an end in the future",
        ),
    ],
)
def test_what_no_session_can_be_is_refused(session, wanted, message):
    with pytest.raises(Refused) as error:
        check(session, [], wanted)
    assert str(error.value) == f"session {ID}: {message}"


def test_a_correction_is_checked_on_top_of_the_earlier_ones():
    earlier = [correction(1, meter_start_wh=3_000)]
    with pytest.raises(Refused):
        check(SESSION, earlier, correction(2, meter_end_wh=2_000))
