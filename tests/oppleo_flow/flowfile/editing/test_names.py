"""A new name is written wherever the old one was meant, and nowhere else."""

from pathlib import Path

import pytest

from oppleo_flow.flowfile import check_text
from oppleo_flow.flowfile.editing import (
    DeletePart,
    FlowText,
    FollowRename,
    KnownTypes,
    RenamePart,
    Together,
    apply,
    apply_across,
)
from oppleo_flow.flowfile.editing.mentions import NODE_STEPS
from oppleo_flow.registry import Registry

HOUSE = """\
flow: house                 # meter is a word here
format: 1
doc: The meter stays.
disabled: $(off:-no)
vars: {off: "yes", price: $(off), cost: $$(off)}
connections:
  bus: {type: bus, port: "$(off)"}
nodes:
  meter: {type: meter, bus: bus}
  old_meter: {type: meter, bus: other/bus, note: meter}
  store: {type: flow:keep, from: house/meter, meter: meter, on: bus}
  led:
    type: lamp
    from:
      a: [meter, "meter.error", {ref: meter.reading, durable: true}]
      b: other/meter
      c: garage:house/meter
    text: $(off) and $(off:-meter) and $(offer)
subflows:
  keep:
    params: {meter: {type: str}, on: {type: connection, default: bus}}
    in: {reading: any}
    out: {stored: meter, raw: [meter.reading, sieve]}
    nodes:
      meter: {type: meter, bus: $(on)}
      sieve: {type: echo, from: [in.reading, meter], text: "$(meter)$(off:-x)"}
    tests:
      - name: meter
        params: {meter: meter}
        do:
          - expect: {meter: {}, sieve: {}}
tests:
  - name: meter
    stub: {meter: {reading: {meter: 1}}}
    ignore: [meter, led]
    do:
      - send: {meter.reading: {meter: 2}}
      - expect_none: [store.meter, store.stored, house/store.meter.error, store.sieve]
      - fail: meter
      - silence: meter
"""


def changes(edit, text=HOUSE, file="house.yaml", types=None):
    """The lines that are other than before."""
    new = apply(edit, FlowText(text, file), types).text.text
    pairs = zip(text.splitlines(), new.splitlines(), strict=True)
    return [after.strip() for before, after in pairs if before != after]


@pytest.fixture(scope="module")
def types() -> KnownTypes:
    return KnownTypes(Registry([], Path(__file__).parents[1] / "nodes"))


def test_a_node_has_its_new_name_in_wires_and_tests():
    assert changes(RenamePart(("nodes", "meter"), "kwh")) == [
        "kwh: {type: meter, bus: bus}",
        "store: {type: flow:keep, from: house/kwh, meter: meter, on: bus}",
        'a: [kwh, "kwh.error", {ref: kwh.reading, durable: true}]',
        "stub: {kwh: {reading: {meter: 1}}}",
        "ignore: [kwh, led]",
        "- send: {kwh.reading: {meter: 2}}",
        "- fail: kwh",
    ]


def test_an_instance_has_its_new_name_before_what_is_inside_it():
    assert changes(RenamePart(("nodes", "store"), "kept")) == [
        "kept: {type: flow:keep, from: house/meter, meter: meter, on: bus}",
        "- expect_none: [kept.meter, kept.stored, house/kept.meter.error, kept.sieve]",
    ]


def test_a_node_of_a_subflow_has_its_new_name_inside_and_in_tests_of_its_instances():
    assert changes(RenamePart(("subflows", "keep", "nodes", "meter"), "kwh")) == [
        "out: {stored: kwh, raw: [kwh.reading, sieve]}",
        "kwh: {type: meter, bus: $(on)}",
        'sieve: {type: echo, from: [in.reading, kwh], text: "$(meter)$(off:-x)"}',
        "- expect: {kwh: {}, sieve: {}}",
        "- expect_none: [store.kwh, store.stored, house/store.kwh.error, store.sieve]",
    ]


def test_a_parameter_has_its_new_name_inside_and_where_it_is_given():
    assert changes(RenamePart(("subflows", "keep", "params", "meter"), "word")) == [
        "store: {type: flow:keep, from: house/meter, word: meter, on: bus}",
        "params: {word: {type: str}, on: {type: connection, default: bus}}",
        'sieve: {type: echo, from: [in.reading, meter], text: "$(word)$(off:-x)"}',
        "params: {word: meter}",
    ]


def test_a_subflow_has_its_new_name_in_types():
    assert changes(RenamePart(("subflows", "keep"), "keep-all")) == [
        "store: {type: flow:keep-all, from: house/meter, meter: meter, on: bus}",
        "keep-all:",
    ]


def test_a_variable_has_its_new_name_in_values_of_the_flow_and_not_of_its_subflows():
    assert changes(RenamePart(("vars", "off"), "idle")) == [
        "disabled: $(idle:-no)",
        'vars: {idle: "yes", price: $(idle), cost: $$(off)}',
        'bus: {type: bus, port: "$(idle)"}',
        "text: $(idle) and $(idle:-meter) and $(offer)",
    ]


def test_a_connection_has_its_new_name_in_the_options_that_name_one(types):
    assert changes(RenamePart(("connections", "bus"), "rs485"), types=types) == [
        'rs485: {type: bus, port: "$(off)"}',
        "meter: {type: meter, bus: rs485}",
        "store: {type: flow:keep, from: house/meter, meter: meter, on: rs485}",
        "params: {meter: {type: str}, on: {type: connection, default: rs485}}",
    ]


OTHER = """\
flow: other
format: 1
nodes:
  lamp: {type: lamp, from: [house/meter, house/meter.error, house/old_meter, meter]}
  meter: {type: meter, bus: house/bus}
  kept: {type: flow:shared}
tests:
  - name: meter
    do:
      - expect: {house/meter: {}, meter: {}, kept.meter: {}, kept.out: {}}
"""
SHARED = """\
subflow: shared
format: 1
out: {out: meter}
nodes:
  meter: {type: meter}
  sieve: {type: echo, from: meter}
"""


@pytest.fixture
def texts():
    named = {"house": HOUSE, "other": OTHER, "shared": SHARED}
    return {name: FlowText(text, f"flows/{name}.yaml") for name, text in named.items()}


def lines(edited, text):
    pairs = zip(text.splitlines(), edited.text.text.splitlines(), strict=True)
    return [after.strip() for before, after in pairs if before != after]


def test_a_node_has_its_new_name_in_other_flows(texts):
    changed = apply_across(RenamePart(("nodes", "meter"), "kwh"), "house", texts)
    assert changed.keys() == {"house", "other"}
    assert lines(changed["other"], OTHER) == [
        "lamp: {type: lamp, from: [house/kwh, house/kwh.error, house/old_meter, meter]}",
        "- expect: {house/kwh: {}, meter: {}, kept.meter: {}, kept.out: {}}",
    ]


def test_a_connection_has_its_new_name_in_other_flows(texts, types):
    changed = apply_across(RenamePart(("connections", "bus"), "rs485"), "house", texts, types)
    assert lines(changed["other"], OTHER) == ["meter: {type: meter, bus: house/rs485}"]


def test_a_node_of_a_shared_subflow_has_its_new_name_in_tests_of_flows_that_use_it(texts):
    changed = apply_across(RenamePart(("nodes", "meter"), "kwh"), "shared", texts)
    assert changed.keys() == {"shared", "other"}
    assert lines(changed["shared"], SHARED) == [
        "out: {out: kwh}",
        "kwh: {type: meter}",
        "sieve: {type: echo, from: kwh}",
    ]
    assert lines(changed["other"], OTHER) == [
        "- expect: {house/meter: {}, meter: {}, kept.kwh: {}, kept.out: {}}"
    ]


def test_a_rename_among_other_edits_is_followed_and_what_concerns_one_file_is_not(texts):
    edit = Together((DeletePart(("nodes", "led")), RenamePart(("nodes", "meter"), "kwh")))
    assert apply_across(edit, "house", texts).keys() == {"house", "other"}
    assert apply_across(DeletePart(("nodes", "led")), "house", texts).keys() == {"house"}


def test_following_a_rename_is_an_edit_of_its_own():
    edit = FollowRename("house", "nodes", "meter", "kwh")
    assert len(changes(edit, OTHER, "other.yaml")) == 2


def test_every_step_of_a_test_that_names_nodes_is_known():
    text = "flow: f\nformat: 1\nnodes: {}\ntests: [{name: n, do: [{qqqqqqqq: x}]}]\n"
    [finding] = [
        f for f in check_text(text, "f", Registry([])).findings if f.code == "unknown-step"
    ]
    known = set(finding.message.partition("known: ")[2].split(", "))
    assert known - {"advance", "restart", "set_clock"} == NODE_STEPS
