"""Read the state of a SmartEVSE, version 3, over the network: by REST or by MQTT.

```yaml
evse_state:
  type: smart-evse
  http: web               # a connection of type http-client
  url: http://192.168.1.20
```

or, where the SmartEVSE tells an MQTT broker how it is:

```yaml
evse_state:
  type: smart-evse
  mqtt: broker            # a connection of type mqtt-broker
  prefix: SmartEVSE-1234  # as in the SmartEVSE's own MQTT settings
```

It sends the same `state` as `evse-state`, so it takes the place of that node by a change of its
lines alone. It tells more: whether a car is plugged in, also without access, and in `report` its
mode, currents, power and temperature. Best have both, and compare them with `evse-cross-check`.

By REST it is asked `every` so often, which suits a local network only: its web server has no
password. Give it an `http-client` of its own, with a `timeout` of a few seconds: whoever shares one
waits for the others. By MQTT it tells by itself, when something changes and each ten seconds; what
the broker had kept from before is not taken, as nobody knows how old it is.

What it does not tell is unknown, never a default. What is wrong is a fault, and the `code` of the
unknown state:

| code | what happened |
|---|---|
| `not-seen-yet` | it had no time yet to say anything; no fault |
| `evse-away` | it, or the broker, cannot be reached, does not answer, or said nothing for 30 s |
| `evse-nonsense` | what is there does not speak as a SmartEVSE does, or sends us elsewhere |
| `evse-contradicts` | it says two things that cannot both be |
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pydantic import Field

from oppleo_flow import Example, Level, Node, Seconds, ServiceError
from oppleo_flow.devices.smart_evse import Contradiction, EvseFacts, NotUnderstood
from oppleo_flow.devices.smart_evse_link import NothingHeardYet
from oppleo_flow.devices.smart_evse_place import OnNetwork
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import EvseReport, EvseSignal, EvseState, EvseUnknown

_NOT_YET: Final = "not-seen-yet"
_CODES: Final[Mapping[type[ServiceError], str]] = {
    NothingHeardYet: _NOT_YET,
    NotUnderstood: "evse-nonsense",
    Contradiction: "evse-contradicts",
}
_WHOLE_AFTER_S: Final = 0.3
"""Its topics come one after another: what they say together is known when they have come."""


class SmartEvseConfig(OnNetwork):
    """Settings of a `smart-evse` node."""

    every: Seconds = Field(
        "5s", validate_default=True, ge=1, le=60, description="How often to ask, or to look."
    )


class SmartEvse(Node[SmartEvseConfig]):
    """Read the state of a SmartEVSE over the network.

    Input:
        None.

    Output:
        `state`: an `EvseState` with the moment since when, or an `EvseUnknown` with what is wrong.
        `report`: an `EvseReport`, with A, W and Wh as the EVSE tells them.

    Raises:
        Nothing.  What is wrong is a fault, from `evse-away` to `evse-contradicts`, until it is not.

    Source:
        The SmartEVSE-3's description of its REST interface, and its firmware's MQTT topics.
    """

    type_name = "smart-evse"
    icon = "pulse"
    blocking = True
    state: Level[EvseState | EvseUnknown]
    report: Level[EvseReport]
    examples = [
        Example(
            config={"http": "web", "url": "http://evse"},
            expect={
                "state": [
                    EvseUnknown.sample(code="not-seen-yet", reason="it has said nothing yet"),
                    EvseState.sample(signal=EvseSignal.ACCESS_OFF, plugged=False),
                ]
            },
        )
    ]

    def start(self) -> None:
        """Begin to ask, or to listen."""
        self._fault: str | None = None
        self._looks = False
        self._tell_unknown(_NOT_YET, "it has said nothing yet")
        self._link = self.config.link(self.use, self.clock)
        self._link.watch(self._heard)
        self.after(0, self._look)
        self.every(self.config.every, self._look)

    def stop(self, reason: StopReason) -> None:
        """Listen no more."""
        if reason != "fault":
            self._link.close()

    def probe(self) -> str:
        """Ask it once; by MQTT only the broker can be asked at once."""

        def words(facts: EvseFacts) -> str:
            version = f", version {facts.version}" if facts.version else ""
            return f"{facts.signal().value}{version}"

        return self.config.ask_once(self.use, self.clock, words)

    def _heard(self) -> None:
        """Look soon; called from a thread of the connection's own."""
        if not self._looks:
            self._looks = True
            self.after(_WHOLE_AFTER_S, self._look)

    def _look(self) -> None:
        self._looks = False
        try:
            facts = self._link.facts()
            self._report(facts)
            signal = facts.signal()
        except ServiceError as error:
            code = _CODES.get(type(error), "evse-away")
            self._tell_unknown(code, str(error))
            self._has_fault(None if code == _NOT_YET else code, str(error))
        else:
            self._has_fault(None)
            self._tell(signal, facts)

    def _tell(self, signal: EvseSignal, facts: EvseFacts) -> None:
        state = EvseState(signal, self._since(signal), plugged=facts.plugged)
        if state != self.state.value:
            self.state.set(state)
        says = signal.value if facts.error is None else f"{signal.value}: {facts.error}"
        if facts.odd:
            self.status("warn", f"{says}; {'; '.join(facts.odd)}")
        else:
            self.status("ok", says)

    def _tell_unknown(self, code: str, reason: str) -> None:
        told = self.state.value
        if isinstance(told, EvseUnknown) and told.code == code:
            return
        self.state.set(EvseUnknown(self.clock.now(), reason, code))
        self.status("warn", f"unknown: {reason}")

    def _report(self, facts: EvseFacts) -> None:
        self.report.set(
            EvseReport(
                time=self.clock.now(),
                access=facts.access,
                mode=facts.mode,
                error=facts.error,
                charge_current_a=facts.charge_current_a,
                override_current_a=facts.override_current_a,
                current_phases_a=facts.current_phases_a,
                power_w=facts.power_w,
                energy_import_wh=facts.energy_import_wh,
                temperature_c=facts.temperature_c,
                version=facts.version,
            )
        )

    def _since(self, signal: EvseSignal) -> datetime:
        told = self.state.value
        same = isinstance(told, EvseState) and told.signal is signal
        return told.since if same and told is not None else self.clock.now()

    def _has_fault(self, code: str | None, text: str = "") -> None:
        if self._fault not in (None, code):
            self.clear(self._fault or "")
        if code is not None and code != self._fault:
            self.fault(code, text)
        self._fault = code
