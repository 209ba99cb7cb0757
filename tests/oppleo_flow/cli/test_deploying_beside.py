"""What a deploy writes over, what it writes beside the flow, and what it leaves alone."""

import pytest

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.versions.flow_set import hash_of
from tests.oppleo_flow.cli.deployed_site import FASTER, FLOW, NAME, QUIET, DeployedSite
from webui.ports import Beside

OTHER = "flows/other.yaml"
LEADS = FLOW.replace("nodes:\n", "nodes:\n  far: {type: debug, from: other/tick}\n")


@pytest.fixture
def running(tmp_path):
    made = DeployedSite(tmp_path)
    yield made
    made.runtime.stop()


def other(running):
    return running.folder.path(OTHER)


def test_a_preview_names_the_files_in_which_something_would_be_lost(running):
    assert running.deploying.preview({NAME: FASTER}).in_the_way == ()
    running.file.write_text(QUIET)
    assert running.deploying.preview({NAME: FASTER}).in_the_way == (NAME,)
    assert running.deploying.preview({NAME: QUIET}).in_the_way == ()


def test_only_the_text_that_was_seen_is_written_over(running):
    running.file.write_text(QUIET)
    seen = [hash_of(QUIET)]
    running.file.write_text(f"{QUIET}# more\n")
    with pytest.raises(Refused):
        running.deploy(FASTER, overwrite=seen)
    assert running.file.read_text() == f"{QUIET}# more\n"
    running.file.write_text(QUIET)
    running.deploy(FASTER, overwrite=seen)
    assert running.file.read_text() == FASTER


@pytest.mark.parametrize("before", [None, FLOW], ids=["new", "changed"])
def test_a_file_that_the_flow_does_not_lead_to_is_written_with_it(running, before):
    if before is not None:
        other(running).write_text(before)
    version, _ = running.deploy(FASTER, beside=[Beside(OTHER, before, QUIET)])
    assert (other(running).read_text(), running.file.read_text()) == (QUIET, FASTER)
    assert dict(version.flows.files) == {NAME: FASTER}


@pytest.mark.parametrize("before", [None, FLOW], ids=["there is one now", "it is another now"])
def test_a_file_beside_that_was_changed_meanwhile_keeps_the_flow_from_starting(running, before):
    other(running).write_text(QUIET)
    with pytest.raises(Refused) as told:
        running.deploy(FASTER, beside=[Beside(OTHER, before, FASTER)])
    assert str(told.value) == f"{OTHER}: was changed meanwhile; look at it again"
    assert (other(running).read_text(), running.file.read_text()) == (QUIET, FLOW)
    assert (running.adapted, running.every()) == ([], 3600)


def test_what_the_flow_leads_to_is_a_part_of_it_and_not_beside(running):
    text = FLOW.replace("hello", "other").replace("1h", "5m")
    draft = {NAME: LEADS, OTHER: text}
    version, _ = running.deploying.deploy(
        draft, running.revision, who="page", why="", beside=[Beside(OTHER, "?", text)]
    )
    assert dict(version.flows.files) == draft
    assert other(running).read_text() == text
