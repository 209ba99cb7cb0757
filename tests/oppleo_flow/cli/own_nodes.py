"""Node files of a site's own, in the versions that tests save."""

NODE = '''"""Count."""
from oppleo_flow import Example, Node, NodeConfig, Out
from oppleo_flow.payloads import Tick
{more}

class {cls}(Node[NodeConfig]):
    """Count."""

    type_name = "{name}"
    total: Out[int]
    count: int = 0

    def on_message(self, what: object) -> None:
        """Count on."""
        self.count += {step}
        self.total.send(self.count)

    examples = [Example(send=Tick.sample(), expect={{"total": {says}}})]
'''


def code(name, *, step=1, says=None, more=""):
    says = step if says is None else says
    return NODE.format(name=name, cls=name.title(), step=step, says=says, more=more)


def write(site, name, text):
    (site / "nodes" / f"{name}.py").write_text(text)
