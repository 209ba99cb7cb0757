"""The state of the plug, for the checker's tests."""

from oppleo_flow import Level, Node, NodeConfig
from oppleo_flow.payloads import EvseState, EvseUnknown


class Plug(Node[NodeConfig]):
    type_name = "plug"
    state: Level[EvseState | EvseUnknown]
