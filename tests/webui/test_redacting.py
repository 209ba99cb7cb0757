"""No answer of the API shows the value of a secret."""

import pytest

from oppleo_flow.redaction import Redaction
from webui.ports import SiteFacts

KEY = 'hunter2"é'


@pytest.fixture
def redaction():
    made = Redaction()
    made.learn("prowl_key", KEY)
    return made


@pytest.fixture
def client(make_client, redaction):
    return make_client(site=SiteFacts(redact=redaction.redacted))


@pytest.mark.parametrize("path", ["/api/v1/state", "/api/v1/faults"])
def test_a_fault_that_quotes_a_key_is_shown_without_it(client, runtime, path):
    runtime.fault("meter", f"GET /?key={KEY} failed")
    answer = client.get(path)
    assert answer.status == 200
    assert b"hunter2" not in answer.body
    assert "GET /?key=<secret prowl_key> failed" in str(answer.json)
    assert answer.headers["Content-Length"] == str(len(answer.body))


def test_a_refusal_is_without_it_too(client, runtime):
    runtime.ready = False
    runtime.fault("meter", f"GET /?key={KEY} failed")
    answer = client.get("/ready")
    assert (answer.status, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert b"hunter2" not in answer.body
    assert "<secret prowl_key>" in answer.json["detail"]


def test_a_page_that_listens_gets_to_see_none(client, runtime, feed):
    runtime.fault("meter", f"GET /?key={KEY} failed")
    stream = feed.listen
    feed.listen = lambda **_: iter([next(stream())])
    answer = client.get("/api/v1/events")
    assert b"hunter2" not in answer.body
    assert b"<secret prowl_key>" in answer.body


def test_without_secrets_every_answer_is_as_it_was(make_client, runtime):
    runtime.fault("meter", "no answer")
    hiding = make_client(site=SiteFacts(redact=Redaction().redacted)).get("/api/v1/faults")
    plain = make_client().get("/api/v1/faults")
    assert hiding.body == plain.body
