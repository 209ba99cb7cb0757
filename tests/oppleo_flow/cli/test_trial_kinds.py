"""Which nodes of a flow `oppleo-flow hardware test` means."""

import re
from pathlib import Path

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.flow_files import Surroundings
from oppleo_flow.cli.flow_part import part_of
from oppleo_flow.cli.trial_kinds import DEFAULT_S, TYPES_OF, subject_of
from oppleo_flow.cli.trials import TRIALS
from oppleo_flow.errors import ConfigError
from tests.oppleo_flow.cli.hardware_site import FLOW, ROOT, with_flow

TWO_POINTS = ROOT / "examples" / "two-charge-points.yaml"


def graph_of(flow: Path):
    graph = Surroundings.of(flow.parent, {}, simulate=True).check(flow).graph
    assert graph is not None
    return graph


def test_every_part_that_can_be_named_can_be_tried():
    assert list(TYPES_OF) == list(DEFAULT_S) == list(TRIALS)


@pytest.mark.parametrize(
    ("flow", "node", "nodes"),
    [
        pytest.param(FLOW, None, ["evse", "evse_state"], id="the only one of a flow"),
        pytest.param(
            TWO_POINTS, "right.evse", ["right.evse", "right.signal"], id="one of a subflow"
        ),
    ],
)
def test_a_switch_is_tried_with_who_reads_the_led_of_the_same_smartevse(flow, node, nodes):
    graph = graph_of(flow)
    assert subject_of(graph, "evse-switch", node).nodes == nodes
    part = part_of(graph, nodes)
    assert (sorted(part.nodes), list(part.connections), part.wires) == (nodes, ["pins"], ())


def test_which_of_several_must_be_said():
    with pytest.raises(ConfigError) as error:
        subject_of(graph_of(TWO_POINTS), "meter", None)
    assert str(error.value) == (
        f"{TWO_POINTS}: has 2 nodes of type modbus-meter; "
        "say which with --node: left.meter, right.meter"
    )


def test_a_probe_says_which_one_to_try(site, capsys, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with_flow(site, TWO_POINTS.read_text().replace("flow: two-charge-points", "flow: charge-point"))
    assert main(["hardware", "probe", "--simulate"]) == 0
    tries = re.findall(r"→ try it: (.*)", capsys.readouterr().out)
    assert tries == [
        "oppleo-flow hardware test evse-switch --node left.evse",
        "oppleo-flow hardware test evse-switch --node right.evse",
        "oppleo-flow hardware test buzzer",
    ]
