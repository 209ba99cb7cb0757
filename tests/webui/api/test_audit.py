"""Who did what, over the API."""

import pytest

from oppleo_flow.clock import VirtualClock
from oppleo_flow.store.audit import AuditLog
from oppleo_flow.testing.bench import NOON


@pytest.fixture
def audit(tmp_path):
    return AuditLog(tmp_path / "audit.sqlite", VirtualClock(NOON))


@pytest.fixture
def client(make_client, audit):
    return make_client(audit=audit)


def test_the_newest_deed_is_the_first_with_all_that_is_known_of_it(client, audit):
    audit.note("page", "deploy", "version 1: because", "+new")
    audit.note("pi (command)", "replay", "dead letter 7 of clerk.in")
    answer = client.get("/api/v1/audit").json
    assert [deed["number"] for deed in answer["deeds"]] == [2, 1]
    assert answer["deeds"][1] == {
        "number": 1,
        "at": "2026-01-15T12:00:00+00:00",
        "who": "page",
        "what": "deploy",
        "about": "version 1: because",
        "details": "+new",
        "simulated": False,
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [("since=2026-01-15T12:00:00Z", 1), ("since=2026-01-15T14:00:00+01:00", 0), ("limit=1", 1)],
)
def test_deeds_are_asked_for_by_moment_and_number(client, audit, query, found):
    audit.note("page", "deploy", "version 1")
    assert len(client.get(f"/api/v1/audit?{query}").json["deeds"]) == found


WRITTEN_OUT = "Value error, a moment with its zone is needed, as 2026-01-31T00:00:00Z"


@pytest.mark.parametrize(
    ("moment", "what"),
    [
        ("2026-01-15", WRITTEN_OUT),
        ("yesterday", WRITTEN_OUT),
        ("1768478400", WRITTEN_OUT),
        ("2026-01-15T12:00:00", "Input should have timezone info"),
    ],
)
def test_a_moment_that_is_not_written_out_with_its_zone_is_refused(client, moment, what):
    answer = client.get(f"/api/v1/audit?since={moment}")
    assert (answer.status, answer.json["code"], answer.json["detail"]) == (
        422,
        "wrong-query",
        f"since: {what}",
    )


def test_where_nothing_is_noted_there_is_nothing_to_look_at(make_client):
    answer = make_client().get("/api/v1/audit")
    assert (answer.status, answer.json["code"]) == (404, "no-audit")
