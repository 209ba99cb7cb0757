"""`oppleo-mqtt`: what Oppleo's listeners hear of backups."""

import json
from typing import Any

from nodes.network.mqtt_broker import MqttBrokerConnection
from nodes.network.oppleo_mqtt import OppleoMqtt
from oppleo_flow.payloads import BackupStep
from oppleo_flow.testing.bench import Bench


def test_each_step_of_a_backup_is_told() -> None:
    heard: list[Any] = []
    connections = {"broker": (MqttBrokerConnection, {"host": "h"})}
    with Bench(OppleoMqtt, {"broker": "broker"}, connections=connections) as bench:
        node: Any = bench.node
        node._broker.subscribe("#", heard.append)
        for step in ("started", "passed-over", "completed"):
            bench.send(BackupStep.sample(step=step))
        bench.send(BackupStep.sample(step="failed", reason="no room"))
    assert [(one.topic, json.loads(one.payload)) for one in heard] == [
        ("oppleo/bench/backup/backup_started", {"id": "bench"}),
        ("oppleo/bench/backup/backup_request_ignored", {"id": "bench"}),
        ("oppleo/bench/backup/backup_completed", {"id": "bench"}),
        ("oppleo/bench/backup/backup_failed", {"data": {"reason": "no room"}, "id": "bench"}),
    ]
