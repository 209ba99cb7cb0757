"""An Oppleo database as its 59 change sets leave it, with what they seed, on a real PostgreSQL.

Built from the description of the original alone.  `add_…` put rows in as Oppleo would have.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Self

import psycopg2
from psycopg2 import sql

CHARGER = "laadpaal_noord"
CARD, OTHER_CARD, LONG_CARD = "19892716500", "956397711138", "584190412223"
SEEDED_CARD = "856853722117"

SCHEMA = """\
CREATE TABLE databasechangelog (id varchar(255), author varchar(255), filename varchar(255),
    dateexecuted timestamp, orderexecuted int, exectype varchar(10), md5sum varchar(35));
CREATE TABLE databasechangeloglock (id int PRIMARY KEY, locked bool, lockgranted timestamp,
    lockedby varchar(255));
CREATE TABLE charger_config (
    charger_id varchar(100) PRIMARY KEY, charger_name_text varchar(100), charger_tariff float,
    modified_at timestamp, secret_key varchar(100), wtf_csrf_secret_key varchar(100),
    use_reloader bool, factor_whkm int, modbus_interval int, autosession_enabled bool,
    autosession_minutes int, autosession_energy float, autosession_condense_same_odometer bool,
    pulseled_min int, pulseled_max int, gpio_mode varchar(10), pin_led_red int, pin_led_green int,
    pin_led_blue int, pin_buzzer int, pin_evse_switch int, pin_evse_led int,
    peakhours_offpeak_enabled bool, peakhours_allow_peak_one_period bool,
    webcharge_on_dashboard bool, auth_webcharge bool, restrict_dashboard_access bool,
    restrict_menu bool, allow_local_dashboard_access bool, router_ip_address varchar(1024),
    receipt_prefix varchar(20), backup_enabled bool, backup_interval varchar(1),
    backup_interval_weekday varchar(200), backup_interval_calday varchar(300),
    backup_time_of_day time, backup_local_history int, os_backup_history int,
    backup_success_timestamp timestamp, os_backup_enabled bool, os_backup_type varchar(20),
    smb_backup_servername_or_ip_address varchar(20), smb_backup_username varchar(60),
    smb_backup_password varchar(100), smb_backup_service_name varchar(200),
    smb_backup_remote_path varchar(256), vehicle_data_on_dashboard bool,
    wakeup_vehicle_on_data_request bool);
CREATE TABLE energy_device (
    energy_device_id varchar(100) PRIMARY KEY, port_name varchar(100), slave_address int,
    baudrate int, bytesize int, parity char(1), stopbits int, serial_timeout float, debug bool,
    mode varchar(10), close_port_after_each_call bool, modbus_config varchar(100),
    device_enabled bool);
CREATE TABLE energy_device_measures (
    id serial PRIMARY KEY, energy_device_id varchar(100) REFERENCES energy_device,
    kwh_l1 float, kwh_l2 float, kwh_l3 float, a_l1 float, a_l2 float, a_l3 float,
    v_l1 float, v_l2 float, v_l3 float, p_l1 float, p_l2 float, p_l3 float,
    kw_total float, hz float, created_at timestamp);
CREATE SEQUENCE session_id_seq;
CREATE TABLE charge_session (
    id int NOT NULL DEFAULT nextval('session_id_seq') CONSTRAINT session_pkey PRIMARY KEY,
    rfid varchar(100) NOT NULL, start_value float, end_value float, start_time timestamp,
    end_time timestamp, energy_device_id varchar(100) NOT NULL REFERENCES energy_device,
    tariff float, total_energy float, total_price float, km int, trigger varchar(12));
CREATE TABLE rfid (
    rfid varchar(100) NOT NULL, enabled bool, created_at timestamp, last_used_at timestamp,
    name varchar(100), vehicle_make varchar(100), vehicle_model varchar(100),
    license_plate varchar(20), valid_from timestamp, valid_until timestamp,
    get_odometer bool, vehicle_name varchar(100), vehicle_vin varchar(100),
    api_account varchar(256));
CREATE TABLE off_peak_hours (
    id serial PRIMARY KEY, weekday varchar(20), holiday_day int, holiday_month int,
    holiday_year int, recurring bool, description varchar(100), off_peak_start time NOT NULL,
    off_peak_end time NOT NULL);
CREATE TABLE users (
    username varchar NOT NULL, password varchar, authenticated bool DEFAULT false,
    shared_secret varchar(256), enabled_2fa bool, enforce_local_2fa bool, avatar varchar(256));
CREATE TABLE keyvaluestores (
    kvstore varchar(256) NOT NULL, scope varchar(256) NOT NULL, key varchar(256) NOT NULL,
    value jsonb, created_at timestamp DEFAULT now(), modified_at timestamp DEFAULT now(),
    UNIQUE (kvstore, scope, key));
"""

CONFIG: dict[str, Any] = {
    **{"charger_id": CHARGER, "charger_name_text": "Laadpaal Noord", "charger_tariff": 0.35},
    **{"modified_at": "2023-11-01 09:00:00", "secret_key": "abcdefghijklmnopqrstuvwxyz1234567890"},
    **{"wtf_csrf_secret_key": "abcdefghijklmnopqrstuvwxyz1234567890", "use_reloader": False},
    **{"factor_whkm": 162, "modbus_interval": 10, "autosession_enabled": True},
    **{"autosession_minutes": 90, "autosession_energy": 0.1},
    **{"autosession_condense_same_odometer": True, "pulseled_min": 3, "pulseled_max": 98},
    **{"gpio_mode": "BCM", "pin_led_red": 13, "pin_led_green": 12, "pin_led_blue": 16},
    **{"pin_buzzer": 23, "pin_evse_switch": 5, "pin_evse_led": 6},
    **{"peakhours_offpeak_enabled": True, "peakhours_allow_peak_one_period": False},
    **{"webcharge_on_dashboard": False, "auth_webcharge": True},
    **{"restrict_dashboard_access": False, "restrict_menu": False},
    **{"allow_local_dashboard_access": False, "router_ip_address": "10.0.0.1"},
    **{"receipt_prefix": "00000", "backup_enabled": False, "backup_interval": "d"},
    **{"backup_interval_weekday": "[false, false, false, false, false, false, false]"},
    **{"backup_interval_calday": "[]", "backup_time_of_day": "08:00:00"},
    **{"backup_local_history": 5, "os_backup_history": 5},
    **{"backup_success_timestamp": "1970-01-01 00:00:00", "os_backup_enabled": False},
    **{"os_backup_type": "", "smb_backup_servername_or_ip_address": ""},
    **{"smb_backup_username": "", "smb_backup_password": "in-clear"},
    **{"smb_backup_service_name": "", "smb_backup_remote_path": ""},
    **{"vehicle_data_on_dashboard": False, "wakeup_vehicle_on_data_request": False},
}
DEVICE: dict[str, Any] = {
    **{"energy_device_id": CHARGER, "port_name": "/dev/ttyUSB0", "slave_address": 1},
    **{"baudrate": 38400, "bytesize": 8, "parity": "N", "stopbits": 1, "serial_timeout": 0.05},
    **{"debug": True, "mode": "rtu", "close_port_after_each_call": False},
    **{"modbus_config": "SDM630v2", "device_enabled": False},
}
WORKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
OFF_PEAK: list[dict[str, Any]] = [
    *({"weekday": day, "off_peak_start": "00:00", "off_peak_end": "07:00"} for day in WORKDAYS),
    *({"weekday": day, "off_peak_start": "23:00", "off_peak_end": "23:59"} for day in WORKDAYS),
    *(
        {"weekday": day, "off_peak_start": "00:00", "off_peak_end": "23:59"}
        for day in ("Saturday", "Sunday")
    ),
    *(
        {
            **{"holiday_day": day, "holiday_month": month, "holiday_year": year},
            **{"recurring": recurring, "description": name},
            **{"off_peak_start": "00:00", "off_peak_end": "23:59"},
        }
        for day, month, year, recurring, name in (
            (1, 1, 2020, True, "Nieuwjaarsdag"),
            (13, 4, 2020, False, "Paasmaandag"),
            (27, 4, 2020, True, "Koningsdag"),
            (21, 5, 2020, False, "Hemelvaartsdag"),
            (1, 6, 2020, False, "Pinkstermaandag"),
            (25, 12, 2020, True, "Eerste kerstdag"),
            (26, 12, 2020, True, "Tweede kerstdag"),
        )
    ),
]


def werkzeug(password: str, rounds: int = 260_000, salt: str = "qQ3xY8Zr") -> str:
    """Return what Werkzeug 2 keeps of a password."""
    proof = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), rounds).hex()
    return f"pbkdf2:sha256:{rounds}${salt}${proof}"


def werkzeug_scrypt(password: str, salt: str = "hG7pLw2sKe9vBn4t") -> str:
    """Return what Werkzeug 3 keeps of a password."""
    proof = hashlib.scrypt(
        password.encode(), salt=salt.encode(), n=32768, r=8, p=1, maxmem=132 * 32768 * 8
    ).hex()
    return f"scrypt:32768:8:1${salt}${proof}"


class OppleoDatabase:
    """An Oppleo database, new and seeded; `url` is its address."""

    def __init__(self, url: str, *, new: bool = True) -> None:
        self.url = url
        self._connection = psycopg2.connect(url)
        self._connection.autocommit = True
        if new:
            self._seed()

    @classmethod
    def there(cls, url: str) -> Self:
        """Return one that was made already."""
        return cls(url, new=False)

    def _seed(self) -> None:
        self.execute(SCHEMA)
        self.execute("SELECT setval('session_id_seq', 1, false)")
        self.add("charger_config", **CONFIG)
        self.add("energy_device", **DEVICE)
        self.add("rfid", rfid=SEEDED_CARD, enabled=True, created_at="2019-10-01 12:00:00")
        for row in OFF_PEAK:
            self.add("off_peak_hours", **row)
        self.add(
            "users",
            **{"username": "admin", "password": werkzeug("admin"), "shared_secret": ""},
            **{"enabled_2fa": False, "enforce_local_2fa": True, "avatar": "unknown.png"},
        )

    def close(self) -> None:
        self._connection.close()

    def execute(self, statement: Any, values: Any = None) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def add(self, table: str, **values: Any) -> None:
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(sql.Placeholder() * len(values)),
        )
        self.execute(statement, list(values.values()))

    def change(self, table: str, where: str = "true", **values: Any) -> None:
        parts = [
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder()) for name in values
        ]
        self.execute(
            sql.SQL("UPDATE {} SET {} WHERE {}").format(
                sql.Identifier(table), sql.SQL(", ").join(parts), sql.SQL(where)
            ),
            list(values.values()),
        )

    # -- as Oppleo would have --------------------------------------------------------------------

    def add_card(self, number: str, **values: Any) -> None:
        self.add("rfid", **{"rfid": number, "enabled": True, "name": "family", **values})

    def add_session(self, start_value: float | None, end_value: float | None, **values: Any) -> int:
        """Add a session of three hours, with energy and price as Oppleo works them out."""
        began = datetime.fromisoformat(values.get("start_time") or "2023-05-01 20:00:00")
        row = {
            **{"rfid": CARD, "energy_device_id": CHARGER, "tariff": 0.35, "trigger": "RFID"},
            **{"start_value": start_value, "end_value": end_value},
            **{"start_time": began, "end_time": began + timedelta(hours=3)},
            **values,
        }
        energy = (end_value or 0.0) - (start_value or 0.0)
        row.setdefault("total_energy", energy)
        row.setdefault("total_price", round(energy * (row["tariff"] or 0.0), 2))
        self.add("charge_session", **row)
        ((number,),) = self.execute("SELECT currval('session_id_seq')")
        return int(number)

    def add_reading(self, created_at: str, kw_total: float | str | None, **values: Any) -> None:
        """Add a reading of a car that charges with 11 kW."""
        row = {
            **{"energy_device_id": CHARGER, "created_at": created_at, "kw_total": kw_total},
            **{f"p_l{phase}": 3680.0 for phase in (1, 2, 3)},
            **{f"v_l{phase}": 230.1 for phase in (1, 2, 3)},
            **{f"a_l{phase}": 16.0 for phase in (1, 2, 3)},
            **{f"kwh_l{phase}": 4000.0 for phase in (1, 2, 3)},
            **{"hz": 50.0},
            **values,
        }
        self.add("energy_device_measures", **row)

    def add_day(self, day: str = "2023-05-01") -> int:
        """Add a card, one session and its readings; return the session's number."""
        self.add_card(CARD)
        for number, hour in enumerate(("19:59:50", "20:30:00", "21:30:00", "23:00:00")):
            self.add_reading(f"{day} {hour}", 12_000.0 + (0, 5.5, 16.5, 33.0)[number])
        return self.add_session(12_000.0, 12_033.0, start_time=f"{day} 20:00:00")
