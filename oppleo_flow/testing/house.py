"""A flow in a simulated house: car, SmartEVSE, meter and cards, in virtual time."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from oppleo_flow.charging.calendar_rules import SiteCalendars
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.statement_settings import NO_FACTS, StatementFacts
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.world import World
from oppleo_flow.engine.core import Subscription
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.engine.snapshot import EventKind, NodeSnapshot
from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile import CheckSettings, SiteSecrets, check_text
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.immutable import immutable
from oppleo_flow.registry import Registry
from oppleo_flow.simulator.installation import EnergyHistory
from oppleo_flow.simulator.levers import world_words
from oppleo_flow.simulator.premise import price_id
from oppleo_flow.simulator.readers import POCKET, Card
from oppleo_flow.simulator.wiring import wiring_of
from oppleo_flow.simulator.world import SimulatedWorld
from oppleo_flow.store import Ledger, StoreLocation, open_ledger
from oppleo_flow.testing.bench import BenchSite
from oppleo_flow.testing.full_disk import fill, make_room
from oppleo_flow.testing.pocket import know_the_cards

_CHARGE_POINT = "house"
_SETTLE_S = 30.0  # nodes have started, the meter was read, the EVSE's signal is known
_SWIPE_S = 5.0
_HEARD: frozenset[EventKind] = frozenset({"fault", "clear"})
_MOST_HEARD = 1_000_000


@immutable
class PastFault:
    """A fault of a node, from when to when; `until` is None while it lasts."""

    node: str
    code: str
    text: str
    since: datetime
    until: datetime | None = None


class SimulatedHouse:
    """A running flow and the world around it; a context manager.

    `folder` is where its ledger and state are kept, `start` the aware time at which it begins.  The
    `cards` that are known are in the ledger from the beginning, and `price_per_kwh` if it is given.
    """

    def __init__(
        self,
        graph: Graph,
        folder: Path,
        start: datetime,
        *,
        timezone: str = "Europe/Amsterdam",
        currency: str = "EUR",
        cards: Sequence[Card] = POCKET,
        price_per_kwh: Decimal | None = None,
        calendars: SiteCalendars = SiteCalendars(),  # noqa: B008  (it does not change)
    ) -> None:
        self.clock = VirtualClock(start)
        self._start = start
        self.graph = graph
        self.location = StoreLocation(folder / "ledger.sqlite", lasting=False)
        self.history = EnergyHistory()
        self.world = SimulatedWorld(
            self.clock, wiring=wiring_of(graph), cards=cards, history=self.history
        )
        self._state_path = folder / "state.sqlite"
        self._kept = f"{folder}{os.sep}"
        self._site = BenchSite(
            folder=folder,
            charge_point=_CHARGE_POINT,
            timezone=timezone,
            currency=currency,
            services={
                World: self.world,
                StoreLocation: self.location,
                SiteCalendars: calendars,
                StatementFacts: NO_FACTS,
            },
        )
        self._know(cards)
        if price_per_kwh is not None:
            self.set_price(price_per_kwh)
        self._powered = self._started = True
        self._running = False
        self._page: Ledger | None = None
        self._past_faults: list[PastFault] = []
        self._open_faults: dict[tuple[str, str], PastFault] = {}
        self.runtime, self._events = self._new_runtime()

    def _new_runtime(self) -> tuple[Runtime, Subscription]:
        runtime = Runtime(
            self.graph,
            clock=self.clock,
            site=self._site,
            state_path=self._state_path,
            externals=[self.world],
        )
        return runtime, runtime.subscribe(_MOST_HEARD, _HEARD)

    def _know(self, cards: Sequence[Card]) -> None:
        with open_ledger(self.location, _CHARGE_POINT) as ledger:
            know_the_cards(ledger, cards, self.clock.now())

    def __enter__(self) -> Self:
        self._running = True
        self.runtime.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._running:
            self.runtime.stop()
        if self._page is not None:
            self._page.close()
            self._page = None

    # -- time ----------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return what the clock shows, aware UTC."""
        return self.clock.now()

    def run_for(self, seconds: float) -> None:
        """Move time on; for the world only where the flow does not run."""
        if self._running:
            self.runtime.run_for(seconds)
            return
        end_s = self.clock.monotonic() + seconds
        while (due_s := self.world.next_event_s()) is not None and due_s <= end_s:
            self.clock.advance_to(max(due_s, self.clock.monotonic()))
            self.world.fire()
        self.clock.advance_to(end_s)

    def set_power(self, on: bool) -> None:
        """Let the mains fail, for the flow too, or come back.

        The flow has no time to stop: it goes on from what it had committed when the mains are back.
        """
        if on == self._powered:
            return
        self._powered = on
        self.world.cut_power(not on)
        self._run()

    def set_program(self, on: bool) -> None:
        """Let the program stop while the mains stay, or start again."""
        self._started = on
        self._run()

    def set_disk(self, room: bool) -> None:
        """Let the ledger's disk be full, or have room again."""
        (make_room if room else fill)(self.location.path)

    def _run(self) -> None:
        """Start the flow on what it has saved, or stop it, as mains and program want it."""
        on = self._powered and self._started
        if on == self._running:
            return
        self._running = on
        if on:
            self.runtime, self._events = self._new_runtime()
            self.runtime.start()
            return
        committed = None if self._powered else self._committed()
        self.runtime.stop()
        if committed is not None:
            self._put_back(committed)
        self._hear()
        now = self.now()
        for fault in list(self._open_faults.values()):
            self._close(fault, now)

    def _committed(self) -> dict[Path, bytes]:
        """Return what of the flow's state is on the disk now."""
        return {file: file.read_bytes() for file in self._state_files() if file.exists()}

    def _put_back(self, committed: Mapping[Path, bytes]) -> None:
        """Undo what a flow that stops in order has saved, which one without mains cannot."""
        for file in self._state_files():
            file.unlink(missing_ok=True)
        for file, content in committed.items():
            file.write_bytes(content)

    def _state_files(self) -> list[Path]:
        """Return the state's file, and those that SQLite keeps beside it while it is open."""
        names = [f"{self._state_path.name}{end}" for end in ("", "-wal", "-shm")]
        return [self._state_path.with_name(name) for name in names]

    # -- the ledger ----------------------------------------------------------------------------

    def open_session(self) -> SessionRecord | None:
        """Return the session that the ledger has open."""
        if self._page is None:
            self._page = self.open_ledger()
        return self._page.sessions.open()

    def open_ledger(self) -> Ledger:
        """Return the ledger, to be read."""
        return open_ledger(self.location, _CHARGE_POINT, read_only=True)

    def register_at(self, at: datetime) -> float:
        """Return what the meter's register showed at a moment that has passed, in Wh."""
        return self.history.energy_at((at - self._start).total_seconds())

    def set_price(self, price_per_kwh: Decimal) -> None:
        """Let energy have another price from now on."""
        now = self.clock.now()
        with open_ledger(self.location, _CHARGE_POINT) as ledger:
            ledger.prices.add(PriceVersion(price_id(now), now, price_per_kwh, self._site.currency))

    # -- looking at it -------------------------------------------------------------------------

    def faults(self) -> list[PastFault]:
        """Return the faults there have been, the oldest first."""
        self._hear()
        found = [*self._past_faults, *self._open_faults.values()]
        return sorted(found, key=lambda fault: (fault.since, fault.node, fault.code))

    def _hear(self) -> None:
        while (event := self._events.get(timeout_s=0)) is not None:
            key = (event.node, event.port)
            if event.kind == "fault":
                # Where the house is kept is chance, and says nothing.
                text = str(event.value).replace(self._kept, "")
                fault = PastFault(event.node, event.port, text, event.at)
                self._open_faults[key] = fault
            elif key in self._open_faults:
                self._close(self._open_faults[key], event.at)

    def _close(self, fault: PastFault, until: datetime) -> None:
        del self._open_faults[fault.node, fault.code]
        self._past_faults.append(PastFault(fault.node, fault.code, fault.text, fault.since, until))


class House(SimulatedHouse):
    """A flow's text in a simulated house, with the cards of the simulator's pocket.

    `nodes` is a folder of drop-ins.

    Raises:
        ConfigError: The flow has errors; the message holds all of them.
    """

    def __init__(
        self,
        text: str,
        folder: Path,
        start: datetime,
        *,
        nodes: Path | None = None,
        secrets: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        given = {f"OPPLEO_SECRET_{name.upper()}": value for name, value in (secrets or {}).items()}
        settings = CheckSettings(
            variables=variables or {},
            secrets=SiteSecrets(folder / "secrets.yaml", given),
            simulate=True,
            world_words=world_words,
        )
        checked = check_text(text, "flow.yaml", Registry.installed(nodes), settings)
        if checked.graph is None:
            raise ConfigError("\n".join(finding.render() for finding in checked.errors))
        self.findings = checked.findings
        super().__init__(checked.graph, folder, start)

    def __enter__(self) -> Self:
        super().__enter__()
        self.run_for(_SETTLE_S)
        return self

    def swipe(self, card: str) -> None:
        """Hold a card of the pocket to the reader, and let what follows happen."""
        self.world.swipe(card)
        self.run_for(_SWIPE_S)

    def look(self, node: str) -> NodeSnapshot:
        """Return what a node looks like now."""
        return next(seen for seen in self.runtime.snapshot().nodes if seen.id == node)

    def level(self, node: str, port: str) -> Any:
        """Return the value that a level holds now.

        Raises:
            KeyError: It holds none yet.
        """
        return self.look(node).levels[port].value
