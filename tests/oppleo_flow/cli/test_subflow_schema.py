"""The JSON Schema of the file of a shared subflow, which refers to the flow's beside it."""

import pytest
import yaml
from jsonschema import Draft7Validator
from referencing import Registry as Schemas
from referencing.jsonschema import DRAFT7

from oppleo_flow.cli.schema import schema_files
from oppleo_flow.registry import Registry
from tests.oppleo_flow.cli.editor import EditorLoader
from tests.oppleo_flow.cli.test_flow_sets import CALM


@pytest.fixture(scope="module")
def validator():
    files = schema_files(Registry(["nodes"]))
    flow = DRAFT7.create_resource(files["flow.schema.json"])
    beside = Schemas().with_resource("flow.schema.json", flow)
    return Draft7Validator(files["subflow.schema.json"], registry=beside)


def complaints(validator, text):
    return [error.message for error in validator.iter_errors(yaml.load(text, EditorLoader))]


def test_a_subflow_fits_the_schema(validator):
    assert complaints(validator, CALM) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("subflow: calm", "flow: calm", id="a flow"),
        pytest.param("format: 1", "format: 2", id="another format"),
        pytest.param("type: filter", "type: fliter", id="a type that does not exist"),
        pytest.param("field: due", "feild: due", id="an option that does not exist"),
        pytest.param("{type: str}", "{type: text}", id="a type of parameter that does not exist"),
        pytest.param("do:", "doo:", id="a test without steps"),
    ],
)
def test_what_is_wrong_is_underlined(validator, old, new):
    assert old in CALM
    assert complaints(validator, CALM.replace(old, new))
