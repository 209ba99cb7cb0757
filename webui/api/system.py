"""The program and the machine it runs on: versions, condition, starting anew, and who to thank."""

import json
import os
import time
from collections.abc import Mapping
from typing import Any, Final

from bottle import HTTPResponse
from typing_extensions import TypedDict

from oppleo_flow.engine.snapshot import RuntimeSnapshot
from webui.answers import Moment, Plain
from webui.api.audit import Deeds
from webui.api.backups import Backups
from webui.api.log import LogView
from webui.api.machine_routes import MachineRoutes
from webui.machine import Machine
from webui.ports import Runtime, SiteFacts
from webui.reading import Nothing, read_body

_LINES_TOLD: Final = 200


class VitalsAnswer(TypedDict):
    """How the runtime is; `load` is the machine's over one minute, null where it tells none."""

    alive: bool
    ready: bool
    lag_s: float
    worst_lag_s: float
    memory_bytes: int | None
    load: float | None
    processors: int | None
    machine_uptime_s: float | None
    written_bytes: int
    ledger_bytes: int | None
    disk_free_bytes: int | None
    disk_bytes: int | None


class SystemAnswer(TypedDict):
    """What runs, since when, and how it is."""

    versions: Mapping[str, str]
    flow: str
    simulated: bool
    started_at: Moment
    now: Moment
    timezone: str
    vitals: VitalsAnswer
    counts: Mapping[str, int]


class LicenceAnswer(TypedDict):
    """A package that this program is made with; `licence` is empty where it tells none."""

    name: str
    version: str
    licence: str


class AboutAnswer(TypedDict):
    """What this program is made with."""

    packages: list[LicenceAnswer]


class NewestAnswer(TypedDict):
    """The version that runs, and the newest one that the package index has."""

    version: str
    newest: str
    is_newest: bool


class AskedAnswer(TypedDict):
    """What begins now."""

    asked: str


class System(MachineRoutes):
    """The routes below `/api/v1/system`."""

    def __init__(
        self,
        runtime: Runtime,
        site: SiteFacts,
        machine: Machine | None,
        deeds: Deeds,
        *,
        backups: Backups,
        log: LogView,
    ) -> None:
        super().__init__(runtime, site, machine, deeds)
        self._backups = backups
        self._log = log

    def show(self) -> SystemAnswer:
        """Answer `GET /api/v1/system`."""
        snapshot = self._runtime.snapshot()
        return {
            "versions": {} if self._machine is None else self._machine.versions(),
            "flow": snapshot.flow,
            "simulated": snapshot.simulated,
            "started_at": snapshot.started_at.isoformat(),
            "now": self._site.clock.now().isoformat(),
            "timezone": self._site.timezone,
            "vitals": self._vitals(),
            "counts": _counts(snapshot),
        }

    def restart(self) -> AskedAnswer:
        """Answer `POST /api/v1/system/restart`.

        Raises:
            Refused: A session is open, a backup is being made, or it would not start again.
        """
        return self._do("restart")

    def reboot(self) -> AskedAnswer:
        """Answer `POST /api/v1/system/reboot`; raises `Refused` as `restart` does."""
        return self._do("reboot")

    def shut_down(self) -> AskedAnswer:
        """Answer `POST /api/v1/system/shut-down`; raises `Refused` as `restart` does."""
        return self._do("shut-down")

    def newest(self) -> NewestAnswer:
        """Answer `POST /api/v1/system/newest`: ask the package index, and install nothing.

        Raises:
            Refused: The settings do not allow it, or nobody answers.
        """
        read_body(Nothing)
        machine = self._there
        version, newest = machine.versions()["oppleo-flow"], machine.newest_version()
        return {"version": version, "newest": newest, "is_newest": version == newest}

    def about(self) -> AboutAnswer:
        """Answer `GET /api/v1/system/about`."""
        found = self._there.licences()
        return {
            "packages": [
                {"name": one["name"], "version": one["version"], "licence": one["licence"]}
                for one in found
            ]
        }

    def diagnostics(self) -> HTTPResponse:
        """Answer `GET /api/v1/system/diagnostics`: all that helps to help, without secrets."""
        machine = self._there
        told: dict[str, Any] = {
            "system": self.show(),
            "doctor": list(machine.diagnosis()),
            "nodes": [_node(one) for one in self._runtime.snapshot().nodes],
            "connections": dict(self._runtime.vitals().connections),
            "log": self._newest_lines(),
        }
        text = self._site.redact(json.dumps(told, indent=2, ensure_ascii=False))
        answer = HTTPResponse(body=text.encode())
        answer.set_header("Content-Type", "application/json")
        name = f"oppleo-flow-diagnostics-{self._site.clock.now():%Y%m%dT%H%M%SZ}.json"
        answer.set_header("Content-Disposition", f'attachment; filename="{name}"')
        return answer

    def _do(self, what: str) -> AskedAnswer:
        read_body(Nothing)
        machine = self._there
        self._backups.idle()
        deeds = {"restart": machine.restart, "reboot": machine.reboot}
        deeds.get(what, machine.shut_down)()
        self._deeds.note("system", what)
        return {"asked": what}

    def _vitals(self) -> VitalsAnswer:
        vitals, machine = self._runtime.vitals(), self._machine
        disk = None if machine is None else os.statvfs(machine.folder)
        return {
            "alive": vitals.alive,
            "ready": self._runtime.ready,
            "lag_s": round(vitals.lag_s, 4),
            "worst_lag_s": round(vitals.worst_lag_s, 4),
            "memory_bytes": _memory(),
            "load": os.getloadavg()[0],
            "processors": os.cpu_count(),
            "machine_uptime_s": round(time.clock_gettime(time.CLOCK_BOOTTIME), 1),
            "written_bytes": vitals.state_bytes,
            "ledger_bytes": self._ledger_bytes(),
            "disk_free_bytes": None if disk is None else disk.f_bavail * disk.f_frsize,
            "disk_bytes": None if disk is None else disk.f_blocks * disk.f_frsize,
        }

    def _ledger_bytes(self) -> int | None:
        machine = self._machine
        if machine is None or not machine.ledger.exists():
            return None
        return machine.ledger.stat().st_size

    def _newest_lines(self) -> list[Plain]:
        machine = self._machine
        if machine is None or not machine.log_file.is_file():
            return []
        return list(self._log.newest(_LINES_TOLD))


def _memory() -> int | None:
    """Return how much memory the process has, None where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _counts(snapshot: RuntimeSnapshot) -> dict[str, int]:
    nodes = snapshot.nodes
    return {
        "nodes": len(nodes),
        "faults": sum(len(one.faults) for one in nodes),
        "received": sum(one.received for one in nodes),
        "sent": sum(one.sent for one in nodes),
        "failed": sum(one.failed for one in nodes),
        "dropped": sum(one.dropped for one in nodes),
    }


def _node(node: Any) -> dict[str, Plain]:
    return {
        "id": node.id,
        "type": node.type_name,
        "status": f"{node.status_level}: {node.status_text}",
        "faults": [f"{one.since.isoformat()} {one.code}: {one.text}" for one in node.faults],
        "counts": [node.received, node.sent, node.failed, node.dropped],
        "disabled": node.disabled,
    }
