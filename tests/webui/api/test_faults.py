"""Open faults and those that are over, over the API."""

from datetime import UTC, datetime, timedelta

from oppleo_flow.engine.snapshot import PastFault

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
