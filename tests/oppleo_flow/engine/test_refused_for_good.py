"""What another machine refuses for good is not tried again, whatever `retry` says."""

from typing import ClassVar

import pytest

from oppleo_flow import Node, NodeConfig, ServiceError, ServiceRefused, ServiceTimeout
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.testing import run_node


class Sends(Node[NodeConfig]):
    type_name = "sends"
    error: ClassVar[type[ServiceError]]

    def start(self) -> None:
        self.tries = 0

    def on_message(self, payload: str) -> None:
        self.tries += 1
        self.status("ok", f"{self.tries} tries")
        raise self.error("no")


class Refuses(Sends):
    type_name = "refuses"
    error = ServiceRefused


class IsSlow(Sends):
    type_name = "is-slow"
    error = ServiceTimeout


@pytest.mark.parametrize(("node", "tries"), [(Refuses, 1), (IsSlow, 4)])
def test_only_what_may_pass_is_tried_again(node: type[Sends], tries: int) -> None:
    run = run_node(node, {}, "hello", on_error=OnError(retry=3, then="drop"), advance=60.0)

    assert run.status == f"{tries} tries"
    assert [failure.error for failure in run.failures] == [node.error.__name__]
