"""What the routes of the program, of its backups and of their copies have in common."""

from typing import TYPE_CHECKING

from webui.api.audit import Deeds
from webui.machine import Machine
from webui.ports import Runtime, SiteFacts
from webui.problem import problem

if TYPE_CHECKING:
    from oppleo_flow.store.backup.kept import Naming


class MachineRoutes:
    """Routes that do something on the machine, where the program was started as one that may."""

    def __init__(
        self, runtime: Runtime, site: SiteFacts, machine: Machine | None, deeds: Deeds
    ) -> None:
        self._runtime = runtime
        self._site = site
        self._machine = machine
        self._deeds = deeds

    @property
    def _there(self) -> Machine:
        if self._machine is None:
            raise problem(404, "no-machine", "this program was not started as one that does this")
        return self._machine

    @property
    def _naming(self) -> "Naming":
        # Not at the top: few ask, and a start has no use for what knows backups.
        from oppleo_flow.store.backup.kept import Naming  # noqa: PLC0415

        return Naming(self._site.charge_point, self._there.simulated)
