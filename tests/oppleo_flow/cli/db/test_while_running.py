"""A backup of a site that runs, and running what was restored, by commands alone."""

import json
from pathlib import Path

import pytest

from oppleo_flow.cli import main
from tests.oppleo_flow.cli.running_site import running
from tests.oppleo_flow.cli.waiting import until_there

FLOW = """\
flow: hello
format: 1
connections:
  store: {type: site-store}
nodes:
  tick: {type: schedule, every: 1s}
  backup: {type: backup, from: tick, kept: 2, passphrase: !secret backup_passphrase}
  ledger: {type: ledger, store: store}
  show: {type: debug, from: backup.made}
"""


@pytest.fixture
def hello(site: Path) -> Path:
    """Return a site that backs itself up each second."""
    settings = (site / "oppleo.yaml").read_text()
    (site / "oppleo.yaml").write_text(
        settings.replace("flow: charge-point", "flow: hello") + "web: {port: 0}\n"
    )
    (site / "flows").mkdir()
    (site / "flows/hello.yaml").write_text(FLOW)
    (site / "secrets.yaml").write_text("backup_passphrase: open sesame\n")
    (site / "secrets.yaml").chmod(0o600)
    return site


def test_a_site_that_runs_is_backed_up_and_runs_again_where_it_is_restored(
    hello, tmp_path_factory, capsys
):
    with running(str(hello)):
        until_there(hello / ".oppleo/last-backup.json")  # the node makes one, on the real clock
        assert main(["db", "backup", "--json", "--folder", "mine"]) == 0
        plain = json.loads(capsys.readouterr().out)["file"]
        assert main(["db", "restore", plain, "--force"]) == 3
        assert "runs already, as process" in capsys.readouterr().err
    own = sorted((hello / "backups").glob("backup-garage-*.age"))[-1]
    (hello / "passphrase").write_text("open sesame\n")
    new = tmp_path_factory.mktemp("new")

    words = [str(own), str(new), "--passphrase-file", str(hello / "passphrase")]
    assert main(["db", "restore", *words]) == 0
    assert main(["check", str(new)]) == 0
    with running(str(new)):
        pass
    assert (new / "secrets.yaml").read_text() == "backup_passphrase: open sesame\n"
