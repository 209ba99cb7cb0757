"""A runtime that a test moves by hand, and two ways to ask: by WSGI, and over a real socket."""

import functools
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
from bottle import Bottle
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from oppleo_flow import SystemClock
from oppleo_flow.engine.snapshot import (
    EVERY_KIND,
    FaultSnapshot,
    LevelSnapshot,
    NodeSnapshot,
    RuntimeEvent,
    RuntimeSnapshot,
)
from oppleo_flow.engine.vitals import Vitals
from tests.webui import graphs
from webui import problem
from webui.access import Demo
from webui.app import create_app
from webui.feed import Feed
from webui.parts import Parts
from webui.route import Content


class HandMovedRuntime:
    """Implements `webui.ports.Runtime`: nodes that change only when a test says so."""

    def __init__(self, *types_by_id, simulated=True):
        self.ready = True
        self.simulated = simulated
        self.started_at = datetime.now(UTC) - timedelta(minutes=5)
        self.nodes = {id_: _node(id_, kind, self.started_at) for id_, kind in types_by_id}
        self.graph = graphs.of_types(types_by_id)
        self.log_levels = HandMovedLevels(self.nodes)
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

    def node(self, node_id):
        raise KeyError(node_id)

    def subscribe(self, size=256, kinds=EVERY_KIND):
        subscription = HandMovedSubscription(size, kinds)
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
        self.publish("fault", node, code, text)

    def clear(self, node):
        over = self.nodes[node].faults
        self.change(node, faults=(), status_level="ok")
        for fault in over:
            self.publish("clear", node, fault.code, fault.text)

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


class HandMovedLevels:
    """Stands for `oppleo_flow.engine.log_levels.LogLevels`: each node writes as the flow says."""

    def __init__(self, nodes):
        self.levels = dict.fromkeys(nodes, "info")

    def all(self):
        return self.levels

    def set(self, node, level):
        self.levels[node] = level or "info"
        return self.levels[node]


class HandMovedSubscription:
    """Implements `webui.ports.Subscription`."""

    def __init__(self, size, kinds):
        self._events = queue.Queue(size)
        self._kinds = kinds

    def put(self, event):
        if event.kind in self._kinds:
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

    def ask(self, method, path, body=b"", headers=(), peer="127.0.0.1"):
        """Return the answer; header names are written as keywords, `Content_Type`."""
        address, _, query = path.partition("?")
        given = {
            "HTTP_HOST": "127.0.0.1:8080",
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": address,
            "QUERY_STRING": query,
            "REMOTE_ADDR": peer,
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
        answer = Answer(*started[0], body)
        answers_as_described(self.app, given, answer)
        return answer


def answers_as_described(app, environ, answer):
    """Check an answer against what the row of its route says, whatever the test is about."""
    if not 200 <= answer.status < 300:
        # A browser at an unknown address, or where nothing can be loaded, is given a page.
        for_programs = environ["PATH_INFO"].startswith(("/api/", "/static/"))
        by_a_person = "text/html" in environ.get("HTTP_ACCEPT", "") and not for_programs
        page = answer.status in (404, 503) and by_a_person
        if answer.status >= 400 and not page:
            assert answer.headers["Content-Type"] == problem.CONTENT_TYPE
            assert set(answer.json) >= {"title", "status", "code", "detail"}
        return
    if not isinstance(app, Bottle):
        return  # one that is loaded late has its rows inside
    row = app.router.match(environ)[0].config["row"]
    assert answer.status == row.status
    if isinstance(row.answer, Content):
        kind = answer.headers["Content-Type"].partition(";")[0]
        assert row.answer.kind in (kind, "*/*")
    elif row.answer is not None:
        checker(row.answer).validate(answer.json)


@functools.cache
def checker(kind):
    """Return what refuses an answer that lacks something, or has what its type does not name."""
    schema = TypeAdapter(kind).json_schema(mode="serialization")
    for one in (schema, *schema.get("$defs", {}).values()):
        if "properties" in one:
            one.setdefault("additionalProperties", False)
    return Draft202012Validator(schema)


@pytest.fixture
def make_runtime():
    """Return what makes a runtime of the nodes given as pairs of id and type."""
    return HandMovedRuntime


@pytest.fixture
def runtime(make_runtime):
    """Return the flow that ships, nothing known yet."""
    runtime = make_runtime(
        ("rfid", "rfid-reader"),
        ("authorise", "authorise"),
        ("session", "charge-session"),
        ("offpeak", "offpeak-gate"),
        ("evse", "evse-switch"),
        ("evse_state", "evse-state"),
        ("meter", "modbus-meter"),
        ("led", "rgb-led"),
    )
    runtime.graph = graphs.shipped()
    return runtime


@pytest.fixture
def feed(runtime):
    """Return a feed that nobody has started: what it says on request needs no thread."""
    feed = Feed(runtime, SystemClock(), most_streams=2)
    yield feed
    feed.close()


@pytest.fixture
def make_client(runtime, feed, tmp_path):
    """Return a function that makes a client of an application with the given parts."""

    def make(*, built_page=tmp_path, **parts):
        known = {"runtime": runtime, "feed": feed, "access": Demo()}
        return Client(create_app(Parts(**(known | parts)), built_page=built_page))

    return make


@pytest.fixture
def client(make_client):
    """Return a client of a site on real hardware, whose page is not built."""
    return make_client()
