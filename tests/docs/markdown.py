"""The fenced blocks of a Markdown page."""

import re
import textwrap
from pathlib import Path

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w+)\n(?P<body>.*?)^ *```$", re.M | re.S)


def blocks(page: Path, language: str) -> list[str]:
    """Return the blocks of a language, in the order of the page."""
    return [
        textwrap.dedent(found["body"])
        for found in _FENCE.finditer(page.read_text(encoding="utf-8"))
        if found["language"] == language
    ]


def commands(page: Path) -> list[list[str]]:
    """Return the lines of the shell blocks, each block as a list."""
    return [block.splitlines() for block in blocks(page, "sh")]
