"""A flow file in a simulated house: car, SmartEVSE, meter and cards, in virtual time."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import NAMESPACE_OID, uuid5

from oppleo_flow.charging.tokens import Token, legacy_id
from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.world import World
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.engine.snapshot import NodeSnapshot
from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile import CheckSettings, SiteSecrets, check_text
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.registry import Registry
from oppleo_flow.simulator import POCKET, SimulatedWorld
from oppleo_flow.simulator.wiring import wiring_of
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.testing.bench import BenchSite

_CHARGE_POINT = "house"
_SETTLE_S = 30.0  # nodes have started, the meter was read, the EVSE's signal is known
_SWIPE_S = 5.0


class House:
    """A running flow and the world around it; a context manager.

    `text` is the flow, `folder` where its ledger and state are kept, `start` the aware time at
    which it begins; `nodes` is a folder of drop-ins.  The cards of the simulator's pocket that are
    marked as known are in the ledger.

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
        self.clock = VirtualClock(start)
        given = {f"OPPLEO_SECRET_{name.upper()}": value for name, value in (secrets or {}).items()}
        settings = CheckSettings(
            variables=variables or {},
            secrets=SiteSecrets(folder / "secrets.yaml", given),
            simulate=True,
        )
        checked = check_text(text, "flow.yaml", Registry.installed(nodes), settings)
        if checked.graph is None:
            raise ConfigError("\n".join(finding.render() for finding in checked.errors))
        self.findings = checked.findings
        self.graph: Graph = checked.graph
        self.location = StoreLocation(folder / "ledger.sqlite", lasting=False)
        self._know_the_cards()
        self.world = SimulatedWorld(self.clock, wiring=wiring_of(self.graph))
        services = {World: self.world, StoreLocation: self.location}
        self.runtime = Runtime(
            self.graph,
            clock=self.clock,
            site=BenchSite(folder=folder, charge_point=_CHARGE_POINT, services=services),
            state_path=folder / "state.sqlite",
            externals=[self.world],
        )

    def _know_the_cards(self) -> None:
        with open_ledger(self.location, _CHARGE_POINT) as ledger:
            known = {token.uid for token in ledger.tokens.all()}
            for card in POCKET:
                if card.known and card.uid not in known:
                    number = legacy_id(bytes.fromhex(card.uid))
                    token = Token(
                        uuid5(NAMESPACE_OID, card.uid), card.uid, number, card.name, enabled=True
                    )
                    ledger.tokens.add(token, self.clock.now())

    def __enter__(self) -> Self:
        self.runtime.start()
        self.run_for(_SETTLE_S)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.runtime.stop()

    def run_for(self, seconds: float) -> None:
        """Move time on."""
        self.runtime.run_for(seconds)

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
