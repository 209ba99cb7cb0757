"""Readings, cards and people that cannot be as they are: flagged or refused, never lost."""

from datetime import UTC, datetime, timedelta

from tests.oppleo_flow.oppleo_import import caveats
from tests.oppleo_flow.oppleo_import.caveats import ODD_CARD, PLANTS
from tests.oppleo_flow.oppleo_import.imports import Imported
from tests.oppleo_flow.oppleo_import.oppleo_database import CARD, LONG_CARD

SESSIONS, READINGS = "charge_session", "energy_device_measures"
JUNE = datetime(2023, 6, 1, tzinfo=UTC)


def only(ledger):
    (session,) = ledger.sessions.latest(5)
    return session


# -- readings ------------------------------------------------------------------------------------


def test_d1_a_read_that_failed_is_a_gap_and_never_a_zero(planted, ledger):
    done = planted("reads that failed")
    day = datetime(2023, 7, 1, tzinfo=UTC)
    found = ledger.readings.between("meter", day, day + timedelta(days=1))
    assert [reading.energy_import_wh for reading in found] == [12_200_000, 12_200_100]
    assert (found[1].voltage_phases_v, found[1].frequency_hz) == ((), None)
    silences = ledger.readings.silences("meter", day, day + timedelta(days=1))
    assert [(one.since - day).seconds - 18 * 3600 for one in silences] == [10, 30, 40, 50, 60]
    assert {one.reason for one in silences} == {
        "Oppleo kept no register: its read had failed",
        "Oppleo kept no power",
    }
    assert done.rows(READINGS) == {"added": 7}
    assert done.codes(READINGS) == ["register-missing"] * 4 + ["power-missing"]


def test_readings_out_of_order_are_put_in_order_and_none_is_there_twice(planted, ledger):
    done = planted("readings out of order and twice")
    day = datetime(2023, 7, 2, tzinfo=UTC)
    found = ledger.readings.between("meter", day, day + timedelta(days=1))
    assert [reading.energy_import_wh for reading in found] == [12_200_900, 12_201_000]
    assert done.rows(READINGS) == {"added": 2, "same": 1, "refused": 1}
    assert done.codes(READINGS) == ["register-fell", "time-taken"]
    (taken,) = [one for one in done.remarks if one.code == "time-taken"]
    assert taken.text.startswith(
        "says of 2023-07-02T18:00:10+00:00 what an earlier row says otherwise: "
        "12209000 Wh at 11040 W, not 12201000 Wh at 11040 W"
    )


def test_readings_of_a_clock_that_was_not_set_are_refused_with_all_that_they_say(planted, ledger):
    done = planted("readings of a clock that was not set")
    assert ledger.readings.meters() == []
    assert done.rows(READINGS) == {"refused": 4}
    assert done.codes(READINGS) == ["time-impossible"] * 3 + ["device-unknown"]
    assert done.remarks[1].original["kw_total"] == "12210"


def test_registers_that_no_meter_shows_are_refused(planted, ledger):
    done = planted("registers that no meter shows")
    assert done.rows(READINGS) == {"refused": 3}
    assert done.codes(READINGS) == ["register-impossible"] * 3


def test_what_a_single_phase_meter_does_not_measure_is_not_zero(oppleo, ledger):
    oppleo.change("energy_device", modbus_config="SDM120")
    zeros = dict.fromkeys(("p_l2", "p_l3", "v_l2", "v_l3", "a_l2", "a_l3"), 0.0)
    oppleo.add_reading("2023-07-04 20:00:00", 12_300.0, **zeros)
    Imported(oppleo.url, ledger)
    reading = ledger.readings.latest("meter")
    assert (reading.power_phases_w, reading.power_w) == ((3680.0,), 3680.0)
    assert (reading.voltage_phases_v, reading.current_phases_a) == ((230.1,), (16.0,))


def test_d13_readings_of_before_a_rename_keep_a_name_of_their_own_or_get_one(planted, ledger):
    planted("a device of before the charger got another name")
    assert ledger.readings.meters() == ["laadpaal_oud"]
    assert only(ledger).energy_wh == 1_000


def test_an_owner_can_say_that_two_devices_are_one_meter(planted, ledger):
    planted(
        "a device of before the charger got another name", meter_names={"laadpaal_oud": "meter"}
    )
    assert ledger.readings.meters() == ["meter"]


# -- cards, people, settings ---------------------------------------------------------------------


def test_cards_of_all_kinds_come_over_each_as_what_it_is(planted, ledger):
    done = planted("cards of all kinds")
    found = {token.legacy_id: token for token in ledger.tokens.all()}
    assert (found[CARD].uid, found[CARD].vehicle) == ("04A1B2C3", "AB-123-C")
    assert (found[LONG_CARD].uid, found[LONG_CARD].enabled, found[LONG_CARD].label) == (
        *(None, False),
        "",
    )
    odd = next(token for number, token in found.items() if number.startswith("Ün"))
    assert (odd.legacy_id, odd.virtual, odd.label) == (ODD_CARD, True, ODD_CARD)
    assert (odd.vehicle, found["123456789012"].vehicle) == ("Ünïcar", "Ünïcar ZZ-1-ZZ")
    assert found["123456789012"].virtual
    assert found["584190412224"].virtual
    assert (found["04A1B2C3"].virtual, found["04A1B2C3"].uid != "04A1B2C3") == (True, True)
    reversed_days = found["33554432000"]
    assert (reversed_days.enabled, reversed_days.valid_until) == (False, None)
    assert sorted(done.codes("rfid")) == ["authors-card", "validity-reversed"]


def test_d12_the_last_day_of_a_card_counts(oppleo, ledger):
    oppleo.add_card(CARD, valid_from="2023-01-01", valid_until="2023-12-31")
    done = Imported(oppleo.url, ledger)
    token = next(one for one in ledger.tokens.all() if one.legacy_id == CARD)
    assert f"{token.valid_from} {token.valid_until}" == "2023-01-01 2023-12-31"
    assert "last-day" in done.codes("rfid")


def test_one_card_in_several_rows_is_one_card_and_charges_only_if_all_say_so(planted, ledger):
    done = planted("one card in several rows")
    (token,) = [one for one in ledger.tokens.all() if one.legacy_id == "4278190335"]
    assert (token.label, token.enabled) == ("new", False)
    assert "token-twice" in done.codes("rfid")
    assert done.rows("rfid") == {"added": 2, "refused": 2}


def test_passwords_of_werkzeug_are_kept_and_others_let_nobody_in(planted, ledger):
    done = planted("passwords of all kinds")
    users = {user.name: user for user in ledger.users.all()}
    assert [name for name, user in users.items() if user.password is not None] == [
        *("newer", "newest"),
        "old",
    ]
    assert (users["old"].second_factor_due, users["old"].sealed_secret) == (True, "c2VhbGVk")
    assert {user.role for user in users.values()} == {"admin"}
    assert sorted(done.codes("users")) == [
        *("password-default", "password-unknown-form", "password-unknown-form"),
        *("second-factor", "user-twice"),
    ]
    assert all("correct horse" not in str(remark.original) for remark in done.remarks)


# -- and all of it together ----------------------------------------------------------------------


def test_a_database_with_all_of_it_is_accounted_for_to_the_wh_and_the_cent(oppleo, planted, ledger):
    done = planted(*PLANTS)
    (sessions,) = oppleo.execute(
        "SELECT count(*), sum(total_energy) FROM charge_session WHERE total_energy <> 'NaN'"
    )
    assert (
        sum(done.rows(SESSIONS).values()) == sessions[0] + 3
    )  # of which the energy is no number, or none
    assert done.report.sums.oppleo_wh == round(sessions[1] * 1000)
    assert done.report.sums.are_reconciled
    ((readings,),) = oppleo.execute("SELECT count(*) FROM energy_device_measures")
    assert sum(done.rows(READINGS).values()) == readings
    again = Imported(oppleo.url, ledger)
    assert not again.report.changed()
    assert again.report.sums == done.report.sums


def test_many_readings_are_written_in_batches_that_hang_together(oppleo, ledger):
    caveats.many_readings(oppleo, 12_345)
    done = Imported(oppleo.url, ledger)
    assert done.rows(READINGS) == {"added": 12_345}
    assert done.codes(READINGS) == []
    assert ledger.readings.latest("meter").energy_import_wh == 1_370_300
    assert Imported(oppleo.url, ledger).rows(READINGS) == {"same": 12_345}
