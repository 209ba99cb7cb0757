"""The versions that were deployed: kept, numbered, let go, and damaged by somebody."""

from datetime import UTC, datetime

import pytest

from oppleo_flow.errors import StoreError
from oppleo_flow.flowfile.versions.flow_set import FlowSet, unified_diff
from oppleo_flow.flowfile.versions.history import KEPT, History
from oppleo_flow.flowfile.versions.saving import save

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
MAIN = "flows/a.yaml"


def flows(text, main=MAIN, **others):
    return FlowSet(main, {main: text, **{f"flows/{n}.yaml": t for n, t in others.items()}})


@pytest.fixture
def history(tmp_path):
    return History(tmp_path / "history")


def keep(history, text, why="because", main=MAIN):
    return history.record(flows(text, main), at=NOON, who="page", why=why)


def test_a_version_is_read_back_as_it_was_kept(history):
    made = history.record(flows("é\r\n", b="two"), at=NOON, who="page", why="a\nreason ")
    assert history.version(1) == made
    assert (made.number, made.why, made.flows.text) == (1, "a reason", "é\r\n")
    assert history.of_revision(made.revision) == made


def test_the_last_fifty_are_kept_and_numbers_are_never_used_again(history):
    for number in range(KEPT + 3):
        keep(history, f"{number}")
    assert [v.number for v in history.versions()] == list(range(KEPT + 3, 3, -1))
    with pytest.raises(LookupError, match="there is no version 3"):
        history.version(3)


def test_a_version_that_came_to_nothing_is_forgotten(history):
    keep(history, "one")
    history.forget(keep(history, "two"))
    assert [v.flows.text for v in history.versions()] == ["one"]


def test_the_newest_of_a_flow_is_not_that_of_another(history):
    keep(history, "one")
    keep(history, "two", main="flows/night.yaml")
    assert history.newest(MAIN).flows.text == "one"
    assert history.newest().flows.text == "two"
    assert history.newest("flows/none.yaml") is None


def test_the_good_version_is_kept_however_old_it_gets(history):
    assert history.good(MAIN) is None
    good = keep(history, "good")
    history.mark_good(good)
    for number in range(KEPT):
        keep(history, f"{number}")
    assert history.good(MAIN) == good
    assert history.good("flows/night.yaml") is None


@pytest.mark.parametrize("text", ["", "[]", '{"number": 1}', '{"files": 3', "\udcff"])
def test_a_damaged_version_is_named(history, tmp_path, text):
    keep(history, "one")
    path = tmp_path / "history" / "000001.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(StoreError) as told:
        history.newest()
    assert str(told.value) == f"{path}: is no version of a flow; move it away"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(flows("a"), flows("b"), id="another text"),
        pytest.param(flows("a"), flows("a", b=""), id="an empty file more"),
        pytest.param(flows("", b="a"), flows("a", b=""), id="the texts changed places"),
        pytest.param(flows("a"), flows("a", "flows/b.yaml"), id="another main flow"),
    ],
)
def test_other_flows_have_another_revision(one, other):
    assert one.revision != other.revision
    assert one.revision == FlowSet(one.main, dict(reversed(one.files.items()))).revision


def test_a_diff_is_as_diff_u_shows_it():
    assert unified_diff(flows("a\nb\n"), flows("a\nc", b="d\n")) == (
        "--- flows/a.yaml\n+++ flows/a.yaml\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
        "\\ No newline at end of file\n"
        "--- /dev/null\n+++ flows/b.yaml\n@@ -0,0 +1 @@\n+d\n"
    )
    assert unified_diff(flows("a"), flows("a")) == ""


def test_files_are_replaced_whole_and_keep_their_mode_and_their_links(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.yaml").write_text("old")
    (tmp_path / "real" / "a.yaml").chmod(0o640)
    (tmp_path / "a.yaml").symlink_to(tmp_path / "real" / "a.yaml")
    save({tmp_path / "a.yaml": "new\r\n", tmp_path / "more" / "b.yaml": "b"})
    assert (tmp_path / "a.yaml").is_symlink()
    assert (tmp_path / "real" / "a.yaml").read_bytes() == b"new\r\n"
    assert (tmp_path / "real" / "a.yaml").stat().st_mode & 0o777 == 0o640
    assert [p.name for p in (tmp_path / "real").iterdir()] == ["a.yaml"]
    assert (tmp_path / "more" / "b.yaml").read_text() == "b"


def test_no_file_is_touched_when_one_cannot_be_written(tmp_path):
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("old")
    second.write_text("old")
    (tmp_path / ".b.yaml.new").mkdir()
    with pytest.raises(StoreError) as told:
        save({first: "new", second: "new"})
    assert str(told.value) == f"{second}: cannot be written: is a directory"
    assert (first.read_text(), second.read_text()) == ("old", "old")
    assert not (tmp_path / ".a.yaml.new").exists()
