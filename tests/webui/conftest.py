"""A runtime that a test moves by hand, and two ways to ask: by WSGI, and over a real socket."""

import io
import json
import queue
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from wsgiref.headers import Headers
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from oppleo_flow import SystemClock
from oppleo_flow.engine.snapshot import (
    FaultSnapshot,
    LevelSnapshot,
    NodeSnapshot,
    RuntimeEvent,
    RuntimeSnapshot,
)
from oppleo_flow.engine.vitals import Vitals
from webui.app import create_app
from webui.feed import Feed


class HandMovedRuntime:
    """Implements `webui.ports.Runtime`: nodes that change only when a test says so."""

    def __init__(self, *types_by_id, simulated=True):
        self.ready = True
        self.simulated = simulated
        self.started_at = datetime.now(UTC) - timedelta(minutes=5)
        self.nodes = {id_: _node(id_, kind, self.started_at) for id_, kind in types_by_id}
        self.subscriptions = []
        self.fails_with = None
        self.vital = Vitals(uptime_s=300.0, turn_age_s=0.1)
        self._lock = threading.Lock()

    def snapshot(self):
        if self.fails_with is not None:
            raise self.fails_with
        with self._lock:
            nodes = tuple(self.nodes.values())
        return RuntimeSnapshot("charge-point", self.simulated, self.started_at, nodes)

    def vitals(self):
        return self.vital

    def subscribe(self, size=256):
        subscription = HandMovedSubscription(size)
        self.subscriptions.append(subscription)
        return subscription

    def set(self, node, port, value, *, fresh=True, since=None):
        """Let a node's level hold a value."""
        level = LevelSnapshot(value, fresh, since or datetime.now(UTC))
        self.change(node, levels={**self.nodes[node].levels, port: level})
        self.publish("level", node, port, value)

    def say(self, node, level, text):
        self.change(node, status_level=level, status_text=text, status_since=datetime.now(UTC))
        self.publish("status", node, "", text)

    def fault(self, node, text, *, code="fault", since=None):
        fault = FaultSnapshot(code, text, since or datetime.now(UTC))
        self.change(node, faults=(*self.nodes[node].faults, fault), status_level="fault")
        self.publish("fault", node, "", text)

    def clear(self, node):
        self.change(node, faults=(), status_level="ok")
        self.publish("clear", node, "", "fault")

    def send(self, node, port, payload):
        """Let a node send an event."""
        self.publish("event", node, port, payload)

    def change(self, node, **fields):
        with self._lock:
            self.nodes[node] = replace(self.nodes[node], **fields)

    def publish(self, kind, node, port, value):
        event = RuntimeEvent(kind, node, port, value, datetime.now(UTC))
        for subscription in self.subscriptions:
            subscription.put(event)


class HandMovedSubscription:
    """Implements `webui.ports.Subscription`."""

    def __init__(self, size):
        self._events = queue.Queue(size)

    def put(self, event):
        self._events.put_nowait(event)

    def get(self, timeout_s):
        try:
            return self._events.get(timeout=timeout_s) if timeout_s else self._events.get_nowait()
        except queue.Empty:
            return None

    def close(self):
        self._events.put(None)


def _node(id_, kind, since):
    return NodeSnapshot(
        id=id_, type_name=kind, category="hardware", status_level="ok", status_text="",
        status_since=since, faults=(), levels={}, received=0, sent=0, failed=0, dropped=0,
        made_safe=None, disabled=False, blocking=False,
    )  # fmt: skip


@dataclass
class Answer:
    status: int
    headers: Headers
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    """Asks a WSGI application as a browser on this machine would."""

    def __init__(self, app):
        self.app = app
        self.strict = validator(app)

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def post(self, path, body=None, **headers):
        return self.ask("POST", path, json.dumps(body or {}).encode(), headers=headers)

    def ask(self, method, path, body=b"", headers=()):
        """Return the answer; header names are written as keywords, `Content_Type`."""
        address, _, query = path.partition("?")
        given = {
            "HTTP_HOST": "127.0.0.1:8080",
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": address,
            "QUERY_STRING": query,
        }
        if body or method == "POST":
            given |= {
                "CONTENT_TYPE": "application/json",
                "CONTENT_LENGTH": str(len(body)),
                "wsgi.input": io.BytesIO(body),
            }
        for name, value in dict(headers).items():
            key = name.upper()
            given[key if key.startswith("CONTENT_") else f"HTTP_{key}"] = value
        given = {key: value for key, value in given.items() if value is not None}
        setup_testing_defaults(given)
        started = []

        def start_response(status, headers, exc_info=None):
            started.append((int(status.split()[0]), Headers(headers)))

        chunks = self.strict(given, start_response)
        try:
            body = b"".join(chunks)
        finally:
            chunks.close()
        return Answer(*started[0], body)


@pytest.fixture
def make_runtime():
    """Return what makes a runtime of the nodes given as pairs of id and type."""
    return HandMovedRuntime


@pytest.fixture
def runtime(make_runtime):
    """Return the flow that ships, nothing known yet."""
    return make_runtime(
        ("rfid", "rfid-reader"),
        ("authorise", "authorise"),
        ("session", "charge-session"),
        ("offpeak", "offpeak-gate"),
        ("evse", "evse-switch"),
        ("evse_state", "evse-state"),
        ("meter", "modbus-meter"),
        ("led", "rgb-led"),
    )


@pytest.fixture
def feed(runtime):
    """Return a feed that nobody has started: what it says on request needs no thread."""
    feed = Feed(runtime, SystemClock(), most_streams=2)
    yield feed
    feed.close()


@pytest.fixture
def make_client(runtime, feed, tmp_path):
    """Return a function that makes a client of an application with the given parts."""

    def make(**parts):
        return Client(create_app(runtime, feed, **({"built_page": tmp_path} | parts)))

    return make


@pytest.fixture
def client(make_client):
    """Return a client of a site on real hardware, whose page is not built."""
    return make_client()
