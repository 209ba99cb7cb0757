"""The JSON Schemas: what the checker takes they take, and what they can see wrong they flag."""

import json
from pathlib import Path

import pytest
from jsonschema.validators import validator_for

from oppleo_flow.cli import main
from oppleo_flow.cli.schema import schema_files, schema_text
from oppleo_flow.flowfile import CheckSettings, check_text
from oppleo_flow.flowfile.codes import CODES
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.node_options import NodeOptions
from oppleo_flow.flowfile.option_check import OptionCheck, Subject
from oppleo_flow.flowfile.source import parse
from oppleo_flow.flowfile.tree import Mark, YamlMap
from oppleo_flow.node_spec import NodeSpec
from oppleo_flow.registry import Registry
from tests.oppleo_flow.cli.editor import complaints

REPOSITORY = Path(__file__).parents[3]
FLOWS = [
    *sorted((REPOSITORY / "flows").glob("*.yaml")),
    *sorted((REPOSITORY / "examples").glob("*.yaml")),
    *sorted((REPOSITORY / "oppleo_flow" / "cli" / "starters").glob("*.yaml")),
]
PROFILES = sorted((REPOSITORY / "oppleo_flow" / "devices" / "meter_profiles").glob("*.yaml"))
HELLO = """\
flow: hello
format: 1
nodes:
  tick: {type: schedule, every: 10s}
  show: {type: debug, from: tick}
"""


@pytest.fixture(scope="module")
def schemas():
    return schema_files(Registry(["nodes"]))


def test_the_schemas_in_the_repository_are_current(schemas):
    folder = REPOSITORY / "schemas"
    stored = {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(folder.rglob("*.json"))
    }
    assert stored == {name: schema_text(schema) for name, schema in schemas.items()}


def test_every_schema_is_one(schemas):
    for schema in schemas.values():
        validator_for(schema).check_schema(schema)


@pytest.mark.parametrize("file", PROFILES, ids=lambda file: file.stem)
def test_a_profile_of_a_meter_fits_the_schema(schemas, file):
    text = file.read_text(encoding="utf-8")

    assert complaints(schemas["meter.schema.json"], text) == []
    for slip in (("unit: kWh", "unit: KWh"), ("  energy_import:", "  energy_imp:"), ("at:", "a:")):
        assert complaints(schemas["meter.schema.json"], text.replace(*slip)) != []


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
        pytest.param("type: debug, ", "", id="no type"),
        pytest.param("every: 10s", "every: 10s, missed: never", id="a choice that is none"),
        pytest.param("every: 10s", "every: 10", id="a duration without a unit"),
        pytest.param("every: 10s", "every: 10 parsecs", id="a duration in another unit"),
        pytest.param("every: 10s", "each: day, at: 6 o'clock", id="no time of day"),
        pytest.param("format: 1", "format: 2", id="another format"),
        pytest.param("flow: hello", "flow: Hello", id="a flow's name in capitals"),
        pytest.param("show:", "show-it:", id="an id with a hyphen"),
        pytest.param("flow: hello", "flow: hello\nnods: {}", id="a section that does not exist"),
        pytest.param("from: tick", "from: {out: tick}", id="an input that does not exist"),
        pytest.param("from: tick", "from: the tick", id="a reference that is none"),
        pytest.param("from: tick", "from: {ref: tick, durble: true}", id="a wire's unknown key"),
        pytest.param("from: tick", "from: {ref: tick, durable: 3}", id="a truth that is a number"),
        pytest.param("from: tick", "from: tick, safe: off", id="a safe level without an output"),
        pytest.param("from: tick", "from: tick, stale_after: 1m", id="no level that goes stale"),
        pytest.param("from: tick", "from: tick, max_length: 10", id="a number that is too small"),
        pytest.param("from: tick", "from: tick, max_length: ten", id="a number in words"),
        pytest.param("from: tick", "from: tick, disabled: maybe", id="a truth that is none"),
        pytest.param("from: tick", "from: tick, keep: forever", id="keep, but not durable"),
        pytest.param("from: tick", "from: tick, at_most: 6", id="a rate without a time"),
        pytest.param("from: tick", "from: tick, inbox: {size: 0}", id="an inbox for nothing"),
        pytest.param("from: tick", "from: tick, inbox: {in: {ful: latest}}", id="a port's inbox"),
        pytest.param("from: tick", "from: tick, on_error: {then: explode}", id="no such ending"),
        pytest.param("from: tick", "from: tick, on_error: {retry: -1}", id="fewer than no tries"),
        pytest.param("type: debug", "type: delay", id="an option that is missing"),
        pytest.param("type: debug", "type: delay, wait: ", id="an option without its value"),
        pytest.param("type: debug", "type: delay, wait: [1s, 2s]", id="a list for a scalar"),
        pytest.param("type: debug", "type: change, only: power_w", id="a scalar for a list"),
        pytest.param("type: debug", "type: buzzer, gpio: pins", id="no safe level"),
        pytest.param("type: debug", "type: switch, cases: {a: {abve: 3}}", id="a slip deep inside"),
        pytest.param("flow: hello", "flow: hello\ntests: [{nam: x, do: []}]", id="a test's key"),
        pytest.param(
            "flow: hello",
            "flow: hello\nconnections: {bus: {type: serial-bus, port: /dev/x, baud: 9601}}",
            id="a number that is not one of some",
        ),
        pytest.param(
            "flow: hello", "flow: hello\nconnections: {bus: {type: debug}}", id="no connection type"
        ),
    ],
)
def test_a_wrong_flow_does_not_fit(schemas, old, new):
    schema, wrong = schemas["flow.schema.json"], HELLO.replace(old, new)
    assert complaints(schema, HELLO) == []
    assert complaints(schema, wrong) != []
    assert not check_text(wrong, "hello.yaml", Registry(["nodes"])).ok


def test_every_scalar_may_be_a_variable_a_secret_or_text_that_looks_like_a_number(schemas):
    text = """\
flow: hello
format: "1"
vars: {length: 100, wait: 1, then: drop}
connections:
  web: {type: http-client, timeout: $(wait)s}
  bus: {type: serial-bus, port: /dev/ttyUSB0, baud: "9600", echo: No}
nodes:
  tick: {type: schedule, every: 10s, disabled: $(off:-off)}
  show: {type: debug, from: {in: [tick, {ref: push.error, durable: on}]}, max_length: $(length)}
  note: {type: debug, from: tick, field: v12, max_length: 0x64, doc: 2026, inbox: {size: "5"}}
  push: {type: prowl, from: flow.errors, http: web, key: !secret prowl_key, at_most: 6/h}
  more: {type: prowl, from: flow.errors, http: web, key: 0412345, on_error: {then: $(then)}}
  none: {type: debug, from: tick, doc: , disabled: , keep: ~, every: }
"""
    assert complaints(schemas["flow.schema.json"], text) == []
    environ = {"off": "off"}
    errors = check_text(
        text, "hello.yaml", Registry(["nodes"]), CheckSettings(environ=environ)
    ).errors
    assert {error.code for error in errors} == {"missing-secret"}


# -- everything that the checker takes --------------------------------------------------------

WRITTEN = [
    *("", "~", "null", "0", "1", "5", "27", "99", "-1", "+3", "0x1F", "1.5", ".5", "1e3", "0412"),
    *("10s", "1h30m", "1h 30m", "500ms", "1%", "12.5 %", "06:00", "23:59:30", "24:00"),
    *("on", "OFF", "Yes", "no", "true", "False", "'true'", "'5'", '"10s"', "'0x10'", "'1.5'"),
    *("abc", "a b", "EUR", "Europe/Amsterdam", "UTC", "mon-fri", "last", "3", "day", "mon"),
    *('"0 6 * * *"', "skip", "run-all", "durable", "queue", "debug", "fault", "drop", "6/h"),
    *("1/30s", "1s..30s", "5s", "reports/", "power_w", "none", "even", "nl-off-peak", "SDM120"),
    *("9600", "2", "/dev/ttyUSB0", "pins", "[]", "[a]", "[a, 5, on]", "[pdf]", "['xlsx', csv]"),
    *("{}", "{a: b}", "{a: 5, b: on, c: null}", "{a: {above: 3}}", "{a: {type: MeterReading}}"),
    *("[{days: mon-fri, from: 23:00, to: 07:00}]", "{retry: 3}", "{backoff: 1s..2s, then: drop}"),
]
NO_VALUE = ("~", "null")
"""Text to the checker where a text is needed; an editor cannot tell it from nothing at all."""
NEEDED = {
    "serial-bus": {"port": "/dev/ttyUSB0"},
    "mqtt-broker": {"host": "localhost"},
    "postgres": {"host": "localhost", "database": "home"},
    "mail-server": {"host": "localhost", "sender": "me@example.org"},
    "card-keyboard": {"path": "/dev/input/by-id/usb-reader-event-kbd"},
}
TYPES = [*Registry(["nodes"]).nodes().values(), *Registry(["nodes"]).connections().values()]


def base_of(spec) -> dict[str, object]:
    """Return options that a type is content with."""
    if not isinstance(spec, NodeSpec):
        return NEEDED.get(spec.type_name, {})
    safe = {"safe": spec.safe_levels[0]} if spec.safe_levels else {}
    if getattr(spec.cls, "fails_open", False):
        safe["fails_open"] = "accepted"
    return {**spec.cls.examples[0].config, **safe}


def text_of(spec, option: str, value: str) -> str:
    options = {"type": spec.type_name, **base_of(spec)}
    options.pop(option, None)
    lines = [f"{name}: {json.dumps(one, default=str)}" for name, one in options.items()]
    return "\n".join([*lines, f"{option}: {value}", ""])


def taken(model, text: str, option: str, skip: set[str]) -> bool:
    """Return whether the checker takes the options of a text."""
    report = Report("flow.yaml", text.splitlines())
    body = parse(text, report)
    assert isinstance(body, YamlMap)
    options = YamlMap(
        {name: entry for name, entry in body.entries.items() if name not in skip or name == option},
        body.start,
        body.end,
    )
    made = OptionCheck(report).check(model, options, Subject(Mark(0, 0), "it"))
    return made is not None and not report.has_errors


@pytest.mark.parametrize("spec", TYPES, ids=lambda spec: spec.type_name)
def test_what_the_checker_takes_for_an_option_fits_the_schema(schemas, spec):
    kind = "node" if isinstance(spec, NodeSpec) else "connection"
    whole = schemas["flow.schema.json"]
    schema = {**whole, "properties": {}, "required": [], "additionalProperties": True}
    schema["allOf"] = [{"$ref": f"#/definitions/{kind}.{spec.type_name}"}]
    own = dict.fromkeys(schema_options(spec), spec.config)
    every = dict.fromkeys(set(NodeOptions.model_fields) - {"safe", "stale_after"}, NodeOptions)
    options = {**own, **(every if kind == "node" else {})}
    checked = 0
    for option, model in options.items():
        skip = {"type", "safe"} if option in own else {"type", *own, *base_of(spec)}
        for value in WRITTEN:
            text = text_of(spec, option, value)
            needed = option in base_of(spec) and value in NO_VALUE
            if not needed and taken(model, text, option, skip):
                checked += 1
                assert complaints(schema, text) == [], text
    assert checked or not options


def schema_options(spec) -> list[str]:
    return [*spec.config.model_json_schema().get("properties", {})]


FLAGGED = [
    "bad-id",
    "bad-safe",
    "format-missing",
    "format-version",
    "migrated",
    "missing-key",
    "missing-option",
    "missing-safe",
    "on-error",
    "option-value",
    "safe-on-non-actuator",
    "stale-after-on-non-actuator",
    "unknown-key",
    "unknown-option",
    "unknown-step",
    "unknown-type",
    "wrong-shape",
]


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.name)
def test_an_example_of_a_finding_fits_the_schema_unless_it_is_flagged_there_too(schemas, code):
    if code.example_is_commands or code.found_by == "parse":
        return  # of a flow that is no YAML a schema knows nothing
    schema = schemas["flow.schema.json"]
    registry = Registry(["nodes"])
    if code.name in FLAGGED:
        assert complaints(schema, code.example) != []
    elif check_text(code.example, "flow.yaml", registry, CheckSettings()).ok:
        assert complaints(schema, code.example) == []


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


def test_a_node_file_that_is_broken_is_told_and_left_out(site, capsys):
    (site / "nodes").mkdir()
    (site / "nodes" / "bell.py").write_text("import nothing_of_this_name\n")
    assert main(["schema", "-o", "out"]) == 1
    shown = capsys.readouterr()
    assert shown.err == (
        "oppleo-flow: left out: nodes/bell.py:1: ModuleNotFoundError: "
        "No module named 'nothing_of_this_name'\n"
    )
    assert "bell" not in (site / "out" / "flow.schema.json").read_text()
