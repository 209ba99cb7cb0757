"""The off-peak hours over the API: painted into the file of the flow, and deployed."""

import os
from difflib import ndiff

import pytest

from oppleo_flow.charging.calendar_rules import CalendarRules
from tests.webui.api.painted_site import NAME, SHIPPED, flow_by_dal, painted_site, site_by_dal

NIGHT = [[0, 420], [1380, 1440]]
WHOLE = [[0, 1440]]
WEEK = [NIGHT] * 5 + [WHOLE] * 2
SUNDAY_ALONE = SHIPPED.read_text().replace('days: "sat,sun"', "days: sun")


@pytest.fixture
def site(tmp_path):
    with painted_site(tmp_path) as site:
        yield site


def only(items):
    (one,) = items
    return one


def changed(before, after):
    """Return the lines that went and the lines that came."""
    lines = list(ndiff(before, after))
    return [one[2:] for one in lines if one[:2] == "- "], [
        one[2:] for one in lines if one[:2] == "+ "
    ]


def test_the_week_of_a_gate_and_its_holidays_are_told_with_their_dates(site):
    status, told = site.ask("GET", "calendars")
    calendar = only(told["items"])
    assert (status, told["revision"]) == (200, site.revision)
    assert calendar["week"] == WEEK
    assert (calendar["name"], calendar["node"]) == ("offpeak", "offpeak")
    assert (calendar["revision"], calendar["pending"]) == (site.revision, False)
    assert (calendar["file"], calendar["timezone"]) == (
        "flows/charge-point.yaml",
        "Europe/Amsterdam",
    )
    assert (calendar["open_now"], calendar["until"]) == (False, "2026-01-15T22:00:00+00:00")
    assert calendar["rules"] == [{"rule": "nl-off-peak", "kind": "list"}]
    assert calendar["holidays"][:3] == [
        {"day": "2026-04-06", "name": "Easter Monday", "rule": "nl-off-peak"},
        {"day": "2026-04-27", "name": "King's Day", "rule": "nl-off-peak"},
        {"day": "2026-05-14", "name": "Ascension Day", "rule": "nl-off-peak"},
    ]
    assert calendar["holidays"][-1]["day"] == "2028-01-01"
    assert only(told["gates"]) == {
        "node": "offpeak",
        "calendar": "offpeak",
        "enabled": False,
        "variable": "offpeak_only",
        "editable": True,
        "counts_for": ["offpeak"],
    }


def test_a_saturday_that_is_painted_is_one_changed_line_and_holds_at_once(tmp_path):
    with painted_site(tmp_path, SUNDAY_ALONE) as site:
        before = site.lines
        week = [NIGHT] * 5 + [WHOLE] * 2
        status, told = site.ask(
            "PATCH", "calendars/offpeak", {"revision": site.revision, "week": week}
        )
        assert (status, told["version"]) == (200, 2)
        assert changed(before, site.lines) == (
            ["      - {days: sun, from: 00:00, to: 24:00}"],
            ['      - {days: "sat,sun", from: 00:00, to: 24:00}'],
        )
        assert only(told["items"])["week"] == week
        config = site.house.runtime.graph.nodes["offpeak"].config
        assert config.rules().calendar("UTC").is_open(site.house.clock.now().replace(day=17))
        assert '+      - {days: "sat,sun", from: 00:00, to: 24:00}' in told["diff"]


def test_the_switch_for_off_peak_hours_only_turns_the_variable_that_says_so(site):
    before = site.lines
    body = {"revision": site.revision, "enabled": True}
    status, told = site.ask("PUT", "gates/offpeak", body)
    assert (status, only(told["gates"])["enabled"]) == (200, True)
    assert changed(before, site.lines) == (
        ["  offpeak_only: off                    # on: charge within the off-peak hours only"],
        ["  offpeak_only: on                    # on: charge within the off-peak hours only"],
    )
    site.house.world.swipe("family")
    site.house.run_for(5)
    assert not site.level("evse", "state").on


def test_a_flow_that_stands_outside_the_site_is_changed_there(tmp_path):
    folder, file = tmp_path / "site", tmp_path / "elsewhere" / "flows" / "charge-point.yaml"
    with painted_site(folder, file=file) as site:
        _, told = site.ask("GET", "calendars")
        assert (only(told["items"])["file"], only(told["gates"])["editable"]) == (str(file), True)
        body = {"revision": site.revision, "enabled": True}
        status, told = site.ask("PUT", "gates/offpeak", body)
        assert (status, only(told["gates"])["enabled"]) == (200, True)
        assert any(line.startswith("  offpeak_only: on ") for line in site.lines)


def test_a_variable_that_was_set_from_outside_goes_before_the_file_and_that_is_said(tmp_path):
    with painted_site(tmp_path, variables={"offpeak_only": "off"}) as site:
        status, told = site.ask(
            "PUT", "gates/offpeak", {"revision": site.revision, "enabled": True}
        )
        assert (status, told["code"]) == (409, "overridden")


def test_holidays_once_yearly_and_moving_are_added_and_taken_away(site):
    before = site.lines
    rules = ["nl-off-peak", "12-31", "2026-05-15", "easter-2"]
    status, told = site.ask(
        "PATCH", "calendars/offpeak", {"revision": site.revision, "holidays": rules}
    )
    assert status == 200
    calendar = only(told["items"])
    assert [one["kind"] for one in calendar["rules"]] == ["list", "yearly", "once", "easter"]
    days = {one["day"]: one["rule"] for one in calendar["holidays"]}
    assert (days["2026-05-15"], days["2026-04-03"], days["2027-03-26"]) == (
        "2026-05-15",
        "easter-2",
        "easter-2",
    )
    assert [day for day, rule in days.items() if rule == "12-31"] == ["2026-12-31", "2027-12-31"]
    assert len(changed(before, site.lines)[1]) == 1
    status, told = site.ask(
        "PATCH", "calendars/offpeak", {"revision": told["revision"], "holidays": ["easter-2"]}
    )
    assert [one["rule"] for one in only(told["items"])["rules"]] == ["easter-2"]
    status, told = site.ask(
        "PATCH", "calendars/offpeak", {"revision": told["revision"], "holidays": []}
    )
    assert (only(told["items"])["rules"], only(told["items"])["holidays"]) == ([], [])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param({"holidays": ["31-12"]}, 422, "wrong-body", id="a day of no month"),
        pytest.param({"week": [[]] * 6}, 422, "wrong-body", id="six days"),
        pytest.param({"week": [[[60, 30]]] * 7}, 422, "wrong-body", id="backwards"),
        pytest.param({"week": [[[0, 1441]]] * 7}, 422, "wrong-body", id="longer than a day"),
        pytest.param({"revision": "old", "week": WEEK}, 412, "stale", id="another was quicker"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(site, body, status, code):
    before = site.lines
    answer = site.ask("PATCH", "calendars/offpeak", {"revision": site.revision} | body)
    assert (answer[0], answer[1]["code"]) == (status, code)
    assert site.lines == before


def test_a_week_that_is_never_open_and_one_that_always_is_are_weeks_too(site):
    for week in ([[]] * 7, [WHOLE] * 7, WEEK):
        body = {"revision": site.revision, "week": week}
        status, told = site.ask("PATCH", "calendars/offpeak", body)
        assert (status, only(told["items"])["week"]) == (200, week)


@pytest.fixture
def by_dal(tmp_path):
    with site_by_dal(tmp_path) as site:
        yield site


def test_a_calendar_of_the_site_is_painted_into_its_own_file_and_runs_from_the_next_start(by_dal):
    told = by_dal.ask("GET", "calendars")[1]
    calendar = only(told["items"])
    assert (calendar["name"], calendar["node"], calendar["file"]) == ("dal", None, "oppleo.yaml")
    assert (calendar["pending"], only(told["gates"])["calendar"]) == (False, "dal")
    night = [[0, 360], [1320, 1440]]
    assert calendar["week"] == [night] * 5 + [[], WHOLE]
    before = by_dal.settings.read_text().splitlines()
    week = [night] * 5 + [WHOLE] * 2
    body = {"revision": calendar["revision"], "week": week, "holidays": ["easter+1", "12-31"]}
    status, told = by_dal.ask("PATCH", "calendars/dal", body)
    calendar = only(told["items"])
    assert (status, told["version"], calendar["pending"]) == (200, None, True)
    assert (calendar["week"], [one["rule"] for one in calendar["rules"]]) == (
        week,
        ["easter+1", "12-31"],
    )
    assert changed(before, by_dal.settings.read_text().splitlines()) == (
        ["      - {days: sun, from: 00:00, to: 24:00}", "    holidays: easter+1"],
        ['      - {days: "sat,sun", from: 00:00, to: 24:00}', "    holidays: [easter+1, 12-31]"],
    )
    again = by_dal.ask("PATCH", "calendars/dal", body)
    assert (again[0], again[1]["code"]) == (412, "stale")


def test_a_calendar_whose_file_nobody_can_change_from_here_is_shown_all_the_same(tmp_path):
    dal = CalendarRules.model_validate(
        {"open": [{"days": "daily", "from": "22:00", "to": "06:00"}], "holidays": "easter+1"}
    )
    with painted_site(tmp_path, flow_by_dal(), calendars={"dal": dal}) as site:
        calendar = only(site.ask("GET", "calendars")[1]["items"])
        assert (calendar["week"], calendar["revision"]) == ([[[0, 360], [1320, 1440]]] * 7, None)
        status, told = site.ask("PATCH", "calendars/dal", {"revision": "x", "week": WEEK})
        assert (status, told["detail"]) == (
            409,
            "dal: stands in oppleo.yaml; change it there, and start anew",
        )


def test_a_calendar_that_somebody_types_within_a_tick_of_the_clock_is_shown_as_it_is_then(by_dal):
    file = by_dal.settings

    def rules():
        calendar = only(by_dal.ask("GET", "calendars")[1]["items"])
        return [one["rule"] for one in calendar["rules"]], calendar["pending"]

    text, at = file.read_text(), file.stat()
    assert rules() == (["easter+1"], False)
    for other in ("easter+2", "easter+3"):
        file.write_text(text.replace("easter+1", other))
        os.utime(file, ns=(at.st_atime_ns, at.st_mtime_ns))
        assert rules() == ([other], True)
    file.write_text(text)
    assert rules() == (["easter+1"], False)


def test_a_gate_whose_variable_a_deploy_takes_away_has_none_from_then_on(site):
    def gate():
        told = only(site.ask("GET", "calendars")[1]["gates"])
        return told["variable"], told["enabled"]

    assert gate() == ("offpeak_only", False)
    text = site.file.read_text()
    typed = text.replace("enabled: $(offpeak_only)", "enabled: on")
    assert typed != text
    site.deploying.deploy({NAME: typed}, site.revision, who="somebody", why="typed")
    assert gate() == (None, True)
    site.deploying.deploy({NAME: text}, site.revision, who="somebody", why="typed")
    assert gate() == ("offpeak_only", False)


def test_a_gate_that_is_not_there_is_said_to_be_so(site):
    status, told = site.ask("PUT", "gates/meter", {"revision": "x", "enabled": True})
    assert (status, told["code"]) == (404, "no-such-gate")
