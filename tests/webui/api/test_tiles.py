"""The tiles of the dashboard: kept for the site, changed by who may edit."""

import json

import pytest

from tests.webui.api.asking_as import EDITOR, OPERATOR, asked_by
from tests.webui.conftest import Client
from webui.app import create_app
from webui.board import FILE
from webui.parts import Parts
from webui.ports import SiteFacts

METER = {"node": "meter", "port": "reading", "title": "House"}


@pytest.fixture
def ask_as(runtime, feed, tmp_path):
    def ask_as(who, folder=tmp_path):
        parts = Parts(runtime=runtime, feed=feed, site=SiteFacts(state_folder=folder))
        app = create_app(parts, built_page=tmp_path)
        asked_by(app, who)
        return Client(app)

    return ask_as


def put(client, *tiles):
    body = json.dumps({"tiles": list(tiles)}).encode()
    answer = client.ask("PUT", "/api/v1/tiles", body)
    return answer.status, answer.json


def test_nothing_is_pinned_at_first_and_every_level_of_the_flow_can_be(ask_as):
    found = ask_as(OPERATOR).get("/api/v1/tiles").json
    assert found["tiles"] == []
    assert {"node": "meter", "port": "reading"} in found["choices"]
    assert {"node": "session", "port": "started"} not in found["choices"]


def test_what_somebody_pins_everybody_sees_in_that_order(ask_as):
    plug = {"node": "evse_state", "port": "state", "title": ""}
    status, found = put(ask_as(EDITOR), METER, plug)
    assert (status, found["tiles"]) == (200, [METER | {"there": True}, plug | {"there": True}])
    assert ask_as(OPERATOR).get("/api/v1/tiles").json["tiles"] == found["tiles"]
    assert put(ask_as(EDITOR), plug)[1]["tiles"] == [plug | {"there": True}]


def test_who_may_not_edit_may_not_pin(ask_as):
    assert put(ask_as(OPERATOR), METER)[0] == 403


@pytest.mark.parametrize(
    ("tiles", "said"),
    [
        pytest.param(
            [METER, METER], "dashboard: the same output is pinned twice", id="the same twice"
        ),
        pytest.param(
            [METER | {"port": "nothing"}],
            "dashboard: meter.nothing: the flow has no such level",
            id="what is not there",
        ),
        pytest.param(
            [{"node": "session", "port": "started"}],
            "dashboard: session.started: the flow has no such level",
            id="what happens and does not last",
        ),
    ],
)
def test_what_cannot_be_shown_is_not_pinned(ask_as, tiles, said):
    status, found = put(ask_as(EDITOR), *tiles)
    assert (status, found["detail"]) == (409, said)


def test_what_left_the_flow_stays_pinned_until_somebody_takes_it_away(ask_as, tmp_path):
    (tmp_path / FILE).write_text('{"tiles": [{"node": "gone", "port": "out", "title": ""}]}')
    gone = {"node": "gone", "port": "out", "title": ""}
    client = ask_as(EDITOR)
    assert client.get("/api/v1/tiles").json["tiles"] == [gone | {"there": False}]
    assert put(client, gone, METER)[0] == 200


def test_a_file_that_is_no_list_of_tiles_is_said_to_be(ask_as, tmp_path):
    (tmp_path / FILE).write_text("[]")
    answer = ask_as(EDITOR).get("/api/v1/tiles")
    assert (answer.status, answer.json["code"]) == (503, "not-available")
    assert answer.json["detail"].endswith("move it away to begin anew")


def test_a_site_that_remembers_nothing_has_no_tiles(ask_as):
    client = ask_as(EDITOR, folder=None)
    assert client.get("/api/v1/tiles").json["tiles"] == []
    assert put(client, METER)[1]["detail"] == (
        "dashboard: this site has no folder to keep its tiles in"
    )
