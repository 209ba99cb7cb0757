import json
from datetime import UTC, datetime

import pytest

from oppleo_flow import VirtualClock
from oppleo_flow.errors import ConfigError, Refused
from oppleo_flow.simulator.world import SimulatedWorld

LEVERS = ["plug-in", "plug-out", "swipe", "meter", "evse", "solar"]


class RecordedLevers:
    """Implements `webui.ports.Levers`: writes down what was pulled; its world stands still."""

    def __init__(self):
        self.world = SimulatedWorld(VirtualClock(datetime(2026, 1, 15, 12, tzinfo=UTC)))
        self.pulled = []
        self.refusal = None

    def plug_in(self, *, point=None):
        self._pull("plug_in", point)

    def plug_out(self, *, point=None):
        self._pull("plug_out", point)

    def swipe(self, card, *, point=None):
        self._pull("swipe", card, point)

    def silence_meter(self, silent, *, point=None):
        self._pull("silence_meter", silent, point)

    def break_evse(self, broken, *, point=None):
        self._pull("break_evse", broken, point)

    def shine(self, solar, *, point=None):
        self._pull("shine", solar, point)

    def snapshot(self):
        return self.world.snapshot()

    def _pull(self, *call):
        if self.refusal is not None:
            raise self.refusal
        self.pulled.append(call)


@pytest.fixture
def levers():
    return RecordedLevers()


@pytest.fixture
def simulated(make_client, levers):
    return make_client(levers=levers)


@pytest.mark.parametrize(
    ("lever", "body", "call"),
    [
        ("plug-in", {}, ("plug_in", None)),
        ("plug-in", {"at": "right"}, ("plug_in", "right")),
        ("plug-out", {}, ("plug_out", None)),
        ("plug-out", {"at": "right"}, ("plug_out", "right")),
        ("swipe", {"card": "04A1B2C3"}, ("swipe", "04A1B2C3", None)),
        ("swipe", {"card": "04A1B2C3", "at": "right"}, ("swipe", "04A1B2C3", "right")),
        ("meter", {"silent": True}, ("silence_meter", True, None)),
        ("meter", {"silent": False, "at": "right"}, ("silence_meter", False, "right")),
        ("evse", {"broken": True}, ("break_evse", True, None)),
        ("solar", {"solar": True, "at": "right"}, ("shine", True, "right")),
    ],
)
def test_a_lever_is_pulled_and_the_world_is_shown(simulated, levers, lever, body, call):
    answer = simulated.post(f"/api/v1/simulator/{lever}", body)
    assert levers.pulled == [call]
    assert (answer.status, answer.json) == (200, levers.snapshot())
    assert simulated.get("/api/v1/simulator").json == levers.snapshot()


@pytest.mark.parametrize("lever", LEVERS)
def test_real_hardware_has_no_levers(client, lever):
    answer = client.post(f"/api/v1/simulator/{lever}")
    assert answer.status == 404
    assert answer.json == {
        "title": "Not Found",
        "status": 404,
        "code": "not-simulated",
        "detail": "this site runs on real hardware; start it with --simulate to have these levers",
    }
    assert client.get("/api/v1/simulator").json == answer.json


@pytest.mark.parametrize(
    ("lever", "body", "errors"),
    [
        ("swipe", {}, [{"at": "card", "message": "Field required"}]),
        ("swipe", {"card": 7}, [{"at": "card", "message": "Input should be a valid string"}]),
        (
            "swipe",
            {"card": ""},
            [{"at": "card", "message": "String should have at least 1 character"}],
        ),
        (
            "meter",
            {"silent": "yes"},
            [{"at": "silent", "message": "Input should be a valid boolean"}],
        ),
        (
            "plug-in",
            {"car": "blue"},
            [{"at": "car", "message": "Extra inputs are not permitted"}],
        ),
    ],
)
def test_a_wrong_body_pulls_nothing_and_says_what_is_wrong(simulated, levers, lever, body, errors):
    answer = simulated.post(f"/api/v1/simulator/{lever}", body)
    assert answer.status == 422
    assert answer.json == {
        "title": "Unprocessable Entity",
        "status": 422,
        "code": "wrong-body",
        "detail": "the body is not what this address takes",
        "errors": errors,
    }
    assert levers.pulled == []


@pytest.mark.parametrize("lever", LEVERS)
@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        pytest.param(b"{", {}, 422, "wrong-body", id="broken JSON"),
        pytest.param(b"", {}, 422, "wrong-body", id="no body"),
        pytest.param(b"[" * 9000, {}, 422, "wrong-body", id="deep nesting"),
        pytest.param(b"\xff", {}, 422, "wrong-body", id="no UTF-8"),
        pytest.param(b"[]", {}, 422, "wrong-body", id="not an object"),
        pytest.param(b"{}", {"Content_Type": None}, 415, "not-json", id="no type"),
        pytest.param(b"{}", {"Content_Type": "text/plain"}, 415, "not-json", id="a form's type"),
        pytest.param(b"{}", {"Content_Length": None}, 411, "no-length", id="no length"),
        pytest.param(b" " * 16_385, {}, 413, "too-long", id="too long"),
    ],
)
def test_what_is_not_a_json_object_is_refused(
    simulated, levers, lever, body, headers, status, code
):
    answer = simulated.ask("POST", f"/api/v1/simulator/{lever}", body, headers)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert levers.pulled == []


@pytest.mark.parametrize(
    ("error", "status"),
    [(Refused("the car is plugged in already"), 409), (ConfigError("no card 'x'"), 422)],
)
def test_what_the_world_refuses_is_told_in_its_words(simulated, levers, error, status):
    levers.refusal = error
    answer = simulated.post("/api/v1/simulator/plug-in")
    assert (answer.status, answer.json["detail"]) == (status, str(error))


def test_the_content_type_may_name_its_encoding(simulated):
    body = json.dumps({}).encode()
    headers = {"Content_Type": "application/json; charset=utf-8"}
    assert simulated.ask("POST", "/api/v1/simulator/plug-in", body, headers).status == 200
