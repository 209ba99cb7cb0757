"""Tell an MQTT broker what Oppleo told it, for those who listen to that already.

```yaml
oppleo:
  type: oppleo-mqtt
  broker: broker          # a connection of type mqtt-broker
  store: store            # a connection of type site-store
  keep: durable
  from:
    - meter
    - evse_state
    - evse
    - offpeak.hours
    - {ref: session.started, durable: true}
    - {ref: session.ended, durable: true}
    - ledger.billed
    - backup.step
```

Topics are `oppleo/<charger_id><topic>`, payloads JSON with `data`, `id` and `status`; values are
text and times local, as `15/01/2026, 13:00:00`.

| topic | told of |
|---|---|
| `/usage/status_update` | a `MeterReading` whose energy, current or power changed, or each hour |
| `/evse_status/evse_enabled`, `/evse_status/evse_disabled` | a `SwitchState` that changes |
| `/notification` | a `Notification` |
| `/backup/backup_started`, `…_completed`, `…_failed`, `…_request_ignored` | a `BackupStep` |
| `/charge_session/…` | |
| `charge_session_started` | a `SessionStarted` |
| `charge_session_ended` | a `SessionEnded` |
| `charge_session_data_update` | such a reading during a session; what came late; the bill |
| `charge_session_status_update` | an `EvseState`: 3 when it begins to charge, 2 when it ends |
| `odomoter_update_started` | an `OdometerSought` |
| `odomoter_update_ended` | a `SessionOdometer`; an `OdometerMissing`, with code 486 |
| `off_peak_status_update` | an `OffPeak` |
| `vehicle_charge_status_update` | a `VehicleState` during a session |
| `vehicle_charge_status_stopped` | the end of such a session |

`/mqtt/mqtt_send_history_…` is told by `oppleo-history`. Nothing here deletes or condenses sessions,
asks for restarts, purges a backup by itself, or tells who has a page open: the topics
`charge_session_deleted`, `charge_session_condensed`, `vehicle_status_update`, `/system_status`,
`/backup/…_purged`, `/websocket` and `/webclient` are silent. A meter that does not answer is silent
as well: Oppleo told zeros. A session's `id` is a UUID; its `tariff` is a flat price that the
`store` knows, else `None`; of a phase that a meter does not have everything is `None` too, where
Oppleo told 0: `absent: "0"` tells that to those who cannot do without. `kwh_l1` to `kwh_l3` are
`None` where the meter does not count each phase apart.

As with Oppleo, messages have QoS 0 and are not retained, and there is no last will; `qos`, `retain`
and the connection's `will` change that. While the broker is away events wait, at most 1000 of them,
and with `keep: durable` over a restart too; of measurements and states only the latest is told.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from oppleo_flow import Example, Node, NodeConfig, Ref
from oppleo_flow.charging.tariff import price_at
from oppleo_flow.devices.mqtt import MqttBroker, Qos
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import (
    BackupStep,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    Notification,
    OdometerMissing,
    OdometerSought,
    OffPeak,
    SessionBilled,
    SessionEnded,
    SessionLatched,
    SessionOdometer,
    SessionSettled,
    SessionStarted,
    SwitchState,
    VehicleState,
    VehicleUnknown,
)
from oppleo_flow.store import LedgerConnection
from oppleo_flow.systems.mqtt_post import Letter, NodePost
from oppleo_flow.systems.oppleo_mqtt import (
    BACKUP_STEPS,
    CHARGING,
    CONNECTED,
    NO_VALUE,
    SESSION,
    USAGE,
    OppleoVoice,
    ToldSession,
    notice,
    off_peak,
    stored_again,
)

Told = (
    MeterReading
    | MeterUnknown
    | SessionStarted
    | SessionLatched
    | SessionEnded
    | SessionSettled
    | SessionBilled
    | EvseState
    | EvseUnknown
    | SwitchState
    | OffPeak
    | VehicleState
    | VehicleUnknown
    | OdometerSought
    | SessionOdometer
    | OdometerMissing
    | Notification
    | BackupStep
)


class OppleoMqttConfig(NodeConfig):
    """Settings of an `oppleo-mqtt` node."""

    broker: Ref[MqttBroker] = Field(description="The broker.")
    store: Ref[LedgerConnection] | None = Field(
        None, description="The site's store, which knows the price of a session."
    )
    charger_id: str | None = Field(
        None,
        pattern=r"^[^/+#]+$",
        max_length=100,
        description="As Oppleo called the charger; default: the site's charge point.",
    )
    qos: Literal[0, 1, 2] = Field(0, description="How sure a message is to arrive; 1: confirmed.")
    retain: bool = Field(
        False, description="Whether the broker keeps measurements and states for who comes later."
    )
    absent: Literal["0", "None"] = Field(
        "None",
        description="What is told of the phases that a meter does not have; `0` is what Oppleo "
        "told, though nobody measured it.",
    )


class OppleoMqtt(Node[OppleoMqttConfig]):
    """Tell an MQTT broker what Oppleo told it.

    Input:
        What the flow has of the table above; what it has no topic for is passed over.

    Output:
        None.

    Raises:
        Nothing.  What is not told yet, and why, is the fault `broker-away` or `broker-refuses`.

    Source:
        Oppleo's topics and payloads, as its MQTT clients see them.
    """

    type_name = "oppleo-mqtt"
    icon = "radio"
    blocking = True
    waiting: tuple[Letter, ...] = ()
    """Events that the broker did not get yet."""
    session: ToldSession | None = None
    """The session that is under way, or the one that ended last."""
    examples = [
        Example(config={"broker": "broker"}, send=SwitchState.sample()),
        Example(config={"broker": "broker"}, send=SessionStarted.sample()),
    ]

    def start(self) -> None:
        """Find the broker."""
        config, zone = self.config, ZoneInfo(self.site.timezone)
        self._ledger = None if config.store is None else self.use(config.store).ledger
        self._voice = OppleoVoice(config.charger_id or self.site.charge_point, zone, config.absent)
        self._broker = self.use(config.broker)
        self._stored: dict[str, MeterReading] = {}
        self._charges: bool | None = None
        self._switched: bool | None = None
        self._hours: Mapping[str, bool] | None = None
        self._vehicle_told = False
        self._tells: Mapping[type, Callable[[Any], None]] = {
            MeterReading: self._reading,
            SessionStarted: self._started,
            SessionLatched: self._latched,
            SessionEnded: self._ended,
            SessionSettled: self._settled,
            SessionBilled: self._billed,
            EvseState: self._evse,
            SwitchState: self._switch,
            OffPeak: self._off_peak,
            VehicleState: self._vehicle,
            OdometerSought: self._odometer_sought,
            SessionOdometer: self._odometer,
            OdometerMissing: self._odometer_missing,
            Notification: self._notification,
            BackupStep: self._backup,
        }
        self._post = NodePost(self, self._broker, self._qos, self.waiting, self._deliver)
        self.after(0, self._deliver)

    def stop(self, reason: StopReason) -> None:
        """Watch the broker no more."""
        if reason != "fault":
            self._post.close()

    def on_message(self, payload: Told) -> None:
        """Tell what Oppleo has a topic for."""
        tell = self._tells.get(type(payload))
        if tell is not None:
            tell(payload)
            self._deliver()

    @property
    def _qos(self) -> Qos:
        return self.config.qos

    def _deliver(self) -> None:
        if self._post.delivered():
            self.status("ok", "told")
        else:
            self.status("warn", f"{len(self._post.waiting)} events wait for the broker")
        self.waiting = self._post.waiting

    def _event(self, tail: str, data: Any = None, status: int | None = None) -> None:
        text = self._voice.text(data, status)
        self._post.event(Letter(self._voice.topic(tail), text))

    def _level(self, tail: str, data: Any = None, name: str = "") -> None:
        letter = Letter(self._voice.topic(tail), self._voice.text(data), self.config.retain)
        self._post.level(name or tail, letter)

    # -- meter and EVSE ------------------------------------------------------------------------

    def _reading(self, reading: MeterReading) -> None:
        if not stored_again(self._stored.get(reading.meter), reading, self._voice):
            return
        self._stored[reading.meter] = reading
        self._level(USAGE, self._voice.usage(reading))
        if self.session is not None and self.session.ended_at is None:
            self.session = replace(self.session, meter_end_wh=reading.energy_import_wh)
            self._level(f"{SESSION}/charge_session_data_update", self._voice.session(self.session))

    def _evse(self, state: EvseState) -> None:
        before, self._charges = self._charges, state.charging
        if state.charging != bool(before):
            status = CHARGING if state.charging else CONNECTED
            self._event(f"{SESSION}/charge_session_status_update", status=status)

    def _switch(self, state: SwitchState) -> None:
        before, self._switched = self._switched, state.on
        if state.on is not before:
            event = "evse_enabled" if state.on else "evse_disabled"
            self._level(f"/evse_status/{event}", name="evse")

    def _off_peak(self, hours: OffPeak) -> None:
        said = off_peak(hours)
        if said != self._hours:
            self._hours = said
            self._level(f"{SESSION}/off_peak_status_update", said)

    # -- sessions ------------------------------------------------------------------------------

    def _started(self, began: SessionStarted) -> None:
        price = None
        if self._ledger is not None:
            price = price_at(self._ledger.prices.all(), began.started_at)
        flat = price is not None and price.tariff is None
        self.session = ToldSession(
            began.session_id,
            began.uid,
            began.started_at,
            began.trigger,
            began.meter_start_wh,
            began.meter_start_wh,
            price.price_per_kwh if price is not None and flat else None,
        )
        self._event(f"{SESSION}/charge_session_started", self._voice.session(self.session))

    def _latched(self, late: SessionLatched) -> None:
        if self._is_told(late.session_id):
            self._updated(meter_start_wh=late.meter_start_wh, meter_end_wh=late.meter_start_wh)

    def _ended(self, ended: SessionEnded) -> None:
        known = self.session if self._is_told(ended.session_id) else None
        self.session = ToldSession(
            ended.session_id,
            ended.uid,
            ended.started_at,
            known.trigger if known else "card",
            ended.meter_start_wh,
            ended.meter_end_wh,
            known.price_per_kwh if known else None,
            odometer_km=known.odometer_km if known else None,
            ended_at=ended.ended_at,
            energy_wh=ended.energy_wh,
        )
        self._post.forget(f"{SESSION}/charge_session_data_update")
        self._event(f"{SESSION}/charge_session_ended", self._voice.session(self.session))
        if self._vehicle_told:
            self._vehicle_told = False
            self._post.forget(f"{SESSION}/vehicle_charge_status_update")
            self._event(f"{SESSION}/vehicle_charge_status_stopped")

    def _settled(self, late: SessionSettled) -> None:
        if self._is_told(late.session_id):
            self._updated(meter_end_wh=late.meter_end_wh, energy_wh=late.energy_wh)

    def _billed(self, bill: SessionBilled) -> None:
        if self._is_told(bill.session_id):
            self._updated(energy_wh=bill.energy_wh, amount=bill.amount)

    def _updated(self, **changes: Any) -> None:
        if self.session is not None:
            self.session = replace(self.session, **changes)
            self._event(f"{SESSION}/charge_session_data_update", self._voice.session(self.session))

    def _is_told(self, session_id: object) -> bool:
        return self.session is not None and self.session.session_id == session_id

    # -- vehicles and messages -----------------------------------------------------------------

    def _vehicle(self, state: VehicleState) -> None:
        if self.session is not None and self.session.ended_at is None:
            self._vehicle_told = True
            self._level(f"{SESSION}/vehicle_charge_status_update", self._voice.vehicle(state))

    def _odometer_sought(self, sought: OdometerSought) -> None:
        if sought.attempt == 1:
            data = {"status": "started", "chargeSessionId": str(sought.session_id)}
            self._event(f"{SESSION}/odomoter_update_started", data)

    def _odometer(self, found: SessionOdometer) -> None:
        data = {"status": "success", "chargeSessionId": str(found.session_id)}
        self._event(f"{SESSION}/odomoter_update_ended", data)
        if self._is_told(found.session_id):
            self._updated(odometer_km=found.odometer_km)

    def _odometer_missing(self, missing: OdometerMissing) -> None:
        data = {
            "status": "failed",
            "chargeSessionId": str(missing.session_id),
            "code": NO_VALUE,
            "reason": missing.reason,
        }
        self._event(f"{SESSION}/odomoter_update_ended", data)

    def _notification(self, note: Notification) -> None:
        self._event("/notification", notice(note))

    def _backup(self, told: BackupStep) -> None:
        data = {"reason": told.reason} if told.reason else None
        self._event(f"/backup/backup_{BACKUP_STEPS[told.step]}", data)
