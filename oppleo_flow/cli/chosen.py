"""The version of a flow that a start runs."""

import logging
from dataclasses import replace

from oppleo_flow.clock import Clock
from oppleo_flow.errors import StoreError
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.flowfile.versions import FlowSet, History, Version
from oppleo_flow.flowfile.versions.flow_set import unified_diff
from oppleo_flow.immutable import immutable
from oppleo_flow.store.audit import Note

_LOG = logging.getLogger(__name__)
_BY_RUN = "run"


@immutable
class Chosen:
    """A version to run.  `trouble` says why it is not the one that the owner wants.

    `only_page` means that none of its nodes may run; `repeatable`, that the next start will choose
    the same and have no more to say, as long as neither the files nor the program change.
    """

    graph: Graph
    flows: FlowSet
    who: str = _BY_RUN
    why: str = "started from the files"
    trouble: str | None = None
    only_page: bool = False
    repeatable: bool = False

    def recorded(self, history: History, clock: Clock, note: Note = lambda *_: None) -> Version:
        """Return it as a version of the history, a new one, which is noted, unless it was that."""
        newest = None
        try:
            newest = history.newest(self.flows.main)
            if newest is not None and newest.revision == self.flows.revision:
                return newest
        except StoreError as error:
            _LOG.error("%s", error)
        try:
            version = history.record(self.flows, at=clock.now(), who=self.who, why=self.why)
        except StoreError as error:  # it runs all the same, and can be deployed over
            _LOG.error("%s", error)
            return Version(0, clock.now(), self.who, self.why, self.flows)
        diff = "" if newest is None else unified_diff(newest.flows, self.flows)
        note(self.who, "start", f"version {version.number}: {self.why}", diff)
        return version


def without_nodes(graph: Graph) -> Graph:
    """Return what is left of a flow when nothing of it may run: a deploy adds all of it anew."""
    return replace(graph, nodes={}, connections={}, wires=(), missing={}, instances={})
