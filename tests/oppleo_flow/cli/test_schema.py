import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from oppleo_flow.cli import main
from oppleo_flow.cli.schema import schema_files, schema_text
from oppleo_flow.registry import Registry

REPOSITORY = Path(__file__).parents[3]
FLOWS = [
    *sorted((REPOSITORY / "flows").glob("*.yaml")),
    *sorted((REPOSITORY / "examples").glob("*.yaml")),
    *sorted((REPOSITORY / "oppleo_flow" / "cli" / "starters").glob("*.yaml")),
]
HELLO = """\
flow: hello
format: 1
nodes:
  tick: {type: schedule, every: 10s}
  show: {type: debug, from: tick}
"""


class EditorLoader(yaml.SafeLoader):
    """Reads YAML as an editor does: by the rules of version 1.2, a secret as text."""

    yaml_implicit_resolvers = {
        sign: [
            (tag, rule) for tag, rule in rules if not tag.endswith((":bool", ":int", ":timestamp"))
        ]
        for sign, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


EditorLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("(true|false)$"), "tf")
EditorLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile("[-+]?[0-9]+$"), "-+0123456789"
)
EditorLoader.add_constructor("!secret", lambda loader, node: loader.construct_scalar(node))


@pytest.fixture(scope="module")
def schemas():
    return schema_files(Registry(["nodes"]))


def complaints(schema, text: str) -> list[str]:
    data = yaml.load(text, EditorLoader)
    return [error.message for error in Draft202012Validator(schema).iter_errors(data)]


def test_the_schemas_in_the_repository_are_current(schemas):
    folder = REPOSITORY / "schemas"
    stored = {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(folder.rglob("*.json"))
    }
    assert stored == {name: schema_text(schema) for name, schema in schemas.items()}


def test_every_schema_is_one(schemas):
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("file", FLOWS, ids=lambda file: file.relative_to(REPOSITORY).as_posix())
def test_a_flow_of_ours_fits_the_schema(schemas, file):
    text = file.read_text(encoding="utf-8")
    drop_in = file.parent / "nodes"
    schema = schemas["flow.schema.json"]
    if drop_in.is_dir():
        schema = schema_files(Registry(["nodes"], drop_in))["flow.schema.json"]
    assert complaints(schema, text) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("every: 10s", "evry: 10s", id="an option that does not exist"),
        pytest.param("debug", "debgu", id="a type that does not exist"),
        pytest.param("every: 10s", "every: 10s, missed: never", id="a choice that is none"),
        pytest.param("format: 1", "format: 2", id="another format"),
        pytest.param("from: tick", "from: {out: tick}", id="an input that does not exist"),
        pytest.param("from: tick", "from: tick, safe: off", id="a safe level without an output"),
    ],
)
def test_a_wrong_flow_does_not_fit(schemas, old, new):
    assert complaints(schemas["flow.schema.json"], HELLO) == []
    assert complaints(schemas["flow.schema.json"], HELLO.replace(old, new)) != []


def test_an_option_may_be_a_variable_a_secret_or_text_that_looks_like_a_number(schemas):
    text = """\
flow: hello
format: 1
vars: {length: 100}
connections: {web: {type: http-client}}
nodes:
  tick: {type: schedule, every: 10s}
  show: {type: debug, from: tick, max_length: $(length), field: 12}
  push: {type: prowl, from: flow.errors, http: web, key: !secret prowl_key, at_most: 6/h}
"""
    assert complaints(schemas["flow.schema.json"], text) == []


def test_the_settings_of_a_site_have_a_schema(schemas, site):
    settings = (site / "oppleo.yaml").read_text()
    assert complaints(schemas["oppleo.schema.json"], settings) == []
    assert complaints(schemas["oppleo.schema.json"], settings + "simluate: true\n") != []


def test_the_command_writes_all_of_them_with_the_nodes_of_the_site(site, capsys):
    main(["new-node", "grid-alarm"])
    capsys.readouterr()
    assert main(["schema", "-o", "out"]) == 0
    written = sorted((site / "out").rglob("*.json"))
    assert capsys.readouterr().out == f"wrote {len(written)} schemas into out\n"
    own = json.loads((site / "out" / "nodes" / "grid-alarm.schema.json").read_text())
    assert list(own["properties"]) == ["limit"]
