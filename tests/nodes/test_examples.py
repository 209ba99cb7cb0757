"""The examples that nodes carry: what the editor shows and the reference prints is what happens."""

from pathlib import Path

import pytest

from nodes.network.http_client import HttpClientConnection
from nodes.network.mail_server import MailServerConnection
from nodes.network.mqtt_broker import MqttBrokerConnection
from oppleo_flow.node import Example
from oppleo_flow.node_spec import NodeSpec
from oppleo_flow.registry import Registry
from oppleo_flow.testing import run_example
from oppleo_flow.testing.bench import expected
from tests.nodes.store_site import CONNECTIONS as STORE
from tests.nodes.store_site import ledger_in, site_in

ELSEWHERE = {"charging", "hardware", "storage"}  # they need a ledger, or a world
CONNECTIONS = {
    **STORE,
    "web": HttpClientConnection,
    "broker": (MqttBrokerConnection, {"host": "localhost"}),
    "mail": (MailServerConnection, {"host": "smtp.example.org", "sender": "me@example.org"}),
}
EXAMPLES = [
    pytest.param(spec, example, id=f"{name} {number}")
    for name, spec in Registry(["nodes"]).nodes().items()
    if spec.category not in ELSEWHERE
    for number, example in enumerate(spec.cls.examples, start=1)
]


@pytest.mark.parametrize(("spec", "example"), EXAMPLES)
def test_an_example_is_true(spec: NodeSpec, example: Example, tmp_path: Path) -> None:
    with ledger_in(tmp_path):
        site = site_in(tmp_path)
    used = {name: made for name, made in CONNECTIONS.items() if name in example.config.values()}

    assert run_example(spec.cls, example, connections=used, site=site) == expected(example)
