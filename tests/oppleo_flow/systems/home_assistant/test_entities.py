"""Discovery messages: they are what Home Assistant's platforms take, and show what is known."""

import json
import os
import subprocess
from datetime import timedelta
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from oppleo_flow.payloads import (
    EvseReport,
    EvseSignal,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    OffPeak,
    SessionBilled,
    SessionStatus,
    SwitchState,
    VehicleState,
    VehicleUnknown,
)
from oppleo_flow.systems.home_assistant import entities as shown
from oppleo_flow.systems.home_assistant.entities import Entity, Measured, Offered, Place, entities

NOON = MeterReading.sample().time
AGE = timedelta(minutes=2)
PARTS = ("meter", "session", "bill", "evse", "switch", "offpeak", "report", "vehicle")
ALL = Offered(frozenset({"start", "stop", "peak-once", "current"}), ("home", "office"), 16.0)
PLACE = Place("garage/left", "Garage", "0.1.0", presence="oppleo-flow/garage/running")
THREE = Measured(3, 3)
PYTHON = os.environ.get("OPPLEO_FLOW_HOME_ASSISTANT")
JUDGE = Path(__file__).with_name("judge.py")

TOPIC = {"type": "string", "pattern": "^[^+#]+$"}
COMMON = {
    "name": {"type": "string", "minLength": 1},
    "unique_id": {"type": "string", "pattern": "^[a-zA-Z0-9_-]+$"},
    "availability": {
        "type": "array",
        "minItems": 1,
        "items": {"required": ["topic"], "properties": {"topic": TOPIC}},
    },
    "availability_mode": {"const": "all"},
    "device": {"type": "object", "required": ["identifiers", "name"]},
    "origin": {"type": "object", "required": ["name"]},
}
# Home Assistant, developer documentation: the units and state classes of a device class.
SENSORS = {
    "energy": ({"kWh"}, {"total_increasing"}),
    "power": ({"W"}, {"measurement"}),
    "current": ({"A"}, {"measurement"}),
    "voltage": ({"V"}, {"measurement"}),
    "frequency": ({"Hz"}, {"measurement"}),
    "battery": ({"%"}, {"measurement"}),
    "distance": ({"km"}, {"measurement", "total_increasing"}),
    "monetary": ({"EUR"}, {None}),
    "enum": ({None}, {None}),
    None: ({None}, {None}),
}
WORDS = {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}
OWN: dict[str, tuple[set[str], dict[str, Any]]] = {
    "sensor": (
        {"state_topic"},
        {
            "state_topic": TOPIC,
            "device_class": {"enum": [*SENSORS]},
            "unit_of_measurement": {"type": "string"},
            "state_class": {"enum": ["measurement", "total", "total_increasing"]},
            "suggested_display_precision": {"type": "integer", "minimum": 0},
            "options": WORDS,
            "expire_after": {"type": "integer", "minimum": 1},
        },
    ),
    "binary_sensor": (
        {"state_topic"},
        {
            "state_topic": TOPIC,
            "device_class": {"enum": ["plug", "battery_charging", "power"]},
            "payload_on": {"const": "on"},
            "payload_off": {"const": "off"},
            "expire_after": {"type": "integer", "minimum": 1},
        },
    ),
    "switch": (
        {"state_topic", "command_topic"},
        {
            "state_topic": TOPIC,
            "command_topic": TOPIC,
            "payload_on": {"const": "on"},
            "payload_off": {"const": "off"},
        },
    ),
    "button": (
        {"command_topic"},
        {"command_topic": TOPIC, "payload_press": {"const": "PRESS"}},
    ),
    "select": (
        {"state_topic", "command_topic", "options"},
        {"state_topic": TOPIC, "command_topic": TOPIC, "options": WORDS},
    ),
    "number": (
        {"state_topic", "command_topic", "min", "max"},
        {
            "state_topic": TOPIC,
            "command_topic": TOPIC,
            "device_class": {"const": "current"},
            "unit_of_measurement": {"const": "A"},
            "min": {"type": "number"},
            "max": {"type": "number"},
            "step": {"type": "number"},
            "mode": {"enum": ["auto", "box", "slider"]},
        },
    ),
}


def all_entities() -> tuple[Entity, ...]:
    without = entities(PARTS, Measured(1), "EUR", Offered())
    return (*entities(PARTS, THREE, "EUR", ALL), *(one for one in without if one.id == "peak_once"))


def schema_of(platform: str) -> dict[str, Any]:
    needed, own = OWN[platform]
    return {
        "type": "object",
        "required": [*COMMON, *sorted(needed)],
        "properties": {**COMMON, **own},
        "additionalProperties": False,
    }


each = pytest.mark.parametrize("entity", all_entities(), ids=lambda one: f"{one.platform} {one.id}")


@each
def test_a_discovery_message_has_what_its_platform_takes_and_needs(entity: Entity) -> None:
    said = json.loads(json.dumps(PLACE.discovered(entity, 180)))
    Draft202012Validator(schema_of(entity.platform)).validate(said)
    if entity.platform == "sensor":
        units, classes = SENSORS[said.get("device_class")]
        assert (said.get("unit_of_measurement"), said.get("state_class")) in {
            (unit, kind) for unit in units for kind in classes
        }
        assert ("options" in said) is (said.get("device_class") == "enum")
    # Of words Home Assistant has none for unknown: `None` would be a word like any other.
    says_known = {"topic": f"oppleo-flow/garage/left/{entity.id}/known"} in said["availability"]
    assert says_known is (entity.id in {"session", "session_card", "evse_state"})


def test_a_whole_discovery_message() -> None:
    energy = next(one for one in all_entities() if one.id == "energy")
    assert PLACE.config(energy) == "homeassistant/sensor/oppleo_garage_left/energy/config"
    assert PLACE.discovered(energy, 180) == {
        "name": "Energy",
        "unique_id": "oppleo_garage_left_energy",
        "availability": [
            {"topic": "oppleo-flow/garage/running"},
            {"topic": "oppleo-flow/garage/left/available"},
        ],
        "availability_mode": "all",
        "device": {
            "identifiers": ["oppleo_garage_left"],
            "name": "Garage",
            "manufacturer": "oppleo_flow",
            "model": "Charge point",
            "sw_version": "0.1.0",
        },
        "origin": {"name": "oppleo_flow", "sw_version": "0.1.0"},
        "state_topic": "oppleo-flow/garage/left/energy",
        "expire_after": 180,
        "device_class": "energy",
        "unit_of_measurement": "kWh",
        "state_class": "total_increasing",
        "suggested_display_precision": 1,
    }


@given(
    st.sets(st.sampled_from(PARTS)),
    st.integers(0, 3),
    st.sets(st.sampled_from(["start", "stop", "peak-once", "current"])),
)
def test_each_entity_has_an_id_of_its_own_and_comes_from_a_part_that_is_there(
    parts: Any, phases: int, commands: Any
) -> None:
    made = entities(parts, Measured(phases, phases), "EUR", Offered(frozenset(commands), ("home",)))
    ids = [one.id for one in made]
    assert len(set(ids)) == len(ids)
    assert {one.part for one in made if not one.asks} <= parts
    assert bool([one for one in made if one.asks]) is bool(commands)


def test_without_a_wire_there_is_nothing() -> None:
    assert entities((), THREE, "EUR", Offered()) == ()


def test_every_part_of_every_set_of_parts_is_shown() -> None:
    ids = {one.id for one in entities(PARTS, THREE, "EUR", Offered())}
    for some in chain.from_iterable(combinations(PARTS, count) for count in (1, 2)):
        assert {one.id for one in entities(some, THREE, "EUR", Offered())} < ids


UNKNOWN_METER = dict.fromkeys(
    [
        *("energy", "power", "frequency"),
        *(f"{name}_l{n}" for name in ("power", "current", "voltage", "energy") for n in (1, 2, 3)),
    ],
    "None",
)


@pytest.mark.parametrize(
    ("values", "shows"),
    [
        pytest.param(
            shown.of_meter(
                MeterReading.sample(
                    frequency_hz=None, energy_phases_wh=(411_540, 411_000, 412_027)
                ),
                NOON + AGE,
                AGE,
            ),
            {
                **UNKNOWN_METER,
                **{"energy": "1234.567", "power": "11040.0"},
                **{"energy_l1": "411.540", "energy_l2": "411.000", "energy_l3": "412.027"},
                **dict.fromkeys(("power_l1", "power_l2", "power_l3"), "3680.00"),
                **dict.fromkeys(("current_l1", "current_l2", "current_l3"), "16.00"),
                **dict.fromkeys(("voltage_l1", "voltage_l2", "voltage_l3"), "230.00"),
            },
            id="a meter that cannot tell the frequency",
        ),
        pytest.param(
            shown.of_meter(MeterUnknown.sample(), NOON, AGE), UNKNOWN_METER, id="a silent meter"
        ),
        pytest.param(
            shown.of_meter(MeterReading.sample(), NOON + AGE + timedelta(seconds=1), AGE),
            UNKNOWN_METER,
            id="a reading that is too old",
        ),
        pytest.param(
            shown.of_session(SessionStatus("idle")),
            {"session": "idle", "session_card": "none", "session_energy": "None"},
            id="no session",
        ),
        pytest.param(
            shown.of_session(SessionStatus("charging", label="family", energy_wh=1_234)),
            {"session": "charging", "session_card": "family", "session_energy": "1.234"},
            id="a session",
        ),
        pytest.param(
            shown.of_bill(SessionBilled.sample(amount=None)),
            {"session_cost": "None"},
            id="a bill without an amount",
        ),
        pytest.param(shown.of_bill(SessionBilled.sample()), {"session_cost": "3.50"}, id="a bill"),
        pytest.param(
            shown.of_evse(EvseUnknown.sample()),
            {"evse_state": "None", "car_connected": "None", "charging": "None"},
            id="an EVSE that nobody can tell",
        ),
        pytest.param(
            shown.of_evse(EvseState.sample(signal=EvseSignal.ACCESS_OFF)),
            {"evse_state": "access-off", "car_connected": "None", "charging": "off"},
            id="an EVSE without access, whose car is not known",
        ),
        pytest.param(shown.of_switch(SwitchState.sample()), {"switch": "on"}, id="a switch"),
        pytest.param(
            shown.of_offpeak(OffPeak.sample()),
            {"off_peak": "on", "peak_once": "off"},
            id="the off-peak hours",
        ),
        pytest.param(
            shown.of_report(EvseReport.sample(override_current_a=0.0), NOON, AGE),
            {"offered_current": "16.0", "current_limit": "None"},
            id="an EVSE that goes by its own current",
        ),
        pytest.param(
            shown.of_report(EvseReport.sample(), NOON + timedelta(hours=1), AGE),
            {"offered_current": "None", "current_limit": "None"},
            id="a report that is too old",
        ),
        pytest.param(
            shown.of_vehicle(VehicleState.sample(range_km=None)),
            {"car_battery": "61.0", "car_range": "None", "odometer": "42137"},
            id="a vehicle that does not tell its range",
        ),
        pytest.param(
            shown.of_vehicle(VehicleUnknown.sample()),
            {"car_battery": "None", "car_range": "None", "odometer": "None"},
            id="a vehicle that nobody can tell",
        ),
    ],
)
def test_an_entity_shows_what_is_known_and_never_0_for_what_is_not(
    values: dict[str, str], shows: dict[str, str]
) -> None:
    assert values == shows


@pytest.mark.skipif(PYTHON is None, reason="on request: `make home-assistant`")
def test_home_assistants_own_schemas_take_every_message_and_refuse_wrong_ones() -> None:
    right = [[one.platform, PLACE.discovered(one, 180)] for one in all_entities()]
    wrong = [
        ["switch", {key: said for key, said in right[0][1].items() if key != "command_topic"}],
        ["sensor", {**right[0][1], "state_class": "often"}],
    ]
    told = subprocess.run(
        [str(PYTHON), str(JUDGE)],
        input=json.dumps([*right, *wrong]),
        capture_output=True,
        text=True,
        check=True,
    )
    verdicts = json.loads(told.stdout)
    assert verdicts[: len(right)] == [None] * len(right)
    assert all(verdicts[len(right) :])
