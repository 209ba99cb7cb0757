"""Sessions of which a figure, a time or a card cannot be: flagged, never guessed, never lost."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.oppleo_flow.oppleo_import.imports import Imported
from tests.oppleo_flow.oppleo_import.oppleo_database import OTHER_CARD

SESSIONS, READINGS = "charge_session", "energy_device_measures"
JUNE = datetime(2023, 6, 1, tzinfo=UTC)


def only(ledger):
    (session,) = ledger.sessions.latest(5)
    return session


# -- sessions whose figures cannot be ------------------------------------------------------------


@pytest.mark.parametrize(
    ("caveat", "code", "registers"),
    [
        pytest.param(
            "a start that could not be read",
            "start-register-missing",
            (None, 12_040_000),
            id="D1: a start that could not be read bills nobody all that the meter ever counted",
        ),
        pytest.param(
            "an end that could not be read",
            "end-register-missing",
            (12_040_000, None),
            id="D1: an end that could not be read makes no negative energy",
        ),
        pytest.param(
            "registers that fall",
            "energy-negative",
            (None, None),
            id="registers that fall are none",
        ),
        pytest.param(
            "more energy than the meter lets through",
            "energy-absurd",
            (None, None),
            id="more than the meter lets through is none",
        ),
    ],
)
def test_energy_that_cannot_be_is_unknown_and_costs_nothing_and_is_said(
    planted, ledger, caveat, code, registers
):
    done = planted(caveat)
    session = only(ledger)
    assert (session.energy_wh, session.amount) == (None, None)
    assert (session.meter_start_wh, session.meter_end_wh) == registers
    assert "energy-unknown" in session.flags
    assert done.codes(SESSIONS) == [code]
    assert done.report.sums.flagged_wh == done.report.sums.oppleo_wh != 0
    assert done.report.sums.are_reconciled


def test_oppleos_own_figures_of_a_flagged_session_are_in_the_report_and_kept(planted, ledger):
    done = planted("a start that could not be read")
    (remark,) = [one for one in done.remarks if one.table == SESSIONS]
    assert (remark.verdict, remark.row) == ("flagged", "1")
    assert remark.text == (
        "has no start register: its read had failed, or the meter was off. Oppleo billed "
        "12040 kWh, 4214 euros; its energy is unknown here"
    )
    assert remark.original["start_value"] == "0"
    assert ledger.imports.rows(SESSIONS)["1"]["total_price"] == "4214"


def test_a_meter_that_was_off_is_no_session_of_nothing(planted, ledger):
    done = planted("a meter that was off")
    assert (only(ledger).energy_wh, only(ledger).amount) == (None, None)
    assert done.codes(SESSIONS) == ["start-register-missing", "end-register-missing"]


def test_a_session_without_energy_costs_nothing(planted, ledger):
    done = planted("a session without energy")
    assert (only(ledger).energy_wh, only(ledger).amount) == (0, Decimal("0.00"))
    assert done.codes(SESSIONS) == []


def test_what_is_no_number_is_unknown(planted, ledger):
    done = planted("a register that is no number")
    assert only(ledger).energy_wh is None
    assert done.codes(SESSIONS) == ["start-register-missing", "end-register-missing"]
    assert done.report.sums.are_reconciled


def test_noise_behind_the_numbers_is_not_billed(planted, ledger):
    planted("noise behind the numbers")
    session = only(ledger)
    assert (session.meter_start_wh, session.energy_wh) == (12_110_300, 300)
    assert (session.price_per_kwh, session.amount) == (Decimal("0.30"), Decimal("0.09"))


def test_columns_that_are_empty_are_unknown(planted, ledger):
    done = planted("columns that are empty")
    session = only(ledger)
    assert (session.energy_wh, session.trigger, session.odometer_km) == (10_000, "card", None)
    assert done.codes(SESSIONS) == ["trigger-missing", "tariff-missing"]
    assert done.report.sums.are_reconciled


@pytest.mark.parametrize(
    ("caveat", "code", "text"),
    [
        pytest.param(
            "a price that is not energy times tariff",
            "amount-differs",
            "costs 99.99 in Oppleo; its energy at its tariff makes 3.50, which counts",
            id="the amount",
        ),
        pytest.param(
            "energy that is not what the registers say",
            "energy-differs",
            "has 12300 Wh in Oppleo; its registers make 10000 Wh, which counts",
            id="the energy",
        ),
    ],
)
def test_the_registers_and_the_tariff_count_and_what_oppleo_had_is_said(
    planted, ledger, caveat, code, text
):
    done = planted(caveat)
    assert (only(ledger).energy_wh, only(ledger).amount) == (10_000, Decimal("3.50"))
    assert text in [remark.text for remark in done.remarks if remark.code == code]
    assert done.report.sums.other_wh or done.report.sums.other_amount
    assert done.report.sums.are_reconciled


# -- sessions whose times, cards or devices cannot be --------------------------------------------


def test_a_session_that_ended_before_it_began_keeps_its_energy_and_says_so(planted, ledger):
    done = planted("an end before the start")
    session = only(ledger)
    assert (session.started_at, session.ended_at) == (datetime(2023, 6, 12, 18, tzinfo=UTC),) * 2
    assert (session.energy_wh, session.flags) == (10_000, ("clock-uncertain",))
    assert done.codes(SESSIONS) == ["ended-before-start"]


def test_sessions_that_were_left_open_have_ended_interrupted(planted, ledger):
    done = planted("several sessions that are open")
    newest, oldest = ledger.sessions.latest(5)
    assert oldest.ended_at == newest.started_at == datetime(2023, 6, 13, 19, tzinfo=UTC)
    assert newest.ended_at == datetime(2023, 6, 13, 20, tzinfo=UTC)
    assert (oldest.energy_wh, newest.energy_wh) == (10_000, 1_000)
    assert oldest.interrupted
    assert newest.interrupted
    assert ledger.sessions.open() is None
    assert done.codes(SESSIONS) == ["left-open", "left-open"]


def test_one_that_went_on_after_it_was_taken_over_is_corrected(oppleo, planted, ledger):
    planted("several sessions that are open")
    oppleo.change(
        "charge_session",
        "id = 2",
        end_value=12_175.0,
        end_time="2023-06-14 01:00:00",
        total_energy=15.0,
        total_price=5.25,
    )
    again = Imported(oppleo.url, ledger)
    newest = ledger.sessions.latest(1)[0]
    assert (newest.ended_at, newest.energy_wh) == (datetime(2023, 6, 13, 23, tzinfo=UTC), 15_000)
    assert again.rows(SESSIONS) == {"same": 1, "corrected": 1}
    assert Imported(oppleo.url, ledger).rows(SESSIONS) == {"same": 2}


def test_a_session_without_a_start_begins_at_its_end(planted, ledger):
    done = planted("a session without a start")
    session = only(ledger)
    assert session.started_at == session.ended_at == datetime(2023, 6, 14, 18, tzinfo=UTC)
    assert (session.energy_wh, "clock-uncertain" in session.flags) == (1_000, True)
    assert "start-time-missing" in done.codes(SESSIONS)


def test_a_session_without_any_time_is_refused_with_all_that_it_says(planted, ledger):
    done = planted("a session without any time")
    assert ledger.sessions.latest(5) == []
    assert done.rows(SESSIONS) == {"refused": 1}
    assert done.codes(SESSIONS) == ["time-missing"]
    assert (done.report.sums.refused_wh, done.report.sums.refused_amount) == (1000, Decimal("0.35"))
    assert done.report.sums.are_reconciled


def test_a_time_at_the_end_of_all_times_is_none(planted, ledger):
    done = planted("a time at the end of all times")
    assert only(ledger).started_at == datetime(2023, 6, 17, 19, tzinfo=UTC)
    assert "start-time-missing" in done.codes(SESSIONS)


def test_a_session_of_a_card_that_nobody_knows_is_kept_and_the_card_may_not_charge(planted, ledger):
    done = planted("a card that nobody knows")
    assert only(ledger).label == OTHER_CARD
    token = next(one for one in ledger.tokens.all() if one.legacy_id == OTHER_CARD)
    assert (token.uid, token.enabled) == ("DEADBEEF", False)
    assert "token-unknown" in done.codes("rfid")


def test_a_trigger_that_nobody_knows_counts_as_a_card(planted, ledger):
    done = planted("a trigger that nobody knows")
    assert only(ledger).trigger == "card"
    assert done.codes(SESSIONS) == ["trigger-missing"]


def test_d11_the_hour_that_comes_twice_is_told_apart_as_far_as_can_be_known(planted, ledger):
    done = planted("the hour that comes twice")
    later, earlier = ledger.sessions.latest(5)
    # 02:50 before 02:10 can only be the first and the second time.
    assert earlier.started_at == datetime(2022, 10, 30, 0, 50, tzinfo=UTC)
    assert earlier.ended_at == datetime(2022, 10, 30, 1, 10, tzinfo=UTC)
    assert earlier.flags == ()
    # Of 02:30 nobody knows which; the first counts, and the session says so.
    assert later.started_at == datetime(2023, 10, 29, 0, 30, tzinfo=UTC)
    assert later.flags == ("clock-uncertain",)
    assert done.codes(SESSIONS) == ["hour-came-twice"]
    night = datetime(2021, 10, 31, tzinfo=UTC)
    assert [
        (reading.time - night, reading.energy_import_wh)
        for reading in ledger.readings.between("meter", night, night + timedelta(days=1))
    ] == [
        (timedelta(minutes=20), 9_001_000),
        (timedelta(minutes=50), 9_002_000),
        (timedelta(minutes=70), 9_003_000),
        (timedelta(minutes=130), 9_004_000),
    ]


def test_the_hour_that_never_was_counts_as_one_later_and_says_so(planted, ledger):
    done = planted("the hour that never was")
    session = only(ledger)
    assert session.started_at == datetime(2023, 3, 26, 1, 30, tzinfo=UTC)
    assert session.flags == ("clock-uncertain",)
    assert done.codes(SESSIONS) == ["hour-never-was"]
    assert done.codes(READINGS) == ["hour-never-was"]
    assert ledger.readings.latest("meter").time == datetime(2023, 3, 26, 1, 45, tzinfo=UTC)
