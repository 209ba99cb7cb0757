from dataclasses import replace
from pathlib import Path

import oppleo_flow
from nodes.hardware.buzzer import Buzzer
from nodes.hardware.evse_state import EvseStateReader
from nodes.hardware.evse_switch import EvseSwitch
from nodes.hardware.modbus_meter import ModbusMeter
from nodes.hardware.rgb_led import RgbLed
from nodes.hardware.smart_evse import SmartEvse
from nodes.hardware.smart_evse_access import SmartEvseAccess
from oppleo_flow.devices.world import SiteWiring, Wiring
from oppleo_flow.flowfile import CheckSettings, check_text
from oppleo_flow.registry import Registry
from oppleo_flow.simulator.levers import world_words
from oppleo_flow.simulator.wiring import wiring_of
from oppleo_flow.testing import graph_of, plan

ROOT = Path(oppleo_flow.__file__).parents[1]
TWO_CHARGE_POINTS = ROOT / "examples" / "two-charge-points.yaml"
SHIPPED = ROOT / "flows" / "charge-point.yaml"


def test_the_wiring_is_what_the_hardware_nodes_expect():
    graph = graph_of(
        {
            "evse": plan(EvseSwitch, {"gpio": "pins", "pin": 17, "active_low": False}),
            "state": plan(EvseStateReader, {"gpio": "pins", "pin": 27, "active_low": True}),
            "led": plan(RgbLed, {"gpio": "pins", "red": 1, "green": 2, "blue": 3}),
            "buzzer": plan(Buzzer, {"gpio": "pins", "pin": 4, "active_low": True}),
            "mains": plan(ModbusMeter, {"bus": "rs485", "unit_id": 2}),
            "car": plan(ModbusMeter, {"bus": "rs485", "unit_id": 9, "model": "SDM120"}),
        }
    )

    assert wiring_of(graph).points == {
        "evse": Wiring(
            evse_switch=17,
            evse_switch_active_low=False,
            evse_led=27,
            evse_led_active_low=True,
            red=1,
            green=2,
            blue=3,
            buzzer=4,
            buzzer_active_low=True,
            meters={2: "SDM630v2", 9: "SDM120"},
        )
    }


def test_a_smart_evse_has_its_names_on_the_network():
    graph = graph_of(
        {
            "evse": plan(EvseSwitch, {"gpio": "pins"}),
            "asked": plan(SmartEvse, {"http": "web", "url": "http://192.168.1.20/"}),
            "heard": plan(SmartEvse, {"mqtt": "broker", "prefix": "SmartEVSE-1"}),
        }
    )

    assert wiring_of(graph).points == {
        "evse": Wiring(evse_switch=5, network=("192.168.1.20", "SmartEVSE-1"))
    }


def test_access_over_the_network_alone_needs_no_wire():
    graph = graph_of({"a": plan(SmartEvseAccess, {"http": "web", "url": "http://garage"})})

    assert wiring_of(graph).points == {"evse": Wiring(evse_switch=None, network=("garage",))}


def test_what_a_flow_leaves_out_is_wired_as_usual():
    assert wiring_of(graph_of({})) == SiteWiring()


FLAT = """
flow: garage
format: 1
connections:
  pins: {type: gpio}
  spi: {type: spi-bus}
  other_spi: {type: spi-bus, bus: 1, reset_pin: 24}
  rs485: {type: serial-bus, port: /dev/ttyUSB0}
  store: {type: site-store}
nodes:
  reader: {type: rfid-reader, spi: spi}
  other_reader: {type: rfid-reader, spi: other_spi}
  authorise: {type: authorise, from: reader, store: store}
  other_authorise: {type: authorise, from: other_reader, store: store}
  mains: {type: modbus-meter, bus: rs485, unit_id: 9}
  show: {type: debug, from: mains}
  meter: {type: modbus-meter, bus: rs485, unit_id: 1}
  other_meter: {type: modbus-meter, bus: rs485, unit_id: 2, model: SDM120}
  session: {type: charge-session, from: {token: authorise.accepted, meter: meter, plug: state}}
  other_session:
    type: charge-session
    from: {token: other_authorise.accepted, meter: other_meter, plug: other_state}
  other_state: {type: evse-state, gpio: pins, pin: 27}
  state: {type: evse-state, gpio: pins, pin: 6}
  led: {type: rgb-led, from: other_session.status, gpio: pins, red: 2, green: 3, blue: 4, safe: off}
  evse: {type: evse-switch, from: session.request, gpio: pins, pin: 5, safe: off}
  other_evse: {type: evse-switch, from: other_session.request, gpio: pins, pin: 17, safe: off}
"""


def checked(text):
    registry = Registry.installed(None)
    found = check_text(
        text, "flow.yaml", registry, CheckSettings(simulate=True, world_words=world_words)
    )
    assert found.graph is not None, found.errors
    return found.graph


def test_in_one_flow_the_sessions_tell_what_belongs_to_which_switch():
    points = wiring_of(checked(FLAT)).points

    assert points == {
        "evse": Wiring(meters={1: "SDM630v2", 9: "SDM630v2"}, reader="0.0"),
        "other_evse": replace(
            Wiring.bare(),
            **{"evse_switch": 17, "evse_led": 27, "red": 2, "green": 3, "blue": 4},
            meters={2: "SDM120", 9: "SDM630v2"},
            reader="1.0",
        ),
    }


def test_an_instance_of_a_subflow_is_a_charge_point_of_that_name():
    points = wiring_of(checked(TWO_CHARGE_POINTS.read_text())).points

    assert points == {
        "left": Wiring(meters={1: "SDM630v2"}, reader="0.0"),
        "right": replace(
            Wiring.bare(),
            **{"evse_switch": 4, "evse_led": 27, "buzzer": 23, "reader": "0.1"},
            meters={2: "SDM120"},
        ),
    }


def test_the_charge_point_of_the_shipped_flow_is_wired_as_oppleos_was():
    assert wiring_of(checked(SHIPPED.read_text())) == SiteWiring()


DESK = """
flow: desk
format: 1
connections:
  spi: {{type: spi-bus}}
  keys: {{type: card-keyboard, path: /dev/input/by-id/usb-reader-event-kbd}}
  store: {{type: site-store}}
nodes:
  desk: {{type: usb-card-reader, keyboard: keys}}
  authorise: {{type: authorise, from: {readers}, store: store}}
{more}
"""


def test_a_reader_that_types_takes_the_place_of_the_usual_one():
    graph = checked(DESK.format(readers="desk", more=""))

    (point,) = wiring_of(graph).points.values()
    assert (point.reader, point.keyboard) == (None, "/dev/input/by-id/usb-reader-event-kbd")


def test_a_reader_that_types_stands_beside_another():
    rfid = "  rfid: {type: rfid-reader, spi: spi}"
    graph = checked(DESK.format(readers="[rfid, desk]", more=rfid))

    (point,) = wiring_of(graph).points.values()
    assert (point.reader, point.keyboard) == ("0.0", "/dev/input/by-id/usb-reader-event-kbd")
