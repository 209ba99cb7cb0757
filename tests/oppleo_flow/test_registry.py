"""The registry: which node types there are, and what is wrong with those that are not."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from oppleo_flow.errors import NodeFileError, UnknownNodeType
from oppleo_flow.node_spec import read_node
from oppleo_flow.registry import Registry
from oppleo_flow.testing import run_example
from oppleo_flow.testing.bench import expected

ROOT = Path(__file__).parents[2]
GOOD = '''"""Let pass what comes in."""
from oppleo_flow import Node, NodeConfig


class Good(Node[NodeConfig]):
    type_name = "good"

    def on_message(self, payload: float) -> float:
        return payload
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.py").write_text(GOOD)
    return tmp_path


def registry(folder: Path) -> Registry:
    return Registry(["nodes"], folder)


def fault(folder: Path, name: str, text: str) -> str:
    """Return why a file is not there, without the folder; its good neighbour must be."""
    file = folder / f"{name}.py"
    file.write_text(text)
    made = registry(folder)
    assert "good" in made.nodes()
    assert list(made.faults) == [file]
    return str(made.faults[file]).removeprefix(f"{folder}/")


def test_saving_a_file_in_the_folder_is_all_it_takes(folder: Path) -> None:
    made = registry(folder)

    assert made.node("good").type_name == "good"
    assert (made.category("good"), made.faults) == ("drop-in", {})


def test_looking_for_broken_files_of_the_folder_imports_no_other(folder: Path) -> None:
    (folder / "bad.py").write_text("import sys\nimport nowhere_at_all\n")
    (folder / "switch.py").write_text(GOOD)
    program = (
        "import sys; from pathlib import Path; from oppleo_flow.registry import Registry\n"
        "for fault in Registry(['nodes'], Path(sys.argv[1])).drop_in_faults().values():\n"
        "    print(fault)\n"
        "print([name for name in sys.modules if name.startswith('nodes.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        f"{folder}/switch.py: 'switch' is already the node type of "
        f"{ROOT}/nodes/flow/switch.py; rename one",
        f"{folder}/bad.py:2: ModuleNotFoundError: No module named 'nowhere_at_all'",
        "[]",
    ]


def test_built_in_types_are_there_with_their_category(folder: Path) -> None:
    made = registry(folder)

    assert made.node("change").type_name == "change"
    assert made.category("change") == "flow"
    assert {"change", "good"} <= made.nodes().keys()
    assert made.connection("http-client").type_name == "http-client"


def test_a_type_is_imported_only_when_it_is_asked_for(folder: Path) -> None:
    marker = folder / "imported"
    (folder / "lazy.py").write_text(f"open({str(marker)!r}, 'w').close()\n")
    made = registry(folder)
    made.node("good")
    assert not marker.exists()

    made.nodes()
    assert marker.exists()


def test_there_need_not_be_a_folder(tmp_path: Path) -> None:
    assert registry(tmp_path / "nowhere").faults == {}


@pytest.mark.parametrize("example", ["grid-alarm", "kw-to-w"])
def test_the_drop_ins_to_learn_from_work_without_touching_anything_else(example: str) -> None:
    made = registry(ROOT / "examples" / "nodes")
    cls = made.node(example).cls

    assert made.faults == {}
    for shown in cls.examples:
        assert run_example(cls, shown) == expected(shown)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(
            '"""Help."""\nimport nothing_of_this_name\n',
            "bad.py:2: ModuleNotFoundError: No module named 'nothing_of_this_name'",
            id="an import that is not there",
        ),
        pytest.param(
            '"""Help."""\n\ndef broken(:\n',
            "bad.py:3: SyntaxError: invalid syntax (bad.py, line 3)",
            id="broken syntax",
        ),
        pytest.param(
            "def inner():\n    return 1 / 0\n\n\ninner()\n",
            "bad.py:2: ZeroDivisionError: division by zero",
            id="a failure at import, where it came up",
        ),
        pytest.param(
            "import json\n\njson.loads('{')\n",
            "bad.py:3: JSONDecodeError: Expecting property name enclosed in double quotes: "
            "line 1 column 2 (char 1)",
            id="a failure elsewhere, at the line here that led to it",
        ),
        pytest.param("import sys\nsys.exit(3)\n", "bad.py:2: SystemExit: 3", id="an exit"),
        pytest.param("x = 1\n", "bad.py:1: no class here derives from Node", id="no node at all"),
        pytest.param(
            GOOD,
            "bad.py:5: Good: type_name is 'good'; the file's name makes it 'bad'",
            id="a type that is not named as its file",
        ),
        pytest.param(
            GOOD.replace('type_name = "good"', "pass"),
            "bad.py:5: Good: type_name: a hyphenated name is needed, 'bad' here",
            id="a type without its name",
        ),
        pytest.param(
            GOOD.replace('"good"', '"bad"') + '\n\nclass More(Good):\n    type_name = "more"\n',
            "bad.py:12: More: Good is a type already; a file has one",
            id="two types in one file",
        ),
        pytest.param(
            GOOD.replace('"good"', '"bad"').replace("payload: float", "payload"),
            "bad.py:8: on_message: one annotated parameter and an annotated return are needed",
            id="a broken contract",
        ),
        pytest.param(
            GOOD.replace('"good"', '"bad"').replace("payload: float", 'payload: "Flaot"'),
            "bad.py:8: on_message: an annotation cannot be read: name 'Flaot' is not defined",
            id="an annotation that means nothing",
        ),
    ],
)
def test_a_bad_file_is_named_with_its_own_line_and_the_rest_is_there(
    folder: Path, text: str, why: str
) -> None:
    assert fault(folder, "bad", text) == why


def test_a_drop_in_does_not_replace_a_type_that_is_there(folder: Path) -> None:
    why = fault(folder, "change", GOOD.replace('"good"', '"change"'))
    builtin = ROOT / "nodes" / "flow" / "change.py"

    assert why == f"change.py: 'change' is already the node type of {builtin}; rename one"
    assert registry(folder).node("change").file == str(builtin)


def test_a_file_that_begins_with_an_underscore_is_left_alone(folder: Path) -> None:
    (folder / "_tables.py").write_text("raise RuntimeError\n")

    made = registry(folder)
    made.nodes()
    assert made.faults == {}


def test_asking_for_a_broken_type_tells_why_it_is_broken(folder: Path) -> None:
    (folder / "bad.py").write_text("1 / 0\n")
    with pytest.raises(NodeFileError) as refused:
        registry(folder).node("bad")

    assert str(refused.value) == f"{folder}/bad.py:1: ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("chnage", "unknown node type 'chnage'; did you mean 'change'?"),
        ("xyzzy", "unknown node type 'xyzzy'; see `oppleo-flow nodes`"),
    ],
)
def test_an_unknown_type_is_told_with_what_may_be_meant(
    folder: Path, name: str, message: str
) -> None:
    with pytest.raises(UnknownNodeType) as refused:
        registry(folder).node(name)

    assert (str(refused.value), refused.value.name) == (message, name)


def test_a_node_is_no_connection(folder: Path) -> None:
    with pytest.raises(UnknownNodeType):
        registry(folder).connection("change")


# -- packs ------------------------------------------------------------------------------------


def pack(root: Path, name: str, init: str = "NODE_PACK = True\n") -> None:
    (root / name / "extra").mkdir(parents=True)
    (root / name / "__init__.py").write_text(init)
    (root / name / "extra" / "__init__.py").write_text("")
    (root / name / "extra" / "good.py").write_text(GOOD)


def test_another_pack_adds_its_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack(tmp_path, "pack_that_works")
    monkeypatch.syspath_prepend(tmp_path)
    made = Registry(["nodes", "pack_that_works"])

    assert (made.node("good").type_name, made.category("good")) == ("good", "extra")
    assert made.faults == {}


@pytest.mark.parametrize(
    ("name", "init", "why"),
    [
        pytest.param(
            "pack_without_marker",
            "",
            "{place}: not a node pack; another package named 'pack_without_marker' is in the way, "
            "start with the console script `oppleo-flow` in its own environment",
            id="a package that is no pack",
        ),
        pytest.param(
            "pack_that_fails",
            "x = 1\n1 / 0\n",
            "{place}:2: ZeroDivisionError: division by zero",
            id="a pack that cannot be imported",
        ),
        pytest.param(
            "pack_not_there",
            None,
            "node pack 'pack_not_there': there is no package of this name",
            id="a pack that is not there",
        ),
    ],
)
def test_a_pack_that_is_broken_does_not_take_the_others_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, init: str | None, why: str
) -> None:
    if init is not None:
        pack(tmp_path, name, init)
    monkeypatch.syspath_prepend(tmp_path)
    made = Registry(["nodes", name])

    place = tmp_path / name / "__init__.py"
    assert {str(k): str(v) for k, v in made.faults.items()} == {name: why.format(place=place)}
    assert made.node("change").type_name == "change"


def test_a_foreign_package_named_nodes_is_refused_with_its_path(tmp_path: Path) -> None:
    pack(tmp_path, "nodes", "")
    code = "from oppleo_flow.registry import Registry; Registry.installed()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr.strip().splitlines()[-1] == (
        f"oppleo_flow.errors.NodeFileError: {tmp_path}/nodes/__init__.py: not a node pack; "
        "another package named 'nodes' is in the way, "
        "start with the console script `oppleo-flow` in its own environment"
    )


def test_every_built_in_type_can_be_read() -> None:
    made = Registry(["nodes"])

    assert all(read_node(spec.cls) == spec for spec in made.nodes().values())


def test_threads_that_ask_for_a_type_at_once_wait_for_the_one_import(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = ModuleType("gate_of_slow")
    entered, go = threading.Event(), threading.Event()
    monkeypatch.setattr(gate, "pass_through", lambda: entered.set() or go.wait(20), raising=False)
    monkeypatch.setitem(sys.modules, "gate_of_slow", gate)
    text = GOOD.replace("Good", "Slow").replace('"good"', '"slow"')
    (folder / "slow.py").write_text(f"{text}\n\nimport gate_of_slow\ngate_of_slow.pass_through()\n")
    made = registry(folder)
    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(made.node, "slow")]
        assert entered.wait(20)
        found += [pool.submit(made.node, "slow") for _ in range(3)]
        go.set()
    assert {one.result().type_name for one in found} == {"slow"}
    assert len({id(one.result()) for one in found}) == 1
