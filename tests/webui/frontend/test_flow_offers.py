"""What is offered where somebody types in a flow file, and how a text is told from another."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webui.frontend.typescript import running

CODE = """
import { digestOf } from "src/pages/flow/edit/digest";
import { offersAt } from "src/pages/flow/edit/offers";
import { whereIs } from "src/pages/flow/edit/yaml/where";
const options = async (type) => [{ text: `option-of-${type}`, about: "what it is for" }];
export const digest = digestOf;
export const offers = (text, picture, types) =>
  offersAt(whereIs(text.split("\\n")), { picture, file: "flows/a.yaml", types, options });
"""
MEASURED, SWITCHED, NOTHING = 0, 1, None
ABOVE = "nodes:\n  log:\n    "


def node(name, *, inputs=(), outputs=()):
    return {
        "name": name,
        "type": f"{name}-type",
        "inputs": [{"name": one, "type": kind} for one, kind in inputs],
        "outputs": [{"name": one, "type": kind} for one, kind in outputs],
    }


PICTURE = {
    "types": ["Measured", "Switched"],
    "fits": [[MEASURED], [SWITCHED]],
    "scopes": [
        {
            "file": "flows/a.yaml",
            "name": "",
            "ins": [],
            "nodes": [
                node("meter", outputs=[("out", MEASURED)]),
                node("gate", outputs=[("open", SWITCHED), ("level", MEASURED)]),
                node("any", outputs=[("out", NOTHING)]),
                node("log", inputs=[("in", MEASURED), ("stop", SWITCHED)], outputs=[("out", 0)]),
            ],
        },
        {
            "file": "flows/a.yaml",
            "name": "inner",
            "ins": [{"name": "reading", "type": MEASURED}],
            "nodes": [node("log", inputs=[("in", MEASURED)])],
        },
    ],
}


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    with running(CODE, tmp_path_factory.mktemp("offers")) as script:
        yield script


@pytest.fixture
def offered(script):
    def offered(text, picture=PICTURE):
        types = [{"text": "meter-type"}, {"text": "log-type"}]
        return [one["text"].strip() for one in script.call("offers", text, picture, types)]

    return offered


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("from:\n      in: ", ["meter", "gate.level", "any"]),
        ("from:\n      stop: ", ["gate.open", "any"]),
        ("from: ", ["meter", "gate.open", "gate.level", "any"]),
        ("from: [meter, ", ["meter", "gate.open", "gate.level", "any"]),
        ("from:\n      ", ["in:", "stop:"]),
        ("from:\n      none: ", ["meter", "gate.open", "gate.level", "any"]),
        ("type: ", ["meter-type", "log-type"]),
        ("ty", ["type:", "from:", "option-of-log-type:"]),
        ("other: ", []),
    ],
)
def test_only_what_fits_is_offered_in_a_node(offered, typed, expected):
    assert offered(ABOVE + typed) == expected


def test_in_a_subflow_its_own_nodes_and_inputs_are_offered(offered):
    assert offered("subflows:\n  inner:\n    nodes:\n      log:\n        from: ") == ["in.reading"]


def test_what_a_file_consists_of_is_offered_at_its_margin(offered):
    assert {"flow:", "nodes:", "tests:"} <= set(offered("no"))


@pytest.mark.parametrize("text", ["vars:\n  a: ", "nodes:\n  new", "flow: "])
def test_where_nothing_is_known_nothing_is_offered(offered, text):
    assert offered(text) == []


def test_a_flow_that_was_not_looked_at_yet_offers_types_only(offered):
    assert offered(ABOVE + "type: ", None) == ["meter-type", "log-type"]
    assert offered(ABOVE + "from: ", None) == []


@given(text=st.text(max_size=300))
def test_a_text_has_the_same_digest_here_and_at_the_server(script, text):
    assert script.call("digest", text) == hashlib.sha256(text.encode()).hexdigest()
