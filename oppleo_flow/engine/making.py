"""Making the instance of a node, which may fail in any way: then the node is in fault like others.

Until it can be made an empty instance stands in its place, to keep what is handed over to it.  So
it does for a node in quarantine, which may hang already while it is made.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.attempts import attempt
from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.graph import GraphNode
from oppleo_flow.node import Actuator, Node, SafePin

if TYPE_CHECKING:
    from oppleo_flow.engine.host import NodeHost


def make(host: "NodeHost", *, left_empty: bool = False) -> None:
    """Give a host its node's instance with its ports in place; in `unmade`, why it is empty."""
    cls = host.plan.spec.cls
    host.node, host.unmade = attempt(_left_empty if left_empty else _made, host)
    if host.unmade is not None:
        host.node = object.__new__(cls)
        Node.__init__(host.node, host.plan.config, host)
    host.actuator = host.node if isinstance(host.node, Actuator) else None
    for name, spec in host.plan.spec.outputs.items():
        if not spec.returned:
            setattr(host.node, name, host.ports[name].author)


def _left_empty(host: "NodeHost") -> Node[Any]:
    raise Refused(f"node {host.node_id!r}: it is not made in this run")


def _made(in_the_making: "NodeHost") -> Node[Any]:
    """Return a host's node.  Who looks for what hangs knows this frame by its parameter's name."""
    plan = in_the_making.plan
    safe_pins_of(plan)  # what the guardian could not make safe must not run
    return plan.spec.cls(plan.config, in_the_making)


def make_whole(host: "NodeHost") -> None:
    """Try once more to make a node that could not be made, and raise what its class raises."""
    if host.unmade is None:
        return
    empty = vars(host.node)
    make(host)
    if host.unmade is not None:
        raise host.unmade
    for name in host.plan.spec.state.keys() & empty.keys():
        setattr(host.node, name, empty[name])


def safe_pins_of(plan: GraphNode) -> Sequence[SafePin]:
    """Return the pins that must be driven to a level when this process dies."""
    cls = plan.spec.cls
    if not issubclass(cls, Actuator) or plan.safe is None or plan.disabled:
        return ()
    return tuple(cls.safe_pins(plan.config, plan.safe))
