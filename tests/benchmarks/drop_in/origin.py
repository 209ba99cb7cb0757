"""Stand where a flow begins."""

from oppleo_flow import Node, NodeConfig, Out, Record


class Origin(Node[NodeConfig]):
    """Feed a flow that only has to be there.

    Input:
        None.

    Output:
        Records; it has sent none yet.

    Raises:
        Nothing.

    Source:
        None.
    """

    type_name = "origin"
    first: Out[Record]
