"""Versions of a site's flows: what was deployed and when, what differs, and how two go together."""

from oppleo_flow.flowfile.versions.flow_set import FlowSet
from oppleo_flow.flowfile.versions.history import History, Version

__all__ = ["FlowSet", "History", "Version"]
