"""A small world around one `charge-session` node, for random histories of it.

The register counts while the switch is on, a car is plugged in and for some seconds after; what the
node sends goes into a real ledger.
"""

import math
import shutil
from pathlib import Path
from uuid import UUID

from nodes.charging.charge_session import ChargeSession
from oppleo_flow.clock import VirtualClock
from oppleo_flow.payloads import (
    Authorised,
    EvseSignal,
    EvseState,
    MeterReading,
    MeterUnknown,
    SessionEnded,
    SessionStarted,
)
from oppleo_flow.testing import Bench
from oppleo_flow.testing.bench import NOON

CARDS = {
    "family": Authorised.sample(),
    "guest": Authorised(UUID(int=2), "04D4E5F6", "guest"),
}
POWER_W = 11_040.0
STOPS_AFTER_S = 6.0
_EVENTS = ("started", "latched", "ended", "settled")


class ChargingWorld:
    """One node over its whole history, restarts and power cuts included."""

    def __init__(self, folder: Path, **config) -> None:
        self.clock = VirtualClock(NOON)
        self.register_wh = self.first_wh = 1_000_000.0
        self.journal = []
        self._folder, self._config = folder, config
        self._generation = 0
        self._silent = self._plugged = False
        self._away = False
        self._flows_until_s = 0.0
        self._begin()

    # -- what happens --------------------------------------------------------------------------

    def swipe(self, card: str, wish: str = "either") -> None:
        """Present a card; nobody does that twice within a second."""
        self._on.send(CARDS[card].with_(wish=wish), "token")
        self._hear()
        self.wait(1)

    def silence(self, silent: bool) -> None:
        self._silent = silent
        self._read()

    def plug(self, plugged: bool) -> None:
        self._plugged = plugged
        if not plugged:
            self._flows_until_s = 0.0
        self._look()

    def wait(self, seconds: float) -> None:
        """Let time pass, in steps between which the meter is read."""
        while seconds > 0:
            step = min(seconds, 10.0)
            self._charge(step)
            self._on.advance(step)
            self._read()
            self._look()
            seconds -= step

    def restart(self, away_s: float, *, killed: bool) -> None:
        """Stop the runtime, or kill it, and start it again on what it has kept."""
        state = self._state
        self._generation += 1
        if killed:  # what was committed is all there is
            for file in self._folder.glob(f"{state.name}*"):
                shutil.copy(file, self._folder / file.name.replace(state.name, self._state.name))
        self._stop()
        if not killed:
            shutil.copy(state, self._state)
        self._away = True
        self._charge(away_s)
        self.clock.advance(away_s)
        self._away = False
        self._begin()

    def come_to_rest(self) -> None:
        """End what is open, let the meter speak, and stop."""
        self.silence(False)
        self.wait(20)
        if self._on.node.session is not None:
            self.swipe(self._on.node.session.label)
        self.wait(80)
        self._stop()

    # -- what is behind it ---------------------------------------------------------------------

    @property
    def _state(self) -> Path:
        return self._folder / f"state{self._generation}.sqlite"

    @property
    def _allowed(self) -> bool:
        asked = self._on.sent("request")
        return bool(asked) and asked[-1].on

    def _begin(self) -> None:
        self._heard = dict.fromkeys(_EVENTS, 0)
        self._on = Bench(
            ChargeSession,
            self._config,
            durable=True,
            clock=self.clock,
            state_path=self._state,
        )
        self._on.__enter__()
        self._hear()
        self._look()
        self._read()

    def _stop(self) -> None:
        self._on.__exit__()
        self._hear()

    def _charge(self, seconds: float) -> None:
        """Let the register count while current flows, and until a car has stopped."""
        if self._allowed and not self._away:
            self._flows_until_s = math.inf if self._plugged else 0.0
        elif self._flows_until_s == math.inf:
            self._flows_until_s = self.clock.monotonic() + STOPS_AFTER_S
        flows_s = max(0.0, min(seconds, self._flows_until_s - self.clock.monotonic()))
        self.register_wh += POWER_W * flows_s / 3600

    def _read(self) -> None:
        if self._silent:
            self._on.send(MeterUnknown("meter", self.clock.now(), "no answer"), "meter")
        else:
            flows = self.clock.monotonic() < self._flows_until_s
            reading = MeterReading.sample(
                energy_import_wh=int(self.register_wh),
                time=self.clock.now(),
                power_w=POWER_W if flows else 0.0,
            )
            self._on.send(reading, "meter")
        self._hear()

    def _look(self) -> None:
        if not self._allowed:
            signal = EvseSignal.ACCESS_OFF
        elif self._plugged:
            signal = EvseSignal.CHARGING
        else:
            signal = EvseSignal.STANDBY
        self._on.send(EvseState(signal, self.clock.now()), "plug")
        self._hear()

    def _hear(self) -> None:
        """Note what was sent, in the order of its moments; an end comes before a start."""
        new = []
        for port in _EVENTS:
            sent = self._on.sent(port)
            new += sent[self._heard[port] :]
            self._heard[port] = len(sent)
        order = {SessionEnded: 1, SessionStarted: 3}
        self.journal += sorted(new, key=lambda event: order.get(type(event), 2))

    @property
    def counted_wh(self) -> int:
        """Return what the meter has counted, as far as whole Wh tell."""
        return int(self.register_wh) - int(self.first_wh)
