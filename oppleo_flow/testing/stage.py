"""Where a flow is tested: a simulated world, a ledger and a state of its own, in virtual time."""

from collections.abc import Callable
from dataclasses import field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from oppleo_flow.charging.calendar_rules import SiteCalendars
from oppleo_flow.charging.statement_settings import NO_FACTS, StatementFacts
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.world import World
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.engine.snapshot import NodeSnapshot
from oppleo_flow.flowfile.cases import FlowTest, Given, Target
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.immutable import immutable
from oppleo_flow.node_context import NodeContext
from oppleo_flow.simulator.premise import Premise
from oppleo_flow.simulator.readers import POCKET
from oppleo_flow.simulator.wiring import wiring_of
from oppleo_flow.simulator.world import SimulatedWorld
from oppleo_flow.store import Ledger, StoreLocation, open_ledger
from oppleo_flow.testing.bench import NOON, BenchSite
from oppleo_flow.testing.journal import Journal
from oppleo_flow.testing.pocket import a_price, know_the_cards

SETTLE_S = 30.0
"""How long the flow has been running at the first step: the EVSE's signal is known by then."""


@immutable
class Setting:
    """What the site of a tested flow says of itself."""

    charge_point: str = "test"
    timezone: str = "Europe/Amsterdam"
    currency: str = "EUR"
    calendars: SiteCalendars = field(default_factory=SiteCalendars)
    language: str = "en"


class Stage:
    """A flow under test and the world around it; a context manager.

    `folder` is empty and for this test alone; the flow has been running for half a minute at the
    moment of the first step.  The ledger knows what the test gives and the cards of the pocket, or
    what `know` tells it.
    """

    def __init__(
        self,
        graph: Graph,
        test: FlowTest,
        folder: Path,
        setting: Setting,
        sinks: frozenset[Target],
        *,
        journal: type[Journal] = Journal,
        know: Callable[[Ledger, datetime], object] | None = None,
    ) -> None:
        self.graph = graph
        self.clock = VirtualClock((test.at or NOON) - timedelta(seconds=SETTLE_S))
        self.journal = journal(graph, self.clock, test.targets | sinks)
        self.world = SimulatedWorld(self.clock, wiring=wiring_of(graph))
        self._folder = folder
        location = StoreLocation(folder / "ledger.sqlite", lasting=False)
        with open_ledger(location, setting.charge_point) as ledger:
            (know or partial(_know_what_is_given, test, setting))(ledger, self.clock.now())
        self._site = BenchSite(
            folder=folder,
            charge_point=setting.charge_point,
            timezone=test.timezone or setting.timezone,
            currency=setting.currency,
            language=setting.language,
            services={
                World: self.world,
                StoreLocation: location,
                SiteCalendars: setting.calendars,
                StatementFacts: NO_FACTS,
            },
        )
        for stub in test.stubs:
            self.journal.stub(stub.node, stub.answers)
        self.runtime = self._runtime()

    def _runtime(self) -> Runtime:
        return Runtime(
            self.graph,
            clock=self.clock,
            site=self._site,
            state_path=self._folder / "state.sqlite",
            externals=[self.world],
            probe=self.journal,
        )

    def __enter__(self) -> Self:
        self._start()
        self.runtime.run_for(SETTLE_S)
        self.journal.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.runtime.stop()

    def _start(self) -> None:
        self.runtime.start()
        for node in self.graph.nodes.values():
            if not node.spec.inputs and not node.disabled:
                self.journal.answer(self.context(node.id))
        self.runtime.run_for(0)

    def restart(self, off_s: float) -> None:
        """Stop the runtime, let time go by, and start it again on what it has kept."""
        self.runtime.stop()
        end_s = self.clock.monotonic() + off_s
        while (due_s := self.world.next_event_s()) is not None and due_s <= end_s:
            self.clock.advance_to(max(due_s, self.clock.monotonic()))
            self.world.fire()
        self.clock.advance_to(end_s)
        self.runtime = self._runtime()
        self._start()

    def run_for(self, seconds: float) -> None:
        """Move time on."""
        self.runtime.run_for(seconds)

    def send(self, node: str, port: str, given: Given) -> None:
        """Let a payload leave an output, and let everything happen that follows at once."""
        self.journal.send(self.context(node), port, given.payload(self.clock.now()))
        self.runtime.run_for(0)

    def inject(self, node: str, port: str, given: Given) -> None:
        """Let a payload reach an input, and let everything happen that follows at once."""
        self.runtime.inject(node, port, given.payload(self.clock.now()))
        self.runtime.run_for(0)

    def context(self, node: str) -> NodeContext:
        """Return what the engine gives a node."""
        return self.runtime.node(node).context

    def look(self, node: str) -> NodeSnapshot:
        """Return what a node looks like now."""
        return next(seen for seen in self.runtime.snapshot().nodes if seen.id == node)

    def sight(self, node: str) -> dict[str, Any]:
        """Return how a node is now, as `expect_state` sees it."""
        seen = self.look(node)
        instance = self.runtime.node(node)
        return {
            **{name: getattr(instance, name) for name in self.graph.nodes[node].spec.state},
            "status": seen.status_text,
            "fault": tuple(fault.code for fault in seen.faults),
            "safe": seen.made_safe is not None,
        }


def _know_what_is_given(test: FlowTest, setting: Setting, ledger: Ledger, now: datetime) -> None:
    """Let a ledger know what a test gives, the cards of the pocket, and the prices."""
    if isinstance(test.given, Premise):
        test.given.tell(ledger, now)
    know_the_cards(ledger, POCKET, now)
    for price in _prices(test, setting):
        ledger.prices.add(price)


def _prices(test: FlowTest, setting: Setting) -> list[PriceVersion]:
    """Return the prices that a test gives, or the one that there is without any."""
    given = test.given.prices if isinstance(test.given, Premise) else None
    if given is None:
        return [a_price(setting.currency)]
    zone = test.timezone or setting.timezone
    return [one.version(zone, setting.currency, setting.calendars) for one in given]
