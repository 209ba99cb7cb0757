"""A node file with a slip in its third line, for the checker's tests."""

import nothing_of_this_name

from oppleo_flow import Node, NodeConfig


class Broken(Node[NodeConfig]):
    type_name = "broken"
    value = nothing_of_this_name.value
