"""The examples of the charging and storage nodes, on a site with an empty ledger."""

from pathlib import Path

import pytest

from nodes.charging.mains_fuse import MainsFuseConnection
from nodes.storage.postgres import Postgres
from oppleo_flow.node import Example
from oppleo_flow.node_spec import NodeSpec
from oppleo_flow.registry import Registry
from oppleo_flow.testing import run_example
from oppleo_flow.testing.bench import expected
from tests.nodes.store_site import CONNECTIONS, ledger_in, site_in

EXAMPLES = [
    pytest.param(spec, example, id=f"{name} {number}")
    for name, spec in Registry(["nodes"]).nodes().items()
    if spec.category in ("charging", "storage")
    for number, example in enumerate(spec.cls.examples, start=1)
]


@pytest.mark.parametrize(("spec", "example"), EXAMPLES)
def test_an_example_is_true(spec: NodeSpec, example: Example, tmp_path: Path) -> None:
    with ledger_in(tmp_path):
        pass
    there = {
        **CONNECTIONS,
        "mains": (MainsFuseConnection, {"limit_a": 25}),
        "copy": (Postgres, {"url": "postgresql://me:secret@db.example.org/ours"}),
    }
    used = {name: made for name, made in there.items() if name in example.config.values()}

    found = run_example(spec.cls, example, connections=used, site=site_in(tmp_path))

    assert found == expected(example)
