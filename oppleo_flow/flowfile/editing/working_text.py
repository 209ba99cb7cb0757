"""A flow's text while an edit changes it, step by step.

After every step the text is read again, and says exactly what it said before plus the step, or
the edit is refused.
"""

import json
from difflib import SequenceMatcher

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing.document import Document
from oppleo_flow.flowfile.editing.flow_text import FlowText
from oppleo_flow.flowfile.editing.patches import patch
from oppleo_flow.flowfile.editing.splices import spliced
from oppleo_flow.flowfile.editing.steps import (
    Add,
    Drop,
    Replace,
    Respell,
    Shift,
    Step,
    applied,
    names_in,
    part,
)
from oppleo_flow.flowfile.editing.values import Data, Path, Secret, same
from oppleo_flow.flowfile.shape import SECTIONS

_BYTE_ORDER_MARK = "\ufeff"


class WorkingText:
    """A text that changes; `data` is what it says now.

    Raises:
        Refused: The text cannot be read.
    """

    def __init__(self, text: FlowText) -> None:
        self.file = text.file
        self.flow = text.flow
        self._mark = _BYTE_ORDER_MARK if text.text.startswith(_BYTE_ORDER_MARK) else ""
        self._doc = Document(text.text.removeprefix(_BYTE_ORDER_MARK), text.file)
        self._says = self._doc.data
        self._open = not self._doc.text.endswith(("\n", "\r"))
        if self._open:
            self._doc = Document(self._doc.text + self._doc.newline, text.file)

    @property
    def data(self) -> dict[str, Data]:
        """Return what the text says."""
        return self._doc.data

    @property
    def finished(self) -> FlowText:
        """Return the text as it is now; it ends as the first one did, with a line break or not."""
        text = self._doc.text
        if self._open:
            cut = text.removesuffix(self._doc.newline)
            if same(Document(cut, self.file).data, self._says):
                text = cut
            elif not same(self._doc.data, self._says):
                raise Refused(
                    f"{self.file}: the text at the end of the file would change with the line "
                    "break that it gets; add the line break first"
                )
        return FlowText(self._mark + text, self.file)

    def do(self, step: Step) -> None:
        """Do one step.

        Raises:
            Refused: It cannot be done without a change of something else.
        """
        text = spliced(self._doc.text, patch(self._doc, step))
        after = self._read(text)
        if after is None or not same(after.data, applied(step, self._doc.data)):
            raise Refused(
                f"{self.file}: {_where(step)}: the way it is written cannot be edited safely; "
                "edit the text by hand"
            )
        self._says = _as_map(applied(step, self._says))
        self._doc = after

    def _read(self, text: str) -> Document | None:
        try:
            return Document(text, self.file)
        except Refused:
            return None

    # -- what is made of steps -------------------------------------------------------------------

    def get(self, path: Path) -> Data | None:
        """Return what is at a path; None when nothing is."""
        return part(self._doc.data, path)

    def put(self, path: Path, value: Data) -> None:
        """Say `value` at a path; what is there and stays is not touched."""
        old = self.get(path)
        if old is None:
            self._create(path, value)
        else:
            self._reconcile(path, old, value)

    def drop(self, path: Path) -> None:
        """Take a path away; a map or list that nothing is left of stays, empty."""
        whole = self.get(path[:-1])
        if isinstance(whole, dict | list) and len(whole) > 1:
            self.do(Drop(path))
        elif len(path) == 1:
            raise Refused(f"{self.file}: {path[0]!r} is all there is; it cannot be taken away")
        else:
            self.do(Replace(path[:-1], {} if isinstance(path[-1], str) else []))

    def add(self, path: Path, value: Data, index: int) -> None:
        """Put a new part of a map or list before the one that has the number `index`."""
        whole = self.get(path[:-1])
        name = path[-1]
        if whole in ("", {}, []):
            self.do(Replace(path[:-1], {name: value} if isinstance(name, str) else [value]))
        else:
            self.do(Add(path[:-1], index, name if isinstance(name, str) else None, value))

    def shift(self, path: Path, index: int) -> None:
        """Give a part another place; `index` counts without the part itself."""
        if names_in(self.get(path[:-1])).index(path[-1]) != index:
            self.do(Shift(path, index))

    def respell(self, step: Respell) -> None:
        """Write other words."""
        if step.words or step.keys:
            self.do(step)

    def _create(self, path: Path, value: Data) -> None:
        known = next(n for n in range(len(path) - 1, -1, -1) if self.get(path[:n]) is not None)
        whole, name = self.get(path[:known]), path[known]
        for inner in reversed(path[known + 1 :]):
            value = {inner: value} if isinstance(inner, str) else [value]
        if isinstance(name, str) and (isinstance(whole, dict) or whole == ""):
            keys = list(whole) if isinstance(whole, dict) else []
            self.add(path[: known + 1], value, _place_for(name, path[:known], keys))
        elif isinstance(name, int) and whole in ("", []) and name == 0:
            self.add(path[: known + 1], value, 0)
        elif isinstance(name, int) and isinstance(whole, list) and name == len(whole):
            self.add(path[: known + 1], value, name)
        else:
            raise Refused(f"{self.file}: {dotted(path)}: {_holder(path[:known], whole)}")

    def _reconcile(self, path: Path, old: Data, new: Data) -> None:
        """Change only what differs, so that comments and styles of the rest survive."""
        if same(old, new):
            return
        if isinstance(old, dict) and isinstance(new, dict):
            common = [key for key in old if key in new]
            if common and common == [key for key in new if key in old]:
                self._reconcile_map(path, old, new)
                return
        if isinstance(old, list) and isinstance(new, list) and old and new:
            self._reconcile_list(path, old, new)
            return
        self.do(Replace(path, new))

    def _reconcile_map(self, path: Path, old: dict[str, Data], new: dict[str, Data]) -> None:
        for key in old:
            if key not in new:
                self.drop((*path, key))
        for index, (key, value) in enumerate(new.items()):
            if key in old:
                self._reconcile((*path, key), old[key], value)
            else:
                self.add((*path, key), value, index)

    def _reconcile_list(self, path: Path, old: list[Data], new: list[Data]) -> None:
        matcher = SequenceMatcher(None, list(map(_digest, old)), list(map(_digest, new)), False)
        moved = 0
        for _, a, a_end, b, b_end in [op for op in matcher.get_opcodes() if op[0] != "equal"]:
            both = min(a_end - a, b_end - b)
            for n in range(both):
                self._reconcile((*path, a + moved + n), old[a + n], new[b + n])
            for n in range(b + both, b_end):
                self.add((*path, n), new[n], n)
            for _ in range(a + both, a_end):
                self.drop((*path, b_end))
            moved += (b_end - b) - (a_end - a)


def dotted(path: Path) -> str:
    """Return a path as a message says it."""
    return ".".join(map(str, path)) or "the flow"


def _place_for(name: str, into: Path, keys: list[str]) -> int:
    """Return where a new part belongs: sections and `from` have their places, all else is last."""
    if not into and name in SECTIONS:
        later = SECTIONS[SECTIONS.index(name) + 1 :]
        return next((at for at, key in enumerate(keys) if key in later), len(keys))
    return keys.index("type") + 1 if name == "from" and "type" in keys else len(keys)


def _holder(path: Path, whole: Data | None) -> str:
    if isinstance(whole, list):
        return f"{dotted(path)} has {len(whole)} items"
    kind = "a map" if isinstance(whole, dict) else "text"
    return f"{dotted(path)} is {kind}, and has no such part; set it whole"


def _where(step: Step) -> str:
    match step:
        case Respell():
            return ", ".join(dotted(path) for path in [*step.keys, *step.words][:3])
        case Add():
            return dotted((*step.into, step.index if step.name is None else step.name))
        case _:
            return dotted(step.path)


def _digest(data: Data) -> str:
    """Return a text that is the same for what says the same."""
    return json.dumps(data, default=_leaf, sort_keys=False)


def _leaf(leaf: object) -> object:
    return {"!secret": leaf.name} if isinstance(leaf, Secret) else getattr(leaf, "text", None)


def _as_map(data: Data) -> dict[str, Data]:
    if not isinstance(data, dict):
        raise TypeError("a flow is a map")
    return data
