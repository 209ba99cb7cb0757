"""The flow over the API: read, previewed, deployed, compared and gone back to."""

import json

import pytest

from oppleo_flow import SystemClock
from tests.oppleo_flow.cli.deployed_site import FASTER, FLOW, NAME, QUIET, DeployedSite
from tests.webui.conftest import Client
from webui.access import Demo
from webui.app import create_app
from webui.feed import Feed
from webui.parts import Parts

ADDRESS = "/api/v1/flow"


@pytest.fixture
def running(tmp_path):
    (tmp_path / "site").mkdir()
    made = DeployedSite(tmp_path / "site")
    yield made
    made.runtime.stop()


@pytest.fixture
def client(running, tmp_path):
    feed = Feed(running.runtime, SystemClock(), most_streams=1)
    made = create_app(
        Parts(access=Demo(), runtime=running.runtime, feed=feed, deploying=running.deploying),
        built_page=tmp_path,
    )
    yield Client(made)
    feed.close()


def put(client, etag, text=None, **more):
    body = more if text is None else {"files": {NAME: text}, **more}
    headers = {"Content_Type": "application/json"} | ({"If_Match": etag} if etag else {})
    return client.ask("PUT", ADDRESS, json.dumps(body).encode(), headers)


def etag(client):
    return client.get(ADDRESS).headers["ETag"]


def test_the_flow_is_read_with_its_revision(client, running):
    answer = client.get(ADDRESS)
    assert answer.headers["ETag"] == f'"{running.revision}"'
    assert answer.json == {
        "version": 1,
        "revision": running.revision,
        "at": "2026-01-15T12:00:00+00:00",
        "who": "run",
        "why": "started from the files",
        "main": NAME,
        "files": {NAME: FLOW},
        "changed_on_disk": [],
        "disk_findings": [],
        "code_tried": None,
    }


def test_a_change_on_the_disk_is_shown_with_what_a_check_finds_in_it(client, running):
    running.file.write_text(FASTER)
    found = client.get(ADDRESS).json
    assert (found["changed_on_disk"], found["disk_findings"]) == ([NAME], [])
    running.file.write_text(FLOW.replace("show: {type", "show: {typ"))
    for _ in range(2):
        found = client.get(ADDRESS).json
        assert found["changed_on_disk"] == [NAME]
        first, *_ = found["disk_findings"]
        assert (first["severity"], first["line"], first["node"]) == ("error", 5, "show")
    running.file.unlink()
    (gone,) = client.get(ADDRESS).json["disk_findings"]
    assert gone["severity"] == "error"
    running.file.write_text(FLOW)
    found = client.get(ADDRESS).json
    assert (found["changed_on_disk"], found["disk_findings"]) == ([], [])
    assert running.every() == 3600


def test_a_preview_says_what_restarts_and_why(client, running):
    answer = client.post(f"{ADDRESS}/preview", {"files": {NAME: FASTER}})
    assert (answer.status, answer.json["changes"]) == (
        200,
        {
            "added": [],
            "removed": [],
            "restarted": [{"node": "tick", "why": "other options: every"}],
            "rewired": [],
            "keep_level": [],
            "reopened": [],
        },
    )
    assert running.deploying.running().number == 1


def test_a_deploy_answers_with_the_new_revision(client, running):
    answer = put(client, etag(client), FASTER, why="livelier")
    assert (answer.status, answer.json["version"], answer.json["why"]) == (200, 2, "livelier")
    assert answer.headers["ETag"] == f'"{running.revision}"' == f'"{answer.json["becomes"]}"'
    assert running.file.read_text() == FASTER


def test_without_a_body_of_files_the_disk_is_deployed(client, running):
    running.file.write_text(FASTER)
    assert put(client, etag(client)).status == 200
    assert running.every() == 60


@pytest.mark.parametrize(
    ("method", "address"),
    [("PUT", ADDRESS), ("POST", f"{ADDRESS}/versions/1/deploy")],
)
def test_a_write_without_a_revision_is_asked_for_one(client, method, address):
    answer = client.ask(method, address, b"{}", {"Content_Type": "application/json"})
    assert (answer.status, answer.json["code"]) == (428, "no-revision")


def test_a_stale_draft_goes_together_when_it_touches_other_nodes(client, running):
    before = etag(client)
    put(client, before, FASTER)
    answer = put(client, before, QUIET)
    assert answer.status == 200
    assert answer.json["files"] == {NAME: QUIET.replace("1h", "1m")}


def test_a_stale_draft_that_touches_the_same_node_is_told_which(client, running):
    before = etag(client)
    put(client, before, FASTER)
    answer = put(client, before, FLOW.replace("1h", "2h"))
    assert (answer.status, answer.json["code"], answer.json["conflicts"]) == (
        412,
        "stale",
        ["tick"],
    )
    assert running.every() == 60


def test_a_flow_with_errors_is_refused_with_the_findings(client):
    for answer in (
        put(client, etag(client), FLOW.replace("every: 1h", "every: no")),
        client.post(f"{ADDRESS}/preview", {"files": {NAME: FLOW.replace("1h", "no")}}),
    ):
        assert (answer.status, answer.json["code"]) == (422, "flow-has-errors")
        (finding,) = answer.json["findings"]
        assert (finding["node"], finding["line"]) == ("tick", 4)


def test_what_is_only_on_the_disk_is_not_overwritten_unasked(client, running):
    running.file.write_text(FASTER)
    answer = put(client, etag(client), QUIET)
    assert (answer.status, answer.json["code"]) == (409, "refused")
    assert put(client, etag(client), QUIET, overwrite=True).status == 200


def test_the_versions_are_listed_read_compared_and_gone_back_to(client, running):
    put(client, etag(client), FASTER)
    listed = client.get(f"{ADDRESS}/versions").json
    assert (listed["running"], [one["version"] for one in listed["versions"]]) == (2, [2, 1])
    assert client.get(f"{ADDRESS}/versions/1").json["files"] == {NAME: FLOW}
    diff = client.get(f"{ADDRESS}/diff?from=1&to=2").json["diff"]
    assert diff == client.get(f"{ADDRESS}/diff?from=1").json["diff"]
    assert "+  tick: {type: schedule, every: 1m}" in diff
    tag = etag(client)
    answer = client.post(f"{ADDRESS}/versions/1/deploy", {"who": "me"}, If_Match=tag)
    assert (answer.json["version"], answer.json["who"]) == (3, "me")
    again = client.post(f"{ADDRESS}/versions/1/deploy", {}, If_Match=tag)
    assert (again.status, again.json["code"]) == (412, "stale")


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/versions/9", 404, "no-such-version"),
        ("/diff?from=9", 404, "no-such-version"),
        ("/diff", 422, "wrong-query"),
        ("/diff?from=one", 422, "wrong-query"),
        ("/diff?from=1&to=%D9%A3", 422, "wrong-query"),
    ],
)
def test_a_version_that_is_not_there_is_told(client, address, status, code):
    answer = client.get(ADDRESS + address)
    assert (answer.status, answer.json["code"]) == (status, code)


def test_where_nothing_can_be_deployed_there_is_no_flow(running, tmp_path):
    feed = Feed(running.runtime, SystemClock(), most_streams=1)
    answer = Client(
        create_app(Parts(access=Demo(), runtime=running.runtime, feed=feed), built_page=tmp_path)
    ).get(ADDRESS)
    assert (answer.status, answer.json["code"]) == (404, "no-deploys")
    feed.close()
