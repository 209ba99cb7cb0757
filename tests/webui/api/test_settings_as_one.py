"""Settings of the flow and of the site that are saved together: all of it is done, or nothing."""

import pytest

from tests.webui.api.painted_site import SHIPPED, painted_site
from tests.webui.api.test_settings import SITE, change

OF_FLOW = ("evse", "pin", "5", "17")
OF_SITE = ("site", "web.port", "8080", "9000")


@pytest.fixture
def site(tmp_path):
    (tmp_path / "oppleo.yaml").write_bytes(SITE.replace("\n", "\r\n").encode())
    with painted_site(tmp_path) as site:
        site.settings = tmp_path / "oppleo.yaml"
        yield site


def files(site):
    """Return the bytes of both files, and the names of all that is beside them."""
    folders = site.file.parent, site.settings.parent
    names = sorted(path.name for folder in folders for path in folder.iterdir())
    return site.file.read_bytes(), site.settings.read_bytes(), names


def what_runs(site):
    graph = site.house.runtime.graph
    return (graph.nodes["evse"].config.pin, [one.number for one in site.deploying.versions()])


def test_both_are_written_each_with_its_one_changed_line(site):
    before = files(site)
    status, told = change(site, OF_FLOW, OF_SITE)
    assert (status, told["version"], told["start_needed"]) == (200, 2, True)
    assert what_runs(site) == (17, [2, 1])
    assert site.file.read_bytes() == before[0].replace(b"    pin: 5\n", b"    pin: 17\n")
    assert site.settings.read_bytes() == before[1].replace(b"port: 8080 ", b"port: 9000 ")


@pytest.mark.parametrize(
    "draft", ["oppleo.yaml", "flows/charge-point.yaml"], ids=["the site", "the flow"]
)
def test_where_one_cannot_be_written_nothing_changes_and_what_ran_runs(site, draft):
    file = site.settings.parent / draft
    file.with_name(f".{file.name}.new").mkdir()
    before = files(site)
    status, told = change(site, OF_FLOW, OF_SITE)
    assert status == 409
    assert "cannot be written: is a directory; what ran before runs again" in told["detail"]
    assert (files(site), what_runs(site)) == (before, (5, [1]))
    file.with_name(f".{file.name}.new").rmdir()
    assert change(site, OF_FLOW, OF_SITE)[0] == 200


def test_what_somebody_types_into_the_file_meanwhile_is_not_lost(site):
    typed = SITE.replace("name: House", "name: Home").encode()
    before = site.file.read_bytes()
    site.while_deployed = lambda: site.settings.write_bytes(typed)
    status, told = change(site, OF_FLOW, OF_SITE)
    assert (status, "oppleo.yaml: was changed meanwhile" in told["detail"]) == (409, True)
    assert (site.file.read_bytes(), site.settings.read_bytes()) == (before, typed)
    assert what_runs(site) == (5, [1])


FUSSY = '''"""Start only when it is quiet."""
from oppleo_flow import Node, NodeConfig


class Config(NodeConfig):
    """Settings."""

    loud: bool = False


class Fussy(Node[Config]):
    """Start only when it is quiet."""

    type_name = "fussy"

    def start(self) -> None:
        """Start, if it is quiet."""
        if self.config.loud:
            raise ValueError("too loud")

    def on_message(self, what: object) -> None:
        """Do nothing."""
'''


def test_a_deploy_that_is_refused_changes_no_file(tmp_path):
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "fussy.py").write_text(FUSSY)
    (tmp_path / "oppleo.yaml").write_text(SITE)
    fussy = "nodes:\n  fussy: {type: fussy, from: report, loud: off}\n"
    with painted_site(tmp_path, SHIPPED.read_text().replace("nodes:\n", fussy, 1)) as site:
        site.settings = tmp_path / "oppleo.yaml"
        before = files(site)
        status, told = change(site, ("fussy", "loud", False, True), OF_SITE)
        assert (status, "too loud" in told["detail"]) == (409, True)
        assert (files(site), what_runs(site)) == (before, (5, [1]))
