"""The faults of a runtime, open and over, and what its nodes say and said of themselves."""

from pydantic import Field
from typing_extensions import TypedDict

from oppleo_flow.node_context import StatusLevel
from webui.answers import Moment
from webui.ports import Runtime
from webui.problem import problem
from webui.reading import Query, read_query


class FaultsAsked(Query):
    """How many of the faults that are over to show."""

    limit: int = Field(100, ge=1, le=1000)


class StatusesAsked(FaultsAsked):
    """Of which node to show what it says."""

    node: str | None = Field(None, max_length=200, description="Without it, of all.")


class FaultAnswer(TypedDict):
    """An open fault of a node."""

    node: str
    code: str
    text: str
    since: Moment


class PastFaultAnswer(FaultAnswer):
    """A fault that is over."""

    until: Moment


class FaultsAnswer(TypedDict):
    """All open faults, and the newest that are over."""

    open: list[FaultAnswer]
    over: list[PastFaultAnswer]


class StatusAnswer(TypedDict):
    """What a node says of itself; `until` is null for what it says now."""

    node: str
    level: StatusLevel
    text: str
    since: Moment
    until: Moment | None


class StatusesAnswer(TypedDict):
    """What nodes say and said, the newest first."""

    statuses: list[StatusAnswer]


class Faults:
    """The routes of `/api/v1/faults` and `/api/v1/statuses`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def show(self) -> FaultsAnswer:
        """Answer `GET /api/v1/faults?limit=100`: all that are open, and the newest that are over.

        Of each node at most its last 20 are known.
        """
        most = read_query(FaultsAsked).limit
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

    def statuses(self) -> StatusesAnswer:
        """Answer `GET /api/v1/statuses?node=meter&limit=100`: what nodes say, and said before.

        Without `node` of all.  The newest is the first; `until` is null for what they say now.
        """
        query = read_query(StatusesAsked)
        most, asked = query.limit, query.node
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
