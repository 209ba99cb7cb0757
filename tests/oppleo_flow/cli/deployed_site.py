"""A site's flow that runs under a virtual clock, with what deploys into it."""

from oppleo_flow.cli.deploying import Deploying
from oppleo_flow.cli.flow_files import Surroundings
from oppleo_flow.cli.flow_folder import FlowFolder
from oppleo_flow.clock import VirtualClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.flowfile.versions import History
from oppleo_flow.testing import BenchSite
from oppleo_flow.testing.bench import NOON

NAME = "flows/charge-point.yaml"
FLOW = """\
flow: hello
format: 1
nodes:
  tick: {type: schedule, every: 1h}  # now and then
  show: {type: debug, from: tick}
  more: {type: debug, from: tick}
"""
FASTER = FLOW.replace("1h", "1m")
QUIET = FLOW.replace("show: {type: debug", "show: {type: debug, disabled: on")


class DeployedSite:
    """`adapted` are the graphs that were about to run."""

    def __init__(self, folder, text=FLOW, note=lambda *_: None):
        self.file = folder / NAME
        self.file.parent.mkdir()
        self.file.write_text(text)
        self.clock = VirtualClock(NOON)
        self.folder = FlowFolder(Surroundings.of(folder, {}), self.file)
        flows, result = self.folder.check_disk()
        self.history = History(folder / ".oppleo" / "history")
        self.adapted = []
        first = self.history.record(flows, at=NOON, who="run", why="started from the files")
        self.runtime = Runtime(result.graph, clock=self.clock, site=BenchSite())
        self.runtime.start()
        self.runtime.run_for(0)
        self.deploying = Deploying(
            self.runtime,
            self.folder,
            self.history,
            first,
            clock=self.clock,
            adapt=self.adapted.append,
            note=note,
        )

    @property
    def revision(self):
        return self.deploying.running().revision

    def deploy(self, text, base=None, **more):
        return self.deploying.deploy(
            None if text is None else {NAME: text},
            base or self.revision,
            **{"who": "page", "why": "because"} | more,
        )

    def every(self):
        return self.runtime.graph.nodes["tick"].config.every
