"""What every built-in node type has: a name, a test, examples and help for each setting."""

from pathlib import Path

import pytest

from oppleo_flow.node_spec import ConnectionSpec, NodeSpec
from oppleo_flow.registry import Registry
from tests.house.sources import ROOT, node_files

REGISTRY = Registry(["nodes"])
SPECS: list[NodeSpec | ConnectionSpec] = [
    *REGISTRY.nodes().values(),
    *REGISTRY.connections().values(),
]
by_type = pytest.mark.parametrize("spec", SPECS, ids=[spec.type_name for spec in SPECS])


def test_every_file_of_the_pack_can_be_loaded() -> None:
    assert {str(file): str(fault) for file, fault in REGISTRY.faults.items()} == {}


def test_every_node_file_has_its_test_file() -> None:
    files = [Path(name) for name in node_files()]
    untested = [
        str(file)
        for file in files
        if not (ROOT / "tests" / file.with_name(f"test_{file.name}")).is_file()
    ]
    assert untested == []


@by_type
def test_a_type_is_named_as_its_file(spec: NodeSpec | ConnectionSpec) -> None:
    assert spec.type_name == Path(spec.file).stem.replace("_", "-")


@by_type
def test_every_setting_says_what_it_is_for(spec: NodeSpec | ConnectionSpec) -> None:
    silent = [name for name, field in spec.config.model_fields.items() if not field.description]

    assert silent == []


@by_type
def test_a_type_explains_itself(spec: NodeSpec | ConnectionSpec) -> None:
    assert spec.doc.strip()


NODES = list(REGISTRY.nodes().values())


@pytest.mark.parametrize("spec", NODES, ids=[spec.type_name for spec in NODES])
def test_a_node_has_examples(spec: NodeSpec) -> None:
    assert len(spec.cls.examples) > 0


@pytest.mark.parametrize("spec", NODES, ids=[spec.type_name for spec in NODES])
def test_the_docstring_of_a_node_has_its_four_parts(spec: NodeSpec) -> None:
    lines = [line.strip() for line in (spec.cls.__doc__ or "").splitlines()]
    parts = [line for line in lines if line in {"Input:", "Output:", "Raises:", "Source:"}]

    assert parts == ["Input:", "Output:", "Raises:", "Source:"]
