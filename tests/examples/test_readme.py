"""`examples/README.md` tells of each example, and of nothing else."""

import re
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_each_example_is_explained_once_and_no_other() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    there = [*EXAMPLES.glob("*.yaml"), *EXAMPLES.glob("nodes/*.py")]
    assert sorted(links) == sorted(str(path.relative_to(EXAMPLES)) for path in there)
