"""Making the instance of a node, which may fail in any way: then the node is in fault like others.

Until it can be made an empty instance stands in its place, to keep what is handed over to it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.attempts import attempt
from oppleo_flow.flowfile.graph import GraphNode
from oppleo_flow.node import Actuator, Node, SafePin

if TYPE_CHECKING:
    from oppleo_flow.engine.host import NodeHost


def make(host: "NodeHost") -> None:
    """Give a host its node's instance with its ports in place; in `unmade`, why it is empty."""
    cls = host.plan.spec.cls
    host.node, host.unmade = attempt(_made, host)
    if host.unmade is not None:
        host.node = object.__new__(cls)
        Node.__init__(host.node, host.plan.config, host)
    for name, spec in host.plan.spec.outputs.items():
        if not spec.returned:
            setattr(host.node, name, host.ports[name].author)


def _made(host: "NodeHost") -> Node[Any]:
    safe_pins_of(host.plan)  # what the guardian could not make safe must not run
    return host.plan.spec.cls(host.plan.config, host)


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
