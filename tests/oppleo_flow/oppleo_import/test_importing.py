"""What an owner of Oppleo has, taken over from a database as Oppleo leaves it."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from oppleo_flow.charging.correction import Changes
from oppleo_flow.charging.tariff import PriceVersion, price_at
from oppleo_flow.charging.tokens import Vehicle, card_token
from oppleo_flow.errors import ConfigError, Refused
from tests.oppleo_flow.oppleo_import.imports import NOW, Imported
from tests.oppleo_flow.oppleo_import.oppleo_database import (
    CARD,
    CHARGER,
    LONG_CARD,
    SEEDED_CARD,
    werkzeug,
)

SESSIONS, READINGS = "charge_session", "energy_device_measures"


def test_a_session_comes_over_with_its_registers_price_trigger_and_odometer(oppleo, ledger):
    oppleo.add_card(CARD, vehicle_make="Hyundai", vehicle_model="Ioniq", license_plate="AB-123-C")
    oppleo.add_session(12_000.0, 12_033.4, km=45_678, trigger="WEB")
    done = Imported(oppleo.url, ledger)

    (session,) = ledger.sessions.latest(5)
    assert (session.label, session.trigger, session.odometer_km) == ("family", "web", 45_678)
    assert (session.attribution.vehicle, session.attribution.plate) == ("Hyundai Ioniq", "AB-123-C")
    assert (session.started_at, session.ended_at) == (
        datetime(2023, 5, 1, 18, 0, tzinfo=UTC),
        datetime(2023, 5, 1, 21, 0, tzinfo=UTC),
    )
    assert (session.meter_start_wh, session.meter_end_wh) == (12_000_000, 12_033_400)
    assert (session.energy_wh, session.price_per_kwh) == (33_400, Decimal("0.35"))
    assert (session.amount, session.flags) == (Decimal("11.69"), ())
    assert done.rows(SESSIONS) == {"added": 1}
    assert done.codes(SESSIONS) == []
    assert done.report.sums.are_reconciled


def test_readings_come_over_as_whole_wh_with_what_was_measured(oppleo, ledger):
    oppleo.add_reading("2023-05-01 20:00:00.123456", 12_345.6)
    done = Imported(oppleo.url, ledger)

    reading = ledger.readings.latest("meter")
    assert reading.time == datetime(2023, 5, 1, 18, 0, 0, 123456, tzinfo=UTC)
    assert (reading.energy_import_wh, reading.power_w) == (12_345_600, 11_040.0)
    assert reading.power_phases_w == (3680.0, 3680.0, 3680.0)
    assert (reading.voltage_phases_v, reading.frequency_hz) == ((230.1,) * 3, 50.0)
    assert reading.energy_phases_wh == (4_000_000, 4_000_000, 4_000_000)
    assert done.rows(READINGS) == {"added": 1}


def test_cards_come_over_with_their_cars_and_the_authors_card_may_not_charge(oppleo, ledger):
    car = {"vehicle_make": "Tesla", "vehicle_model": "3", "license_plate": "XX-99-Y"}
    oppleo.add_card(CARD, **car, vehicle_vin="5yj3e7ebxkf123456")
    oppleo.add_card(LONG_CARD, name="visitor", enabled=False)
    done = Imported(oppleo.url, ledger)

    found = {token.legacy_id: token for token in ledger.tokens.all()}
    assert (found[CARD].uid, found[CARD].enabled, found[CARD].vehicle) == (
        *("04A1B2C3", True),
        "Tesla 3",
    )
    assert (found[LONG_CARD].uid, found[LONG_CARD].enabled) == (None, False)
    assert found[SEEDED_CARD].enabled is False
    assert ledger.accounts.vehicles() == [
        Vehicle("Tesla 3", "XX-99-Y", "Tesla", "3", "5YJ3E7EBXKF123456")
    ]
    assert done.codes("rfid") == ["authors-card"]


def test_a_vin_that_no_car_has_is_left_out_and_told(oppleo, ledger):
    oppleo.add_card(CARD, vehicle_name="van", vehicle_vin="unknown")
    done = Imported(oppleo.url, ledger)
    assert ledger.accounts.vehicles() == [Vehicle("van")]
    assert "vin-wrong" in done.codes("rfid")


def test_the_authors_card_may_charge_when_somebody_says_that_it_is_theirs(oppleo, ledger):
    Imported(oppleo.url, ledger, confirmed=frozenset({SEEDED_CARD}))
    (token,) = ledger.tokens.all()
    assert (token.legacy_id, token.enabled, token.label) == (SEEDED_CARD, True, SEEDED_CARD)


def test_a_second_import_changes_nothing(oppleo, ledger):
    oppleo.add_day()
    Imported(oppleo.url, ledger)
    sessions, prices, tokens = ledger.sessions.latest(9), ledger.prices.all(), ledger.tokens.all()
    again = Imported(oppleo.url, ledger)

    assert not again.report.changed()
    assert again.rows(SESSIONS) == {"same": 1}
    assert again.rows(READINGS) == {"same": 4}
    assert again.rows("rfid") == {"same": 2}
    assert again.rows("users") == {"same": 1}
    assert ledger.sessions.latest(9) == sessions
    assert (ledger.prices.all(), ledger.tokens.all()) == (prices, tokens)


def test_a_third_import_after_more_charging_adds_only_what_is_new(oppleo, ledger):
    oppleo.add_day()
    Imported(oppleo.url, ledger)
    Imported(oppleo.url, ledger)
    oppleo.add_reading("2023-05-02 20:00:00", 12_050.0)
    oppleo.add_session(12_033.0, 12_050.0, start_time="2023-05-02 18:00:00", tariff=0.4)
    third = Imported(oppleo.url, ledger)

    assert third.rows(SESSIONS) == {"same": 1, "added": 1}
    assert third.rows(READINGS) == {"same": 4, "added": 1}
    newest, oldest = ledger.sessions.latest(5)
    assert (newest.amount, oldest.amount) == (Decimal("6.80"), Decimal("11.55"))


def test_renaming_the_charger_between_two_imports_makes_nothing_twice(oppleo, ledger):
    oppleo.add_day()
    Imported(oppleo.url, ledger)
    oppleo.execute(
        "INSERT INTO energy_device SELECT 'garage', port_name, slave_address, baudrate, bytesize, "
        "parity, stopbits, serial_timeout, debug, mode, close_port_after_each_call, modbus_config, "
        "device_enabled FROM energy_device"
    )
    oppleo.change("charge_session", energy_device_id="garage")
    oppleo.change("charger_config", charger_id="garage")
    again = Imported(oppleo.url, ledger)
    assert again.rows(SESSIONS) == {"same": 1}
    assert len(ledger.sessions.latest(9)) == 1


def test_a_session_that_was_corrected_in_oppleo_since_is_corrected_here(oppleo, ledger):
    oppleo.add_day()
    Imported(oppleo.url, ledger)
    oppleo.change("charge_session", end_value=12_030.0, total_energy=30.0, total_price=10.5)
    again = Imported(oppleo.url, ledger)

    (session,) = ledger.sessions.latest(5)
    assert (session.energy_wh, session.original.energy_wh) == (30_000, 33_000)
    assert [(one.who, one.why) for one in session.corrections] == [
        ("a test", "changed in Oppleo after it was taken over")
    ]
    assert again.rows(SESSIONS) == {"corrected": 1}
    assert Imported(oppleo.url, ledger).rows(SESSIONS) == {"same": 1}


def test_what_somebody_corrected_here_is_not_undone_by_another_import(oppleo, ledger):
    oppleo.add_day()
    Imported(oppleo.url, ledger)
    (session,) = ledger.sessions.latest(5)
    ledger.corrections.add(
        session.session_id, Changes(meter_end_wh=12_020_000), who="me", why="so it was", now=NOW
    )
    again = Imported(oppleo.url, ledger)
    (session,) = ledger.sessions.latest(5)
    assert session.energy_wh == 20_000
    assert again.report.sums.other_wh == 13_000
    assert again.report.sums.are_reconciled


def test_a_session_that_oppleo_deleted_since_stays_and_is_told(oppleo, ledger):
    oppleo.add_day()
    oppleo.add_session(12_033.0, 12_034.0, start_time="2023-05-02 20:00:00")
    Imported(oppleo.url, ledger)
    oppleo.execute("DELETE FROM charge_session WHERE id = 1")
    again = Imported(oppleo.url, ledger)
    assert len(ledger.sessions.latest(9)) == 2
    assert again.codes(SESSIONS) == ["gone"]


def test_the_tariff_becomes_a_price_list_and_the_present_one_holds_from_now_on(oppleo, ledger):
    oppleo.add_session(100.0, 110.0, start_time="2022-01-01 20:00:00", tariff=0.22)
    oppleo.add_session(110.0, 120.0, start_time="2022-06-01 20:00:00", tariff=0.22)
    oppleo.add_session(120.0, 130.0, start_time="2023-01-01 20:00:00", tariff=0.30000000000000004)
    Imported(oppleo.url, ledger)
    assert [(f"{one.valid_from:%F %T}", one.price_per_kwh) for one in ledger.prices.all()] == [
        ("2022-01-01 19:00:00", Decimal("0.22")),
        ("2023-01-01 19:00:00", Decimal("0.30")),
        ("2023-11-01 08:00:00", Decimal("0.35")),
    ]


def test_a_session_in_which_the_tariff_was_set_keeps_its_price_when_it_is_corrected(oppleo, ledger):
    oppleo.change("charger_config", charger_tariff=0.5, modified_at="2023-05-01 21:00:00")
    oppleo.add_session(100.0, 105.0, tariff=0.22)
    Imported(oppleo.url, ledger)
    (session,) = ledger.sessions.latest(9)
    changes = Changes(meter_end_wh=104_000)
    after = ledger.corrections.add(session.session_id, changes, who="me", why="so it was", now=NOW)
    assert (after.amount, after.flags) == (Decimal("0.88"), ("corrected",))
    assert [(one.valid_from, one.price_per_kwh) for one in ledger.prices.all()] == [
        (session.started_at, Decimal("0.22")),
        (session.ended_at, Decimal("0.50")),
    ]


def test_a_price_that_was_set_here_is_left_alone(oppleo, ledger):
    oppleo.add_session(100.0, 110.0, start_time="2022-01-01 20:00:00", tariff=0.22)
    ledger.prices.add(PriceVersion(UUID(int=1), NOW, Decimal("0.50"), "EUR"))
    Imported(oppleo.url, ledger)
    assert [one.price_per_kwh for one in ledger.prices.all()] == [Decimal("0.22"), Decimal("0.50")]


def test_a_price_that_was_set_here_for_the_past_holds_after_another_import(oppleo, ledger):
    oppleo.change("charger_config", charger_tariff=0.22)
    oppleo.add_session(90.0, 100.0, start_time="2023-06-01 20:00:00", tariff=0.22)
    oppleo.add_session(100.0, 110.0, start_time="2023-12-01 20:00:00", tariff=0.22)
    Imported(oppleo.url, ledger)
    own = PriceVersion(UUID(int=1), datetime(2023, 11, 15, tzinfo=UTC), Decimal("0.50"), "EUR")
    ledger.prices.add(own)
    again = Imported(oppleo.url, ledger)
    assert not again.report.changed()
    assert price_at(ledger.prices.all(), NOW) == own
    assert ledger.sessions.latest(1)[0].amount == Decimal("2.20")


def test_what_oppleo_billed_beside_a_price_that_was_set_here_costs_that_alone(oppleo, ledger):
    own = PriceVersion(UUID(int=1), datetime(2023, 11, 15, tzinfo=UTC), Decimal("0.50"), "EUR")
    ledger.prices.add(own)
    oppleo.add_session(100.0, 110.0, start_time="2023-12-01 20:00:00", tariff=0.22)
    oppleo.add_session(110.0, 120.0, start_time="2023-12-02 20:00:00", tariff=0.22)
    Imported(oppleo.url, ledger)
    first, last = reversed(ledger.sessions.latest(9))
    assert (first.amount, last.amount) == (Decimal("2.20"), Decimal("2.20"))
    between, held = (price_at(ledger.prices.all(), at) for at in (first.ended_at, NOW))
    assert (between.price_per_kwh, held.price_per_kwh) == (Decimal("0.50"), Decimal("0.50"))
    assert price_at(ledger.prices.all(), first.started_at).price_per_kwh == Decimal("0.22")
    before = ledger.prices.all()
    assert not Imported(oppleo.url, ledger).report.changed()
    assert ledger.prices.all() == before


@pytest.mark.parametrize(
    "changes",
    [
        Changes(ended_at=datetime(2023, 12, 5, tzinfo=UTC)),
        Changes(started_at=datetime(2023, 10, 1, tzinfo=UTC), meter_end_wh=110_000),
        Changes(ended_at=datetime(2023, 12, 5, tzinfo=UTC), meter_start_wh=100_000),
    ],
    ids=["a later end", "an earlier start", "a later end and a register"],
)
def test_what_oppleo_billed_costs_that_alone_also_when_it_is_corrected(oppleo, ledger, changes):
    for day, price in ((1, "0.70"), (15, "0.50")):
        at = datetime(2023, 11, day, tzinfo=UTC)
        ledger.prices.add(PriceVersion(UUID(int=day), at, Decimal(price), "EUR"))
    oppleo.add_session(100.0, 110.0, start_time="2023-12-01 20:00:00", tariff=0.22)
    Imported(oppleo.url, ledger)
    (session,) = ledger.sessions.latest(9)
    after = ledger.corrections.add(session.session_id, changes, who="me", why="so it was", now=NOW)
    assert (after.amount, len(after.slices)) == (Decimal("2.20"), 1)


def test_a_card_that_is_known_here_stays_as_it_is(oppleo, ledger):
    ledger.tokens.add(card_token(UUID(int=7), "04A1B2C3", "mine"), NOW)
    oppleo.add_day()
    done = Imported(oppleo.url, ledger)
    assert [token.label for token in ledger.tokens.all() if token.label] == ["mine"]
    assert ledger.sessions.latest(1)[0].token_id == UUID(int=7)
    assert sorted(done.codes("rfid")) == ["authors-card", "token-known"]


def test_a_card_that_was_only_refused_here_gets_what_oppleo_knows_of_it(oppleo, ledger):
    ledger.tokens.note_refused("04A1B2C3", CARD, NOW)
    oppleo.add_day()
    Imported(oppleo.url, ledger)
    (token,) = [one for one in ledger.tokens.all() if one.uid == "04A1B2C3"]
    assert (token.label, token.enabled) == ("family", True)


def test_users_come_over_with_their_passwords_and_the_default_one_lets_nobody_in(oppleo, ledger):
    oppleo.add("users", username="Zoë", password=werkzeug("geheim!", 1000), enabled_2fa=False)
    done = Imported(oppleo.url, ledger)
    assert ledger.users.get("Zoë").password == werkzeug("geheim!", 1000)
    assert ledger.users.get("admin").password is None
    assert done.codes("users") == ["password-default"]


def test_a_card_that_was_removed_here_does_not_come_back(oppleo, ledger):
    oppleo.add_card(CARD)
    Imported(oppleo.url, ledger)
    (token,) = [one for one in ledger.tokens.all() if one.legacy_id == CARD]
    ledger.tokens.remove(token.token_id)
    again = Imported(oppleo.url, ledger)
    assert CARD not in [one.legacy_id for one in ledger.tokens.all()]
    assert (again.rows("rfid"), again.codes("rfid")) == (
        {"left": 1, "same": 1},
        ["authors-card", "token-removed"],
    )


def test_a_card_that_was_removed_here_and_charged_at_oppleo_since_may_not_charge(oppleo, ledger):
    oppleo.add_card(CARD)
    Imported(oppleo.url, ledger)
    (token,) = [one for one in ledger.tokens.all() if one.legacy_id == CARD]
    ledger.tokens.remove(token.token_id)
    oppleo.add_session(100.0, 110.0)
    again = Imported(oppleo.url, ledger)
    (session,) = ledger.sessions.latest(9)
    (back,) = [one for one in ledger.tokens.all() if one.legacy_id == CARD]
    assert (session.label, back.label, back.enabled) == ("family", "family", False)
    assert again.codes("rfid") == ["authors-card", "token-removed"]


def test_a_user_who_was_removed_here_does_not_come_back(oppleo, ledger):
    oppleo.add("users", username="Zoë", password=werkzeug("geheim!", 1000), enabled_2fa=False)
    Imported(oppleo.url, ledger)
    ledger.users.remove("Zoë")
    again = Imported(oppleo.url, ledger)
    assert [user.name for user in ledger.users.all()] == ["admin"]
    assert again.rows("users") == {"left": 1, "same": 1}
    assert again.codes("users") == ["user-removed"]
    assert ledger.imports.rows("users") == {
        "Zoë": {"username": "Zoë"},
        "admin": {"username": "admin"},
    }


def test_what_has_no_place_here_is_kept_with_it_but_for_secrets(oppleo, ledger):
    oppleo.add_card(CARD, vehicle_vin="5YJ3E7EA7KF000000", api_account="anna@example.org")
    Imported(oppleo.url, ledger)
    assert ledger.imports.rows("rfid")[CARD]["vehicle_vin"] == "5YJ3E7EA7KF000000"
    config = ledger.imports.rows("charger_config")[CHARGER]
    assert config["factor_whkm"] == "162"
    assert {"secret_key", "wtf_csrf_secret_key", "smb_backup_password"} & set(config) == set()


def test_a_site_in_another_money_is_refused(oppleo, ledger):
    with pytest.raises(Refused) as error:
        Imported(oppleo.url, ledger, currency="USD")
    assert str(error.value) == (
        "currency: Oppleo's prices are in EUR, the site's in USD; "
        "import into a site of the same currency"
    )


def test_a_name_for_a_meter_that_is_not_there_is_refused(oppleo, ledger):
    with pytest.raises(ConfigError) as error:
        Imported(oppleo.url, ledger, meter_names={"zuid": "old"})
    assert str(error.value) == "no energy device 'zuid' in Oppleo; it has: laadpaal_noord"


def test_an_account_that_may_only_read_will_do(oppleo, ledger):
    oppleo.add_day()
    name = oppleo.url.rsplit("/", 1)[1]
    oppleo.execute(f"CREATE ROLE reader_of_{name} LOGIN PASSWORD 'pw'")
    oppleo.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader_of_{name}")
    host = oppleo.url.rsplit("@", 1)[1]
    done = Imported(f"postgresql+psycopg2://reader_of_{name}:pw@{host}", ledger)
    assert done.rows(SESSIONS) == {"added": 1}
    oppleo.execute(f"DROP OWNED BY reader_of_{name}")
    oppleo.execute(f"DROP ROLE reader_of_{name}")


def test_d15_the_meter_is_the_one_that_oppleo_was_set_to(oppleo, ledger):
    oppleo.change("energy_device", modbus_config="SDM120")
    oppleo.add_day()
    Imported(oppleo.url, ledger)
    (meter,) = ledger.meters.all()
    assert (meter.name, meter.facts.make, meter.facts.model, meter.facts.register) == (
        *("meter", "Eastron", "SDM120"),
        "total",
    )
    assert meter.since == datetime(2023, 5, 1, 17, 59, 50, tzinfo=UTC)


def test_a_session_of_a_device_that_is_gone_is_kept_and_said(oppleo, ledger):
    oppleo.add_session(12_000.0, 12_010.0)
    constraint = "charge_session_energy_device_id_fkey"
    oppleo.execute(f"ALTER TABLE charge_session DROP CONSTRAINT {constraint}")
    oppleo.execute("DELETE FROM energy_device")
    done = Imported(oppleo.url, ledger)
    assert ledger.sessions.latest(1)[0].energy_wh == 10_000
    assert done.codes(SESSIONS) == ["device-unknown"]


def test_another_tariff_in_oppleo_since_is_told_and_bills_nothing_anew(oppleo, ledger):
    oppleo.add_day()
    Imported(oppleo.url, ledger)
    oppleo.change("charge_session", tariff=0.5, total_price=16.5)
    again = Imported(oppleo.url, ledger)
    assert ledger.sessions.latest(1)[0].amount == Decimal("11.55")
    assert "tariff-changed" in again.codes(SESSIONS)
    assert again.report.sums.other_amount == Decimal("4.95")
    assert again.report.sums.are_reconciled


def test_d6_what_oppleo_joined_since_is_not_billed_twice(oppleo, ledger):
    oppleo.add_session(100.0, 110.0, start_time="2023-05-01 18:00:00")
    oppleo.add_session(110.0, 120.0, start_time="2023-05-01 21:00:00", trigger="AUTO")
    Imported(oppleo.url, ledger)
    oppleo.execute("DELETE FROM charge_session WHERE id = 1")
    oppleo.change("charge_session", start_value=100.0, start_time="2023-05-01 18:00:00")
    again = Imported(oppleo.url, ledger)
    assert [one.energy_wh for one in ledger.sessions.latest(5)] == [10_000, 10_000]
    assert "change-refused" in again.codes(SESSIONS)
    assert again.rows(SESSIONS) == {"left": 1}
