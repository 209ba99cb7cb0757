"""The examples of the hardware nodes, on the simulated world."""

import pytest

from oppleo_flow.registry import Registry
from oppleo_flow.testing import expected
from tests.nodes.hardware.hardware import HardwareBench

REGISTRY = Registry(["nodes"])
EXAMPLES = [
    pytest.param(spec.cls, example, id=f"{spec.type_name} {index}")
    for spec in REGISTRY.nodes().values()
    if REGISTRY.category(spec.type_name) == "hardware"
    for index, example in enumerate(spec.cls.examples)
]


@pytest.mark.parametrize(("node", "example"), EXAMPLES)
def test_an_example_does_what_it_says(node, example):
    with HardwareBench(node, example.config) as bench:
        bench.advance(0)
        for payload in example.send if isinstance(example.send, list) else [example.send]:
            if payload != ():
                bench.send(payload)
        bench.advance(example.advance)
        got = {port: list(bench.sent(port)) for port in example.expect}

    assert got == expected(example)
