"""Drop-in files are tried in a process of their own before anybody else imports them."""

from pathlib import Path

import pytest

from oppleo_flow.testing.child import faults_of, what_ends_a_process

TWICE = '''"""Double a number."""
from oppleo_flow import Example, Node, NodeConfig


class Twice(Node[NodeConfig]):
    """Double a number."""

    type_name = "twice"

    def on_message(self, number: int) -> int:
        """Return the double."""
        return number * 2

    examples = [
        Example(send=1, expect={"out": 2}),
        Example(send=2, expect={"out": 4}),
    ]
'''


def tried(folder: Path, text: str, *, deadline_s: float = 20.0, **others: str) -> list[str]:
    """Return what is wrong with `twice.py`, and with other files, without their folder."""
    texts = {"twice": text, **others}
    for name, content in texts.items():
        (folder / f"{name}.py").write_text(content)
    files = sorted(folder.glob("*.py"))
    return [
        fault.replace(f"{folder}/", "") for fault in faults_of(folder, files, deadline_s=deadline_s)
    ]


def test_a_file_whose_examples_are_true_is_good(tmp_path: Path) -> None:
    assert tried(tmp_path, TWICE) == []
    assert [path.name for path in tmp_path.iterdir()] == ["twice.py"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(
            TWICE.replace("* 2", "* 3"),
            [
                "twice.py:15: example 1: output 'out': expected 2, got 3",
                "twice.py:16: example 2: output 'out': expected 4, got 6",
            ],
            id="examples that are not true",
        ),
        pytest.param(
            TWICE.replace("* 2", "// 0"),
            [
                "twice.py:15: example 1: ZeroDivisionError: integer division or modulo by zero",
                "twice.py:16: example 2: ZeroDivisionError: integer division or modulo by zero",
            ],
            id="a handler that fails",
        ),
        pytest.param(
            TWICE.replace("import Example", "import Exmaple"),
            [
                "twice.py:2: ImportError: cannot import name 'Exmaple' from 'oppleo_flow' "
                "({package})"
            ],
            id="an import that fails",
        ),
        pytest.param(
            f"{TWICE}\nimport os\nos._exit(3)\n",
            ["twice.py:1: it ended the process that tried it, with 3"],
            id="an end of the process",
        ),
        pytest.param(
            f"{TWICE}\nimport threading\nthreading.Thread(target=input).start()\nprint('hello')\n",
            [],
            id="a thread that is left behind, and something printed",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, why: list[str]) -> None:
    import oppleo_flow  # noqa: PLC0415

    expected = [line.format(package=oppleo_flow.__file__) for line in why]
    assert tried(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(f"{TWICE}\nwhile True:\n    pass\n", (19, 20), id="an import"),
        pytest.param(TWICE.replace("return number * 2", "while number: pass"), (12,), id="example"),
    ],
)
def test_what_never_ends_is_told_with_the_line_it_is_at(
    tmp_path: Path, text: str, line: tuple[int, ...]
) -> None:
    (found,) = tried(tmp_path, text, deadline_s=2.0)
    assert found in [f"twice.py:{number}: not done after 2 s" for number in line]


def test_a_fault_in_a_neighbour_is_told_at_the_neighbours_line(tmp_path: Path) -> None:
    text = TWICE.replace("\n\nclass", "\nfrom ._rates import RATE\n\n\nclass", 1)
    assert tried(tmp_path, text, _rates="RATE = 1\n1 / 0\n") == [
        "_rates.py:2: ZeroDivisionError: division by zero"
    ]


def test_all_files_that_end_a_process_are_found_and_no_others(tmp_path: Path) -> None:
    texts = {
        "a_good": TWICE.replace('"twice"', '"a-good"'),
        "b_ends": "import os\nos._exit(9)\n",
        "c_wrong": TWICE.replace('"twice"', '"c-wrong"').replace("* 2", "// 0"),
        "d_hangs": "while True:\n    pass\n",
        "e_interrupts": "raise GeneratorExit\n",
    }
    files = {name: tmp_path / f"{name}.py" for name in texts}
    for name, text in texts.items():
        files[name].write_text(text)
    found = what_ends_a_process(tmp_path, list(files.values()), deadline_s=1.0)
    ended, hangs = found.pop(files["b_ends"]), found.pop(files["d_hangs"])
    assert ended == f"{files['b_ends']}:1: it ended the process that tried it, with 9"
    assert hangs.startswith(f"{files['d_hangs']}:")
    assert hangs.endswith(": not done after 1 s")
    assert found == {}
