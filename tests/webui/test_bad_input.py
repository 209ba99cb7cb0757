"""What no route takes, asked of every route: the wrong kind of body, too much of it, nonsense."""

import json

import pytest

from tests.webui.test_app import TABLE, example
from webui.api.flow import Draft

# A file is no JSON: what of it is refused is told where it is taken.
BODIES = [row for row in TABLE if row.form is not None]
# A stream is told in tests of its own: it answers for as long as somebody reads.
STREAMS = ("/events", "/hints")
QUERIES = [row for row in TABLE if row.query is not None and not row.path.endswith(STREAMS)]
# What a route may find out before it looks at the body: what is asked about is not there at all.
BEFORE = {404, 409, 428}


def per_row(rows):
    return pytest.mark.parametrize("row", rows, ids=[row.name for row in rows])


def refusals(answer, *statuses):
    assert answer.status in {*statuses, *BEFORE}, answer.body
    return answer.json


@per_row(BODIES)
@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        pytest.param(b'{"a": 1}', {"Content_Type": "text/plain"}, 415, id="a form's type"),
        pytest.param(b"a=1", {"Content_Type": "application/x-www-form-urlencoded"}, 415, id="form"),
        pytest.param(b"{}", {"Content_Type": None}, 415, id="no type"),
        pytest.param(b"{}", {"Content_Length": None}, 411, id="no length"),
        pytest.param(b"{", {"Content_Type": "application/json"}, 422, id="broken JSON"),
        pytest.param(b"\xff", {"Content_Type": "application/json"}, 422, id="no UTF-8"),
        pytest.param(b"[" * 9_000, {"Content_Type": "application/json"}, 422, id="deep nesting"),
        pytest.param(b"NaN", {"Content_Type": "application/json"}, 422, id="not a number"),
        pytest.param(b'{"?": 1}', {"Content_Type": "application/json"}, 422, id="an unknown key"),
    ],
)
def test_a_body_that_is_none_of_ours_is_a_problem(client, row, body, headers, status):
    sent = {"Content_Type": "application/json", "Content_Length": str(len(body)), **headers}
    refusals(client.ask(row.method, example(row.path), body, sent), status)


@per_row(BODIES)
def test_a_body_that_is_too_long_is_not_read(client, row):
    most = 8 * 1024 * 1024 if issubclass(row.body, Draft) else 1024 * 1024
    body = json.dumps({"a": "x" * most}).encode()
    headers = {"Content_Type": "application/json", "Content_Length": str(len(body))}
    refusals(client.ask(row.method, example(row.path), body, headers), 413)


@per_row(QUERIES)
@pytest.mark.parametrize(
    "value",
    [
        pytest.param("x" * 20_000, id="very long"),
        pytest.param("9" * 5_000, id="a huge number"),
        pytest.param("-1", id="below none"),
        pytest.param("%FF%FE", id="no UTF-8"),
        pytest.param("%00", id="a null"),
        pytest.param("NaN", id="not a number"),
    ],
)
def test_a_query_that_makes_no_sense_is_a_problem_or_finds_nothing(client, row, value):
    names = [field.alias or name for name, field in row.query.model_fields.items()]
    answer = client.ask(row.method, f"{example(row.path)}?{names[0]}={value}")
    assert answer.status < 500 or answer.json["code"] == "not-available"


@per_row(QUERIES)
def test_a_query_that_nobody_knows_is_a_problem(client, row):
    answer = client.ask(row.method, f"{example(row.path)}?nobody-knows=this")
    refusals(answer, 422)
