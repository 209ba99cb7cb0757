"""Two changes of the same flows put together, node by node.

What only one side changed is taken from it.  What both changed in the same way is no conflict; what
both changed otherwise is one, and then nothing is put together, unless it is said which side has
it.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from types import MappingProxyType
from typing import Final, Literal

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing.document import Document
from oppleo_flow.flowfile.tree import YamlMap
from oppleo_flow.flowfile.versions.flow_set import FlowSet
from oppleo_flow.flowfile.versions.refusals import Stale
from oppleo_flow.immutable import immutable

Key = tuple[str, ...]
"""Where a part is within its file, as `("nodes", "meter")`; the head of the file is at `()`."""
Side = Literal["theirs", "mine"]
_Blocks = dict[Key, str]
_SECTIONS: Final = ("nodes", "connections", "vars", "subflows")
_SIDES: Final = ("theirs", "mine")


@immutable
class Part:
    """A part of a flow: a node, or something else of a file; `key` None is the file as a whole."""

    file: str
    key: Key | None

    @property
    def id(self) -> str:
        """Return what no other part of the site is called."""
        return self.file if self.key is None else f"{self.file}:{'.'.join(self.key)}"

    def called(self, main: str) -> str:
        """Return how people call it: a node by its id alone, where the flow's file is `main`."""
        if self.key is None:
            return self.file
        return f"{'' if self.file == main else f'{PurePath(self.file).stem}/'}{_name(self.key)}"

    def node(self, main: str) -> str | None:
        """Return the id of the node that it is; None: it is no node."""
        is_node = self.key is not None and self.key[:1] == ("nodes",) and len(self.key) > 1
        return self.called(main) if is_node else None


class Conflict(Stale):
    """Others changed the same since; `parts` are the ids of what both changed, `of` says where."""

    def __init__(self, of: Sequence[Part], main: str) -> None:
        self.of = tuple(of)
        names = [part.called(main) for part in of]
        shown = ", ".join(map(repr, names))
        super().__init__(
            f"{shown}: changed by another deploy since; look at that version and change it anew",
            names,
        )


Prefer = Mapping[str, Side]
"""Which side has it of what both changed, by the ids of parts; that of a file has all of it."""
NEITHER: Final[Prefer] = MappingProxyType({})


def merge(base: FlowSet, theirs: FlowSet, mine: FlowSet, prefer: Prefer = NEITHER) -> FlowSet:
    """Return the flows with what `theirs` and `mine` each changed since `base`.

    Raises:
        Conflict: Both changed the same, and none is preferred.
    """
    if base.main != theirs.main or base.main != mine.main:
        raise Conflict([Part(theirs.main, None)], theirs.main)
    merged: dict[str, str] = {}
    conflicts: list[Part] = []
    for name in dict.fromkeys([*theirs.files, *mine.files]):
        before, left, right = (s.files.get(name) for s in (base, theirs, mine))
        text: str | None
        if left in (before, right):
            text = right
        elif right == before:
            text = left
        elif name in prefer:
            text = left if prefer[name] == "theirs" else right
        else:
            text, clashing = _merge_both(before, left, right, name, prefer)
            conflicts += clashing
        if text is not None:
            merged[name] = text
    if conflicts:
        raise Conflict(conflicts, base.main)
    return FlowSet(base.main, merged)


def _merge_both(
    base: str | None, left: str | None, right: str | None, file: str, prefer: Prefer
) -> tuple[str | None, list[Part]]:
    """Return the text of both changes, and the parts in conflict; one of them is empty."""
    if left is None or right is None:
        return None, [Part(file, None)]
    text, clashing = _merge_texts(base or "", left, right, file, prefer)
    if clashing or text:
        return text, [Part(file, key) for key in clashing]
    return None, [Part(file, None)]


def _merge_texts(
    base: str, left: str, right: str, file: str, prefer: Prefer
) -> tuple[str | None, list[Key]]:
    """Return the text of both changes, None when there is none, and the parts in conflict."""
    try:
        found = [blocks(text, file) for text in (base, left, right)]
    except Refused:
        return None, []
    chosen, clashing = _choose(*found, file=file, prefer=prefer)
    if clashing:
        return None, clashing
    order = _order(*found, chosen=chosen)
    text = _joined([_block(*(side.get(key) for side in found), side=chosen[key]) for key in order])
    return (text if _says(text, left, right, chosen, file) else None), []


def blocks(text: str, file: str) -> _Blocks:
    """Return a text in blocks of lines, one for each part; together they are the text.

    Raises:
        Refused: It cannot be read.
    """
    if not text.strip():
        return {(): text}
    document = Document(text, file)
    starts: list[tuple[int, Key]] = [(0, ())]
    if document.style(document.root) == "block":
        for slot in document.slots(document.root):
            starts.append((document.first_line(slot), (str(slot.name),)))
            value = slot.value
            if slot.name in _SECTIONS and isinstance(value, YamlMap):
                if document.style(value) != "block":
                    continue
                starts += [
                    (document.first_line(inner), (str(slot.name), str(inner.name)))
                    for inner in document.slots(value)
                ]
    ends = [line for line, _ in starts[1:]] + [len(document.lines)]
    return {
        key: "".join(document.lines[line:end])
        for (line, key), end in zip(starts, ends, strict=True)
    }


def _choose(
    base: _Blocks, left: _Blocks, right: _Blocks, *, file: str, prefer: Prefer
) -> tuple[dict[Key, Side], list[Key]]:
    """Return from which side each part is taken that stays, and the parts in conflict."""
    chosen: dict[Key, Side] = {}
    clashing = []
    for key in dict.fromkeys([*right, *left]):
        before, theirs, mine = (core(side.get(key)) for side in (base, left, right))
        side: Side | None = prefer.get(Part(file, key).id)
        if mine in (before, theirs):
            side = "theirs"
        elif theirs == before:
            side = "mine"
        if side is None:
            clashing.append(key)
        elif (theirs if side == "theirs" else mine) is not None:
            chosen[key] = side
    return chosen, clashing


def _block(base: str | None, left: str | None, right: str | None, *, side: str) -> str:
    """Return the block of a side, with the empty lines below it of who changed those."""
    chosen = (left if side == "theirs" else right) or ""
    if base is None or left is None or right is None:
        return chosen
    before, theirs, mine = (block[len(block.rstrip()) :] for block in (base, left, right))
    return chosen.rstrip() + (theirs if mine == before else mine)


def core(block: str | None) -> str | None:
    """Return a block without the empty lines below it, which tell of its place only."""
    return None if block is None else block.rstrip()


def _order(
    base: _Blocks, left: _Blocks, right: _Blocks, *, chosen: Mapping[Key, Side]
) -> list[Key]:
    """Return the parts in the order of the side that moved some, with what the other added."""
    moved = [key for key in right if key in base] != [key for key in base if key in right]
    first, second = (right, left) if moved else (left, right)
    order = [key for key in first if key in chosen]
    above: Key | None = None
    for key in second:
        if key in chosen and key not in order:
            order.insert(0 if above is None else order.index(above) + 1, key)
        above = key if key in order else above
    return order


def _joined(blocks: Sequence[str]) -> str:
    """Return blocks as one text; one that ended its file without a line break is given one."""
    *above, last = blocks
    newline = "\r\n" if any(block.endswith("\r\n") for block in blocks) else "\n"
    ends = ("\n", "\r")
    return "".join(b if not b or b.endswith(ends) else f"{b}{newline}" for b in above) + last


def _says(text: str, left: str, right: str, chosen: Mapping[Key, Side], file: str) -> bool:
    """Return whether a merged text says of each part what the side says that it is from."""
    try:
        found, *sides = (Document(one, file) for one in (text, left, right))
        keys = set(blocks(text, file))
    except Refused:
        return False
    for key, side in chosen.items():
        if len(key) == 0 or (len(key) == 1 and any(k[:1] == key and len(k) > 1 for k in chosen)):
            continue
        if _at(found, key) != _at(sides[_SIDES.index(side)], key):
            return False
    return keys == set(chosen)


def _at(document: Document, key: Key) -> object:
    found: object = document.data
    for name in key:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _name(key: Key) -> str:
    """Return how a part is called: a node by its id alone."""
    if not key:
        return "the head of the file"
    return key[1] if key[0] == "nodes" and len(key) > 1 else ".".join(key)
