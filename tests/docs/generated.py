"""The parts of a page that a command prints: `python -m tests.docs.generated` writes them anew.

Such a part stands between `<!-- oppleo-flow … -->`, which is the command, and `<!-- end -->`.
"""

import contextlib
import io
import re
import shlex
from pathlib import Path

from oppleo_flow.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "nodes" / "hardware" / "README.md"]
_PART = re.compile(r"(<!-- oppleo-flow (?P<words>[^>]+) -->\n).*?(<!-- end -->)", re.S)


def as_it_should_be(page: Path) -> str:
    """Return a page with all that commands print in it as they print it now."""
    return _PART.sub(
        lambda found: f"{found[1]}\n{_printed(found['words'])}\n{found[3]}",
        page.read_text(encoding="utf-8"),
    )


def _printed(words: str) -> str:
    printed = io.StringIO()
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(printed):
        assert main(shlex.split(words)) == 0
    return printed.getvalue()


if __name__ == "__main__":
    for one in PAGES:
        one.write_text(as_it_should_be(one), encoding="utf-8")
