"""A site as Oppleo was set: what `check` accepts, and what is said of the rest."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.cli.settings_file import parse_settings
from oppleo_flow.flowfile import check_text
from oppleo_flow.oppleo_import.ini import OppleoIni
from oppleo_flow.oppleo_import.report import ImportReport, Remark
from oppleo_flow.oppleo_import.site_draft import SiteDraft, SiteSource, draft
from oppleo_flow.registry import Registry
from tests.oppleo_flow.oppleo_import.oppleo_database import CONFIG, DEVICE, OFF_PEAK
from tests.oppleo_flow.oppleo_import.test_site_hours import as_rows

REGISTRY = Registry(["nodes"])
SECRETS = ("prowl_key", "pushover_token", "pushover_user", "mqtt_password")


class Drafted:
    """A draft with what was said of it."""

    def __init__(
        self,
        ini: Mapping[str, str] | None = None,
        device: Mapping[str, Any] | None = None,
        off_peak: list | None = None,
        **config: Any,
    ) -> None:
        self.remarks: list[Remark] = []
        self.report = ImportReport(self.remarks.append)
        (charger,) = as_rows([{**CONFIG, **config}])
        (meter,) = as_rows([{**DEVICE, **(device or {})}])
        self.made: SiteDraft = draft(
            SiteSource(
                *(charger, meter, as_rows(OFF_PEAK if off_peak is None else off_peak)),
                None if ini is None else OppleoIni(ini),
                "Europe/Amsterdam",
            ),
            self.report,
        )
        self.flow = yaml.load(self.made.flow, _Loader)
        self.settings = yaml.safe_load(self.made.settings)
        self.secrets = yaml.safe_load(self.made.secrets) or {}

    @property
    def nodes(self) -> dict[str, Any]:
        return self.flow["nodes"]

    @property
    def codes(self) -> list[str]:
        return [remark.code for remark in self.remarks]

    def wrong(self) -> list[str]:
        """Return what `oppleo-flow check` would say, worth more than a note."""
        calendars = parse_settings(self.made.settings, "oppleo.yaml")
        found = check_text(self.made.flow, str(Path("oppleo.yaml")), REGISTRY).findings
        return [
            finding.render()
            for finding in (*calendars[1], *found)
            if finding.severity != "info" and finding.code != "missing-secret"
        ]


class _Loader(yaml.SafeLoader):
    """Reads a flow; a secret is its name."""


_Loader.add_constructor("!secret", lambda loader, node: node.value)
EVERYTHING = {
    **dict.fromkeys(("evse_switch", "evse_led_reader", "buzzer", "oppleo_led"), "True"),
    **{"mfrc522_rfid_reader": "True", "prowl_enabled": "on", "prowl_api_key": "key-of-prowl"},
    **{"pushover_enabled": "yes", "pushover_api_key": "token", "pushover_user_key": "user"},
    **{"pushover_device": "phone", "pushover_sound": "magic", "mqtt_outbound_enabled": "1"},
    **{"mqtt_host": "192.168.1.5", "mqtt_port": "1884", "mqtt_username": "me: ünï"},
    **{"mqtt_password": 'a "quoted" % $(word)', "log_level": "fatal", "log_max_filesize": "1"},
}


def test_a_seeded_oppleo_becomes_a_site_that_the_check_accepts():
    made = Drafted()
    assert made.wrong() == []
    assert made.settings["charge_point"] == {"id": "laadpaal_noord", "name": "Laadpaal Noord"}
    assert made.nodes["evse"]["pin"] == 5
    assert made.nodes["evse_state"]["pin"] == 6
    assert [made.nodes["led"][colour] for colour in ("red", "green", "blue")] == [13, 12, 16]
    assert (made.nodes["led"]["pulse_min"], made.nodes["led"]["pulse_max"]) == ("3%", "98%")
    assert made.nodes["meter"] == {
        **{"type": "modbus-meter", "bus": "rs485", "unit_id": 1, "model": "SDM630v2"},
        **{"energy": "total", "every": "10s"},
    }
    assert made.nodes["session"]["auto_session_after"] == "90m"
    assert made.nodes["session"]["auto_session_energy_wh"] == 100
    assert made.nodes["offpeak"]["enabled"] is True
    assert made.secrets == {}


def test_all_that_oppleo_told_people_is_told_with_its_keys_among_the_secrets():
    made = Drafted(EVERYTHING)
    assert made.wrong() == []
    assert made.secrets == {
        "prowl_key": "key-of-prowl",
        "pushover_token": "token",
        "pushover_user": "user",
        "mqtt_password": 'a "quoted" % $(word)',
    }
    assert made.nodes["pushover"]["sound"] == "magic"
    broker = made.flow["connections"]["broker"]
    assert (broker["host"], broker["port"], broker["user"]) == ("192.168.1.5", 1884, "me: ünï")
    public = made.made.flow + made.made.settings
    assert [text for text in ("key-of-prowl", "quoted") if text in public] == []
    assert made.settings["log"] == {"level": "error", "size_kb": 16, "keep": 5}


@pytest.mark.parametrize(
    ("off", "gone"),
    [
        ("evse_switch", "evse"),
        ("evse_led_reader", "evse_state"),
        ("buzzer", "buzzer"),
        ("oppleo_led", "led"),
    ],
)
def test_hardware_that_was_off_is_not_in_the_flow(off, gone):
    made = Drafted({**EVERYTHING, off: "False"})
    assert gone not in made.nodes
    assert made.wrong() == []
    assert (off, "switched off in Oppleo, so not in the flow") in made.report.not_taken


def test_a_card_reader_that_was_off_stays_in_the_flow_and_is_said():
    made = Drafted({**EVERYTHING, "mfrc522_rfid_reader": "False"})
    assert (made.nodes["rfid"]["type"], made.wrong()) == ("rfid-reader", [])
    assert "mfrc522_rfid_reader" in [what for what, _ in made.report.not_taken]


def test_pins_by_their_place_become_the_same_pins_by_their_number():
    places = {"pin_led_red": 33, "pin_led_green": 32, "pin_led_blue": 36, "pin_buzzer": 16}
    made = Drafted(gpio_mode="BOARD", pin_evse_switch=29, pin_evse_led=31, **places)
    assert made.flow == Drafted().flow
    assert "pins-by-place" in made.codes
    assert "reset-pin" not in made.codes


def test_what_no_meter_and_no_pin_can_be_set_to_is_said_and_not_written():
    made = Drafted(
        device={
            **{"baudrate": 115200, "parity": "M", "stopbits": 3, "bytesize": 7, "mode": "ascii"},
            **{"slave_address": 0, "modbus_config": "SDM72", "serial_timeout": 9.0},
        },
        **{"pin_buzzer": 40, "pulseled_min": 98, "pulseled_max": 3, "modbus_interval": 0},
    )
    assert made.wrong() == []
    assert made.flow["connections"]["rs485"] == {
        **{"type": "serial-bus", "port": "/dev/ttyUSB0", "baud": 9600, "parity": "none"},
        **{"stop_bits": 1, "timeout": "5000ms"},
    }
    assert {
        *("baudrate-impossible", "parity-impossible", "stopbits-impossible"),
        *("bytesize-impossible", "mode-impossible", "slave_address-impossible"),
        *("modbus_config-impossible", "pin-impossible", "pulse"),
    } <= set(made.codes)


def test_d2_the_time_that_oppleo_gave_a_meter_is_too_short_and_longer_here():
    made = Drafted()
    assert "timeout" not in made.flow["connections"]["rs485"]
    assert "timeout" in made.codes
    kept = Drafted(device={"serial_timeout": 0.5})
    assert kept.flow["connections"]["rs485"]["timeout"] == "500ms"


def test_an_sdm120_stays_one():
    made = Drafted(device={"modbus_config": "SDM120", "baudrate": 9600, "device_enabled": True})
    assert (made.nodes["meter"]["model"], made.wrong()) == ("SDM120", [])
    assert "meter-off" not in made.codes


def test_the_wires_that_differ_between_oppleo_and_its_diagram_are_told():
    assert {"reset-pin", "red-and-blue"} <= set(Drafted().codes)
    assert "red-and-blue" not in Drafted(pin_led_red=16, pin_led_blue=13).codes


def test_names_in_other_languages_and_ids_with_odd_signs_are_taken_over():
    made = Drafted(charger_id="Garage #1 / Süd", charger_name_text='Ladesäule "Süd": 充電')
    assert made.settings["charge_point"] == {
        "id": "garage-1-s-d",
        "name": 'Ladesäule "Süd": 充電',
    }
    assert made.wrong() == []
    assert "charger-id" in made.codes


def test_the_receipt_prefix_becomes_the_number_of_statements():
    assert Drafted(receipt_prefix="AB-").settings["statement"] == {"number": "AB-{period}"}
    refused = Drafted(receipt_prefix="a/b")
    assert "statement" not in refused.settings
    assert ("receipt_prefix", "'a/b' cannot be in the name of a file") in refused.report.not_taken


def test_columns_that_an_older_oppleo_lacks_or_has_empty_are_as_usual():
    empty = {name: None for name in CONFIG if name != "charger_id"}
    made = Drafted(device=dict.fromkeys(DEVICE), off_peak=[], **empty)
    assert made.wrong() == []
    assert made.nodes["meter"]["every"] == "10s"


def test_what_the_car_needs_per_km_is_taken_over_unless_no_car_needs_that():
    assert Drafted().settings["wh_per_km"] == 162
    nonsense = Drafted(factor_whkm=7)
    assert "wh_per_km" not in nonsense.settings
    assert ("factor_whkm", "'7' is not what a car needs, in Wh per km") in nonsense.report.not_taken


def test_what_is_not_taken_over_is_listed_with_the_reason():
    left = " ".join(what for what, _ in Drafted().report.not_taken)
    for column in (
        *("secret_key", "router_ip_address", "smb_backup_…", "http_port"),
        *("autosession_condense_same_odometer", "peakhours_allow_peak_one_period"),
        *("keyvaluestores", "webcharge_on_dashboard", "restrict_menu"),
    ):
        assert column in left


@given(
    st.fixed_dictionaries(
        {
            "pin_buzzer": st.integers(-1, 41),
            "pulseled_min": st.integers(-5, 105),
            "pulseled_max": st.integers(-5, 105),
            "modbus_interval": st.integers(-1, 100),
            "autosession_minutes": st.integers(-1, 10_000),
            "autosession_energy": st.floats(-1, 100),
            "charger_id": st.text(max_size=20),
            "charger_name_text": st.text(max_size=40),
            "receipt_prefix": st.text(max_size=20),
        }
    )
)
@settings(max_examples=8)
def test_whatever_oppleo_is_set_to_the_files_can_be_read_and_only_pins_can_clash(config):
    wrong = Drafted(**config).wrong()
    assert [one for one in wrong if "pin" not in one.lower() and "GPIO" not in one] == []
