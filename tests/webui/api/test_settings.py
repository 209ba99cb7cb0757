"""Settings over the API: what can be set, and other values in the files, with no other byte."""

import os

import pytest

from tests.webui.api.asking_as import VIEWER
from tests.webui.api.painted_site import NAME, SHIPPED, painted_site

SITE = """\
# Of this house.
format: 1
charge_point: {id: house, name: House}   # its name
timezone: Europe/Amsterdam
currency: EUR
flow: charge-point

web:
  port: 8080            # where the page is
"""
LINKS = """\
connections:
  web: {type: http-client}
  mail: {type: mail-server, host: m.example.org, sender: me@example.org, user: me, \
password: !secret mail_password}
"""
SECRETIVE = (
    SHIPPED.read_text()
    .replace("connections:\n", LINKS)
    .replace(
        "nodes:\n",
        "nodes:\n  push: {type: prowl, from: report, http: web, key: !secret prowl_key}\n",
        1,
    )
)


@pytest.fixture
def site(tmp_path):
    (tmp_path / "oppleo.yaml").write_text(SITE)
    with painted_site(tmp_path) as site:
        site.settings = tmp_path / "oppleo.yaml"
        yield site


def option(told, part, name):
    """Return an option of what was told."""
    found = [
        one
        for part_ in told["parts"]
        if part_["id"] == part
        for one in part_["options"]
        if one["name"] == name
    ]
    (one,) = found
    return one


def change(site, *changes, path="settings", method="PATCH"):
    names = ("part", "option", "was", "value")
    body = {"changes": [dict(zip(names, one, strict=True)) for one in changes]}
    return site.ask(method, path, body)


def changed(before, after):
    """Return the lines that went and the lines that came."""
    return [one for one in before if one not in after], [one for one in after if one not in before]


def test_each_option_is_told_with_what_it_means_may_be_and_is(site):
    status, told = site.ask("GET", "settings")
    assert status == 200
    pin = option(told, "evse", "pin")
    assert pin == {
        "name": "pin",
        "kind": "number",
        "description": "BCM number of the pin at SW.",
        "unit": "",
        "minimum": 0,
        "maximum": 27,
        "choices": [],
        "examples": [],
        "required": False,
        "default": "5",
        "value": "5",
        "variable": None,
        "parameter": None,
        "line": pin["line"],
        "oppleo": ["pinEvseSwitch", "evseSwitchEnabled"],
    }
    assert site.lines[pin["line"] - 1] == "    pin: 5"
    assert option(told, "meter", "bus")["choices"] == ["rs485"]
    assert option(told, "session", "meter_silent")["variable"] == "meter_silent"
    assert option(told, "session", "auto_session_energy_wh")["unit"] == "Wh"
    assert option(told, "offpeak", "enabled")["value"] is False
    assert option(told, "site", "web.port")["value"] == "8080"
    missing = [
        f"{part['id']}.{one['name']}"
        for part in told["parts"]
        for one in part["options"]
        if not one["description"]
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("given", "old", "new"),
    [
        (("evse", "pin", "5", "17"), "    pin: 5", "    pin: 17"),
        (("meter", "every", "2s", "10s"), "  meter_every: 2s ", "  meter_every: 10s "),
        (("session", "auto_session", False, True), "  auto_session: off ", "  auto_session: on "),
        (("meter", "energy", None, "total"), "", "    energy: total"),
        (
            ("meter", "also", None, ["power_factor", "apparent_power"]),
            "",
            "    also: [power_factor, apparent_power]",
        ),
    ],
    ids=["a number", "by its variable", "a switch", "what was never said", "a list"],
)
def test_a_setting_that_is_changed_is_a_changed_line_and_runs(site, given, old, new):
    before = site.lines
    status, told = change(site, given)
    assert (status, told["version"], told["start_needed"]) == (200, 2, False)
    assert given[0] in told["restarts"]
    went, came = changed(before, site.lines)
    assert came == ([one.replace(old, new) for one in went] if old else [new])
    assert len(came) == 1
    assert option(site.ask("GET", "settings")[1], *given[:2])["value"] == given[3]


def test_a_setting_that_is_taken_back_to_its_default_leaves_the_file(site):
    before = site.lines
    status, _ = change(site, ("buzzer", "pin", "23", None))
    assert (status, changed(before, site.lines)) == (200, (["    pin: 23"], []))
    assert option(site.ask("GET", "settings")[1], "buzzer", "pin")["value"] is None


def test_several_are_changed_together_or_not_at_all(site):
    before = site.lines
    good, wrong = ("buzzer", "pin", "23", "22"), ("evse", "pin", "5", "99")
    status, told = change(site, good, wrong)
    assert (status, told["code"], site.lines) == (422, "wrong-settings", before)
    assert change(site, good, ("evse", "pin", "5", "27"))[0] == 200
    assert changed(before, site.lines) == (
        ["    pin: 5", "    pin: 23"],
        ["    pin: 27", "    pin: 22"],
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("evse", "pin", "5", "99"), "at most 27, got 99"),
        (("meter", "every", "2s", "often"), "duration"),
        (("meter", "bus", "rs485", "pins"), "pins"),
        (("site", "currency", "EUR", "euro"), "three capitals"),
        (("meter", "bus", "rs485", None), "is needed"),
        (("offpeak", "open", None, "- {days: mon"), ""),
    ],
    ids=[
        "a bound",
        "a notation",
        "another kind of connection",
        "the site",
        "no default",
        "no YAML",
    ],
)
def test_a_wrong_value_is_told_at_its_field_and_nothing_changes(site, given, message):
    if given[1] == "open":
        now = option(site.ask("GET", "settings")[1], "offpeak", "open")["value"]
        given = (*given[:2], now, given[3])
    before = site.lines, site.settings.read_text()
    status, told = change(site, given)
    assert (status, told["code"]) == (422, "wrong-settings")
    assert told["errors"][0]["at"] == f"{given[0]}.{given[1]}"
    assert message in told["errors"][0]["message"]
    assert (site.lines, site.settings.read_text()) == before


def test_what_somebody_else_changed_is_told_field_by_field(site):
    assert change(site, ("evse", "pin", "5", "17"))[0] == 200
    status, told = change(site, ("evse", "pin", "5", "18"), ("buzzer", "pin", "23", "24"))
    assert (status, told["code"]) == (412, "stale")
    assert told["conflicts"] == [
        {
            "at": "evse.pin",
            "theirs": "17",
            "message": "somebody else has changed this meanwhile",
        }
    ]
    assert change(site, ("buzzer", "pin", "23", "24"))[0] == 200
    assert change(site, ("evse", "pin", "17", "18"))[0] == 200


def test_a_preview_tells_the_changed_line_and_what_restarts_and_does_nothing(site):
    before = site.lines
    status, told = change(site, ("evse", "pin", "5", "17"), path="settings/preview", method="POST")
    assert (status, told["restarts"], site.lines) == (200, ["evse"], before)
    assert "-    pin: 5\n+    pin: 17\n" in told["diff"]
    (warning,) = told["findings"]  # not those that are there anyhow
    assert (warning["node"], warning["severity"]) == ("evse", "warning")
    assert warning["message"].startswith("GPIO 17 is pulled down while the Raspberry Pi boots")


def test_a_setting_of_the_site_is_a_changed_line_and_counts_at_the_next_start(site):
    status, told = change(site, ("site", "web.port", "8080", "9000"))
    assert (status, told["version"], told["start_needed"]) == (200, None, True)
    assert site.settings.read_text() == SITE.replace("port: 8080 ", "port: 9000 ")
    assert site.ask("GET", "settings")[1]["start_needed"] is True
    status, _ = change(site, ("site", "charge_point.name", "House", "The garage"))
    assert "{id: house, name: The garage}   # its name" in site.settings.read_text()
    assert change(site, ("site", "log.level", None, "debug"))[0] == 200
    assert site.settings.read_text().endswith("log:\n  level: debug\n")


def test_what_somebody_types_within_a_tick_of_the_clock_is_shown_as_it_is_then(site):
    file = site.settings

    def port():
        return option(site.ask("GET", "settings")[1], "site", "web.port")["value"]

    text, at = file.read_text(), file.stat()
    assert (port(), text.count("port: 8080")) == ("8080", 1)
    for other in ("8081", "8082", "8080"):
        file.write_text(text.replace("port: 8080", f"port: {other}"))
        os.utime(file, ns=(at.st_atime_ns, at.st_mtime_ns))
        assert port() == other


def test_what_is_deployed_is_shown_from_then_on(site):
    def pin():
        return option(site.ask("GET", "settings")[1], "evse", "pin")["value"]

    assert (pin(), pin()) == ("5", "5")
    for other in ("17", "22"):
        assert change(site, ("evse", "pin", pin(), other))[0] == 200
        assert (pin(), pin()) == (other, other)


def test_of_a_secret_its_name_is_told_and_never_its_value(tmp_path):
    (tmp_path / "secrets.yaml").write_text("mail_password: pa55-word\nprowl_key: other-word\n")
    (tmp_path / "secrets.yaml").chmod(0o600)
    with painted_site(tmp_path, SECRETIVE) as site:
        told = site.client.ask("GET", "/api/v1/settings", b"")
        assert "pa55-word" not in str(told.json)
        password = option(told.json, "mail", "password")
        assert (password["kind"], password["value"]) == ("secret", "mail_password")
        assert told.json["secrets"] == ["mail_password", "prowl_key"]
        assert change(site, ("mail", "password", "mail_password", "prowl_key"))[0] == 200
        assert "password: !secret prowl_key" in site.file.read_text()


def test_what_has_an_inner_form_is_written_as_in_the_file(site):
    now = option(site.ask("GET", "settings")[1], "offpeak", "open")
    assert (now["kind"], now["value"]) == (
        "structure",
        '- {days: mon-fri, from: 23:00, to: 07:00}\n- {days: "sat,sun", from: 00:00, to: 24:00}',
    )
    wanted = now["value"].replace("07:00", "06:00")
    before = site.lines
    assert change(site, ("offpeak", "open", now["value"], wanted))[0] == 200
    assert changed(before, site.lines) == (
        ["      - {days: mon-fri, from: 23:00, to: 07:00}"],
        ["      - {days: mon-fri, from: 23:00, to: 06:00}"],
    )


def test_to_write_back_what_is_shown_changes_no_byte(site):
    told = site.ask("GET", "settings")[1]
    same = [
        (part["id"], one["name"], one["value"], one["value"])
        for part in told["parts"]
        for one in part["options"]
        if one["value"] is not None
    ]
    assert len(same) > 30
    before = site.file.read_bytes(), site.settings.read_bytes()
    status, told = change(site, *same)
    assert (status, told["diff"], told["version"]) == (200, "", None)
    assert (site.file.read_bytes(), site.settings.read_bytes()) == before


def test_what_is_not_there_is_said(site):
    assert change(site, ("nobody", "pin", None, "5"))[0] == 404
    assert change(site, ("evse", "pins", None, "5"))[0] == 404


def test_who_may_only_look_changes_nothing(site):
    site.access.now = VIEWER
    assert site.ask("GET", "settings")[0] == 200
    assert change(site, ("evse", "pin", "5", "17"))[0] == 403
    assert site.file.read_text() == SHIPPED.read_text()
    assert site.file.name == NAME.rpartition("/")[2]
