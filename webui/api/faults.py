"""The faults of a runtime, open and over, and what its nodes say and said of themselves."""

from typing import Any

from bottle import request

from webui.api.limits import limit
from webui.ports import Runtime
from webui.problem import problem

_USUAL = 100
_MOST = 1000


class Faults:
    """The routes of `/api/v1/faults` and `/api/v1/statuses`."""

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

    def statuses(self) -> dict[str, Any]:
        """Answer `GET /api/v1/statuses?node=meter&limit=100`: what nodes say, and said before.

        Without `node` of all.  The newest is the first; `until` is null for what they say now.
        """
        most, asked = limit(_USUAL, _MOST), request.query.getunicode("node")
        nodes = [n for n in self._runtime.snapshot().nodes if asked in (None, n.id)]
        if asked is not None and not nodes:
            raise problem(404, "no-such-node", f"the flow has no node {asked!r}")
        said = [
            (since, node.id, level, text, until)
            for node in nodes
            for level, text, since, until in (
                (node.status_level, node.status_text, node.status_since, None),
                *((p.level, p.text, p.since, p.until) for p in node.past_statuses),
            )
        ]
        said.sort(key=lambda one: one[:2], reverse=True)
        return {
            "statuses": [
                {
                    "node": node,
                    "level": level,
                    "text": text,
                    "since": since.isoformat(),
                    "until": None if until is None else until.isoformat(),
                }
                for since, node, level, text, until in said[:most]
            ]
        }
