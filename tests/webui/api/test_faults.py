"""Open faults and those that are over, over the API."""

from datetime import UTC, datetime, timedelta

from oppleo_flow.engine.snapshot import PastFault, PastStatus

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def past(text, since, until):
    return PastFault("silent", text, NOON + since * MINUTE, NOON + until * MINUTE)


def test_the_newest_is_the_first_of_the_open_ones_and_of_those_that_are_over(client, runtime):
    runtime.fault("meter", "no answer", code="silent", since=NOON)
    runtime.fault("rfid", "no reader", code="reader-silent", since=NOON + MINUTE)
    runtime.change("meter", past_faults=(past("first", 1, 2), past("third", 5, 6)))
    runtime.change("led", past_faults=(past("second", 0, 4),))
    answer = client.get("/api/v1/faults").json
    assert [(one["node"], one["text"]) for one in answer["open"]] == [
        ("rfid", "no reader"),
        ("meter", "no answer"),
    ]
    assert [one["text"] for one in answer["over"]] == ["third", "second", "first"]
    assert answer["over"][0] == {
        "node": "meter",
        "code": "silent",
        "text": "third",
        "since": "2026-01-15T12:05:00+00:00",
        "until": "2026-01-15T12:06:00+00:00",
    }


def test_only_the_newest_that_are_over_are_given_when_that_is_asked_for(client, runtime):
    runtime.change("meter", past_faults=(past("first", 1, 2), past("second", 5, 6)))
    answer = client.get("/api/v1/faults?limit=1").json
    assert [one["text"] for one in answer["over"]] == ["second"]
    assert client.get("/api/v1/faults?limit=0").status == 422


def test_what_a_node_says_comes_before_what_it_said(client, runtime):
    said = (
        PastStatus("ok", "first", NOON, NOON + MINUTE),
        PastStatus("warn", "second", NOON + MINUTE, NOON + 2 * MINUTE),
    )
    since = NOON + 2 * MINUTE
    runtime.change("meter", past_statuses=said, status_text="third", status_since=since)
    answer = client.get("/api/v1/statuses?node=meter").json["statuses"]
    assert [one["text"] for one in answer] == ["third", "second", "first"]
    assert answer[:2] == [
        {
            "node": "meter",
            "level": "ok",
            "text": "third",
            "since": "2026-01-15T12:02:00+00:00",
            "until": None,
        },
        {
            "node": "meter",
            "level": "warn",
            "text": "second",
            "since": "2026-01-15T12:01:00+00:00",
            "until": "2026-01-15T12:02:00+00:00",
        },
    ]
    assert len(client.get("/api/v1/statuses?limit=3").json["statuses"]) == 3


def test_a_node_that_is_not_there_says_nothing(client):
    answer = client.get("/api/v1/statuses?node=other")
    assert (answer.status, answer.json["code"]) == (404, "no-such-node")
