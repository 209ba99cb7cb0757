"""What a handler returns: it leaves with what the handler sent, if it is what it was said to be."""

from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.words import shown
from oppleo_flow.node import Out

if TYPE_CHECKING:
    from oppleo_flow.engine.host import NodeHost
    from oppleo_flow.engine.ports import Port


def keep_result(host: "NodeHost", result: Any, payload: Any) -> None:
    """Have what a handler of `payload` returned leave with what it sent.

    A router returns the outputs by which the payload leaves.  A node without an output `out`
    whose handlers are annotated to return any object means nothing by it.
    """
    if host.plan.spec.routes:
        for output in result if type(result) is tuple else (result,):
            host.pending.append((_port_of(host, output, payload), payload))
        return
    refuse_undeclared(host, result)
    if "out" in host.ports:
        host.pending.append((host.ports["out"], result))


def refuse_undeclared(host: "NodeHost", result: Any) -> None:
    """Raise if a handler returned what its annotation does not say."""
    out = host.ports.get("out")
    if out is None and not host.plan.spec.returns_anything:
        raise TypeError(
            f"node {host.node_id!r}: its handlers are annotated to return nothing, "
            f"got {shown(result)}"
        )
    if out is not None and out.types is not None and not isinstance(result, out.types):
        raise out.misfit(result)


def _port_of(host: "NodeHost", output: Any, payload: Any) -> "Port":
    """Return the port that an output stands for, if it carries the payload."""
    port = host.ports.get(output.port) if isinstance(output, Out) else None
    if port is None or port.author is not output:
        raise TypeError(
            f"node {host.node_id!r}: an output of this node is to be returned, got {shown(output)}"
        )
    if port.types is not None and not isinstance(payload, port.types):
        raise port.misfit(payload)
    return port
