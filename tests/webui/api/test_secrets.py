"""Which secrets there are, over the API, and a new value for one, which nobody reads again."""

import json
from functools import partial

import pytest

from oppleo_flow import SystemClock
from oppleo_flow.cli.secrets import keep_secret, secrets_of
from oppleo_flow.store.audit import AuditLog
from webui.ports import SiteFacts

KEY = {
    "name": "prowl_key",
    "from": "secrets.yaml",
    "uses": [{"file": "flows/push.yaml", "line": 5, "option": "nodes.push.key"}],
}
BEFORE = "prowl_key: old  # mine\n"


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "secrets.yaml"
    file.write_text(BEFORE)
    file.chmod(0o600)
    return file


@pytest.fixture
def audit(tmp_path):
    return AuditLog(tmp_path / "audit.sqlite", SystemClock(), simulated=False)


@pytest.fixture
def client(make_client, file, audit):
    facts = SiteFacts(
        secrets=lambda: [one.as_json() for one in secrets_of(file.parent)[0]],
        keep_secret=partial(keep_secret, file.parent),
    )
    return make_client(site=facts, audit=audit)


def put(client, name, body):
    return client.ask("PUT", f"/api/v1/secrets/{name}", json.dumps(body).encode())


def test_each_secret_is_told_with_its_origin_and_its_users(make_client):
    client = make_client(site=SiteFacts(secrets=lambda: [KEY]))
    assert client.get("/api/v1/secrets").json == {"secrets": [KEY]}


def test_a_site_without_secrets_has_none_and_takes_none(make_client):
    client = make_client()
    assert client.get("/api/v1/secrets").json == {"secrets": []}
    answer = put(client, "prowl_key", {"value": "new"})
    assert (answer.status, answer.json["detail"]) == (404, "this site keeps no secrets")


def test_a_secret_is_written_and_no_answer_nor_the_audit_has_its_value(client, file, audit):
    answer = put(client, "prowl_key", {"value": 'hunter: "2"'})
    assert answer.status == 200
    assert answer.json["secrets"] == [{**KEY, "uses": []}]
    assert file.read_text() == 'prowl_key: "hunter: \\"2\\""  # mine\n'
    assert file.stat().st_mode & 0o777 == 0o600
    put(client, "mqtt_password", {"value": "hunter3"})
    assert [one["name"] for one in client.get("/api/v1/secrets").json["secrets"]] == [
        "mqtt_password",
        "prowl_key",
    ]
    assert [(one.what, one.about) for one in audit.deeds()] == [
        ("secret", "mqtt_password set"),
        ("secret", "prowl_key set"),
    ]
    assert "hunter" not in str(audit.deeds()) + client.get("/api/v1/secrets").body.decode()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        pytest.param("9lives", {"value": "new"}, id="no name"),
        pytest.param("prowl_key", {"value": ""}, id="nothing"),
        pytest.param("prowl_key", {"value": "x" * 4097}, id="too long"),
        pytest.param("prowl_key", {"value": 7}, id="a number"),
    ],
)
def test_what_is_no_secret_is_refused_without_its_value(client, file, name, body):
    answer = put(client, name, body)
    assert answer.status == 422
    assert "new" not in answer.body.decode()
    assert file.read_text() == BEFORE
