from pathlib import Path

import pytest

from oppleo_flow.flowfile import CheckSettings, SiteSecrets, check_text
from oppleo_flow.flowfile.editing import FlowText, apply
from oppleo_flow.flowfile.editing.migrating import migration_edit
from oppleo_flow.registry import Registry

NODES = Path(__file__).parents[1] / "nodes"
OLD = """\
flow: f
format: 1
vars: {most: 17}
connections:
  worn: {type: worn, device: /dev/ttyUSB0}   # on the stick
nodes:
  m: {type: meter, bus: worn}
  n:
    type: aged
    # what the house can take
    limit: $(most)        # kW
    password: !secret key # of the gate
    from: m.error
    colour: red
"""
NEW = """\
flow: f
format: 1
vars: {most: 17}
connections:
  worn: {type: worn, port: /dev/ttyUSB0, version: 2}   # on the stick
nodes:
  m: {type: meter, bus: worn}
  n:
    type: aged
    # what the house can take
    key: !secret key
    from: m.error
    limit_w: 17000.0
    version: 3
"""


@pytest.fixture
def settings(tmp_path: Path) -> CheckSettings:
    environ = {"OPPLEO_SECRET_KEY": "0123456789"}
    return CheckSettings(secrets=SiteSecrets(tmp_path / "secrets.yaml", environ))


def test_what_was_brought_up_to_date_is_written_and_nothing_else(settings) -> None:
    registry = Registry([], NODES)
    before = check_text(OLD, "f.yaml", registry, settings)
    text = FlowText(OLD, "f.yaml")
    new = apply(migration_edit(text, before.migrations), text).text.text
    assert new == NEW
    after = check_text(new, "f.yaml", registry, settings)
    assert (after.migrations, after.warnings) == ((), ())
    assert [(n.id, n.config) for n in after.graph.nodes.values()] == [
        (n.id, n.config) for n in before.graph.nodes.values()
    ]


def test_what_was_brought_up_to_date_in_another_file_is_left_to_that_file(settings) -> None:
    before = check_text(OLD, "f.yaml", Registry([], NODES), settings)
    assert migration_edit(FlowText(OLD, "other.yaml"), before.migrations).edits == ()
