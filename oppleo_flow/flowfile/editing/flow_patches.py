"""Changes of maps and lists between braces and brackets."""

from itertools import pairwise

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing.document import BREAKS, Collection, Document, Slot
from oppleo_flow.flowfile.editing.splices import Splice
from oppleo_flow.flowfile.editing.values import Data
from oppleo_flow.flowfile.editing.writing import flow_text, key_text, scalar_text
from oppleo_flow.flowfile.tree import Scalar


def replace(doc: Document, slot: Slot, value: Data) -> list[Splice]:
    """Put another value in the place of one."""
    old = slot.value
    if isinstance(value, dict | list):
        text = flow_text(value)
    else:
        like = doc.raw(old) if isinstance(old, Scalar) else ""
        text = scalar_text(value, in_flow=True, like=like)
    if slot.after is None:
        return [Splice(slot.end, slot.end, f": {text}")]
    if isinstance(old, Scalar) and old.empty:
        return [Splice(slot.after, slot.after, f" {text}")]
    return [Splice(old.start.offset, doc.end(old), text)]


def add(doc: Document, into: Collection, index: int, name: str | int, value: Data) -> list[Splice]:
    """Put a new part before the one that has the number `index`, or behind the last one."""
    slots = doc.slots(into)
    text = f"{key_text(name)}: {flow_text(value)}" if isinstance(name, str) else flow_text(value)
    if index < len(slots):
        before = slots[index]
        if _has_own_line(doc, before):
            at = doc.line_start(before.start)
            return [Splice(at, at, f"{_indent(doc, before)}{text},{doc.newline}")]
        return [Splice(before.start, before.start, f"{text}, ")]
    last = slots[-1]
    comma = _comma(doc, last)
    if _has_own_line(doc, last):
        at = doc.next_line(last.end if comma is None else comma)
        line = f"{_indent(doc, last)}{text}{'' if comma is None else ','}{doc.newline}"
        new = Splice(at, at, line)
        return [new] if comma is not None else [Splice(last.end, last.end, ","), new]
    if comma is not None:
        return [Splice(comma + 1, comma + 1, f" {text}")]
    at = last.end
    while doc.text[at] in " \t" and isinstance(last.value, Scalar) and last.value.empty:
        at += 1
    return [Splice(at, at, f", {text}")]


def drop(doc: Document, among: Collection, slot: Slot) -> list[Splice]:
    """Take a part away, with its comma and with the comment on a line of its own.

    Raises:
        AssertionError: The parts are not divided by commas, which is a mistake of the program.
    """
    slots = doc.slots(among)
    at = slots.index(slot)
    previous = slots[at - 1] if at > 0 else None
    comma = _comma(doc, slot)
    end = slot.end if comma is None else comma + 1
    if _has_own_line(doc, slot):
        lines = Splice(doc.line_start(slot.start), doc.next_line(end), "")
        if comma is None and previous is not None:
            return [_without_comma(doc, previous), lines]
        return [lines]
    if at + 1 < len(slots):
        return [Splice(slot.start, _behind_spaces(doc, end), "")]
    if previous is None:
        return [Splice(slot.start, end, "")]
    before = _comma(doc, previous)
    if before is None:
        raise AssertionError(f"no comma before {slot.name!r}")
    if doc.text[before + 1 : slot.start].strip():
        return [_without_comma(doc, previous), Splice(slot.start, end, "")]
    return [Splice(before if comma is None else before + 1, end, "")]


def shift(doc: Document, among: Collection, slot: Slot, index: int) -> list[Splice]:
    """Let the parts change places; what is between them stays.

    Raises:
        Refused: A comment stands between them, and may belong to either.
    """
    slots = doc.slots(among)
    order = [other for other in slots if other is not slot]
    order.insert(index, slot)
    if all(_has_own_line(doc, one) for one in slots):
        return _shift_lines(doc, slots, order)
    if any("#" in doc.text[one.end : other.start] for one, other in pairwise(slots)):
        raise Refused(
            f"{doc.file}:{doc.line_of(slot.start) + 1}: a comment stands between {slot.name!r} and "
            "its neighbours, and it cannot be told to which it belongs; move it by hand"
        )
    return [
        Splice(place.start, place.end, doc.text[new.start : new.end])
        for place, new in zip(slots, order, strict=True)
    ]


def _shift_lines(doc: Document, slots: list[Slot], order: list[Slot]) -> list[Splice]:
    """Let parts that have a line each change places, each with the comment behind it."""
    splices = []
    for place, new in zip(slots, order, strict=True):
        end, comma = _line_of_part(doc, place)
        text = doc.text[new.start : new.end] + ("" if comma is None else ",")
        new_end, new_comma = _line_of_part(doc, new)
        behind = doc.text[(new.end if new_comma is None else new_comma + 1) : new_end]
        splices.append(Splice(place.start, end, text + behind))
    return splices


def _line_of_part(doc: Document, slot: Slot) -> tuple[int, int | None]:
    """Return where the last line of a part ends, and where its comma is."""
    comma = _comma(doc, slot)
    return doc.line_end(slot.end if comma is None else comma), comma


def _has_own_line(doc: Document, slot: Slot) -> bool:
    """Return whether a part shares its lines with no other, and with no bracket of its map."""
    comma = _comma(doc, slot)
    end = slot.end if comma is None else comma + 1
    rest = doc.text[end : doc.line_end(end)].strip(" \t")
    return not _indent(doc, slot).strip() and (not rest or rest.startswith("#"))


def _indent(doc: Document, slot: Slot) -> str:
    return doc.text[doc.line_start(slot.start) : slot.start]


def _comma(doc: Document, slot: Slot) -> int | None:
    """Return where the comma behind a part is; None behind the last one, if it has none."""
    at = doc.gap_end(slot.end)
    return at if doc.text[at : at + 1] == "," else None


def _without_comma(doc: Document, slot: Slot) -> Splice:
    comma = _comma(doc, slot)
    return Splice(slot.end, slot.end, "") if comma is None else Splice(comma, comma + 1, "")


def _behind_spaces(doc: Document, at: int) -> int:
    """Return where the next part begins, if it is on the same line."""
    end = at
    while doc.text[end : end + 1] in (" ", "\t"):
        end += 1
    return at if doc.text[end : end + 1] in ("#", *BREAKS) else end
