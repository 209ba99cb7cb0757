"""Which node is what at each charge point, along the wires of flows that ship."""

from datetime import UTC, datetime

import pytest

from oppleo_flow.charging.why import why
from oppleo_flow.testing.house import House
from tests.house.sources import text
from webui.charge_points import charge_points

NIGHT = datetime(2026, 1, 15, 22, 30, tzinfo=UTC)


def points(house):
    found = charge_points(house.runtime.snapshot(), house.runtime.graph)
    return {point.name: point for point in found}


def ids(point):
    nodes = (point.meter, point.evse, point.switch, point.authorise, point.reader, *point.path)
    return [node.id for node in nodes]


@pytest.fixture
def garage(tmp_path):
    with House(text("examples/two-charge-points.yaml"), tmp_path, NIGHT) as house:
        yield house


def test_each_charge_point_has_its_own_nodes_and_the_path_to_its_switch(garage):
    assert {name: ids(point) for name, point in points(garage).items()} == {
        side: [
            *(f"{side}.meter", f"{side}.signal", f"{side}.evse", f"{side}.authorise"),
            *(f"{side}.rfid", f"{side}.share"),
        ]
        for side in ("left", "right")
    }


def test_who_waits_for_the_fuse_says_so_and_the_other_charges(garage):
    for side, card in (("left", "family"), ("right", "office")):
        garage.world.plug_in(point=side)
        garage.world.swipe(card, point=side)
        garage.run_for(60)
    found = {name: why(point.seen(), garage.now()) for name, point in points(garage).items()}
    assert (found["left"].state, found["right"].state) == ("charging", "waiting")
    (reason,) = found["right"].reasons
    assert (reason.code, reason.values["node"]) == ("mains-share", "right.share")


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("flows/charge-point.yaml", ["offpeak"]),
        ("examples/charging.yaml", None),
        ("examples/evse-on-the-network.yaml", None),
    ],
)
def test_the_flows_that_ship_have_a_charge_point_that_can_be_shown(tmp_path, file, path):
    with House(text(file), tmp_path, NIGHT, secrets={"prowl_key": "none"}) as house:
        (point,) = points(house).values()
        assert point.name == ""
        assert None not in (point.meter, point.evse, point.switch, point.authorise)
        assert path in (None, [node.id for node in point.path])
        assert why(point.seen(), house.now()).reasons
