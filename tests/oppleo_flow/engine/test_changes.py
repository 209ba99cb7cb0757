"""What a deploy will do is told before."""

import pytest

from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.testing import Collect, plan
from tests.oppleo_flow.engine.versions import Counter, Lamp, house


@pytest.mark.parametrize(
    ("version", "told"),
    [
        pytest.param(house(), {}, id="nothing changed"),
        pytest.param(
            house({"other": plan(Counter, {"step": "2"})}),
            {"restarted": {"other": "other options: step"}},
            id="an option",
        ),
        pytest.param(
            house({"counter": plan(Counter, on_error=OnError(retry=1), durable=True)}),
            {"restarted": {"counter": "other options: on_error, durable"}},
            id="options of every node",
        ),
        pytest.param(
            house({"other": plan(Collect)}),
            {"restarted": {"other": "its type was 'counter'"}},
            id="a type",
        ),
        pytest.param(house({"new": plan(Collect)}), {"added": ("new",)}, id="a node more"),
        pytest.param(
            house({"other": plan(Counter, disabled=True)}),
            {"removed": ("other",)},
            id="a node that is disabled",
        ),
        pytest.param(house({}, "other.rang > end.in"), {"rewired": ("end",)}, id="a wire more"),
        pytest.param(
            house({"lamp": plan(Lamp, stale_after_s=60.0)}),
            {"restarted": {"lamp": "other options: stale_after_s"}, "keep_level": ()},
            id="an output",
        ),
        pytest.param(
            house({"other": plan(Counter, doc="the spare one", log_level="debug")}),
            {},
            id="words only",
        ),
    ],
)
def test_a_preview_says_what_a_deploy_changes(run, version, told):
    runtime = run(house())
    nothing = {"added": (), "removed": (), "restarted": {}, "rewired": (), "reopened": ()}
    changes = runtime.preview(version)
    assert {name: getattr(changes, name) for name in (*nothing, "keep_level")} == {
        **nothing,
        "keep_level": ("lamp",),
        **told,
    }
