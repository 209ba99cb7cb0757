"""Settings inside subflows: one for all uses, and parameters where each use has its own."""

import pytest

from tests.house.sources import ROOT
from tests.webui.api.painted_site import painted_site
from tests.webui.api.test_settings import change, changed, option

TWO = (ROOT / "examples/two-charge-points.yaml").read_text(encoding="utf-8")
SHARED = """\
subflow: guard
format: 1
params:
  current: {type: float, min: 6, default: 16, doc: What it may draw.}
  turn: {type: duration, default: 2h}
in:
  request: SwitchRequest
  plug: EvseState | EvseUnknown
  meter: MeterReading | MeterUnknown
out: {request: share.out}
nodes:
  share:
    type: mains-share
    from: {in: in.request, plug: in.plug, meter: in.meter}
    mains: mains
    current_a: $(current)
    turn: $(turn)   # they take turns
"""
INNER = """\
      share:
        type: mains-share
        from: {in: session.request, plug: signal, meter: meter}
        mains: mains
        current_a: $(current)
        turn: 2h
"""
OUTER = """\
      share:
        type: flow:guard
        from: {request: session.request, plug: signal, meter: meter}
        current: $(current)
"""


@pytest.fixture
def site(tmp_path):
    with painted_site(tmp_path, TWO) as site:
        yield site


@pytest.fixture
def shared(tmp_path):
    """Return a site whose subflow uses another one, which has a file of its own."""
    file = tmp_path / "subflows" / "guard.yaml"
    file.parent.mkdir()
    file.write_text(SHARED)
    assert INNER in TWO
    text = TWO.replace(INNER, OUTER).replace("from: share\n", "from: share.request\n")
    with painted_site(tmp_path, text) as site:
        site.guard = file
        yield site


def part(site, id_):
    _, told = site.ask("GET", "settings")
    (one,) = (one for one in told["parts"] if one["id"] == id_)
    return one


def of(site, id_, name):
    return option(site.ask("GET", "settings")[1], id_, name)


def test_what_stands_in_a_subflow_is_one_part_for_all_its_uses(site):
    meter = part(site, "flow:charge-point.meter")
    assert meter["inside"] == {
        "subflow": "charge-point",
        "name": "meter",
        "uses": ["left", "right"],
    }
    assert (meter["editable"], meter["section"], meter["type"]) == (
        True,
        "hardware",
        "modbus-meter",
    )
    _, told = site.ask("GET", "settings")
    assert [one["id"] for one in told["parts"] if one["id"].startswith(("left.", "right."))] == []
    bus = of(site, "flow:charge-point.meter", "bus")
    assert (bus["value"], bus["choices"], bus["parameter"]) == ("rs485", ["rs485"], None)
    unit = of(site, "flow:charge-point.meter", "unit_id")
    assert (unit["value"], unit["parameter"], unit["variable"]) == ("$(unit)", "unit", None)


def test_the_parameters_of_a_use_are_its_options(site):
    left = part(site, "left")
    assert (left["type"], left["about"]) == (
        "flow:charge-point",
        "The charge point beside the door.",
    )
    told = {one["name"]: one for one in left["options"]}
    assert list(told) == [
        *("reader", "switch_pin", "signal_pin", "unit", "model", "current", "every")
    ]
    assert told["reader"]["choices"] == ["left_reader", "right_reader"]
    pin = told["switch_pin"]
    assert (pin["kind"], pin["minimum"], pin["maximum"]) == ("number", 0.0, 27.0)
    assert (pin["required"], pin["value"]) == (True, "5")
    assert pin["description"] == "The pin that gives the SmartEVSE access."
    every = told["every"]
    assert (every["kind"], every["default"], every["value"]) == ("text", "10s", None)
    assert told["model"]["choices"] == ["SDM630v2", "SDM120"]


@pytest.mark.parametrize(
    ("given", "went", "came", "restarts"),
    [
        pytest.param(
            ("flow:charge-point.share", "turn", "2h", "3h"),
            *(["        turn: 2h"], ["        turn: 3h"]),
            ["left.share", "right.share"],
            id="inside, for all",
        ),
        pytest.param(
            ("flow:charge-point.session", "meter_silent", None, "charge"),
            *([], ["        meter_silent: charge"]),
            ["left.session", "right.session"],
            id="inside, never said before",
        ),
        pytest.param(
            ("left", "unit", "1", "3"),
            *(["    unit: 1"], ["    unit: 3"]),
            ["left.meter"],
            id="of one use",
        ),
        pytest.param(
            ("left", "every", None, "5s"),
            *([], ["    every: 5s"]),
            ["left.meter"],
            id="of one use, never said before",
        ),
        pytest.param(
            ("right", "model", "SDM120", None),
            *(["    model: SDM120"], []),
            ["right.meter"],
            id="back to its default",
        ),
    ],
)
def test_one_line_changes_and_each_node_that_it_is_of_restarts(site, given, went, came, restarts):
    before = site.lines
    _, looked = change(site, given, path="settings/preview", method="POST")
    assert looked["restarts"] == restarts
    status, _ = change(site, given)
    assert (status, changed(before, site.lines)) == (200, (went, came))
    assert of(site, *given[:2])["value"] == given[3]


def test_what_is_a_parameter_is_changed_at_each_use_alone(site):
    before = site.lines
    status, told = change(site, ("flow:charge-point.meter", "unit_id", "$(unit)", "9"))
    assert (status, told["detail"]) == (
        409,
        "flow:charge-point.meter.unit_id: each use of the subflow has its own, by the parameter "
        "'unit'; set it at left, right",
    )
    assert site.lines == before


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(("left", "switch_pin", "5", "99"), id="a bound"),
        pytest.param(("left", "model", None, "XYZ"), id="a choice"),
        pytest.param(("flow:charge-point.share", "turn", "2h", "often"), id="inside"),
        pytest.param(("left", "switch_pin", "5", None), id="no default"),
    ],
)
def test_a_wrong_value_is_told_at_its_field_and_nothing_changes(site, given):
    before = site.lines
    status, told = change(site, given)
    assert (status, told["code"]) == (422, "wrong-settings")
    assert told["errors"][0]["at"] == f"{given[0]}.{given[1]}"
    assert site.lines == before


def test_a_subflow_with_a_file_of_its_own_is_changed_there(shared):
    share = part(shared, "subflow:guard.share")
    assert (share["file"], share["inside"]["uses"]) == (
        "subflows/guard.yaml",
        ["left.share", "right.share"],
    )
    assert of(shared, "subflow:guard.share", "turn")["parameter"] == "turn"
    before, lines = shared.guard.read_text(), shared.lines
    status, told = change(shared, ("subflow:guard.share", "idle_after", None, "5m"))
    assert (status, told["restarts"]) == (200, ["left.share.share", "right.share.share"])
    assert shared.guard.read_text() == f"{before}    idle_after: 5m\n"
    assert shared.lines == lines


def test_what_a_subflow_gives_to_one_inside_it_is_set_in_the_first(shared):
    inner = part(shared, "flow:charge-point.share")
    assert (inner["type"], inner["inside"]["uses"]) == ("flow:guard", ["left", "right"])
    assert of(shared, "flow:charge-point.share", "current")["parameter"] == "current"
    before = shared.lines
    status, told = change(shared, ("flow:charge-point.share", "turn", None, "3h"))
    assert (status, changed(before, shared.lines)) == (200, ([], ["        turn: 3h"]))
    assert told["restarts"] == ["left.share.share", "right.share.share"]


@pytest.mark.parametrize("flow", ["site", "shared"])
def test_to_write_back_what_is_shown_changes_no_byte(request, flow):
    site = request.getfixturevalue(flow)
    told = site.ask("GET", "settings")[1]
    same = [
        (part["id"], one["name"], one["value"], one["value"])
        for part in told["parts"]
        for one in part["options"]
        if one["value"] is not None and one["parameter"] is None
    ]
    assert len(same) > 20
    before = site.file.read_bytes()
    status, told = change(site, *same)
    assert (status, told["diff"], told["version"]) == (200, "", None)
    assert site.file.read_bytes() == before
