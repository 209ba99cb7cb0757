from nodes.hardware.buzzer import Buzzer
from nodes.hardware.evse_state import EvseStateReader
from nodes.hardware.evse_switch import EvseSwitch
from nodes.hardware.modbus_meter import ModbusMeter
from nodes.hardware.rgb_led import RgbLed
from oppleo_flow.devices.world import SiteWiring, Wiring
from oppleo_flow.simulator.wiring import wiring_of
from oppleo_flow.testing import graph_of, plan


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


def test_what_a_flow_leaves_out_is_wired_as_usual():
    assert wiring_of(graph_of({})) == SiteWiring()
