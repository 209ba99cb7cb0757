"""The schema of flows in the hands of the public YAML language server, which many editors use.

npm fetches the server once, into the user's cache.  Without Node and npm these tests fail.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from oppleo_flow.cli.schema import schema_files, schema_text
from oppleo_flow.registry import Registry
from tests.oppleo_flow.cli.language_server import LanguageServer, uri_of

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
  push: {type: prowl, from: flow.errors, http: web, key: !secret prowl_key, disabled: on}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[LanguageServer]:
    """A server that knows the schema of the built-in nodes and of the examples' drop-ins."""
    file = tmp_path_factory.mktemp("schemas") / "flow.schema.json"
    schema = schema_files(Registry(["nodes"], REPOSITORY / "examples" / "nodes"))[file.name]
    file.write_text(schema_text(schema), encoding="utf-8")
    with LanguageServer({uri_of(file): ["*.yaml"]}) as running:
        yield running


@pytest.mark.parametrize("file", FLOWS, ids=lambda file: file.relative_to(REPOSITORY).as_posix())
def test_a_flow_of_ours_is_not_underlined(server, file):
    assert server.complaints(uri_of(file), file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        pytest.param("", "", [], id="nothing"),
        pytest.param(
            "every: 10s", "evry: 10s", ["4: Property evry is not allowed."], id="an unknown option"
        ),
        pytest.param(
            "every: 10s",
            "every: 10s, missed: never",
            ['4: Value is not accepted. Valid values: "skip", "run-once", "run-all".'],
            id="a choice that is none",
        ),
        pytest.param(
            "every: 10s",
            "every: 10",
            ['4: Incorrect type. Expected "string | null".'],
            id="bare",
        ),
        pytest.param(
            "every: 10s", "every: 10x", ["4: text such as 10s is needed"], id="another unit"
        ),
        pytest.param(
            "from: tick", "from: tick, max_length: ten", ["5: a whole number is needed"], id="words"
        ),
        pytest.param(
            "from: tick",
            "from: tick, max_length: 10",
            ["5: Value is below the minimum of 20."],
            id="a number that is too small",
        ),
        pytest.param(
            "key: !secret prowl_key, ", "", ['6: Missing property "key".'], id="an option missing"
        ),
        pytest.param("disabled: on", "disabled: maybe", ["6: on or off is needed"], id="no truth"),
    ],
)
def test_a_mistake_is_underlined_in_its_line(server, old, new, complaint, request):
    uri = f"file:///{request.node.callspec.id.replace(' ', '-')}.yaml"
    assert server.complaints(uri, HELLO.replace(old, new)) == complaint


def test_an_unknown_type_is_underlined_with_those_there_are(server):
    (complaint,) = server.complaints("file:///type.yaml", HELLO.replace("debug", "debgu"))
    assert complaint.startswith('5: Value is not accepted. Valid values: "authorise", "backup", ')
    assert '"grid-alarm"' in complaint


def test_the_help_of_a_type_and_of_an_option_is_shown_with_its_unit(server):
    uri = "file:///hover.yaml"
    server.complaints(uri, HELLO)
    column = HELLO.splitlines()[3].index
    assert server.hover(uri, 4, column("tick") + 1).startswith(
        "Send a tick at set times.\n\n```yaml"
    )
    assert server.hover(uri, 4, column("every") + 1).startswith(
        "Elapsed time between ticks.\n\nduration, such as 10s; optional\n"
    )


def test_the_types_and_the_options_of_a_type_are_offered(server):
    text = "flow: hello\nformat: 1\nnodes:\n  meter:\n    type: \n"
    server.complaints("file:///types.yaml", text)
    assert {"modbus-meter", "grid-alarm"} <= set(server.completions("file:///types.yaml", 5, 11))
    text = "flow: hello\nformat: 1\nnodes:\n  meter:\n    type: modbus-meter\n    \n"
    server.complaints("file:///options.yaml", text)
    assert {"bus", "unit_id", "on_error"} <= set(server.completions("file:///options.yaml", 6, 5))
