"""Deploying into a flow that runs: put together, checked, written, kept, and taken back."""

import threading

import pytest

from oppleo_flow.cli.deploying import GOOD_AFTER_S
from oppleo_flow.cli.text_file import alone_in
from oppleo_flow.engine.retiring import DeployFailed
from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.flowfile.versions.refusals import HasErrors, Stale
from oppleo_flow.testing.bench import NOON
from tests.oppleo_flow.cli.deployed_site import FASTER, FLOW, NAME, QUIET, DeployedSite
from tests.oppleo_flow.cli.waiting import until_opened

AGED = '''
"""A type that has changed since the flow was written."""
from oppleo_flow import Node, NodeConfig


class AgedConfig(NodeConfig):
    """Since version 2; before, `limit` in kW."""

    limit_w: float


class Aged(Node[AgedConfig]):
    """Know its former self."""

    type_name = "aged"
    version = 2

    @classmethod
    def migrate(cls, options, from_version):
        """Make watts of kilowatts."""
        options["limit_w"] = 1000 * float(options.pop("limit"))
        return options

    def start(self) -> None:
        """Do nothing."""
'''


@pytest.fixture
def running(site):
    made = DeployedSite(site)
    yield made
    made.runtime.stop()


def test_a_preview_says_what_restarts_and_why_and_changes_nothing(running):
    prospect = running.deploying.preview({NAME: FASTER})
    assert prospect.changes.restarted == {"tick": "other options: every"}
    assert prospect.flows.text == FASTER
    assert (running.file.read_text(), running.deploying.running().number) == (FLOW, 1)


def test_a_deploy_runs_is_written_and_is_a_version(running):
    version, prospect = running.deploy(FASTER)
    assert (version.number, version.who, version.why, version.at) == (2, "page", "because", NOON)
    assert prospect.changes.restarted == {"tick": "other options: every"}
    assert running.file.read_text() == FASTER
    assert running.every() == 60
    assert [graph.nodes["tick"].config.every for graph in running.adapted] == [60]
    assert [v.number for v in running.deploying.versions()] == [2, 1]


def test_a_flow_with_errors_is_refused_with_all_of_them(running):
    with pytest.raises(HasErrors) as told:
        running.deploy(FLOW.replace("from: tick", "from: tikc"))
    assert [finding.code for finding in told.value.findings] == ["unknown-node"] * 2
    assert running.file.read_text() == FLOW


def test_two_drafts_of_one_revision_go_together_when_they_touch_different_nodes(running):
    base = running.revision
    running.deploy(FASTER, base)
    _, prospect = running.deploy(QUIET, base)
    assert prospect.changes.removed == ("show",)
    assert running.file.read_text() == QUIET.replace("1h", "1m")


def test_two_drafts_of_one_revision_that_touch_the_same_node_do_not(running):
    base = running.revision
    running.deploy(FASTER, base)
    with pytest.raises(Stale) as told:
        running.deploy(FLOW.replace("1h", "2h"), base)
    assert told.value.parts == ("tick",)
    assert running.file.read_text() == FASTER


def test_a_revision_that_nobody_knows_is_stale(running):
    with pytest.raises(Stale) as told:
        running.deploy(FASTER, "0123456789abcdef")
    assert str(told.value) == (
        "revision '0123456789ab' is not kept any more; begin anew with what runs"
    )


def test_what_somebody_wrote_to_the_disk_runs_only_when_it_is_deployed(running):
    running.file.write_text(FASTER)
    assert running.deploying.changed_on_disk() == (NAME,)
    assert running.every() == 3600
    version, _ = running.deploy(None)
    assert (version.flows.text, running.every()) == (FASTER, 60)
    assert running.deploying.changed_on_disk() == ()


def test_what_somebody_wrote_to_the_disk_is_not_overwritten_unasked(running):
    running.file.write_text(FASTER)
    with pytest.raises(Refused) as told:
        running.deploy(QUIET)
    assert str(told.value) == (
        f"{NAME}: was changed on the disk and not deployed; deploy that first, "
        "or say that it may be overwritten"
    )
    assert running.file.read_text() == FASTER
    running.deploy(QUIET, overwrite=True)
    assert running.file.read_text() == QUIET


def test_what_stands_on_the_disk_and_is_a_version_may_be_overwritten(running):
    running.deploy(FASTER)
    running.file.write_text(FLOW)
    running.deploy(QUIET)
    assert running.file.read_text() == QUIET


def test_one_step_back_is_a_version_of_its_own(running):
    running.deploy(FASTER)
    version, _ = running.deploying.back(1, running.revision, who="page")
    assert (version.number, version.why) == (3, "back to version 1")
    assert (running.file.read_text(), running.every()) == (FLOW, 3600)
    assert running.deploying.differences(2) == (
        f"--- {NAME}\n+++ {NAME}\n@@ -1,6 +1,6 @@\n flow: hello\n format: 1\n nodes:\n"
        "-  tick: {type: schedule, every: 1m}  # now and then\n"
        "+  tick: {type: schedule, every: 1h}  # now and then\n"
        "   show: {type: debug, from: tick}\n   more: {type: debug, from: tick}\n"
    )


def test_a_step_back_from_something_unseen_is_stale(running):
    base = running.revision
    running.deploy(FASTER)
    with pytest.raises(Stale):
        running.deploying.back(1, base, who="page")
    with pytest.raises(LookupError):
        running.deploying.back(9, running.revision, who="page")


def test_a_version_that_cannot_be_written_is_undone_and_forgotten(running):
    (running.file.parent / ".charge-point.yaml.new").mkdir()
    with pytest.raises(DeployFailed) as told:
        running.deploy(FASTER)
    assert "cannot be written: is a directory; what ran before runs again" in str(told.value)
    assert (running.every(), running.file.read_text()) == (3600, FLOW)
    assert [v.number for v in running.deploying.versions()] == [1]
    assert len(running.adapted) == 2  # the guardian knows the pins of what runs


def test_a_deploy_waits_for_an_edit_of_the_files_so_that_it_is_not_lost(running, site):
    done = []
    deploy = threading.Thread(target=lambda: done.append(running.deploy(None)))
    with alone_in(site):
        deploy.start()
        until_opened(site, 2)
        running.file.write_text(FASTER)
    deploy.join()
    assert [version.flows.text for version, _ in done] == [FASTER]


def test_the_same_again_is_no_new_version(running):
    version, prospect = running.deploy(FLOW)
    assert (version.number, prospect.changes.restarted) == (1, {})


def test_a_version_is_good_after_five_minutes_and_not_before(running):
    running.runtime.run_for(GOOD_AFTER_S - 1)
    running.deploying.look_whether_good()
    assert running.history.good(NAME) is None
    running.runtime.run_for(1)
    running.deploying.look_whether_good()
    assert running.history.good(NAME) == running.deploying.running()


def test_a_deploy_begins_the_five_minutes_anew(running):
    running.runtime.run_for(GOOD_AFTER_S)
    running.deploy(FASTER)
    running.deploying.look_whether_good()
    assert running.history.good(NAME) is None


def test_a_deploy_ends_the_trouble_that_was_told(running):
    running.runtime.tell("version 3 crashed")
    assert (running.runtime.snapshot().troubles, running.runtime.ready) == (
        ("version 3 crashed",),
        False,
    )
    running.deploy(FASTER)
    assert running.runtime.snapshot().troubles == ()


def test_options_of_an_older_version_are_written_up_to_date_with_the_deploy(site):
    (site / "nodes").mkdir()
    (site / "nodes" / "aged.py").write_text(AGED)
    running = DeployedSite(site, f"{FLOW}  old:\n    type: aged  # by heart\n    limit: 5\n")
    try:
        version, prospect = running.deploy(running.file.read_text().replace("1h", "1m"))
    finally:
        running.runtime.stop()
    assert prospect.changes.restarted == {"tick": "other options: every"}
    assert running.file.read_text() == version.flows.text
    assert version.flows.text == (
        f"{FASTER}  old:\n    type: aged  # by heart\n    limit_w: 5000.0\n    version: 2\n"
    )


def test_a_damaged_history_is_told(running, site):
    (site / ".oppleo" / "history" / "000001.json").write_text("")
    with pytest.raises(StoreError):
        list(running.deploying.versions())
