"""A flow file's text as an edit takes it and gives it back."""

import hashlib
from pathlib import PurePath

from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.immutable import immutable


@immutable
class FlowText:
    """The text of a flow file, and the file's name as messages have it."""

    text: str
    file: str = "flow.yaml"

    @property
    def flow(self) -> str:
        """Return the name by which other flows refer to this one: its file's."""
        return PurePath(self.file).stem

    @property
    def revision(self) -> str:
        """Return what is different for every other text."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


@immutable
class Changed:
    """The lines `first` to `before` of the old text became `first` to `after` of the new one.

    They count from 1.  When lines were only put in, `before` is `first` - 1; when they were only
    taken out, `after` is.
    """

    first: int
    before: int
    after: int


def changed_lines(old: str, new: str) -> Changed | None:
    """Return the smallest range of lines in which all changes are; None when there are none."""
    if old == new:
        return None
    olds, news = _lines(old), _lines(new)
    top = _common(olds, news, min(len(olds), len(news)))
    below = _common(olds[::-1], news[::-1], min(len(olds), len(news)) - top)
    return Changed(top + 1, len(olds) - below, len(news) - below)


def common_start(old: str, new: str) -> int:
    """Return how many characters two texts begin with alike."""
    return _common(old, new, min(len(old), len(new)))


def common_end(old: str, new: str, most: int) -> int:
    """Return how many characters two texts end with alike, up to `most`."""
    return _common(old[::-1], new[::-1], most)


def _common(one: "str | list[str]", other: "str | list[str]", most: int) -> int:
    for at in range(most):
        if one[at] != other[at]:
            return at
    return most


def _lines(text: str) -> list[str]:
    return [line for line in split_lines(text) if line]
