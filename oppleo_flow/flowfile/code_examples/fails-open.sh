mkdir nodes
cat > nodes/wall_plug.py <<'END'
from oppleo_flow import Actuator, NodeConfig
from oppleo_flow.payloads import Failure


class WallPlug(Actuator[NodeConfig]):
    """Switch a plug over the network; it stays as it is when this machine dies."""

    type_name = "wall-plug"
    safe_levels = ("off",)
    fails_open = True

    def on_message(self, wish: Failure) -> None:
        """Switch it."""

    def go_safe(self, reason: str) -> None:
        """Switch it off."""
END
cat > flow.yaml <<'END'
flow: example
format: 1
nodes:
  plug: {type: wall-plug, from: flow.errors, safe: off}
END
oppleo-flow check flow.yaml
