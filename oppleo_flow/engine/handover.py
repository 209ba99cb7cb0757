"""What a node that restarts leaves to the one that takes its place."""

from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.durable import NodeState
from oppleo_flow.engine.inbox import Item
from oppleo_flow.engine.node_timers import NamedTimer
from oppleo_flow.immutable import immutable
from oppleo_flow.node_spec import NodeSpec, fits

if TYPE_CHECKING:
    from oppleo_flow.engine.host import NodeHost


@immutable
class Handover:
    """State, timers and messages of a node that has stopped.

    Timers are those whose call is a method of the node, with the monotonic time at which they are
    due.  A message of a durable wire is not among the waiting: its wire delivers it again.
    """

    spec: NodeSpec
    state: dict[str, Any]
    timers: tuple[NamedTimer, ...]
    waiting: tuple[Item, ...]

    def to_state(self, host: "NodeHost") -> None:
        """Give a new node the state, as far as it has the same; before it starts."""
        if host.plan.spec.type_name != self.spec.type_name:
            return
        for name, kind in host.plan.spec.state.items():
            if self.spec.state.get(name) == kind:
                setattr(host.node, name, self.state[name])
        if host.plan.durable:
            host.core.handling.releasing.states[host.node_id] = NodeState(host)

    def to_inbox(self, host: "NodeHost") -> None:
        """Give a new node the messages that waited, as far as it takes them; before it starts."""
        for item in self.waiting:
            port = host.plan.spec.inputs.get(item.port or "")
            if port is not None and fits(type(item.payload), port.type):
                call = getattr(host.node, port.handler)
                key = None if host.turns is None else host.turns.key_of(item.payload)
                host.inbox.put(Item(call, item.port, item.payload, item.envelope, key=key))
            else:
                host.dropped += 1

    def to_timers(self, host: "NodeHost") -> None:
        """Let timers go on that waited, but for those that `start` has set itself."""
        if host.plan.spec.type_name != self.spec.type_name:
            return
        running = {timer.name for timer in host.timers.named()}
        now = host.clock.monotonic()
        for name, due, cause in self.timers:
            if name not in running and hasattr(host.node, name):
                host.after(max(0.0, due - now), getattr(host.node, name), cause)


def left_by(host: "NodeHost") -> Handover:
    """Return what a node leaves that has just stopped, before its timers are cancelled."""
    spec = host.plan.spec
    waiting = []
    for item in host.inbox.clear():
        if item.done is not None:
            item.done(RuntimeError(f"node {host.node_id!r} restarts"))
        elif item.port is not None:
            waiting.append(item)
    return Handover(
        spec=spec,
        state={name: getattr(host.node, name) for name in spec.state},
        timers=host.timers.named(),
        waiting=tuple(waiting),
    )
