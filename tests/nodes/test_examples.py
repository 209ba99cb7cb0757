"""The examples that nodes carry: what the editor shows and the reference prints is what happens."""

import pytest

from nodes.network.http_client import HttpClientConnection
from oppleo_flow.node import Example
from oppleo_flow.node_spec import NodeSpec
from oppleo_flow.registry import Registry
from oppleo_flow.testing import run_example
from oppleo_flow.testing.bench import expected

ELSEWHERE = {"charging", "hardware", "storage"}  # they need a ledger, or a world
CONNECTIONS = {"web": HttpClientConnection}
EXAMPLES = [
    pytest.param(spec, example, id=f"{name} {number}")
    for name, spec in Registry(["nodes"]).nodes().items()
    if spec.category not in ELSEWHERE
    for number, example in enumerate(spec.cls.examples, start=1)
]


@pytest.mark.parametrize(("spec", "example"), EXAMPLES)
def test_an_example_is_true(spec: NodeSpec, example: Example) -> None:
    used = {name: made for name, made in CONNECTIONS.items() if name in example.config.values()}

    assert run_example(spec.cls, example, connections=used) == expected(example)
