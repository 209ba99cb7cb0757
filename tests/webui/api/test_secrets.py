"""Which secrets there are, over the API, without any value."""

from webui.ports import SiteFacts

KEY = {
    "name": "prowl_key",
    "from": "secrets.yaml",
    "uses": [{"file": "flows/push.yaml", "line": 5, "option": "nodes.push.key"}],
}


def test_each_secret_is_told_with_its_origin_and_its_users(make_client):
    client = make_client(site=SiteFacts(secrets=lambda: [KEY]))
    assert client.get("/api/v1/secrets").json == {"secrets": [KEY]}


def test_a_site_without_secrets_has_none(make_client):
    assert make_client().get("/api/v1/secrets").json == {"secrets": []}
