from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.flowfile import CheckSettings, SiteSecrets, check_file, check_text
from oppleo_flow.flowfile.graph import Place, Wire

HERE = Path(__file__).parent
GOOD = HERE / "charging.yaml"


def secrets(folder: Path) -> SiteSecrets:
    return SiteSecrets(folder / "secrets.yaml", {"OPPLEO_SECRET_PROWL_KEY": "hunter2-hunter2"})


def test_a_good_flow_has_a_graph_and_nothing_but_notes(registry, tmp_path) -> None:
    result = check_file(GOOD, registry, CheckSettings(secrets=secrets(tmp_path)))
    assert (result.ok, result.errors, result.warnings) == (True, (), ())
    assert list(result.graph.nodes) == [
        "rfid",
        "authorise",
        "session",
        "offpeak",
        "evse",
        "meter",
        "evse_state",
        "led",
        "push",
    ]


def test_a_wire_knows_its_ends_its_kind_and_its_place(registry, tmp_path) -> None:
    result = check_file(GOOD, registry, CheckSettings(secrets=secrets(tmp_path)))
    file = str(GOOD)
    assert result.graph.into("session") == [
        Wire("authorise", "accepted", "session", "token", "event", False, Place(file, 24, 14)),
        Wire("meter", "reading", "session", "meter", "level", False, Place(file, 25, 14)),
        Wire("evse_state", "state", "session", "plug", "level", False, Place(file, 26, 13)),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param("    type: meter\n    bus: [rs485\n    unit: 7\n", id="an open bracket"),
        pytest.param("    type: meter\n    bus: 'rs485\n    unit: 7\n", id="an open quote"),
        pytest.param("    type: meter\n    bus rs485\n    unit: 7\n", id="a colon left out"),
        pytest.param("    type: meter\n\tbus: rs485\n    unit: 7\n", id="a tab"),
        pytest.param("    type: @meter\n", id="a type that needs quotes"),
        pytest.param("    ]\n", id="nothing that makes sense"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_once_and_hides_nothing_else(check, broken) -> None:
    text = (
        "flow: f\nformat: 1\nconnections: {rs485: {type: bus, port: x}}\nnodes:\n"
        f"  p: {{type: plug, dok: x}}\n  m:\n{broken}"
        "  l: {type: lamp, safe: off, from: [p, m.error, qq]}\n"
    )
    findings = check(text).findings
    lines = {f.place.line for f in findings}
    last = text.count("\n")
    assert {5, last} < lines
    told = [f for f in findings if 5 < f.place.line < last and f.severity == "error"]
    assert [f.code for f in told] in (["yaml-syntax"], ["tab"])


@settings(max_examples=60, deadline=None)
@given(
    cut=st.integers(0, 1500),
    gone=st.integers(0, 30),
    put=st.text(st.sampled_from("a:-[]{}'\"\n\t #&*!|>$(), "), max_size=8),
)
def test_however_a_flow_is_mangled_it_is_checked_without_an_exception(
    registry, cut: int, gone: int, put: str
) -> None:
    text = GOOD.read_text(encoding="utf-8")
    mangled = text[:cut] + put + text[cut + gone :]
    result = check_text(mangled, "f.yaml", registry, CheckSettings())
    assert result.ok is not bool(result.errors)
    assert all(f.render().startswith("f.yaml:") for f in result.findings)


_VALUES = st.recursive(
    st.sampled_from(["1", "on", "", "x.y", "$(a)", "!secret k", "rfid", "10s", "'q'", "~"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)
_KEYS = st.sampled_from(
    [
        "type",
        "from",
        "doc",
        "safe",
        "inbox",
        "on_error",
        "at_most",
        "stale_after",
        "keep",
        "bus",
        "pin",
        "open",
        "shape",
        "many",
    ]
)
_TYPES = st.sampled_from(
    [
        "card",
        "authorise",
        "session",
        "gate",
        "relay",
        "meter",
        "plug",
        "lamp",
        "push",
        "delay",
        "batch",
        "router",
        "options",
        "nope",
    ]
)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "rfid", "flow"]),
        st.tuples(_TYPES, st.dictionaries(_KEYS, _VALUES, max_size=6)),
        max_size=4,
    )
)
def test_any_flow_is_checked_without_an_exception(registry, nodes) -> None:
    written = {name: {"type": kind} | options for name, (kind, options) in nodes.items()}
    text = f"flow: f\nformat: 1\nvars: {{a: 1}}\nnodes: {flow_style(written)}\n"
    result = check_text(text, "f.yaml", registry, CheckSettings())
    assert result.ok is not bool(result.errors)


def flow_style(value: object) -> str:
    """Write a value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {flow_style(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow_style(v) for v in value) + "]"
    return str(value)
