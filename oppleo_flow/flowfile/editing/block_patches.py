"""Changes of maps and lists that have a line for each part."""

from dataclasses import replace as changed
from typing import NamedTuple

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing.document import Collection, Document, Slot, block_header
from oppleo_flow.flowfile.editing.splices import Splice
from oppleo_flow.flowfile.editing.values import Data, Path
from oppleo_flow.flowfile.editing.writing import Manner, part_lines, stands_alone, written
from oppleo_flow.flowfile.tree import Scalar


class _Old(NamedTuple):
    """Where a value stands: its part of the key's line, and the lines below it."""

    head: tuple[int, int]
    body: tuple[int, int]


def replace(doc: Document, slot: Slot, value: Data, path: Path) -> list[Splice]:
    """Put another value behind a key or dash; the comment on its line stays."""
    doc.leads_line(slot)
    like = doc.raw(slot.value) if isinstance(slot.value, Scalar) else ""
    manner = _manner(doc, path, doc.next_line(slot.end))
    made = written(value, path, doc.column(slot.start), manner, like)
    old = _place_of(doc, slot, keep_line=bool(made.body))
    head_start, head_end = old.head
    if slot.key is None and made.body:  # what follows lines up with one space behind the dash
        head_start = slot.start + 1
    if not made.head:
        head = Splice(slot.after or head_start, head_end, "")
    elif head_start == slot.after:
        head = Splice(head_start, head_end, " " + made.head)
    else:
        head = Splice(head_start, head_end, made.head)
    return [head, Splice(*old.body, "".join(line + doc.newline for line in made.body))]


def _place_of(doc: Document, slot: Slot, *, keep_line: bool) -> _Old:
    old, after = slot.value, slot.after or slot.start
    below = doc.next_line(slot.end)
    if isinstance(old, Scalar) and old.empty:
        return _Old((after, after), (doc.next_line(after), doc.next_line(after)))
    start = old.start.offset
    header = block_header(doc.raw(old)) if isinstance(old, Scalar) else None
    if header is not None:
        sign_end = doc.text.index(header, start) + len(header)
        return _Old((start, sign_end), (doc.next_line(sign_end), below))
    elsewhere = doc.line_of(start) != doc.line_of(after - 1)
    is_block = not isinstance(old, Scalar) and doc.style(old) == "block"
    if elsewhere and (is_block or keep_line):
        return _Old((after, after), (doc.next_line(after - 1), below))
    return _Old((start, doc.end(old)), (below, below))


def add(
    doc: Document, into: Collection, path: Path, index: int, name: str | int, value: Data
) -> list[Splice]:
    """Put a new part before the one that has the number `index`, or behind the last one."""
    slots = doc.slots(into)
    column = doc.column(slots[0].start)
    manner = _manner(doc, (*path, name), _place(doc, slots, index))
    lines = list(part_lines(name, value, (*path, name), column, manner))
    blank = doc.newline if _spaced(doc, slots, index, (*path, name), len(lines)) else ""
    text = "".join(line + doc.newline for line in lines)
    at = _place(doc, slots, index)
    if index > 0:
        doc.leads_line(slots[index - 1])
        return [Splice(at, at, blank + text)]
    if doc.leads_line(slots[0]):
        return [Splice(at, at, text + blank)]
    return [Splice(at, at, text.lstrip(" ") + " " * column)]


def _place(doc: Document, slots: list[Slot], index: int) -> int:
    """Return where a new part is put in."""
    if index > 0:
        return doc.start_of(doc.last_line(slots[index - 1]) + 1)
    first = slots[0]
    return doc.start_of(doc.first_line(first)) if doc.leads_line(first) else first.start


def _spaced(doc: Document, slots: list[Slot], index: int, path: Path, lines: int) -> bool:
    """Return whether an empty line belongs between a new part and its neighbour."""
    if index > 0 and doc.keeps_breaks(slots[index - 1]):
        return False
    if len(path) == 1:
        return lines > 1
    if len(slots) == 1:
        return lines > 1 and stands_alone(path)
    below = min(max(index, 1), len(slots) - 1)
    return doc.is_blank(doc.last_line(slots[below - 1]) + 1)


def _manner(doc: Document, path: Path, below: int) -> Manner:
    """Return the manner in which to write a part with `below` behind it.

    Among others on one line each it is on one line.  Where a comment below would become a part of
    it, a text is no block.
    """
    manner = doc.manner
    siblings = doc.slots_at(path[:-1])
    others = [slot.value for slot in siblings if slot.name != path[-1]]
    flat = bool(others) and all(
        not isinstance(other, Scalar) and doc.style(other) == "flow" for other in others
    )
    indent = min((doc.column(slot.start) for slot in siblings), default=0)
    return changed(manner, flat=path[:-1] if flat else None, blocks=not _deep(doc, below, indent))


def _deep(doc: Document, below: int, indent: int) -> bool:
    """Return whether the next comments are indented more."""
    line = doc.line_of(below)
    while doc.is_blank(line) or doc.comment_column(line) is not None:
        if (doc.comment_column(line) or 0) > indent:
            return True
        line += 1
    return False


def drop(doc: Document, among: Collection, slot: Slot) -> list[Splice]:
    """Take a part away with its lines; comments above and below it stay."""
    if not doc.leads_line(slot):
        return [_drop_behind_dash(doc, slot, doc.slots(among)[1])]
    is_last = slot is doc.slots(among)[-1]
    first, last = doc.line_of(slot.start), doc.last_line(slot)
    below = last + 1
    at_end = doc.start_of(below) >= len(doc.text)
    if doc.is_blank(first - 1) and (at_end or doc.is_blank(below)):
        first -= 1
    elif doc.is_blank(below) and not is_last and doc.comment_column(below + 1) is None:
        below += 1
    return [Splice(doc.start_of(first), doc.start_of(below), "")]


def _drop_behind_dash(doc: Document, slot: Slot, following: Slot) -> Splice:
    if not doc.text[slot.end : following.start].strip():
        return Splice(slot.start, following.start, "")
    before = doc.text[doc.line_start(slot.start) : slot.start]
    spaces = len(before) - len(before.rstrip())
    return Splice(slot.start - spaces, doc.line_end(slot.end), "")


def shift(doc: Document, among: Collection, slot: Slot, index: int) -> list[Splice]:
    """Move the lines of a part, and the comment right above them, to another place.

    Raises:
        Refused: Its line, or its new neighbour's, is shared with the dash of a list.
    """
    others = [other for other in doc.slots(among) if other is not slot]
    target = others[max(index - 1, 0)]
    if not (doc.leads_line(slot) and doc.leads_line(target)):
        raise Refused(
            f"{doc.file}:{doc.line_of(slot.start) + 1}: {slot.name!r} or its new neighbour shares "
            "a line with the dash of a list; move it by hand"
        )
    first, last = doc.first_line(slot), doc.last_line(slot)
    moved = doc.text[doc.start_of(first) : doc.start_of(last + 1)]
    below = last + 1
    spaced = doc.is_blank(first - 1) or doc.is_blank(below)
    if doc.is_blank(first - 1):
        first -= 1
    elif doc.is_blank(below):
        below += 1
    blank = doc.newline if spaced else ""
    if index == 0:
        at, text = doc.start_of(doc.first_line(target)), moved + blank
    else:
        at = doc.start_of(doc.last_line(target) + 1)
        text = moved if doc.keeps_breaks(target) else blank + moved
    return [Splice(doc.start_of(first), doc.start_of(below), ""), Splice(at, at, text)]
