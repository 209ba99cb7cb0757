"""A system whose root cannot be written, as one that spares its memory card: only the site can."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

from tests.oppleo_flow.cli.running_site import PATIENCE_S, REPOSITORY, RUNS, said

FLOW = """\
flow: hello
format: 1
connections: {store: {type: site-store}}
nodes:
  card: {type: pocket}
  authorise: {type: authorise, store: store, from: card}
  show: {type: debug, from: [authorise.accepted, authorise.rejected]}
"""
POCKET = '''\
"""Hold a card to the reader, once."""

from oppleo_flow import Node, NodeConfig, Out
from oppleo_flow.payloads import CardSeen


class Pocket(Node[NodeConfig]):
    """Hold a card to the reader, once."""

    type_name = "pocket"
    card: Out[CardSeen]

    def start(self) -> None:
        """Wait for those who listen."""
        self.after(0, lambda: self.card.send(CardSeen("04A1B2C3", "19892716500")))
'''
READ_ONLY = """\
mount --bind "$1" "$1" && mount -o remount,bind,ro / && ! touch "$2" 2>/dev/null || exit 77
shift 2
exec "$@"
"""
IN_A_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", READ_ONLY, "sh")


@pytest.fixture
def hello(site):
    for name, text in (("flows/hello.yaml", FLOW), ("nodes/pocket.py", POCKET)):
        (site / name).parent.mkdir()
        (site / name).write_text(text)
    settings = (site / "oppleo.yaml").read_text().replace("charge-point\n", "hello\n")
    (site / "oppleo.yaml").write_text(f"{settings}web: {{port: 0}}\n")
    return site


def ask(url):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_S)
    connection.request("GET", "/ready")
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


@pytest.mark.usefixtures("unmeasured")
def test_a_site_runs_where_nothing_else_can_be_written(hello):
    within = [*IN_A_NAMESPACE, str(hello), str(REPOSITORY / ".probe")]
    if shutil.which("unshare") is None or subprocess.run([*within, "true"], check=False).returncode:
        pytest.skip("this system lets nobody make a root read-only")
    with subprocess.Popen(
        [*within, sys.executable, "-m", "oppleo_flow", "run", str(hello)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as guardian:
        try:
            announced = RUNS.fullmatch(guardian.stdout.readline().rstrip())
            assert announced, guardian.stderr.read()
            give_up_s = time.monotonic() + PATIENCE_S
            while not ask(announced["url"]).get("ready"):
                assert time.monotonic() < give_up_s, ask(announced["url"])
        finally:
            guardian.terminate()
        out, errors = guardian.communicate()
    assert (guardian.returncode, said(errors)) == (0, []), out
    kept = {path.name for path in (hello / ".oppleo").iterdir()}
    assert {"ledger.sqlite", "state.sqlite", "audit.sqlite", "history", "log"} <= kept
