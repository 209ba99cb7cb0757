"""The faults of a runtime: those that are open, and those that are over."""

from typing import Any

from webui.api.limits import limit
from webui.ports import Runtime

_USUAL = 100
_MOST = 1000


class Faults:
    """The route of `/api/v1/faults`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def show(self) -> dict[str, Any]:
        """Answer `GET /api/v1/faults?limit=100`: all that are open, and the newest that are over.

        Of each node at most its last 20 are known.
        """
        most = limit(_USUAL, _MOST)
        nodes = self._runtime.snapshot().nodes
        still = [(fault.since, node.id, fault) for node in nodes for fault in node.faults]
        over = [(past.until, node.id, past) for node in nodes for past in node.past_faults]
        still.sort(key=lambda one: one[:2], reverse=True)
        over.sort(key=lambda one: one[:2], reverse=True)
        return {
            "open": [
                {"node": node, "code": f.code, "text": f.text, "since": f.since.isoformat()}
                for _, node, f in still
            ],
            "over": [
                {
                    "node": node,
                    "code": f.code,
                    "text": f.text,
                    "since": f.since.isoformat(),
                    "until": f.until.isoformat(),
                }
                for _, node, f in over[:most]
            ],
        }
