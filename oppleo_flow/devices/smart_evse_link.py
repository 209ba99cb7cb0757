"""The ways to a SmartEVSE v3 on the network: its REST interface, and an MQTT broker."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from threading import Lock
from typing import Final

from oppleo_flow.clock import Clock
from oppleo_flow.devices.http import HttpClient, HttpRequest, HttpResponse
from oppleo_flow.devices.mqtt import MqttBroker, MqttMessage, Undo
from oppleo_flow.devices.smart_evse import (
    MODE_IDS,
    EvseFacts,
    EvseMode,
    NotUnderstood,
    facts_of_settings,
    facts_of_topics,
)
from oppleo_flow.errors import ServiceError, ServiceTimeout

HEARD_WITHIN_S: Final = 30.0
"""A SmartEVSE tells everything each ten seconds; what it has not told for longer is not known."""


_NEEDED: Final = frozenset({"Access", "Mode", "State", "Error", "EVPlugState"})


class NothingHeardYet(ServiceTimeout):
    """A SmartEVSE had no time to say anything yet."""


class SmartEvseLink(ABC):
    """A way to one SmartEVSE.  Each call may wait, and is made on the worker of its connection."""

    @abstractmethod
    def facts(self) -> EvseFacts:
        """Return what it says now.

        Raises:
            ServiceError: It cannot be reached, or what it says is nothing that it can say.
            ServiceTimeout: It does not answer, or has said nothing for too long.
        """

    @abstractmethod
    def set_mode(self, mode: EvseMode) -> None:
        """Ask for a mode; `off` takes access away, the others give it.

        Raises:
            ServiceError: It did not take it.  Whether it obeys only its facts can tell.
        """

    @abstractmethod
    def set_override(self, current_a: float | None) -> None:
        """Ask for another current than the one it is set to; None: for that one.

        Raises:
            ServiceError: It did not take it.
        """

    @abstractmethod
    def watch(self, heard: Callable[[], object]) -> None:
        """Call `heard` when it says something by itself, from any thread."""

    @abstractmethod
    def close(self) -> None:
        """Listen no more."""


class RestEvse(SmartEvseLink):
    """A SmartEVSE that is asked at its web server, `url`."""

    def __init__(self, http: HttpClient, url: str) -> None:
        self._http = http
        self._url = f"{url.rstrip('/')}/settings"

    def facts(self) -> EvseFacts:
        """Return what it says now."""
        request = HttpRequest("GET", self._url)
        answer = self._ask(request)
        try:
            return facts_of_settings(answer.text)
        except NotUnderstood as error:
            raise NotUnderstood(f"{request.server}: {error}") from None

    def set_mode(self, mode: EvseMode) -> None:
        """Ask for a mode."""
        number = next(number for number, name in MODE_IDS.items() if name == mode)
        self._ask(HttpRequest("POST", f"{self._url}?mode={number}"))

    def set_override(self, current_a: float | None) -> None:
        """Ask for another current than the one it is set to."""
        tenths = _tenths_of(current_a)
        self._ask(HttpRequest("POST", f"{self._url}?override_current={tenths}"))

    def watch(self, heard: Callable[[], object]) -> None:
        """Do nothing: it says nothing by itself."""

    def close(self) -> None:
        """Do nothing: nobody listens."""

    def _ask(self, request: HttpRequest) -> HttpResponse:
        answer = self._http.send(request)
        if answer.simulated:
            raise ServiceError(f"{request.server}: simulated, and no SmartEVSE is there")
        if 300 <= answer.status < 400:
            raise NotUnderstood(
                f"{request.server}: wants to send me elsewhere, with status {answer.status}; "
                "url must be that of the SmartEVSE itself"
            )
        if 400 <= answer.status < 500:
            raise NotUnderstood(
                f"{request.server}: answered with status {answer.status}; is a SmartEVSE 3 there?"
            )
        if not answer.ok:
            raise ServiceError(f"{request.server}: answered with status {answer.status}")
        return answer


class MqttEvse(SmartEvseLink):
    """A SmartEVSE that tells a broker how it is, below its prefix.

    What the broker had kept when the subscription began is not taken: nobody knows how old it is.
    Only that it is `offline` is believed at once, until it says something.
    """

    def __init__(self, broker: MqttBroker, prefix: str, clock: Clock) -> None:
        self._broker = broker
        self._prefix = prefix
        self._clock = clock
        self._lock = Lock()
        self._told: dict[str, tuple[str, float]] = {}
        self._offline = False
        self._heard: Callable[[], object] = lambda: None
        self._since_s = clock.monotonic()
        self._undo: list[Undo] = [
            broker.watch(self._changed),
            broker.subscribe(f"{prefix}/+", self._take),
        ]

    def facts(self) -> EvseFacts:
        """Return what it has said of late."""
        away = self._broker.away
        if away is not None:
            raise ServiceError(f"{self._prefix}: the broker is away: {away}")
        with self._lock:
            now_s = self._clock.monotonic()
            told = {
                name: text
                for name, (text, at_s) in self._told.items()
                if now_s - at_s <= HEARD_WITHIN_S
            }
            offline, waited_s = self._offline, now_s - self._since_s
        if offline:
            raise ServiceError(f"{self._prefix}: is not connected to the broker")
        needed = _NEEDED - set(told)
        if needed:
            silent = f"{self._prefix}: said nothing of {', '.join(sorted(needed))}"
            if waited_s <= HEARD_WITHIN_S:
                raise NothingHeardYet(f"{silent} yet")
            raise ServiceTimeout(f"{silent} for {HEARD_WITHIN_S:.0f} s")
        return facts_of_topics(told)

    def set_mode(self, mode: EvseMode) -> None:
        """Ask for a mode."""
        name = {"off": "Off", "paused": "Pause"}.get(mode, mode.capitalize())
        self._broker.publish(f"{self._prefix}/Set/Mode", name.encode())

    def set_override(self, current_a: float | None) -> None:
        """Ask for another current than the one it is set to."""
        tenths = str(_tenths_of(current_a)).encode()
        self._broker.publish(f"{self._prefix}/Set/CurrentOverride", tenths)

    def watch(self, heard: Callable[[], object]) -> None:
        """Call `heard` when it says something by itself."""
        self._heard = heard

    def close(self) -> None:
        """Listen no more."""
        for undo in self._undo:
            undo()

    def _take(self, message: MqttMessage) -> None:
        name = message.topic.removeprefix(f"{self._prefix}/")
        text = message.payload.decode(errors="replace")
        with self._lock:
            if name == "connected":
                self._offline = text == "offline"
                if self._offline:
                    self._told.clear()
            elif message.kept:
                return
            else:
                self._offline = False  # who speaks is there, also where nobody said so
                self._told[name] = (text, self._clock.monotonic())
        self._heard()

    def _changed(self, away: str | None) -> None:
        with self._lock:
            self._told.clear()
            self._offline = False
            self._since_s = self._clock.monotonic()
        self._heard()


def _tenths_of(current_a: float | None) -> int:
    return 0 if current_a is None else round(current_a * 10)
