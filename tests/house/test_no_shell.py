"""No command goes through a shell: a name or a path is never more than a word of it."""

import ast

import pytest

from tests.house.sources import PACKAGES, python_files, tree

BY_A_SHELL = {
    *("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"),
    "asyncio.create_subprocess_shell",
}


def shells(root: ast.AST) -> list[int]:
    """Return the lines at which something is handed to a shell."""
    return [
        node.lineno
        for node in ast.walk(root)
        if (isinstance(node, ast.Attribute) and ast.unparse(node) in BY_A_SHELL)
        or (isinstance(node, ast.keyword) and node.arg == "shell")
    ]


@pytest.mark.parametrize("name", python_files(*PACKAGES))
def test_nothing_is_handed_to_a_shell(name: str) -> None:
    assert shells(tree(name)) == []


@pytest.mark.parametrize(
    "text",
    ["os.system('ls')", "subprocess.run('ls', shell=True)", "subprocess.getoutput('ls')"],
)
def test_what_would_be_is_found(text: str) -> None:
    assert shells(ast.parse(text)) == [1]
