"""The twins of a SmartEVSE v3 on the network: what the simulated ones answer and tell.

`answer` and `topics` speak as the device does, so that whoever serves them, over a socket or within
this process, serves the same.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import field
from queue import Empty, SimpleQueue
from threading import RLock, Thread
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from oppleo_flow.clock import Clock, VirtualClock
from oppleo_flow.devices.http import HttpClient, HttpRequest, HttpResponse
from oppleo_flow.devices.mqtt import MqttBroker, MqttMessage
from oppleo_flow.devices.network_trouble import EvseFace, NetworkTrouble
from oppleo_flow.devices.smart_evse import ACCESS_IDS, ERRORS, MODE_IDS, STATES
from oppleo_flow.devices.world import World, eventful
from oppleo_flow.errors import ServiceError, ServiceTimeout
from oppleo_flow.immutable import immutable

TOLD_EVERY_S: Final = 10.0
_LOOKS_EVERY_S: Final = 0.5
_PAGE: Final = "<html><body>Welcome to your router</body></html>"
_BY_HTTP: Final = {"mode", "override_current"}


@immutable
class Answer:
    """What a SmartEVSE's web server answers."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(world: World, name: str, request: HttpRequest) -> Answer:
    """Obey a request, if it is a command, and return what is answered to it."""
    parts = urlsplit(request.url)
    asked = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if parts.path != "/settings" or not set(asked) <= _BY_HTTP:
        return Answer(404, "Not found")
    trouble = world.smart_evses()[name].trouble
    if trouble is NetworkTrouble.BROKEN:
        return Answer(500, "")
    if trouble is NetworkTrouble.ELSEWHERE:
        return Answer(302, "", {"Location": "http://192.0.2.1/settings"})
    if request.method == "POST":
        if asked.get("mode", "0").isdigit() and int(asked.get("mode", "0")) in MODE_IDS:
            _obey(world, name, asked)
        return Answer(200, json.dumps(asked))
    if trouble is NetworkTrouble.HTML:
        return Answer(200, _PAGE)
    return Answer(200, json.dumps(settings(world.smart_evses()[name])))


def _obey(world: World, name: str, asked: Mapping[str, str]) -> None:
    if "mode" in asked:
        world.command_evse(name, "mode", MODE_IDS[int(asked["mode"])])
    if "override_current" in asked:
        world.command_evse(name, "override", asked["override_current"])


def settings(face: EvseFace) -> dict[str, Any]:
    """Return what `GET /settings` answers; what this project does not read is left out."""
    facts, lies = face.facts, face.trouble is NetworkTrouble.NEGATIVE
    access = next(number for number, name in ACCESS_IDS.items() if name == facts.access)
    state = STATES[facts.state_id or 0]
    told: dict[str, Any] = {
        "version": facts.version,
        "mode": (facts.mode or "N/A").upper(),
        "mode_id": next(number for number, name in MODE_IDS.items() if name == facts.mode),
        "car_connected": facts.plugged,
        "evse": {
            "temp": facts.temperature_c,
            "connected": facts.plugged,
            "access": access,
            "state": state,
            "state_id": facts.state_id,
            "error": ERRORS[facts.error_id or 0],
            "error_id": facts.error_id,
        },
        "settings": {
            "charge_current": _tenths(facts.charge_current_a),
            "override_current": _tenths(facts.override_current_a),
        },
        "ev_meter": {
            "import_active_power": facts.power_w,
            "currents": {
                f"L{number}": -_tenths(current_a) - 1 if lies else _tenths(current_a)
                for number, current_a in enumerate(facts.current_phases_a or (), start=1)
            },
        },
    }
    if face.trouble is NetworkTrouble.WRONG_TYPES:
        told["evse"]["state_id"] = state
        told["evse"]["access"] = "yes"
    return told


def topics(face: EvseFace) -> dict[str, str]:
    """Return what is told below the prefix, by the last part of the topic."""
    facts, lies = face.facts, face.trouble is NetworkTrouble.NEGATIVE
    access = {"off": "Deny", "on": "Allow", "paused": "Pause"}
    mode = facts.mode or ""
    told = {
        "Mode": "Pause" if mode == "paused" else mode.capitalize(),
        "Access": access[facts.access or "off"],
        "State": STATES[facts.state_id or 0],
        "Error": ERRORS[facts.error_id or 0],
        "EVPlugState": "Connected" if facts.plugged else "Disconnected",
        "ChargeCurrent": str(_tenths(facts.charge_current_a)),
        "ChargeCurrentOverride": str(_tenths(facts.override_current_a)),
        "EVChargePower": str(round(facts.power_w or 0)),
        "ESPTemp": str(round(facts.temperature_c or 0)),
    }
    for number, current_a in enumerate(facts.current_phases_a or (), start=1):
        tenths = _tenths(current_a)
        told[f"EVCurrentL{number}"] = str(-tenths - 1 if lies else tenths)
    if face.trouble in (NetworkTrouble.HTML, NetworkTrouble.WRONG_TYPES):
        told |= dict.fromkeys(("State", "Access"), _PAGE)
    return told


def _tenths(current_a: float | None) -> int:
    return round((current_a or 0.0) * 10)


class EvsesByHttp(HttpClient):
    """The port twin of a web client: simulated SmartEVSEs answer, all else goes on."""

    def __init__(self, world: World, otherwise: HttpClient) -> None:
        self._world = world
        self._otherwise = otherwise

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return what a SmartEVSE answers, if one is there."""
        face = self._world.smart_evses().get(request.server)
        if face is None:
            return self._otherwise.send(request)
        if face.trouble is NetworkTrouble.AWAY:
            raise ServiceError(f"{request.server}: Connection refused")
        if face.trouble is NetworkTrouble.SILENT:
            raise ServiceTimeout(f"{request.server}: no whole answer in time")
        given = answer(self._world, request.server, request)
        return HttpResponse(given.status, given.text)

    def close(self) -> None:
        """Let go of what is behind it."""
        self._otherwise.close()


class EvsesAtBroker:
    """Simulated SmartEVSEs at a broker: each tells how it is, and hears what is set.

    On a virtual clock the world says when to tell; on a real one a thread looks, and obeys: what is
    heard comes on a thread of the broker's, which must not wait.
    """

    def __init__(self, broker: MqttBroker, world: World, clock: Clock) -> None:
        self._broker = broker
        self._world = world
        self._clock = clock
        self._telling = RLock()
        self._told: dict[str, tuple[EvseFace, float]] = {}
        self._set: SimpleQueue[tuple[str, str, str] | None] = SimpleQueue()
        self._end = broker.subscribe("#", self._hear)
        self._unwatch: Callable[[], None] = lambda: None
        self._thread: Thread | None = None
        if isinstance(clock, VirtualClock):
            there = eventful(world)
            self._unwatch = there.watch(self.tell)
            if world.smart_evses():
                there.beat(TOLD_EVERY_S)
        else:
            self._thread = Thread(target=self._look, name="simulated SmartEVSEs", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Tell no more."""
        self._set.put(None)
        self._unwatch()
        self._end()
        if self._thread is not None:
            self._thread.join()

    def tell(self, *, everything: bool = False) -> None:
        """Tell what has changed, and after ten seconds everything."""
        if self._broker.away is not None:
            return
        with self._telling:
            now_s = self._clock.monotonic()
            for name, face in self._world.smart_evses().items():
                last, at_s = self._told.get(name, (None, 0.0))
                if last == face and now_s - at_s < TOLD_EVERY_S and not everything:
                    continue
                self._told[name] = (face, now_s)
                self._tell_one(name, face, last)

    def _tell_one(self, name: str, face: EvseFace, last: EvseFace | None) -> None:
        was = None if last is None else last.trouble
        if face.trouble is NetworkTrouble.AWAY:
            if was is not face.trouble:
                self._broker.publish(f"{name}/connected", b"offline", retain=True)
            return
        if last is None or was is NetworkTrouble.AWAY:
            self._broker.publish(f"{name}/connected", b"online", retain=True)
        if face.trouble not in (
            NetworkTrouble.SILENT,
            NetworkTrouble.BROKEN,
            NetworkTrouble.ELSEWHERE,
        ):
            for topic, text in topics(face).items():
                self._broker.publish(f"{name}/{topic}", text.encode(), retain=True)

    def _hear(self, message: MqttMessage) -> None:
        name, _, what = message.topic.rpartition("/Set/")
        if message.kept or name not in self._world.smart_evses():
            return
        command = (name, what, message.payload.decode(errors="replace"))
        if self._thread is None:
            self._obey(*command)
        else:
            self._set.put(command)

    def _obey(self, name: str, what: str, text: str) -> None:
        if what == "Mode":
            mode = {"Pause": "paused"}.get(text, text.lower())
            if mode in MODE_IDS.values():
                self._world.command_evse(name, "mode", mode)
        elif what == "CurrentOverride" and text.isdigit():
            self._world.command_evse(name, "override", text)

    def _look(self) -> None:
        while True:
            self.tell()
            try:
                command = self._set.get(timeout=_LOOKS_EVERY_S)
            except Empty:
                continue
            if command is None:
                return
            self._obey(*command)
