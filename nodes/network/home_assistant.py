"""Show a charge point in Home Assistant, and let it ask for what you allow.

```yaml
connections:
  broker: {type: mqtt-broker, host: 192.168.1.5, will: oppleo-flow/garage/running}

nodes:
  home:
    type: home-assistant
    broker: broker
    store: store                       # for commands: it knows the cards
    commands: [start, stop, peak-once]
    charge_as: [home]
    keep: durable
    from:
      meter: meter
      session: session.status
      bill: ledger.billed
      evse: evse_state
      switch: evse
      offpeak: offpeak.hours

  authorise: {type: authorise, from: [rfid, home.card], store: store}
  offpeak: {type: offpeak-gate, from: {in: session.request, once: home.once}, …}
```

Home Assistant finds it by itself, by its MQTT integration at the same broker. Each input that is
wired gives entities: energy, power, current, voltage and frequency of the `meter`, and the energy
of each phase if it counts them apart; phase, card and energy of the `session`, and what the last
one cost (`bill`); the state of the `evse`, whether a car is connected and charges;
whether there may be current (`switch`), and whether it is off-peak; what a SmartEVSE offers
(`report`); battery, range and odometer of the `vehicle`. One node for each charge point. An entity
that the flow has no more is taken back.

What is not known is *unknown* there, never 0: while the meter is silent, or its last reading is
older than `max_age`. All is told again each `refresh`, and counts for three of them. Give the
connection a `will`: then all is *unavailable* when this machine dies, at once.

**Commands.** None unless `commands` names it. Anybody who may write to the broker may send them, so
give it users and rights. A command is no more than a card at the reader would be:

* `start` presents a card, without the card: one of those whose labels stand in `charge_as`, which
  somebody chooses there. `authorise` decides whether it may charge, as for a swipe, and
  `charge-session` what it does; wire `card` to `authorise`.
* `stop` presents the card of the session, if it is one of them, or else the one that is chosen,
  which `charge-session` then refuses.
* `peak-once` gives leave to charge at peak, or takes it back: wire `once` to an `offpeak-gate`.
* `current` limits the current: wire `current` to a `smart-evse-access`, and its report to `report`.

A command that the broker had kept from before is ignored: nobody knows how old it is, and a start
of yesterday must not charge today. One that makes no sense, or is not allowed, is a fault for ten
minutes, or until the next good one: `command-malformed`, `command-not-allowed`, `card-unknown`.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from oppleo_flow import Example, Node, NodeConfig, Out, Ref, Seconds, ServiceError, __version__
from oppleo_flow.charging.session import point_of
from oppleo_flow.charging.tokens import Token
from oppleo_flow.devices.mqtt import MqttBroker, MqttMessage, Undo
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import (
    CardSeen,
    CurrentRequest,
    EvseReport,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    OffPeak,
    PeakOnce,
    SessionBilled,
    SessionStatus,
    SwitchState,
    VehicleState,
    VehicleUnknown,
)
from oppleo_flow.store import LedgerConnection
from oppleo_flow.systems.home_assistant import entities as shown
from oppleo_flow.systems.home_assistant.commands import (
    UNKNOWN_CARD,
    Asked,
    CommandError,
    CommandFaults,
    read_command,
)
from oppleo_flow.systems.home_assistant.entities import Entity, Measured, Offered, Place
from oppleo_flow.systems.home_assistant.window import Window
from oppleo_flow.systems.mqtt_post import NodePost

_TIDY_S: Final = 10.0
_STATES_AFTER_S: Final = 2.0
"""So long Home Assistant has to subscribe to what an entity shows, once it knows of it."""
_WHO: Final = "Home Assistant"


class HomeAssistantConfig(NodeConfig):
    """Settings of a `home-assistant` node."""

    broker: Ref[MqttBroker] = Field(description="The broker of Home Assistant.")
    store: Ref[LedgerConnection] | None = Field(
        None, description="The site's store, which knows the cards that start and stop present."
    )
    name: str | None = Field(
        None, min_length=1, description="What people call it; default: the charge point."
    )
    prefix: str = Field(
        "oppleo-flow", pattern=r"^[^+#]+$", description="What its own topics begin with."
    )
    discovery: str = Field(
        "homeassistant",
        pattern=r"^[^+#]+$",
        description="What Home Assistant's discovery topics begin with.",
    )
    commands: tuple[Literal["start", "stop", "peak-once", "current"], ...] = Field(
        (), description="What may be asked from there: start, stop, peak-once, current."
    )
    charge_as: tuple[str, ...] = Field((), description="Labels of the cards that may be presented.")
    most_current_a: float = Field(
        16.0, ge=6, le=80, description="Most that the limit of the current can be set to."
    )
    max_age: Seconds = Field(
        "2m",
        validate_default=True,
        gt=0,
        description="How old a reading may be; more than the meter's own interval.",
    )
    refresh: Seconds = Field(
        "1m", validate_default=True, ge=10, le=3600, description="How often all is told again."
    )

    @model_validator(mode="after")
    def _commands_have_what_they_need(self) -> Self:
        presents = {"start", "stop"} & set(self.commands)
        if presents and (self.store is None or not self.charge_as):
            raise ValueError(
                "start and stop need store and charge_as: the cards that they may present"
            )
        return self


class HomeAssistant(Node[HomeAssistantConfig]):
    """Show a charge point in Home Assistant, and take its commands.

    Input:
        `meter`, `session`, `bill`, `evse`, `switch`, `offpeak`, `report`, `vehicle`: what to show.

    Output:
        `card`: a `CardSeen` with a wish, for `authorise` to decide about.
        `once`: a `PeakOnce`.
        `current`: a `CurrentRequest`, in A.

    Raises:
        Nothing.  A broker that is away, and commands that are not obeyed, are faults.

    Source:
        Home Assistant's description of MQTT discovery and of its platforms.
    """

    type_name = "home-assistant"
    icon = "home"
    blocking = True
    holds = True
    """What comes in is shown; commands come from elsewhere."""
    optional_inputs = frozenset(
        {"meter", "session", "bill", "evse", "switch", "offpeak", "report", "vehicle"}
    )
    card: Out[CardSeen]
    once: Out[PeakOnce]
    current: Out[CurrentRequest]
    chosen: str | None = None
    """The label of the card that somebody chose to charge as."""
    measured: Measured = Measured()
    """What the meter tells of its phases."""
    examples = [
        Example(
            config={"broker": "broker"},
            send={"meter": MeterReading.sample()},
            expect={"card": []},
        )
    ]

    def start(self) -> None:
        """Find the broker, tell it what there is, and listen for commands."""
        config, point = self.config, point_of(self.id)
        self._broker = self.use(config.broker)
        self._ledger = None if config.store is None else self.use(config.store).ledger
        name = f"{self.site.charge_point}-{point}" if point else self.site.charge_point
        self._place = Place(
            name,
            config.name or name,
            __version__,
            config.prefix,
            config.discovery,
            self._broker.presence,
        )
        if self.chosen not in config.charge_as:
            self.chosen = next(iter(config.charge_as), None)
        self._max_age = timedelta(seconds=config.max_age)
        self._offered = Offered(frozenset(config.commands), config.charge_as, config.most_current_a)
        self._told_parts: set[str] = set()
        self._meter: MeterReading | MeterUnknown | None = None
        self._report: EvseReport | None = None
        self._under_way: SessionStatus | None = None
        self._faults = CommandFaults(self)
        self._post = NodePost(self, self._broker, 1, (), self._tell_all)
        self._window = Window(self._place, self._post, round(3 * config.refresh))
        self._undo: list[Undo] = [
            self._broker.subscribe(self._place.all_commands, self._hear_command),
            self._broker.subscribe(self._place.all_configs, self._hear_config),
            self._broker.subscribe(f"{config.discovery}/status", self._hear_birth),
        ]
        self.after(0, self._tell_all)
        self.after(_TIDY_S, self._tidy)
        self.every(config.refresh, self._refresh)

    def stop(self, reason: StopReason) -> None:
        """Say that nothing is known any more."""
        if reason == "fault":
            return
        for undo in self._undo:
            undo()
        self._post.close()
        with suppress(ServiceError):  # who is not there any more cannot be told
            self._broker.publish(self._place.available, b"offline", retain=True)

    # -- what comes in -------------------------------------------------------------------------

    def on_meter(self, meter: MeterReading | MeterUnknown) -> None:
        """Show what the meter says."""
        self._meter = meter
        if isinstance(meter, MeterReading):
            self.measured = Measured.of(meter)
        self._show("meter", shown.of_meter(meter, self.clock.now(), self._max_age))

    def on_session(self, status: SessionStatus) -> None:
        """Show where the session is."""
        self._under_way = status
        self._show("session", shown.of_session(status))

    def on_bill(self, bill: SessionBilled) -> None:
        """Show what the last session cost."""
        self._show("bill", shown.of_bill(bill))

    def on_evse(self, state: EvseState | EvseUnknown) -> None:
        """Show the state of the EVSE and of the car."""
        self._show("evse", shown.of_evse(state))

    def on_switch(self, state: SwitchState) -> None:
        """Show whether there may be current."""
        self._show("switch", shown.of_switch(state))

    def on_offpeak(self, hours: OffPeak) -> None:
        """Show whether it is off-peak."""
        self._show("offpeak", shown.of_offpeak(hours))

    def on_report(self, report: EvseReport) -> None:
        """Show what current the EVSE offers."""
        self._report = report
        self._show("report", shown.of_report(report, self.clock.now(), self._max_age))

    def on_vehicle(self, vehicle: VehicleState | VehicleUnknown) -> None:
        """Show what the vehicle says of itself."""
        self._show("vehicle", shown.of_vehicle(vehicle))

    # -- what is told --------------------------------------------------------------------------

    def _entities(self) -> tuple[Entity, ...]:
        parts = self.context.wired | self._told_parts
        return shown.entities(parts, self.measured, self.site.currency, self._offered)

    def _show(self, part: str, values: Mapping[str, str]) -> None:
        """Tell what has changed."""
        self._told_parts.add(part)
        self._window.has(self._entities())
        self._window.shows(values)
        self._deliver()

    def _tell_all(self) -> None:
        """Tell everything anew: the broker, or Home Assistant, may have forgotten it."""
        self._window.has(self._entities(), again=True)
        self._deliver()
        self.after(_STATES_AFTER_S, self._refresh)

    def _refresh(self) -> None:
        """Tell again what everything shows; what is too old by now is not known."""
        now = self.clock.now()
        values: dict[str, str] = {}
        if self._meter is not None:
            values |= shown.of_meter(self._meter, now, self._max_age)
        if self._report is not None:
            values |= shown.of_report(self._report, now, self._max_age)
        if self.chosen is not None:
            values["charge_as"] = self.chosen
        self._window.has(self._entities())
        self._window.shows(values, again=True)
        self._deliver()

    def _tidy(self) -> None:
        self._window.tidy(phases_known=self.measured.phases > 0)
        self._deliver()

    def _deliver(self) -> None:
        if not self._post.delivered():
            self.status("warn", "waits for the broker")
        elif self._place.presence is None:
            self.status("warn", "the broker's connection has no will, so who dies seems to live")
        else:
            self.status("ok", f"{self._window.count} entities")

    def _hear_config(self, message: MqttMessage) -> None:
        if message.kept and message.payload:
            self.after(0, lambda: self._window.found(message.topic))

    def _hear_birth(self, message: MqttMessage) -> None:
        if message.payload == b"online" and not message.kept:
            self.after(0, self._tell_all)

    # -- commands ------------------------------------------------------------------------------

    def _hear_command(self, message: MqttMessage) -> None:
        if message.kept:
            self.log.warning("%s: ignored: the broker had kept it from before", message.topic)
            return
        entity, text = message.topic.split("/")[-2], message.payload.decode(errors="replace")

        def obey() -> None:
            self._obey(read_command(entity, text, self._offered))

        self.after(0, lambda: self._faults.heed(message.topic, obey))

    def _obey(self, asked: Asked) -> None:
        """Do what is asked; whether that leads to anything is for others to decide."""
        if asked.entity == "charge_as":
            self.chosen = str(asked.value)
            self._refresh()
        elif asked.entity == "peak_once":
            self.once.send(PeakOnce(bool(asked.value), _WHO))
        elif asked.entity == "current_limit":
            self.current.send(CurrentRequest(float(asked.value or 0), _WHO))
        else:
            self._present("start" if asked.entity == "start" else "end")

    def _present(self, wish: Literal["start", "end"]) -> None:
        """Present a card, as the reader does."""
        label, now = self.chosen, self._under_way
        if wish == "end" and now is not None and now.label in self.config.charge_as:
            label = now.label
        token = self._token(label)
        self.card.send(CardSeen(token.uid or token.legacy_id, token.legacy_id, wish, "web"))

    def _token(self, label: str | None) -> Token:
        tokens = () if self._ledger is None else self._ledger.tokens.all()
        found = [token for token in tokens if token.label == label]
        if len(found) != 1:
            raise CommandError(
                UNKNOWN_CARD,
                f"one card labelled {label!r} is needed, the ledger has {len(found)}; "
                "`oppleo-flow tokens` lists them",
            )
        return found[0]
