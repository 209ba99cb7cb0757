"""Off-peak hours that stand in a subflow: one text for all its uses, and a switch at each."""

import pytest

from tests.webui.api.painted_site import painted_site
from tests.webui.api.test_settings import changed
from tests.webui.api.test_settings_in_subflows import TWO

WHOLE = [[0, 1440]]
GATE = """\
      offpeak:
        type: offpeak-gate
        from: session.request
        enabled: $(offpeak_only)
        open:
          - {days: mon-fri, from: 23:00, to: 07:00}
          - {days: sun, from: 00:00, to: 24:00}

      share:
"""
GATED = (
    TWO.replace("      share:\n", GATE, 1)
    .replace("from: {in: session.request, plug", "from: {in: offpeak, plug")
    .replace("    out:\n", "      offpeak_only: {type: bool, default: off}\n    out:\n", 1)
)


@pytest.fixture
def site(tmp_path):
    with painted_site(tmp_path, GATED) as site:
        yield site


def calendars(site):
    return site.ask("GET", "calendars")[1]


def paint(site, **what):
    name = calendars(site)["items"][0]["name"]
    return site.ask("PATCH", f"calendars/{name}", {"revision": site.revision} | what)


def shut(site, node, enabled):
    return site.ask("PUT", f"gates/{node}", {"revision": site.revision, "enabled": enabled})


def test_the_hours_in_a_subflow_are_one_calendar_that_counts_for_each_use(site):
    told = calendars(site)
    (calendar,) = told["items"]
    assert calendar["counts_for"] == ["left.offpeak", "right.offpeak"]
    assert (calendar["file"], calendar["revision"]) == ("flows/charge-point.yaml", site.revision)
    assert [one["calendar"] for one in told["gates"]] == ["left.offpeak"] * 2


def test_what_is_painted_is_one_changed_line_and_holds_at_each_use(site):
    before = site.lines
    status, told = paint(site, week=_week(calendars(site), saturday=WHOLE))
    assert (status, told["version"]) == (200, 2)
    assert changed(before, site.lines) == (
        ["          - {days: sun, from: 00:00, to: 24:00}"],
        ['          - {days: "sat,sun", from: 00:00, to: 24:00}'],
    )
    nodes = site.house.runtime.graph.nodes
    assert nodes["left.offpeak"].config.open == nodes["right.offpeak"].config.open


def test_a_switch_that_is_a_parameter_is_thrown_at_its_use_alone(site):
    before = site.lines
    status, told = shut(site, "right.offpeak", enabled=True)
    assert status == 200
    assert changed(before, site.lines) == ([], ["    offpeak_only: on"])
    assert {one["node"]: one["enabled"] for one in told["gates"]} == {
        "left.offpeak": False,
        "right.offpeak": True,
    }
    assert [one["counts_for"] for one in told["gates"]] == [["left.offpeak"], ["right.offpeak"]]
    assert shut(site, "right.offpeak", enabled=False)[0] == 200
    assert changed(before, site.lines) == ([], ["    offpeak_only: off"])


def test_a_switch_that_stands_in_the_subflow_is_thrown_for_all_its_uses(tmp_path):
    parameter = "      offpeak_only: {type: bool, default: off}\n"
    text = GATED.replace(parameter, "").replace("$(offpeak_only)", "off   # for now")
    with painted_site(tmp_path, text) as site:
        both = ["left.offpeak", "right.offpeak"]
        assert [one["counts_for"] for one in calendars(site)["gates"]] == [both, both]
        before = site.lines
        status, told = shut(site, "left.offpeak", enabled=True)
        assert (status, [one["enabled"] for one in told["gates"]]) == (200, [True, True])
        assert changed(before, site.lines) == (
            ["        enabled: off   # for now"],
            ["        enabled: on   # for now"],
        )


def test_hours_that_each_use_has_of_its_own_are_not_painted_over(tmp_path):
    text = GATED.replace("from: 23:00, to: 07:00", "from: $(night), to: 07:00").replace(
        "    out:\n", "      night: {type: str, default: 23:00}\n    out:\n", 1
    )
    with painted_site(tmp_path, text) as site:
        before = site.lines
        status, told = paint(site, week=_week(calendars(site), saturday=WHOLE))
        assert (status, told["detail"]) == (
            409,
            "flows/charge-point.yaml: subflows.charge-point.nodes.offpeak.open: each use of the "
            "subflow has its own, by a parameter; change it in the file",
        )
        assert site.lines == before


def _week(told, *, saturday):
    """Return the week that is told, with another Saturday."""
    week = told["items"][0]["week"]
    return [*week[:5], saturday, week[6]]
