"""What real Oppleo databases have in them that none should, each planted by a function."""

from collections.abc import Callable, Mapping

from tests.oppleo_flow.oppleo_import.oppleo_database import (
    CARD,
    CHARGER,
    DEVICE,
    LONG_CARD,
    OTHER_CARD,
    OppleoDatabase,
    werkzeug,
    werkzeug_scrypt,
)

ODD_CARD = "Ünïcödé\t'card'"
PLANTS: dict[str, Callable[[OppleoDatabase], None]] = {}


def plant(function: Callable[[OppleoDatabase], None]) -> Callable[[OppleoDatabase], None]:
    PLANTS[function.__name__.replace("_", " ")] = function
    return function


# -- sessions ------------------------------------------------------------------------------------


@plant
def a_start_that_could_not_be_read(db: OppleoDatabase) -> None:
    db.add_session(0.0, 12_040.0, start_time="2023-06-01 20:00:00")


@plant
def an_end_that_could_not_be_read(db: OppleoDatabase) -> None:
    db.add_session(12_040.0, 0.0, start_time="2023-06-02 20:00:00")


@plant
def a_meter_that_was_off(db: OppleoDatabase) -> None:
    db.add_session(0.0, 0.0, start_time="2023-06-03 20:00:00")


@plant
def registers_that_fall(db: OppleoDatabase) -> None:
    db.add_session(12_100.0, 12_050.0, start_time="2023-06-04 20:00:00")


@plant
def more_energy_than_the_meter_lets_through(db: OppleoDatabase) -> None:
    db.add_session(12_100.0, 13_100.0, start_time="2023-06-05 20:00:00")


@plant
def a_session_without_energy(db: OppleoDatabase) -> None:
    db.add_session(12_100.0, 12_100.0, start_time="2023-06-06 20:00:00")


@plant
def a_register_that_is_no_number(db: OppleoDatabase) -> None:
    values = {"total_energy": float("nan"), "total_price": float("inf")}
    db.add_session(float("nan"), float("inf"), start_time="2023-06-07 20:00:00", **values)


@plant
def columns_that_are_empty(db: OppleoDatabase) -> None:
    empty = ("tariff", "total_energy", "total_price", "km", "trigger")
    db.add_session(*(12_100.0, 12_110.0), start_time="2023-06-08 20:00:00", **dict.fromkeys(empty))


@plant
def noise_behind_the_numbers(db: OppleoDatabase) -> None:
    values = {"tariff": 0.1 + 0.2, "total_energy": 0.1 + 0.2, "total_price": 0.09}
    db.add_session(12_110.1 + 0.2, 12_110.6, start_time="2023-06-09 20:00:00", **values)


@plant
def a_price_that_is_not_energy_times_tariff(db: OppleoDatabase) -> None:
    values = {"total_energy": 10.0, "total_price": 99.99}
    db.add_session(12_120.0, 12_130.0, start_time="2023-06-10 20:00:00", **values)


@plant
def energy_that_is_not_what_the_registers_say(db: OppleoDatabase) -> None:
    values = {"total_energy": 12.3, "total_price": 4.31}
    db.add_session(12_130.0, 12_140.0, start_time="2023-06-11 20:00:00", **values)


@plant
def an_end_before_the_start(db: OppleoDatabase) -> None:
    times = {"start_time": "2023-06-12 20:00:00", "end_time": "2023-06-12 19:00:00"}
    db.add_session(12_140.0, 12_150.0, **times)


@plant
def several_sessions_that_are_open(db: OppleoDatabase) -> None:
    db.add_reading("2023-06-13 22:00:00", 12_161.0)
    db.add_session(12_150.0, 12_160.0, start_time="2023-06-13 20:00:00", end_time=None)
    db.add_session(12_160.0, 12_161.0, start_time="2023-06-13 21:00:00", end_time=None)


@plant
def a_session_without_a_start(db: OppleoDatabase) -> None:
    row = {"start_time": None, "end_time": "2023-06-14 20:00:00", "start_value": 12_161.0}
    db.add("charge_session", rfid=CARD, energy_device_id=CHARGER, end_value=12_162.0, **row)


@plant
def a_session_without_any_time(db: OppleoDatabase) -> None:
    values = {"start_value": 1.0, "end_value": 2.0, "total_energy": 1.0, "total_price": 0.35}
    db.add("charge_session", rfid=CARD, energy_device_id=CHARGER, **values)


@plant
def a_card_that_nobody_knows(db: OppleoDatabase) -> None:
    db.add_session(12_162.0, 12_163.0, rfid=OTHER_CARD, start_time="2023-06-15 20:00:00")


@plant
def a_trigger_that_nobody_knows(db: OppleoDatabase) -> None:
    db.add_session(12_163.0, 12_164.0, trigger="MQTT", start_time="2023-06-16 20:00:00")


@plant
def the_hour_that_comes_twice(db: OppleoDatabase) -> None:
    db.add_session(
        *(12_164.0, 12_165.0), start_time="2023-10-29 02:30:00", end_time="2023-10-29 06:00:00"
    )
    db.add_session(
        *(12_165.0, 12_166.0), start_time="2022-10-30 02:50:00", end_time="2022-10-30 02:10:00"
    )
    for time, register in (("02:20", 1.0), ("02:50", 2.0), ("02:10", 3.0), ("03:10", 4.0)):
        db.add_reading(f"2021-10-31 {time}:00", 9_000.0 + register)


@plant
def the_hour_that_never_was(db: OppleoDatabase) -> None:
    db.add_session(
        *(12_166.0, 12_167.0), start_time="2023-03-26 02:30:00", end_time="2023-03-26 06:00:00"
    )
    db.add_reading("2023-03-26 02:45:00", 11_900.0)


@plant
def a_time_at_the_end_of_all_times(db: OppleoDatabase) -> None:
    db.add_session(
        *(12_167.0, 12_168.0), start_time="2023-06-17 20:00:00", end_time="2023-06-17 21:00:00"
    )
    db.change("charge_session", "start_time = '2023-06-17 20:00:00'", start_time="-infinity")


# -- readings ------------------------------------------------------------------------------------


@plant
def reads_that_failed(db: OppleoDatabase) -> None:
    db.add_reading("2023-07-01 20:00:00", 12_200.0)
    db.add_reading("2023-07-01 20:00:10", 0.0)
    db.add_reading("2023-07-01 20:00:20", 12_200.1, v_l1=0.0, hz=0.0)
    db.add_reading("2023-07-01 20:00:30", None)
    db.add_reading("2023-07-01 20:00:40", "NaN")
    db.add_reading("2023-07-01 20:00:50", "Infinity")
    db.add_reading("2023-07-01 20:01:00", 12_200.2, p_l2=None)


@plant
def readings_out_of_order_and_twice(db: OppleoDatabase) -> None:
    db.add_reading("2023-07-02 20:00:10", 12_201.0)
    db.add_reading("2023-07-02 20:00:00", 12_200.9)
    db.add_reading("2023-07-02 20:00:10", 12_201.0)
    db.add_reading("2023-07-02 20:00:10", 12_209.0)


@plant
def readings_of_a_clock_that_was_not_set(db: OppleoDatabase) -> None:
    db.add_reading("1970-01-01 01:00:05", 12_210.0)
    db.add_reading("2039-01-01 01:00:05", 12_210.0)
    db.add_reading("infinity", 12_210.0)
    db.execute(
        "INSERT INTO energy_device_measures (energy_device_id, kw_total) VALUES (%s, 5)", [CHARGER]
    )


@plant
def registers_that_no_meter_shows(db: OppleoDatabase) -> None:
    db.add_reading("2023-07-03 20:00:00", -5.0)
    db.add_reading("2023-07-03 20:00:10", 1e9)
    db.add_reading("2023-07-03 20:00:20", "1e300")


@plant
def a_device_of_before_the_charger_got_another_name(db: OppleoDatabase) -> None:
    db.add("energy_device", **{**DEVICE, "energy_device_id": "laadpaal_oud"})
    db.add_reading("2020-01-01 20:00:00", 500.0, energy_device_id="laadpaal_oud")
    db.add_session(500.0, 501.0, energy_device_id="laadpaal_oud", start_time="2020-01-01 19:00:00")


# -- cards, people, settings ---------------------------------------------------------------------


@plant
def cards_of_all_kinds(db: OppleoDatabase) -> None:
    db.add_card(CARD, vehicle_make=None, license_plate="AB-123-C")
    db.add_card(LONG_CARD, enabled=None, name=None)
    db.add_card(ODD_CARD, name="", vehicle_name="Ünïcar", license_plate=None)
    db.add_card("123456789012", name="gast", vehicle_name="Ünïcar", license_plate="ZZ-1-ZZ")
    db.add_card("584190412224", name="wrong check byte")
    db.add_card("33554432000", valid_from="2023-01-01", valid_until="2022-01-01", name="reversed")
    db.add_card("04A1B2C3", name="reads as a UID")


@plant
def one_card_in_several_rows(db: OppleoDatabase) -> None:
    db.add_card("4278190335", name="old", last_used_at="2020-01-01")
    db.add_card("4278190335", name="new", last_used_at="2023-01-01")
    db.add_card("4278190335", name="off", enabled=False)


@plant
def passwords_of_all_kinds(db: OppleoDatabase) -> None:
    kinds: Mapping[str, str | None] = {
        "old": werkzeug("correct horse", 150_000),
        "newer": werkzeug("correct horse", 260_000),
        "newest": werkzeug_scrypt("correct horse"),
        "plain": "correct horse",
        "none": None,
    }
    for name, kept in kinds.items():
        db.add(
            "users",
            username=name,
            password=kept,
            enabled_2fa=name == "old",
            shared_secret="c2VhbGVk" if name == "old" else "",
        )
    db.add("users", username="old", password="another row")


@plant
def networks_as_json(db: OppleoDatabase) -> None:
    db.change("charger_config", router_ip_address='["10.0.0.1/32", "fd00::/8"]')


@plant
def names_in_other_languages(db: OppleoDatabase) -> None:
    db.change("charger_config", charger_name_text="Ladesäule „Süd“ – 充電")


def many_readings(db: OppleoDatabase, count: int, since: str = "2022-01-01 00:00:00") -> None:
    """Add readings ten seconds apart, by one statement."""
    db.execute(
        "INSERT INTO energy_device_measures (energy_device_id, created_at, kw_total, hz, "
        "p_l1, p_l2, p_l3, v_l1, v_l2, v_l3, a_l1, a_l2, a_l3, kwh_l1, kwh_l2, kwh_l3) "
        "SELECT %s, timestamp %s + number * interval '10 seconds', "
        "round((1000 + number * 0.03)::numeric, 1)::float, 50.0, "
        "3680.1, 3679.9, 3681.2, 230.1, 229.8, 231.0, 16.0, 15.9, 16.1, 400.0, 300.0, 300.0 "
        "FROM generate_series(0, %s) AS number",
        [CHARGER, since, count - 1],
    )
