"""Ask a web server, or hear from an MQTT broker, how a vehicle is: odometer, battery, range.

```yaml
van:
  type: vehicle-data
  vehicle: van                     # its name in the ledger: `oppleo-flow accounts`
  http: web                        # a connection of type http-client
  url: https://home.example/api/states/sensor.van
  headers: {Authorization: !secret van_key}      # van_key: Bearer abc…, in secrets.yaml
  odometer: attributes.odometer
  soc: attributes.battery_level
  time: last_updated
```

or, where something tells a broker of it:

```yaml
van:
  type: vehicle-data
  vehicle: van
  mqtt: broker                     # a connection of type mqtt-broker
  topics: {odometer: cars/1/odometer, soc: cars/1/battery_level}
  unit: miles
```

`odometer`, `soc` (the battery, in percent), `range` and `time` say where in the answer each stands:
a path into JSON, such as `data.0.km`; a regular expression between slashes, whose first group it
is; or `.`, the whole answer, as it is usual where `topics` gives each field a topic of its own.

By HTTP it asks `every` so often, and at once when an `OdometerSought` comes in at `ask`: then it
first sends a POST to `wake_url`, if there is one, so that the vehicle wakes up.

What it says counts for `max_age`, from its `time` on, or from when it was heard. After that it is
unknown; so is what the source itself calls unknown. What the broker had kept from before has no
age, and is passed over, unless it tells its `time` or `kept: believe` says that it is right.

| fault | what happened |
|---|---|
| `vehicle-away` | server or broker cannot be reached, or the server refuses |
| `vehicle-nonsense` | nothing stands where it should, or what no vehicle can have |
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr, model_validator

from oppleo_flow import (
    Example,
    Level,
    Node,
    NodeConfig,
    PayloadError,
    Ref,
    Seconds,
    ServiceError,
)
from oppleo_flow.devices.http import HttpClient, HttpRequest
from oppleo_flow.devices.mqtt import MqttBroker, MqttMessage, Undo
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import OdometerSought, VehicleState, VehicleUnknown
from oppleo_flow.systems.vehicle_answer import (
    WHOLE,
    FieldName,
    Unit,
    check_place,
    found,
    moment,
    number,
)

_AWAY: Final = "vehicle-away"
_NONSENSE: Final = "vehicle-nonsense"
_FIELDS: Final[tuple[FieldName, ...]] = ("odometer", "soc", "range")
_LOOKS_EVERY_S: Final = 60.0
_NOT_YET: Final = "it has said nothing yet"


def _sendable(value: SecretStr | str) -> SecretStr | str:
    text = value if isinstance(value, str) else value.get_secret_value()
    if not (text and text.isascii() and text.isprintable()):
        raise ValueError("a header is one line of ASCII")
    return value


Where = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(check_place)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
HeaderValue = Annotated[SecretStr | str, AfterValidator(_sendable)]
Topic = Annotated[str, Field(pattern=r"^[^+#]+$")]


class VehicleDataConfig(NodeConfig):
    """Settings of a `vehicle-data` node."""

    vehicle: str = Field(min_length=1, max_length=100, description="Its name in the ledger.")
    http: Ref[HttpClient] | None = Field(None, description="Web client to ask with; or else mqtt.")
    url: str | None = Field(None, pattern=r"^https?://", description="With http: where to ask.")
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict,
        description="What the server is told besides: {Authorization: !secret van_key}.",
    )
    wake_url: str | None = Field(
        None, pattern=r"^https?://", description="Where a POST wakes the vehicle up."
    )
    every: Seconds = Field(
        "15m", validate_default=True, ge=10, description="With http: how often it is asked."
    )
    mqtt: Ref[MqttBroker] | None = Field(None, description="Broker to hear from.")
    topic: Topic | None = Field(None, description="With mqtt: the topic that tells all of it.")
    topics: dict[FieldName, Topic] = Field(
        default_factory=dict, description="With mqtt: a topic for each field."
    )
    kept: Literal["ignore", "believe"] = Field(
        "ignore", description="Whether what the broker had kept counts as of now."
    )
    odometer: Where | None = Field(None, description="Where the odometer stands.")
    soc: Where | None = Field(None, description="Where the battery's state of charge stands.")
    range: Where | None = Field(None, description="Where the range stands.")
    time: Where | None = Field(None, description="Where it stands when that was so.")
    unit: Unit = Field("km", description="What odometer and range are in: km or miles.")
    max_age: Seconds = Field(
        "1h", validate_default=True, gt=0, description="How long what it says counts."
    )

    @model_validator(mode="after")
    def _comes_from_somewhere(self) -> Self:
        if (self.http is None) == (self.mqtt is None):
            raise ValueError("http or mqtt is needed, and not both")
        if (self.http is None) != (self.url is None):
            raise ValueError("http and url go together")
        if self.http is None and (self.headers or self.wake_url):
            raise ValueError("headers and wake_url go with http")
        told = self.topic is not None or bool(self.topics)
        if (self.mqtt is not None) != told or (self.topic and self.topics):
            raise ValueError("mqtt needs topic or topics, and not both")
        if not any(self.place(name) for name in _FIELDS):
            raise ValueError("odometer, soc or range is needed: where it stands")
        return self

    def place(self, name: FieldName) -> str | None:
        """Return where a field stands; one with a topic of its own is all of what that says."""
        written: str | None = getattr(self, name)
        return written or (WHOLE if name in self.topics else None)


class VehicleData(Node[VehicleDataConfig]):
    """Ask, or hear, how a vehicle is.

    Input:
        `ask`: an `OdometerSought`; for this vehicle it is asked at once.

    Output:
        `state`: a `VehicleState`, in km and percent, or a `VehicleUnknown`.

    Raises:
        Nothing.  What is wrong is a fault until it is not.

    Source:
        None.
    """

    type_name = "vehicle-data"
    icon = "car-front"
    blocking = True
    holds = True
    optional_inputs = frozenset({"ask"})
    state: Level[VehicleState | VehicleUnknown]
    examples = [
        Example(
            config={"vehicle": "van", "http": "web", "url": "http://car", "odometer": "km"},
            expect={
                "state": VehicleUnknown(
                    "van", datetime.fromisoformat("2026-01-15T12:00:00+00:00"), _NOT_YET
                )
            },
        )
    ]

    def start(self) -> None:
        """Begin to ask, or to listen."""
        config = self.config
        self._zone = ZoneInfo(self.site.timezone)
        self._max_age = timedelta(seconds=config.max_age)
        self._known: dict[FieldName, tuple[float, datetime]] = {}
        self._told_time: datetime | None = None
        self._undo: list[Undo] = []
        self.state.set(VehicleUnknown(config.vehicle, self.clock.now(), _NOT_YET))
        if config.http is not None:
            self._http = self.use(config.http)
            self.after(0, self._ask)
            self.every(config.every, self._ask)
        elif config.mqtt is not None:
            broker = self.use(config.mqtt)
            topics = dict.fromkeys((config.topic, *config.topics.values()))
            self._undo = [broker.subscribe(one, self._hear) for one in topics if one is not None]
            self._undo.append(broker.watch(lambda away: self.after(0, lambda: self._watch(away))))
            self._watch(broker.away)
        self.every(min(_LOOKS_EVERY_S, config.max_age), self._tell)

    def stop(self, reason: StopReason) -> None:
        """Listen no more."""
        if reason != "fault":
            for undo in self._undo:
                undo()

    def on_ask(self, sought: OdometerSought) -> None:
        """Ask now; what is heard from a broker cannot be asked for."""
        if sought.vehicle == self.config.vehicle and self.config.http is not None:
            self._ask(wake=True)

    def _ask(self, *, wake: bool = False) -> None:
        config = self.config
        try:
            if wake and config.wake_url is not None:
                self._send(HttpRequest("POST", config.wake_url, headers=config.headers))
            text = self._send(HttpRequest("GET", config.url or "", headers=config.headers))
        except ServiceError as error:
            self.fault(_AWAY, str(error))
            self._tell()
            return
        self.clear(_AWAY)
        if text is not None:
            self._take(dict.fromkeys((*_FIELDS, "time"), text))

    def _send(self, request: HttpRequest) -> str | None:
        """Return what is answered; None where nothing was sent."""
        answer = self._http.send(request)
        if not answer.ok:
            raise ServiceError(f"{request.server}: refused with status {answer.status}")
        return None if answer.simulated else answer.text

    def _hear(self, message: MqttMessage) -> None:
        self.after(0, lambda: self._heard(message))

    def _heard(self, message: MqttMessage) -> None:
        text, config = message.payload.decode(errors="replace"), self.config
        if message.kept and config.kept == "ignore" and config.place("time") is None:
            return
        if config.topic is not None:
            self._take(dict.fromkeys((*_FIELDS, "time"), text))
        else:
            self._take({name: text for name, one in config.topics.items() if one == message.topic})

    def _watch(self, away: str | None) -> None:
        if away is None:
            self.clear(_AWAY)
        else:
            self.fault(_AWAY, f"the broker is away: {away}")

    def _take(self, answers: Mapping[FieldName, str]) -> None:
        """Read what an answer says of each field."""
        now = self.clock.now()
        try:
            place = self.config.place("time")
            if place is not None and "time" in answers:
                self._told_time = moment(found(answers["time"], place), now, self._zone)
            at = now if place is None else self._told_time
            read = {
                name: self._read(name, answers[name])
                for name in _FIELDS
                if name in answers and self.config.place(name) is not None
            }
        except PayloadError as error:
            self.fault(_NONSENSE, f"{self.config.vehicle}: {error}")
            return
        self.clear(_NONSENSE)
        for name, value in read.items():
            if value is None or at is None:
                self._known.pop(name, None)
            else:
                self._known[name] = (value, at)
        self._tell()

    def _read(self, name: FieldName, answer: str) -> float | None:
        place = self.config.place(name)
        return None if place is None else number(name, found(answer, place), self.config.unit)

    def _tell(self) -> None:
        """Tell what is known, but for what is too old."""
        now, told = self.clock.now(), self.state.value
        self._known = {
            name: (value, at)
            for name, (value, at) in self._known.items()
            if now - at <= self._max_age
        }
        if self._known:
            state: VehicleState | VehicleUnknown = self._state()
        elif isinstance(told, VehicleUnknown):
            return
        else:
            reason = f"it has said nothing for {self.config.max_age / 60:.0f} min"
            state = VehicleUnknown(self.config.vehicle, now, reason)
        if state != told:
            self.state.set(state)
        self.status(*self._in_words(state))

    def _state(self) -> VehicleState:
        values = {name: value for name, (value, _) in self._known.items()}
        odometer = values.get("odometer")
        times = [at for _, at in self._known.values()]
        at = self._known["odometer"][1] if "odometer" in self._known else min(times)
        return VehicleState(
            self.config.vehicle,
            at,
            None if odometer is None else round(odometer),
            _rounded(values.get("soc")),
            _rounded(values.get("range")),
        )

    @staticmethod
    def _in_words(state: VehicleState | VehicleUnknown) -> tuple[Literal["ok", "warn"], str]:
        if isinstance(state, VehicleUnknown):
            return "warn", f"unknown: {state.reason}"
        said = {
            "{:.0f} km": state.odometer_km,
            "{:.0f} %": state.soc_percent,
            "{:.0f} km range": state.range_km,
        }
        return "ok", ", ".join(text.format(one) for text, one in said.items() if one is not None)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
