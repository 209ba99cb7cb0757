"""Two changes of the same flows put together, node by node.

What only one side changed is taken from it.  What both changed in the same way is no conflict; what
both changed otherwise is one, and then nothing is put together.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Final

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing.document import Document
from oppleo_flow.flowfile.tree import YamlMap
from oppleo_flow.flowfile.versions.flow_set import FlowSet
from oppleo_flow.flowfile.versions.refusals import Stale

_Key = tuple[str, ...]
_Blocks = dict[_Key, str]
_SECTIONS: Final = ("nodes", "connections", "vars", "subflows")
_SIDES: Final = ("theirs", "mine")


class Conflict(Stale):
    """Others changed the same since; `parts` are the ids of what both changed."""

    def __init__(self, parts: Sequence[str]) -> None:
        shown = ", ".join(map(repr, parts))
        super().__init__(
            f"{shown}: changed by another deploy since; look at that version and change it anew",
            parts,
        )


def merge(base: FlowSet, theirs: FlowSet, mine: FlowSet) -> FlowSet:
    """Return the flows with what `theirs` and `mine` each changed since `base`.

    Raises:
        Conflict: Both changed the same.
    """
    if base.main != theirs.main or base.main != mine.main:
        raise Conflict([theirs.main])
    merged: dict[str, str] = {}
    conflicts: list[str] = []
    for name in dict.fromkeys([*theirs.files, *mine.files]):
        before, left, right = (s.files.get(name) for s in (base, theirs, mine))
        text = right if left in (before, right) else left if right == before else None
        if text is None and left is not None and right is not None:
            prefix = "" if name == base.main else f"{PurePath(name).stem}/"
            text, clashing = _merge_texts(before or "", left, right, name)
            conflicts += [f"{prefix}{part}" for part in clashing] or ([] if text else [name])
        elif text is None and before not in (left, right):
            conflicts.append(name)
        if text is not None:
            merged[name] = text
    if conflicts:
        raise Conflict(conflicts)
    return FlowSet(base.main, merged)


def _merge_texts(base: str, left: str, right: str, file: str) -> tuple[str | None, list[str]]:
    """Return the text of both changes, None when there is none, and the parts in conflict."""
    try:
        blocks = [_blocks(text, file) for text in (base, left, right)]
    except Refused:
        return None, []
    chosen, clashing = _choose(*blocks)
    if clashing:
        return None, [_name(key) for key in clashing]
    order = _order(*blocks, chosen=chosen)
    text = _joined([_block(*(side.get(key) for side in blocks), side=chosen[key]) for key in order])
    return (text if _says(text, left, right, chosen, file) else None), []


def _blocks(text: str, file: str) -> _Blocks:
    """Return a text in blocks of lines, one for each part; together they are the text."""
    if not text.strip():
        return {(): text}
    document = Document(text, file)
    starts: list[tuple[int, _Key]] = [(0, ())]
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


def _choose(base: _Blocks, left: _Blocks, right: _Blocks) -> tuple[dict[_Key, str], list[_Key]]:
    """Return from which side each part is taken that stays, and the parts in conflict."""
    chosen: dict[_Key, str] = {}
    clashing = []
    for key in dict.fromkeys([*right, *left]):
        before, theirs, mine = (_core(blocks.get(key)) for blocks in (base, left, right))
        if mine in (before, theirs):
            if theirs is not None:
                chosen[key] = "theirs"
        elif theirs == before:
            if mine is not None:
                chosen[key] = "mine"
        else:
            clashing.append(key)
    return chosen, clashing


def _block(base: str | None, left: str | None, right: str | None, *, side: str) -> str:
    """Return the block of a side, with the empty lines below it of who changed those."""
    chosen = (left if side == "theirs" else right) or ""
    if base is None or left is None or right is None:
        return chosen
    before, theirs, mine = (block[len(block.rstrip()) :] for block in (base, left, right))
    return chosen.rstrip() + (theirs if mine == before else mine)


def _core(block: str | None) -> str | None:
    """Return a block without the empty lines below it, which tell of its place only."""
    return None if block is None else block.rstrip()


def _order(
    base: _Blocks, left: _Blocks, right: _Blocks, *, chosen: Mapping[_Key, str]
) -> list[_Key]:
    """Return the parts in the order of the side that moved some, with what the other added."""
    moved = [key for key in right if key in base] != [key for key in base if key in right]
    first, second = (right, left) if moved else (left, right)
    order = [key for key in first if key in chosen]
    above: _Key | None = None
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


def _says(text: str, left: str, right: str, chosen: Mapping[_Key, str], file: str) -> bool:
    """Return whether a merged text says of each part what the side says that it is from."""
    try:
        found, *sides = (Document(one, file) for one in (text, left, right))
        keys = set(_blocks(text, file))
    except Refused:
        return False
    for key, side in chosen.items():
        if len(key) == 0 or (len(key) == 1 and any(k[:1] == key and len(k) > 1 for k in chosen)):
            continue
        if _at(found, key) != _at(sides[_SIDES.index(side)], key):
            return False
    return keys == set(chosen)


def _at(document: Document, key: _Key) -> object:
    found: object = document.data
    for name in key:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _name(key: _Key) -> str:
    """Return how a part is called: a node by its id alone."""
    if not key:
        return "the head of the file"
    return key[1] if key[0] == "nodes" and len(key) > 1 else ".".join(key)
