"""The folder of a site's own node files, whose code may change while the program runs."""

from pathlib import Path

import pytest

from oppleo_flow.errors import NodeFileError
from oppleo_flow.registry import Registry

NODE = '''"""Give a number."""
from oppleo_flow import Node, NodeConfig

from ._rates import RATE


class {cls}(Node[NodeConfig]):
    """Give a number."""

    type_name = "{name}"
    rate = RATE

    def on_message(self, what: object) -> None:
        """Do nothing."""
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "_rates", "from ._table import TABLE\n\nRATE = TABLE[0]\n")
    write(tmp_path, "_table", "TABLE = [1]\n")
    write(tmp_path, "day", NODE.format(cls="Day", name="day"))
    alone = NODE.format(cls="Alone", name="alone").replace("from ._rates import RATE", "RATE = 0")
    write(tmp_path, "alone", alone)
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.py").write_text(text)


def names(files: object) -> list[str]:
    return [file.stem for file in files]  # type: ignore[attr-defined]


def rate(made: Registry, name: str) -> object:
    return made.node(name).cls.rate  # type: ignore[attr-defined]


def test_nothing_has_changed_at_first_imported_or_not(folder: Path) -> None:
    made = Registry(["nodes"], folder)
    assert made.changed_drop_ins() == {}
    made.node("day")
    assert made.changed_drop_ins() == {}


@pytest.mark.parametrize(
    ("changed", "with_it"),
    [
        pytest.param("alone", ["alone"], id="a file that nobody imports"),
        pytest.param("_rates", ["_rates", "day"], id="what another imports"),
        pytest.param("_table", ["_rates", "_table", "day"], id="by way of a third"),
        pytest.param("night", ["night"], id="a new file"),
    ],
)
def test_a_change_reaches_who_imports_the_file(
    folder: Path, changed: str, with_it: list[str]
) -> None:
    made = Registry(["nodes"], folder)
    made.nodes()
    write(folder, changed, "TABLE = [22]\n")
    assert names(made.changed_drop_ins()) == with_it


def test_a_file_that_was_taken_away_does_not_count(folder: Path) -> None:
    made = Registry(["nodes"], folder)
    before = made.node("alone")
    (folder / "alone.py").unlink()
    assert made.changed_drop_ins() == {}
    assert made.node("alone") is before


def test_what_is_imported_anew_is_the_new_version_and_the_rest_is_the_same(folder: Path) -> None:
    made = Registry(["nodes"], folder)
    old, alone = made.node("day"), made.node("alone")
    write(folder, "_table", "TABLE = [2]\n")
    with made.renewed(made.changed_drop_ins()):
        pass
    assert (rate(made, "day"), old.cls.rate) == (2, 1)  # type: ignore[attr-defined]
    assert made.node("alone") is alone
    assert made.changed_drop_ins() == {}


def test_a_new_file_is_a_new_type(folder: Path) -> None:
    made = Registry(["nodes"], folder)
    write(folder, "night", NODE.format(cls="Night", name="night"))
    with made.renewed(made.changed_drop_ins()):
        pass
    assert rate(made, "night") == 1
    assert made.category("night") == "drop-in"


def test_a_file_that_was_broken_can_be_mended(folder: Path) -> None:
    write(folder, "night", "1 / 0\n")
    made = Registry(["nodes"], folder)
    assert names(made.drop_in_faults()) == ["night"]
    write(folder, "night", NODE.format(cls="Night", name="night"))
    with made.renewed(made.changed_drop_ins()):
        pass
    assert (made.node("night").type_name, made.faults) == ("night", {})


def test_all_is_as_before_when_one_file_cannot_be_imported(folder: Path) -> None:
    made = Registry(["nodes"], folder)
    old = made.nodes()
    write(folder, "_rates", "RATE = 3\n")
    write(folder, "alone", "import sys\n1 / 0\n")
    changed = made.changed_drop_ins()
    with pytest.raises(NodeFileError) as refused, made.renewed(changed):
        raise AssertionError("it was let in")
    assert str(refused.value) == f"{folder}/alone.py:2: ZeroDivisionError: division by zero"
    assert made.nodes() == old
    assert made.faults == {}
    assert (rate(made, "day"), rate(made, "alone")) == (1, 0)


def test_what_was_not_let_in_still_counts_as_changed(folder: Path) -> None:
    made = Registry(["nodes"], folder)
    made.nodes()
    write(folder, "alone", "1 / 0\n")
    changed = made.changed_drop_ins()
    with pytest.raises(NodeFileError), made.renewed(changed):
        pass
    assert made.changed_drop_ins() == changed


def test_a_file_that_is_written_once_more_meanwhile_is_not_let_in(folder: Path) -> None:
    made = Registry(["nodes"], folder)
    old = made.node("alone")
    write(folder, "alone", "1 / 0\n")
    tried = made.changed_drop_ins()
    write(folder, "alone", "1 / 0  # once more\n")
    with pytest.raises(NodeFileError, match="changed meanwhile"), made.renewed(tried):
        pass
    assert made.node("alone") is old


def test_all_is_as_before_when_what_it_was_for_fails(folder: Path) -> None:
    made = Registry(["nodes"], folder)
    old = made.node("day")
    write(folder, "_rates", "RATE = 3\n")
    with pytest.raises(ValueError, match="3"), made.renewed(made.changed_drop_ins()):
        raise ValueError(rate(made, "day"))
    assert made.node("day") is old
    assert rate(made, "day") == 1


def test_two_folders_do_not_mix(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    write(other, "_rates", "RATE = 7\n")
    write(other, "day", NODE.format(cls="Day", name="day"))
    here, there = Registry(["nodes"], folder), Registry(["nodes"], other)
    assert (rate(here, "day"), rate(there, "day")) == (1, 7)
