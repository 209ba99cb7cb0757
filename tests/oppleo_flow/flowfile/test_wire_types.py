from typing import Any, TypeVar

import pytest

from oppleo_flow.flowfile.draft import FlowDraft, NodeDraft, Scope, WireDraft
from oppleo_flow.flowfile.tree import Mark, Scalar, Text, YamlMap
from oppleo_flow.flowfile.wire_types import WireTypes, accepted
from oppleo_flow.node_spec import NodeSpec, OutputSpec
from oppleo_flow.payloads import Beep, CardSeen, Payload, Tick

AT = Mark(0, 0)


def flow(registry, **nodes: tuple[str, list[str]]) -> FlowDraft:
    """A flow of nodes, each with its type and the nodes whose first output it is wired from."""
    specs: dict[str, NodeSpec] = {name: registry.node(kind) for name, (kind, _) in nodes.items()}
    drafts = {}
    home = Scope(Text("f.yaml", []))
    for name, (_, sources) in nodes.items():
        key = Scalar(name, AT, AT)
        wires = [
            WireDraft(
                None, AT, key, source=(s, next(iter(specs[s].outputs.values()))), target_port="in"
            )
            for s in sources
        ]
        drafts[name] = NodeDraft(name, key, YamlMap({}, AT, AT), home, specs[name], wires=wires)
    return FlowDraft(home, nodes=drafts)


def carried(draft: FlowDraft, node: str) -> Any:
    spec = draft.nodes[node].spec
    output: OutputSpec = next(iter(spec.outputs.values()))
    return WireTypes(draft).carried(node, output)


def test_what_comes_in_goes_out_however_far_and_in_whatever_order(registry) -> None:
    chain = {f"s{n}": ("same", [f"s{n + 1}"]) for n in range(300)}
    draft = flow(registry, **chain, s300=("same", ["c"]), c=("card", []))
    assert carried(draft, "s0") is CardSeen


def test_types_from_several_sources_come_together_each_once(registry) -> None:
    draft = flow(
        registry, c=("card", []), d=("card", []), p=("plug", []), s=("same", ["c", "p", "d"])
    )
    assert carried(draft, "s") == CardSeen | registry.node("plug").outputs["state"].type


def test_a_circle_carries_what_comes_into_it(registry) -> None:
    draft = flow(registry, c=("card", []), a=("same", ["c", "b"]), b=("same", ["a"]))
    assert carried(draft, "b") is CardSeen


def test_a_circle_that_nothing_comes_into_carries_what_fits_anywhere(registry) -> None:
    draft = flow(registry, a=("same", ["b"]), b=("same", ["a"]))
    assert isinstance(carried(draft, "a"), TypeVar)


def test_a_list_is_of_what_comes_in(registry) -> None:
    draft = flow(registry, c=("card", []), b=("batch", ["c"]), s=("same", ["b"]))
    assert carried(draft, "s") == list[CardSeen]


def test_one_of_a_list_is_what_the_list_is_of(registry) -> None:
    draft = flow(registry, c=("card", []), b=("batch", ["c"]), u=("unbatch", ["b"]))
    assert carried(draft, "u") is CardSeen


def test_a_circle_that_would_nest_for_ever_ends_as_any(registry) -> None:
    draft = flow(registry, c=("card", []), b=("batch", ["c", "s"]), s=("same", ["b"]))
    assert carried(draft, "b") == list[Any]


@pytest.mark.parametrize(
    ("variable", "kind"),
    [
        pytest.param(TypeVar("T"), Any, id="anything"),
        pytest.param(TypeVar("T", bound=Payload), Payload, id="its bound"),
        pytest.param(TypeVar("T", Beep, Tick), Beep | Tick, id="one of its types"),
    ],
)
def test_an_input_of_a_type_variable_takes_what_the_variable_allows(variable, kind) -> None:
    assert accepted(variable) == kind
